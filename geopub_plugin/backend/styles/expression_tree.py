"""QGIS expressions as trees, for the subset that GeoPub can say in other languages.

The subset: fields, literals, comparisons, LIKE, IN, BETWEEN, IS NULL, AND, OR, NOT, arithmetic, ||, CASE, and the
functions of `FUNCTIONS`. Anything else is refused by its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, FrozenSet, List, Optional, Tuple, Union

Value = Union[str, float, int, bool, None]


@dataclass(frozen=True)
class Literal:
    """A constant."""

    value: Value


@dataclass(frozen=True)
class FieldValue:
    """The value of an attribute."""

    name: str


@dataclass(frozen=True)
class Call:
    """An operator or a function with its arguments; operators are named as written, in lower case."""

    name: str
    arguments: Tuple[Node, ...]


Node = Union[Literal, FieldValue, Call]

FUNCTIONS: FrozenSet[str] = frozenset(
    {
        "abs", "ceil", "coalesce", "concat", "floor", "if", "length", "lower", "max", "min", "round", "sqrt",
        "to_int", "to_real", "to_string", "trim", "upper",
    }
)  # fmt: skip


class Unsupported(ValueError):
    """The expression uses what the message names, which is outside of the subset."""


_TOKENS = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<text>'(?:[^'\\]|\\.|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)
  | (?P<variable>[@$]\w+)
  | (?P<word>[^\W\d]\w*)
  | (?P<sign>\|\||<>|!=|<=|>=|//|[-+*/%^=<>~(),\[\]:])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "'": "'", "\\": "\\"}
_DEEPEST = 40  # expressions inside one another: each takes a dozen calls of Python's thousand
_COMPARISONS = frozenset({"=", "<>", "!=", "<", "<=", ">", ">="})
_WORDS = frozenset(
    "and or not in is like ilike null true false case when then else end between".split()  # noqa: SIM905
)


def parse(expression: str) -> Node:
    """Return the tree of an expression; raise Unsupported that names what the subset lacks."""
    parser = _Parser(_tokens(expression))
    node = parser.either()
    if parser.peek() != ("end", ""):
        raise Unsupported(parser.peek()[1])
    return node


def fields_of(node: Node) -> FrozenSet[str]:
    """Return the names of the attributes that an expression reads."""
    if isinstance(node, FieldValue):
        return frozenset({node.name})
    if isinstance(node, Call):
        return frozenset().union(*(fields_of(argument) for argument in node.arguments))
    return frozenset()


def _tokens(expression: str) -> List[Tuple[str, str]]:
    found: List[Tuple[str, str]] = []
    position = 0
    while position < len(expression):
        match = _TOKENS.match(expression, position)
        if match is None:
            raise Unsupported(expression[position])
        position = match.end()
        kind, text = match.lastgroup or "", match.group()
        if kind == "word" and text.lower() in _WORDS:
            kind, text = "keyword", text.lower()
        if kind != "space":
            found.append((kind, text))
    return [*found, ("end", "")]


class _Parser:
    """Recursive descent over the tokens; each method reads one level of precedence, loosest first."""

    def __init__(self, tokens: List[Tuple[str, str]]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def peek(self, ahead: int = 0) -> Tuple[str, str]:
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def take(self, *texts: str) -> Optional[str]:
        """Consume the next token when it is a sign or keyword of these."""
        kind, text = self.peek()
        if kind in ("sign", "keyword") and text in texts:
            self.position += 1
            return text
        return None

    def expect(self, text: str) -> None:
        if self.take(text) is None:
            raise Unsupported(self.peek()[1] or text)

    def either(self) -> Node:
        return self._deeper(lambda: self._chain(("or",), self.both))

    def _deeper(self, operand: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unsupported("(" * _DEEPEST)
        node = operand()
        self.depth -= 1
        return node

    def both(self) -> Node:
        return self._chain(("and",), self.negated)

    def negated(self) -> Node:
        return Call("not", (self._deeper(self.negated),)) if self.take("not") else self.compared()

    def compared(self) -> Node:
        left = self.joined()
        while True:
            if self.take("is"):
                negative = self.take("not") is not None
                right = self.joined()
                if right != Literal(None):
                    node: Node = Call("=", (left, right))
                else:
                    node = Call("is null", (left,))
                left = Call("not", (node,)) if negative else node
                continue
            negative = self.peek() == ("keyword", "not") and self.peek(1)[1] in ("in", "like", "ilike", "between")
            if negative:
                self.position += 1
            sign = self.take("in", "like", "ilike", "between", *_COMPARISONS)
            if sign is None:
                return left
            node = self._comparison(sign, left)
            left = Call("not", (node,)) if negative else node

    def _comparison(self, sign: str, left: Node) -> Node:
        if sign == "in":
            self.expect("(")
            return Call("in", (left, *self._list(")")))
        if sign == "between":
            low = self.joined()
            self.expect("and")
            return Call("and", (Call(">=", (left, low)), Call("<=", (left, self.joined()))))
        return Call("<>" if sign == "!=" else sign, (left, self.joined()))

    def joined(self) -> Node:
        return self._chain(("||",), self.added)

    def added(self) -> Node:
        return self._chain(("+", "-"), self.multiplied)

    def multiplied(self) -> Node:
        return self._chain(("*", "/", "%"), self.raised)

    def raised(self) -> Node:
        return self._chain(("^",), self.signed)

    def signed(self) -> Node:
        if self.take("-"):
            operand = self._deeper(self.signed)
            if isinstance(operand, Literal) and isinstance(operand.value, (int, float)):
                return Literal(-operand.value)
            return Call("-", (Literal(0), operand))
        return self.operand()

    def operand(self) -> Node:
        kind, text = self.peek()
        if self.take("("):
            node = self.either()
            self.expect(")")
            return node
        if self.take("case"):
            return self._case()
        self.position += 1
        if kind == "text":
            return Literal(_unescaped(text))
        if kind == "number":
            return Literal(float(text) if any(sign in text for sign in ".eE") else int(text))
        if kind == "keyword" and text in ("null", "true", "false"):
            return Literal({"null": None, "true": True, "false": False}[text])
        if kind == "quoted":
            return FieldValue(text[1:-1].replace('""', '"'))
        if kind == "variable" and text == "$id":
            return Call("$id", ())
        if kind == "word":
            return self._call(text) if self.take("(") else FieldValue(text)
        raise Unsupported(text or "…")

    def _call(self, name: str) -> Node:
        if name.lower() not in FUNCTIONS:
            raise Unsupported(f"{name}()")
        return Call(name.lower(), tuple(self._list(")")))

    def _list(self, end: str) -> List[Node]:
        if self.take(end):
            return []
        items = [self.either()]
        while self.take(","):
            items.append(self.either())
        self.expect(end)
        return items

    def _case(self) -> Node:
        arguments: List[Node] = []
        while self.take("when"):
            arguments.append(self.either())
            self.expect("then")
            arguments.append(self.either())
        if not arguments:
            raise Unsupported("CASE")
        arguments.append(self.either() if self.take("else") else Literal(None))
        self.expect("end")
        return Call("case", tuple(arguments))

    def _chain(self, signs: Tuple[str, ...], operand: Callable[[], Node]) -> Node:
        node = operand()
        sign = self.take(*signs)
        while sign is not None:
            node = Call(sign, (node, operand()))
            sign = self.take(*signs)
        return node


def _unescaped(text: str) -> str:
    body = text[1:-1].replace("''", "'")
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group(1)), body, flags=re.DOTALL)
