"""QGIS expressions in the expression language of Mapbox styles, with QGIS's logic of three values.

A comparison with NULL is neither true nor false in QGIS, and draws nothing; a Mapbox expression knows only true and
false. So each condition is written in two ways: for where it is true, and for where it is false.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, Mapping, Tuple

from .expression_tree import Call, FieldValue, Literal, Node, Unsupported, fields_of

Expression = Any  # JSON: a list that begins with an operator, or a literal

_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_SIGNS = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_FUNCTIONS: Dict[str, str] = {
    "abs": "abs", "ceil": "ceil", "coalesce": "coalesce", "floor": "floor", "length": "length", "lower": "downcase",
    "max": "max", "min": "min", "sqrt": "sqrt", "to_string": "to-string", "to_int": "to-number",
    "to_real": "to-number", "upper": "upcase", "*": "*", "/": "/", "%": "%", "^": "^", "-": "-",
}  # fmt: skip
_CONDITIONS: FrozenSet[str] = frozenset({"and", "or", "not", "in", "like", "ilike", "is null", *_OPPOSITE})


class MapboxWords:
    """Writes expressions for tiles whose numeric attributes are known."""

    def __init__(self, names: Mapping[str, str], numeric: FrozenSet[str]) -> None:
        """Know the tiles' attributes.

        Args:
            names: the attribute's name in the tiles, by its name in the style in lower case.
            numeric: names in the tiles of those that hold numbers.
        """
        self.names = names
        self.numeric = numeric

    def true(self, node: Node) -> Expression:
        """Return the expression that is true where the condition is."""
        return self._where(node, True)

    def untrue(self, node: Node) -> Expression:
        """Return the expression that is true where the condition is false or unknown: what ELSE means."""
        return ["!", self.true(node)]

    def value(self, node: Node) -> Expression:
        """Return the expression of a value; what is NULL in QGIS is null."""
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, FieldValue):
            return ["get", self._name(node)]
        if node.name in _CONDITIONS:
            return self.true(node)
        if node.name == "$id":
            return ["id"]
        if node.name in ("case", "if"):
            return self._case(node.arguments)
        if node.name == "round":
            return self._rounded(node.arguments)
        if node.name in ("||", "concat") or (node.name == "+" and any(_is_text(one) for one in node.arguments)):
            return ["concat", *self._joined(node)]
        if node.name == "+":
            return ["+", *(self.value(argument) for argument in node.arguments)]
        if node.name not in _FUNCTIONS:
            raise Unsupported(f"{node.name}()")
        return [_FUNCTIONS[node.name], *(self.value(argument) for argument in node.arguments)]

    def text(self, node: Node) -> Expression:
        """Return the expression of a label: "" where a part of it is NULL and QGIS would write nothing."""
        if isinstance(node, FieldValue):
            return ["to-string", ["coalesce", self.value(node), ""]]
        if isinstance(node, Literal):
            return "" if node.value is None else str(node.value)
        needed = self._present(node) if node.name in ("||", "+") else []
        written = self.value(node)
        if node.name not in ("||", "concat") and written[0] != "concat":
            written = ["to-string", written]
        return ["case", ["all", *needed], written, ""] if needed else written

    def _where(self, node: Node, wanted: bool) -> Expression:
        if isinstance(node, Literal):
            return bool(node.value) is wanted if node.value is not None else False
        if isinstance(node, FieldValue) or node.name not in _CONDITIONS:
            return ["==", ["to-boolean", self.value(node)], wanted]
        if node.name == "not":
            return self._where(node.arguments[0], not wanted)
        if node.name in ("and", "or"):
            every = (node.name == "and") is wanted
            return ["all" if every else "any", *(self._where(one, wanted) for one in _flat(node.name, node))]
        if node.name == "is null":
            return ["==" if wanted else "!=", self.value(node.arguments[0]), None]
        if node.name == "in":
            return self._in(node.arguments, wanted)
        if node.name in ("like", "ilike"):
            return self._like(node, wanted)
        return self._compared(node.name if wanted else _OPPOSITE[node.name], node.arguments)

    def _compared(self, sign: str, arguments: Tuple[Node, ...]) -> Expression:
        left, right = arguments
        if Literal(None) in (left, right):
            return False
        left, right = self._alike(left, right), self._alike(right, left)
        written: List[Expression] = [_SIGNS[sign], self.value(left), self.value(right)]
        if sign == "=":
            return written
        present = [*self._present(left), *self._present(right)]  # a missing value is not unequal, but unknown
        return ["all", *present, written] if present else written

    def _in(self, arguments: Tuple[Node, ...], wanted: bool) -> Expression:
        tested, *listed = arguments
        values = [self._alike(one, tested) for one in listed]
        if not all(isinstance(one, Literal) for one in values):
            raise Unsupported("IN (…)")
        constants = [one.value for one in values if isinstance(one, Literal) and one.value is not None]
        if not constants:
            return False
        # `match` wants labels of one type, and each once. Lists of them are what QGIS reads without a fault.
        labels = list(dict.fromkeys(constants))
        written = ["match", self.value(tested), labels, wanted, not wanted]
        return written if wanted else ["all", *self._present(tested), written]

    def _like(self, node: Call, wanted: bool) -> Expression:
        tested, pattern = node.arguments
        if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
            raise Unsupported(node.name.upper())
        wanted_text = pattern.value.lower() if node.name == "ilike" else pattern.value
        core = wanted_text.strip("%")
        if "%" in core or "_" in core or "\\" in core:
            raise Unsupported(f"{node.name.upper()} '{pattern.value}'")
        value = ["to-string", ["coalesce", self.value(tested), ""]]
        value = ["downcase", value] if node.name == "ilike" else value
        starts, ends = not wanted_text.startswith("%"), not wanted_text.endswith("%")
        if starts and ends:
            written: Expression = ["==", value, core]
        elif starts:
            written = ["==", ["slice", value, 0, len(core)], core]
        elif ends:
            written = ["==", ["slice", value, ["-", ["length", value], len(core)]], core]
        else:
            written = ["in", core, value]
        present = self._present(tested)
        return ["all", *present, written if wanted else ["!", written]]

    def _case(self, arguments: Tuple[Node, ...]) -> Expression:
        written: List[Expression] = ["case"]
        for position, argument in enumerate(arguments):
            is_condition = position % 2 == 0 and position < len(arguments) - 1
            written.append(self.true(argument) if is_condition else self.value(argument))
        return written if len(arguments) % 2 else [*written, None]

    def _rounded(self, arguments: Tuple[Node, ...]) -> Expression:
        if len(arguments) == 1 or arguments[1] == Literal(0):
            return ["round", self.value(arguments[0])]
        if not isinstance(arguments[1], Literal) or not isinstance(arguments[1].value, int):
            raise Unsupported("round()")
        factor = 10 ** arguments[1].value
        return ["/", ["round", ["*", self.value(arguments[0]), factor]], factor]

    def _joined(self, node: Call) -> List[Expression]:
        parts: List[Expression] = []
        for argument in node.arguments:
            if isinstance(argument, Call) and argument.name == node.name:
                parts.extend(self._joined(argument))
            else:
                parts.append(self.value(argument))
        return parts

    def _present(self, node: Node) -> List[Expression]:
        return [["!=", ["get", self._translated(name)], None] for name in sorted(fields_of(node))]

    def _alike(self, node: Node, other: Node) -> Node:
        """Return a constant in the type of the attribute that it is compared with; QGIS compares '10' with 10."""
        if not isinstance(node, Literal) or not isinstance(other, FieldValue) or node.value is None:
            return node
        if self._name(other) in self.numeric:
            return Literal(_number(node.value))
        return node if isinstance(node.value, (str, bool)) else Literal(f"{node.value}")

    def _name(self, field: FieldValue) -> str:
        return self._translated(field.name)

    def _translated(self, name: str) -> str:
        return self.names.get(name.lower(), name)


def _flat(name: str, node: Node) -> List[Node]:
    if isinstance(node, Call) and node.name == name:
        return [one for argument in node.arguments for one in _flat(name, argument)]
    return [node]


def _is_text(node: Node) -> bool:
    if isinstance(node, Literal):
        return isinstance(node.value, str)
    return isinstance(node, Call) and (
        node.name in ("||", "concat", "to_string", "upper", "lower")
        or (node.name == "+" and any(_is_text(one) for one in node.arguments))
    )


def _number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        return int(number) if number.is_integer() else number
    return value
