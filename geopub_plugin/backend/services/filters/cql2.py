"""CQL2 (OGC 21-065r2) in its JSON form, as a tree; `cql2_text` turns the text form into it.

Read: basic CQL2, LIKE, BETWEEN and IN, comparison without case, of two properties, spatial and temporal functions.
Arithmetic, arrays, accents and other functions are refused by name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from osgeo import ogr

from ...ingest.geometry_engine import quiet
from ...translation import tr
from ..owscommon import invalid
from ..wfs.reference_systems import WireSrs
from .cql2_errors import unknown, wrong
from .cql2_time import temporal
from .tree import (
    All,
    Always,
    AnyOf,
    Between,
    Comparison,
    Condition,
    Constant,
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


@dataclass(frozen=True)
class _Value:
    """An operand, and whether case counts in it."""

    operand: Operand
    match_case: bool = True


class _Reader:
    """Reads one filter."""

    def __init__(self, srs: WireSrs) -> None:
        self.srs, self.depth, self.count = srs, 0, 0

    def condition(self, node: Json) -> Condition:
        self.depth += 1
        self.count += 1
        if self.depth > DEEPEST or self.count > _MOST:
            raise wrong(tr("The filter is too long, or nested too deep."))
        made = self._condition(node)
        self.depth -= 1
        return made

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
        if name.startswith("t_"):
            return temporal(name, _exactly(2, name, arguments))
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
        left, right = (_value(one) for one in _exactly(2, sign, arguments))
        if not isinstance(left.operand, Property):
            left, right, sign = right, left, _MIRRORED.get(sign, sign)
        if not isinstance(left.operand, Property):
            raise wrong(tr("“{name}” compares no property with anything.", name=sign))
        return Comparison(left.operand, sign, right.operand, left.match_case and right.match_case)

    def like(self, arguments: List[Json]) -> Condition:
        left, right = (_value(one) for one in _exactly(2, "like", arguments))
        if not isinstance(left.operand, Property) or not isinstance(right.operand, Constant):
            raise wrong(tr("“{name}” compares a property with a text.", name="like"))
        return Like(left.operand, right.operand.text, "%", "_", "\\", left.match_case and right.match_case)

    def between(self, arguments: List[Json]) -> Condition:
        return Between(*(_value(one).operand for one in _exactly(3, "between", arguments)))

    def membership(self, arguments: List[Json]) -> Condition:
        value, listed = _exactly(2, "in", arguments)
        if not isinstance(listed, list) or not listed:
            raise wrong(tr("“{name}” needs a list of values.", name="in"))
        self.count += len(listed)
        return AnyOf(tuple(self.comparison("=", [value, one]) for one in listed))

    def missing(self, arguments: List[Json]) -> Condition:
        operand = _value(_exactly(1, "isNull", arguments)[0]).operand
        if not isinstance(operand, Property):
            raise wrong(tr("“{name}” names no property.", name="isNull"))
        return Missing(operand)

    def spatial(self, name: str, arguments: List[Json]) -> Condition:
        left, right = _exactly(2, name, arguments)
        relation, mirrored = _SPATIAL[name]
        if not _is_property(left):
            left, right, relation = right, left, mirrored
        if not _is_property(left) or _is_property(right):
            raise wrong(tr("“{name}” compares the geometry of features with one that is given.", name=name))
        box = isinstance(right, dict) and "bbox" in right and relation == "Intersects"
        return Spatial("BBOX" if box else relation, left["property"], Shape(_wkb(right), self.srs))


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


def _value(node: Json) -> _Value:
    if isinstance(node, bool):
        return _Value(Constant("true" if node else "false"))
    if isinstance(node, (int, float)):
        return _Value(Constant(repr(node)))
    if isinstance(node, str):
        return _Value(Constant(node))
    if _is_property(node):
        return _Value(Property(node["property"]))
    if isinstance(node, dict):
        moment = node.get("date", node.get("timestamp"))
        if isinstance(moment, str):
            return _Value(Constant(moment))
        if isinstance(node.get("op"), str):
            return _folded(node)
    raise wrong(tr("A property, a text, a number, a date or a timestamp is needed here."))


def _folded(node: Json) -> _Value:
    arguments = node.get("args")
    if node["op"].lower() != "casei" or not isinstance(arguments, list):
        raise unknown(node["op"])
    return _Value(_value(_exactly(1, "casei", arguments)[0]).operand, match_case=False)


def _wkb(node: Json) -> bytes:
    """Return a geometry in GeoJSON, or a box, as well-known binary."""
    if isinstance(node, dict) and "bbox" in node:
        node = _box(node["bbox"])
    with quiet():
        try:
            geometry: Optional[ogr.Geometry] = ogr.CreateGeometryFromJson(json.dumps(node))
        except (RuntimeError, ValueError):  # the first where GDAL's exceptions are on
            geometry = None
    if geometry is None or geometry.IsEmpty():
        raise wrong(tr("A geometry in GeoJSON is needed here, or a bbox."))
    geometry.FlattenTo2D()
    return bytes(geometry.ExportToIsoWkb(ogr.wkbNDR))


def _box(numbers: Json) -> Json:
    edges = numbers if isinstance(numbers, list) and all(type(one) in (int, float) for one in numbers) else []
    edges = [*edges[:2], *edges[3:5]] if len(edges) == 6 else edges
    if len(edges) != 4 or edges[0] > edges[2] or edges[1] > edges[3]:
        raise invalid("filter", "bbox", tr("Four numbers are needed: lower corner, upper corner."))
    west, south, east, north = edges
    ring: Sequence[Sequence[float]] = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
