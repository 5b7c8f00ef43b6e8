"""From the text of a filter to its tree, by recursive descent.

The grammar is the part of PostgreSQL's (and SQL-92's) search conditions that needs neither functions nor arithmetic:

    either    = both {OR both}
    both      = negation {AND negation}
    negation  = NOT negation | "(" either ")" | predicate
    predicate = operand [("=" | "<>" | "!=" | "<" | "<=" | ">" | ">=") operand
              | [NOT] IN "(" literal {"," literal} ")" | [NOT] BETWEEN operand AND operand
              | [NOT] (LIKE | ILIKE) text [ESCAPE text] | IS [NOT] (NULL | TRUE | FALSE)]
    operand   = name | quoted name | literal
    literal   = text | ["-"] number | TRUE | FALSE | (DATE | TIMESTAMP) text
"""

from __future__ import annotations

import math
from typing import Callable, List, NoReturn, Sequence, Tuple

from ...errors import InvalidInput
from ...translation import tr
from .tree import All, Among, AnyOf, Between, Column, Comparison, Condition, Like, Literal, Missing, Not, Operand, Truth
from .words import Kind, Word, refused, words

_DEEPEST = 50  # parentheses and NOTs within one another
_MOST = 400  # predicates: SQLite takes 999 values in its older versions
_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_OWN_WORDS = {
    "AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "ILIKE", "IS", "NULL", "TRUE", "FALSE", "ESCAPE",
}  # fmt: skip
_FOREIGN_WORDS = {
    "SELECT", "CASE", "EXISTS", "CAST", "SIMILAR", "ANY", "ALL", "SOME", "COLLATE", "DISTINCT", "UNION", "INTERVAL",
    "ARRAY", "ROW", "REGEXP", "GLOB", "MATCH", "ISNULL", "NOTNULL", "OVERLAPS", "UNKNOWN", "CURRENT_DATE",
    "CURRENT_TIMESTAMP", "CURRENT_TIME", "LOCALTIME", "LOCALTIMESTAMP", "CURRENT_USER", "WHERE", "FROM", "LIMIT",
    "ORDER", "GROUP", "HAVING",
}  # fmt: skip
_SPELLED = {
    "==": "=", "&&": "AND", "‘": "'", "’": "'", "“": '"', "”": '"', "`": '"', "[": '"', "≥": ">=", "≤": "<=", "≠": "<>",
}  # fmt: skip


def parse(given: str) -> Condition:
    """Return the tree of a filter; raise InvalidInput that names what it holds beyond the grammar."""
    return _Parser(given).whole()


class _Parser:
    def __init__(self, given: str) -> None:
        self._given = given
        self._words: Sequence[Word] = words(given)
        self._at = 0
        self._depth = 0
        self._predicates = 0

    def whole(self) -> Condition:
        condition = self._either()
        if self._next.kind is not Kind.END:
            self._stumble()
        return condition

    # Words ------------------------------------------------------------------------------------------------------

    @property
    def _next(self) -> Word:
        return self._words[self._at]

    def _take(self) -> Word:
        word = self._next
        self._at += word.kind is not Kind.END
        return word

    def _taken(self, *keywords: str) -> bool:
        """Take these words if they come next, all of them."""
        coming = self._words[self._at : self._at + len(keywords)]
        if [word.keyword for word in coming] != list(keywords):
            return False
        self._at += len(keywords)
        return True

    def _expect(self, keyword: str) -> None:
        if not self._taken(keyword):
            self._stumble()

    # Grammar ----------------------------------------------------------------------------------------------------

    def _either(self) -> Condition:
        return self._joined(self._both, "OR", AnyOf)

    def _both(self) -> Condition:
        return self._joined(self._negation, "AND", All)

    def _joined(
        self, part: Callable[[], Condition], keyword: str, kind: Callable[[Tuple[Condition, ...]], Condition]
    ) -> Condition:
        parts = [part()]
        while self._taken(keyword):
            parts.append(part())
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def _negation(self) -> Condition:
        if self._taken("NOT"):
            self._deeper()
            inner: Condition = Not(self._negation())
        elif self._taken("("):
            self._deeper()
            inner = self._either()
            self._expect(")")
        else:
            return self._predicate()
        self._depth -= 1
        return inner

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._refusal(tr("It nests deeper than {count} levels.", count=_DEEPEST))

    def _predicate(self) -> Condition:
        self._predicates += 1
        if self._predicates > _MOST:
            raise self._refusal(
                tr("It has more than {count} comparisons.", count=_MOST), tr("Use IN for long lists of values.")
            )
        operand = self._operand()
        operator = _COMPARISONS.get(self._next.keyword)
        if operator is not None:
            self._take()
            return Comparison(operand, operator, self._operand())
        if self._taken("IS"):
            return self._is(operand)
        negated = self._next.keyword == "NOT" and self._taken("NOT")
        if self._taken("IN"):
            return Among(operand, self._choices(), negated)
        if self._taken("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            return Between(operand, low, self._operand(), negated)
        for keyword in ("LIKE", "ILIKE"):
            if self._taken(keyword):
                return self._like(operand, keyword == "ILIKE", negated)
        if negated or self._next.keyword not in ("", ")", "AND", "OR"):
            self._stumble()
        return Truth(operand, None, False)

    def _is(self, operand: Operand) -> Condition:
        negated = self._taken("NOT")
        if self._taken("NULL"):
            return Missing(operand, negated)
        for keyword, expected in (("TRUE", True), ("FALSE", False)):
            if self._taken(keyword):
                return Truth(operand, expected, negated)
        self._stumble()

    def _choices(self) -> Tuple[Literal, ...]:
        self._expect("(")
        found: List[Literal] = [self._literal()]
        while self._taken(","):
            found.append(self._literal())
        self._expect(")")
        return tuple(found)

    def _like(self, operand: Operand, any_case: bool, negated: bool) -> Condition:
        pattern, escape = self._text(), "\\"
        if self._taken("ESCAPE"):
            escape = self._text()
            if len(escape) > 1:
                raise self._refusal(tr("ESCAPE takes one character, not “{given}”.", given=escape))
        return Like(operand, pattern, escape, any_case, negated)

    def _text(self) -> str:
        if self._next.kind is not Kind.TEXT:
            raise self._refusal(tr("Behind LIKE, ILIKE and ESCAPE stands a text in 'single quotes'."))
        return self._take().text

    def _operand(self) -> Operand:
        word = self._next
        if word.kind is Kind.QUOTED:
            self._take()
            self._refuse_what_follows(word)
            return Column(word.text, True)
        dated = word.keyword in ("DATE", "TIMESTAMP") and self._words[self._at + 1].kind is Kind.TEXT
        if word.kind is Kind.NAME and not dated and word.keyword not in _OWN_WORDS | _FOREIGN_WORDS:
            self._take()
            self._refuse_what_follows(word)
            return Column(word.text, False)
        return self._literal()

    def _refuse_what_follows(self, name: Word) -> None:
        """Refuse a function and a name in two parts."""
        if self._next.keyword == "(":
            raise self._refusal(tr("The function {name}(…) is not among what filters understand.", name=name.text))
        if self._next.keyword == ".":
            raise self._refusal(
                tr("“{name}.” names a table.", name=name.text), tr("Write the column alone: there is only one table.")
            )

    def _literal(self) -> Literal:
        word = self._next
        if word.keyword in ("TRUE", "FALSE"):
            return Literal(self._take().keyword == "TRUE")
        if word.keyword in ("DATE", "TIMESTAMP") and self._words[self._at + 1].kind is Kind.TEXT:
            self._take()
        if self._next.kind is Kind.TEXT:
            return Literal(self._take().text)
        sign = -1 if self._taken("-") else 1
        if self._next.kind is Kind.NUMBER:
            return Literal(sign * _number(self._take().text))
        self._stumble()

    # Refusals ---------------------------------------------------------------------------------------------------

    def _refusal(self, why: str, cure: str = "") -> InvalidInput:
        return refused(self._given, why, cure)

    def _stumble(self) -> NoReturn:
        """Say what is wrong with the word that comes next."""
        word = self._next
        if word.kind is Kind.END:
            raise self._refusal(tr("It ends where more is needed."))
        if word.keyword == "::":
            raise self._refusal(
                tr("“::” (a cast to another type) is not among what filters understand."),
                tr("Leave it out: values take the type of the column that they are compared with."),
            )
        if word.keyword == "NULL":
            raise self._refusal(tr("Nothing equals NULL."), tr("Write IS NULL or IS NOT NULL."))
        if word.keyword in _SPELLED:
            raise self._refusal(
                tr("“{word}” is not SQL.", word=word.text), tr("Write {right}.", right=_SPELLED[word.keyword])
            )
        if word.kind is Kind.SYMBOL or word.keyword in _FOREIGN_WORDS:
            raise self._refusal(tr("“{word}” is not among what filters understand.", word=word.text))
        raise self._refusal(tr("“{word}” stands where it makes no sense.", word=word.text))


def _number(text: str) -> float:
    """Return a number: whole ones that SQLite can hold stay whole."""
    if text.isdigit() and len(text) < 19:
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else math.copysign(1.7976931348623157e308, number)
