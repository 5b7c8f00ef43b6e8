"""CQL2 (OGC 21-065r2) in its JSON form, as a tree; `cql2_text` turns the text form into it.

Read: basic CQL2, LIKE, BETWEEN and IN, comparison without case and without accents, of two properties and of two
values, spatial and temporal functions, arithmetic. Arrays and other functions are refused by name.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

from ...features.schema import ColumnKind
from ...translation import tr
from ..reference_systems import WireSrs
from .arithmetic import OPERATORS
from .cql2_errors import unknown, wrong
from .cql2_geometry import geometry_of_json, wkb_of_geometry
from .cql2_time import TEMPORAL, moment_of_json, temporal
from .relations import holds_between
from .text_folding import FOLDS
from .tree import (
    All,
    Always,
    AnyOf,
    Arithmetic,
    Between,
    Comparison,
    Condition,
    Constant,
    Folded,
    Itself,
    Like,
    Missing,
    Not,
    Operand,
    Property,
    Shape,
    Spatial,
)

Json = Any  # what `json.loads` returns
DEEPEST = 60  # conditions inside one another
_MOST = 2000  # conditions in all
_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_VALUES = frozenset((*OPERATORS, *FOLDS))  # what makes a value of values
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_SPATIAL = {  # relation, and what it is with its operands changed round
    "s_intersects": ("Intersects", "Intersects"),
    "s_equals": ("Equals", "Equals"),
    "s_disjoint": ("Disjoint", "Disjoint"),
    "s_touches": ("Touches", "Touches"),
    "s_crosses": ("Crosses", "Crosses"),
    "s_within": ("Within", "Contains"),
    "s_contains": ("Contains", "Within"),
    "s_overlaps": ("Overlaps", "Overlaps"),
}


def condition_of_json(document: Json, srs: WireSrs) -> Condition:
    """Return what a filter in CQL2 JSON says; its geometries are in the system `srs`.

    Raises:
        OwsError: that names what the filter is wrong about, or what is not supported.
    """
    return _Reader(srs).condition(document)


class _Reader:
    """Reads one filter."""

    def __init__(self, srs: WireSrs) -> None:
        self.srs, self.depth, self.count = srs, 0, 0

    def condition(self, node: Json) -> Condition:
        """Return a condition; the deepest ones may hold neither conditions nor calculations any more."""
        self._enter()
        made = self._condition(node)
        self.depth -= 1
        return made

    def _enter(self) -> None:
        self.depth += 1
        self.count += 1
        if self.depth > DEEPEST or self.count > _MOST:
            raise wrong(tr("The filter is too long, or nested too deep."))

    def _condition(self, node: Json) -> Condition:
        if isinstance(node, bool):
            return Always(node)
        if not isinstance(node, dict) or not isinstance(node.get("op"), str) or not isinstance(node.get("args"), list):
            raise wrong(tr("A condition is an object with “op” and “args”, or true or false."))
        name, arguments = node["op"].lower(), node["args"]
        if name in _COMPARISONS:
            return self.comparison(name, arguments)
        if name in _SPATIAL:
            return self.spatial(name, arguments)
        if name.startswith("a_"):
            raise unknown(node["op"], tr("No property of its collections is an array."))
        if name in TEMPORAL:
            return temporal(name, _exactly(2, name, arguments))
        if name in _VALUES:
            raise wrong(tr("“{name}” makes a value, and a comparison is needed here.", name=name))
        reader = _OTHERS.get(name)
        if reader is None:
            raise unknown(node["op"])
        return reader(self, arguments)

    def conjunction(self, arguments: List[Json]) -> Condition:
        return All(self._several("and", arguments))

    def disjunction(self, arguments: List[Json]) -> Condition:
        return AnyOf(self._several("or", arguments))

    def _several(self, name: str, arguments: List[Json]) -> Tuple[Condition, ...]:
        if not arguments:
            raise wrong(tr("“{name}” holds no condition.", name=name))
        return tuple(self.condition(one) for one in arguments)

    def negation(self, arguments: List[Json]) -> Condition:
        return Not(self.condition(_exactly(1, "not", arguments)[0]))

    def comparison(self, sign: str, arguments: List[Json]) -> Condition:
        left, right = (self.value(one) for one in _exactly(2, sign, arguments))
        if isinstance(left, Constant) and not isinstance(right, Constant):
            left, right, sign = right, left, _MIRRORED.get(sign, sign)
        return Comparison(left, sign, right)

    def like(self, arguments: List[Json]) -> Condition:
        left, right = (self.value(one) for one in _exactly(2, "like", arguments))
        folds: List[str] = []
        while isinstance(right, Folded):
            folds.append(right.fold)
            right = right.operand
        if not isinstance(right, Constant) or right.kind is not ColumnKind.TEXT:
            raise wrong(tr("“{name}” compares a text with a pattern.", name="like"))
        pattern = right.text
        for fold in reversed(folds):
            pattern = FOLDS[fold][1](pattern)
        return Like(left, pattern, "%", "_", "\\")

    def between(self, arguments: List[Json]) -> Condition:
        return Between(*(self.value(one) for one in _exactly(3, "between", arguments)))

    def membership(self, arguments: List[Json]) -> Condition:
        value, listed = _exactly(2, "in", arguments)
        if not isinstance(listed, list) or not listed:
            raise wrong(tr("“{name}” needs a list of values.", name="in"))
        self.count += len(listed)
        return AnyOf(tuple(self.comparison("=", [value, one]) for one in listed))

    def missing(self, arguments: List[Json]) -> Condition:
        return Missing(self.value(_exactly(1, "isNull", arguments)[0]))

    def spatial(self, name: str, arguments: List[Json]) -> Condition:
        left, right = _exactly(2, name, arguments)
        relation, mirrored = _SPATIAL[name]
        if _is_property(left) and _is_property(right):
            return Itself(relation, left["property"], right["property"])
        if not _is_property(left):
            left, right, relation = right, left, mirrored
        shape = geometry_of_json(right, self.srs)
        if not _is_property(left):
            return Always(holds_between(relation, geometry_of_json(left, self.srs), shape))
        box = isinstance(right, dict) and "bbox" in right and relation == "Intersects"
        return Spatial("BBOX" if box else relation, left["property"], Shape(wkb_of_geometry(shape), self.srs))

    def value(self, node: Json) -> Operand:
        """Return what is compared or calculated with."""
        if isinstance(node, bool):
            return Constant("true" if node else "false", ColumnKind.BOOLEAN)
        if isinstance(node, (int, float)):
            return Constant(repr(node), ColumnKind.REAL)
        if isinstance(node, str):
            return Constant(node, ColumnKind.TEXT)
        if _is_property(node):
            return Property(node["property"])
        moment = moment_of_json(node)
        if moment is not None:
            return moment
        if isinstance(node, dict) and isinstance(node.get("op"), str):
            return self.made(node["op"], node.get("args"))
        raise wrong(tr("A property, a text, a number, a date or a timestamp is needed here."))

    def made(self, operator: str, arguments: Json) -> Operand:
        """Return what is calculated of two numbers, or a text that is folded."""
        name = operator.lower()
        if name in _COMPARISONS or name in _SPATIAL or name in TEMPORAL or name in _OTHERS:
            raise wrong(tr("“{name}” makes a condition, and a value is needed here.", name=name))
        if name not in _VALUES:
            raise unknown(operator)
        given = arguments if isinstance(arguments, list) else []
        self._enter()
        values = [self.value(one) for one in _exactly(2 if name in OPERATORS else 1, name, given)]
        self.depth -= 1
        return Arithmetic(name, values[0], values[1]) if name in OPERATORS else Folded(name, values[0])


_OTHERS: Dict[str, Callable[[_Reader, List[Json]], Condition]] = {
    "and": _Reader.conjunction,
    "or": _Reader.disjunction,
    "not": _Reader.negation,
    "like": _Reader.like,
    "between": _Reader.between,
    "in": _Reader.membership,
    "isnull": _Reader.missing,
}


def _exactly(count: int, name: str, arguments: List[Json]) -> List[Json]:
    if len(arguments) != count:
        raise wrong(tr("“{name}” needs {count} operands, and has {has}.", name=name, count=count, has=len(arguments)))
    return arguments


def _is_property(node: Json) -> bool:
    return isinstance(node, dict) and isinstance(node.get("property"), str)
