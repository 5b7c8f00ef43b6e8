"""A filter's tree as a condition of SQLite: identifiers quoted, values bound, the R-tree asked before any geometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, FrozenSet, List, Mapping, Optional, Tuple, Union

from ...errors import InvalidInput
from ...features.area import Area
from ...features.condition import LISTED, SqlCondition, SqlFunction
from ...features.geopackage import quoted
from ...features.schema import Bounds, ColumnKind, TableSchema
from ...tiles.row_filter import tree as row_tree
from ...tiles.row_filter.condition import glob_of
from ...tiles.row_filter.values import family_of, value_for
from ...translation import tr
from ..owscommon import OwsError, invalid
from ..wfs.reference_systems import WireSrs
from .relations import Place, Relation
from .tree import (
    GEOMETRY,
    All,
    Always,
    AnyOf,
    Between,
    Comparison,
    Condition,
    Keys,
    Like,
    Missing,
    Not,
    Operand,
    Property,
    Spatial,
    Temporal,
)

_MOMENTS = (ColumnKind.DATE, ColumnKind.DATETIME)
_FOLDED = "geopub_folded"
_UTC = "strftime('%Y-%m-%dT%H:%M:%fZ', {})"  # whatever zone and fraction the column writes


@dataclass(frozen=True)
class FilteredType:
    """What a filter needs to know of the type that it is about."""

    schema: TableSchema
    fields: Mapping[str, str]  # column by each name of it on the wire
    geometry: FrozenSet[str]  # names of the geometry
    keys: Callable[[Tuple[str, ...]], Tuple[int, ...]]  # of identifiers, those of this type
    srs: Optional[WireSrs] = None  # of geometries that name none; None: as the table has them
    bounds: Optional[Bounds] = None  # of its features, in longitude and latitude
    listing: str = ""  # tells where properties are listed; "": in the schema that a WFS describes


def sql_condition(condition: Condition, filtered: FilteredType) -> SqlCondition:
    """Return the condition; raise OwsError for properties that do not exist and values that do not compare."""
    writer = _Writer(filtered)
    sql = writer.written(condition)
    return SqlCondition(sql, tuple(writer.values), tuple(writer.functions))


class _Writer:
    """Writes the condition, its values and the functions it calls."""

    def __init__(self, filtered: FilteredType) -> None:
        self.filtered = filtered
        self.schema = filtered.schema
        self.kinds: Dict[str, ColumnKind] = {field.name: field.kind for field in self.schema.fields}
        if self.schema.fid:
            self.kinds[self.schema.fid] = ColumnKind.INTEGER
        self.values: List[Union[str, int, float]] = []
        self.functions: List[SqlFunction] = []

    def written(self, node: Condition) -> str:
        if isinstance(node, (All, AnyOf)):
            return _joined([self.written(part) for part in node.parts], " AND " if isinstance(node, All) else " OR ")
        if isinstance(node, Not):
            return f"(NOT {self.written(node.inner)})"
        return _WRITERS[type(node)](self, node)

    def always(self, node: Always) -> str:
        return "(1)" if node.holds else "(0)"

    def comparison(self, node: Comparison) -> str:
        kind = self._kind_of(node.left, node.right)
        folded = not node.match_case and (kind is None or family_of(kind) is ColumnKind.TEXT)
        left, right = self._value(node.left, kind), self._value(node.right, kind)
        if folded:
            self._fold()
            left, right = f"{_FOLDED}({left})", f"{_FOLDED}({right})"
        return f"({left} {node.operator} {right})"

    def between(self, node: Between) -> str:
        kind = self._kind_of(node.operand, node.low, node.high)
        written = [self._value(operand, kind) for operand in (node.operand, node.low, node.high)]
        return f"({written[0]} BETWEEN {written[1]} AND {written[2]})"

    def like(self, node: Like) -> str:
        column = quoted(self._column(node.operand))
        pattern = row_tree.Like(
            row_tree.Column(node.operand.name, True), _pattern(node), "\\", not node.match_case, False
        )
        self.values.append(glob_of(pattern))
        return f"(CAST({column} AS TEXT) GLOB ?)"

    def missing(self, node: Missing) -> str:
        name = local_part(node.operand.name)
        if name in self.filtered.geometry:
            return f"({quoted(self.schema.geometry)} IS NULL)"
        return f"({quoted(self._column(node.operand))} IS NULL)"

    def keys(self, node: Keys) -> str:
        found = self.filtered.keys(node.identifiers)
        if not found or not self.schema.fid:
            return "(0)"
        self.values.append(repr(list(found)))
        return f"({quoted(self.schema.fid)} IN {LISTED})"

    def spatial(self, node: Spatial) -> str:
        name = local_part(node.operand)
        if name != GEOMETRY and name not in self.filtered.geometry:
            raise self._unknown(node.operand, tr("Only the geometry can be compared with a geometry."))
        if not self.schema.geometry:
            raise self._unknown(node.operand, tr("This feature type has no geometry."))
        relation = Relation.of(node, Place(self.schema.srs, self.filtered.srs, self.filtered.bounds))
        geometry = quoted(self.schema.geometry)
        function = f"geopub_relation_{len(self.functions)}"
        self.functions.append(SqlFunction(function, 1, relation.area.holds))
        test = f"{function}({geometry})"
        if self.schema.spatial_index and self.schema.fid:
            test = self._indexed(relation.area, test)
        if relation.negated:
            return f"({geometry} IS NOT NULL AND NOT {test})"
        return f"({geometry} IS NOT NULL AND {test})"

    def _indexed(self, area: Area, test: str) -> str:
        """Return a test that is made of few geometries, where the R-tree answers for the others."""
        key = quoted(self.schema.fid)
        boxes = f"{key} IN (SELECT id FROM {quoted(self.schema.spatial_index)} WHERE "  # nosec B608 - quoted
        west, south, east, north = area.bounds
        self.values.extend((west, south, east, north))
        if area.inside is not None:
            self.values.extend(area.inside)
            test = f"({boxes}minx >= ? AND miny >= ? AND maxx <= ? AND maxy <= ?) OR {test})"
        return f"({boxes}maxx >= ? AND maxy >= ? AND minx <= ? AND miny <= ?) AND {test})"

    def temporal(self, node: Temporal) -> str:
        column = self._column(node.operand)
        kind = self.kinds[column]
        if kind not in _MOMENTS:
            raise self._unknown(node.operand.name, tr("It holds neither dates nor times."))
        operand = quoted(column) if kind is ColumnKind.DATE else _UTC.format(quoted(column))
        moments = [self._converted(text, kind) for text in (node.begin, node.end) if text]
        conditions = _RELATIONS_TO_PERIODS if node.end else _RELATIONS_TO_MOMENTS
        signs = conditions.get(node.relation)
        if signs is None:
            return f"({operand} IS NULL AND NULL)"  # a moment never stands so: it has no length
        parts = []
        for sign, place in signs:
            self.values.append(moments[place])
            parts.append(f"{operand} {sign} ?")
        return "(" + " AND ".join(parts) + ")"

    # Operands ---------------------------------------------------------------------------------------------------

    def _kind_of(self, *operands: Operand) -> Optional[ColumnKind]:
        kinds = [self.kinds[self._column(one)] for one in operands if isinstance(one, Property)]
        if len({family_of(kind) for kind in kinds}) > 1:
            raise invalid("filter", "Filter", tr("It compares properties of different kinds."))
        return kinds[0] if kinds else None

    def _value(self, operand: Operand, kind: Optional[ColumnKind]) -> str:
        """Return a column, or the placeholder of a value of this kind."""
        moment = kind is ColumnKind.DATETIME
        if isinstance(operand, Property):
            column = quoted(self._column(operand))
            return _UTC.format(column) if moment else column
        self.values.append(self._converted(operand.text, kind))
        return "?"

    def _converted(self, text: str, kind: Optional[ColumnKind]) -> Union[str, int, float]:
        try:
            return value_for(text, kind)
        except InvalidInput as error:
            raise invalid("filter", text, error.what, error.cure) from error

    def _column(self, operand: Property) -> str:
        name = local_part(operand.name)
        column = self.filtered.fields.get(operand.name) or self.filtered.fields.get(name)
        if column is None and operand.name.lstrip("@").rpartition(":")[2] in ("id", "fid") and self.schema.fid:
            return self.schema.fid
        if column is None:
            if name in self.filtered.geometry:
                raise self._unknown(operand.name, tr("The geometry compares with geometries only."))
            raise self._unknown(operand.name, tr("The feature type has no such property."))
        return column

    def _unknown(self, name: str, why: str) -> OwsError:
        listing = self.filtered.listing or tr("DescribeFeatureType lists its properties.")
        return invalid("filter", name, why, listing)

    def _fold(self) -> None:
        if all(function.name != _FOLDED for function in self.functions):
            self.functions.append(SqlFunction(_FOLDED, 1, _folded))


def _joined(parts: List[str], word: str) -> str:
    """Return conditions joined, in brackets that halve them: SQLite takes no expression more than 1000 deep."""
    if len(parts) <= 8:
        return "(" + word.join(parts) + ")"
    half = len(parts) // 2
    return f"({_joined(parts[:half], word)}{word}{_joined(parts[half:], word)})"


def _folded(value: object) -> object:
    """Return a text without its case, in every script; SQLite's own knows ASCII only."""
    return value.casefold() if isinstance(value, str) else value


def local_part(reference: str) -> str:
    """Return the name that a value reference ends with: "p:roads/p:name" → "name"."""
    return reference.strip().rpartition("/")[2].rpartition(":")[2]


def _pattern(node: Like) -> str:
    """Return a pattern in the signs of SQL: %, _ and a backslash."""
    made: List[str] = []
    letters = iter(node.pattern)
    for letter in letters:
        if letter == node.escape:
            letter = next(letters, "")
        elif letter in (node.wild_card, node.single):
            made.append("%" if letter == node.wild_card else "_")
            continue
        made.append(f"\\{letter}" if letter in "%_\\" and letter else letter)
    return "".join(made)


# Which comparisons with the begin (0) or the end (1) make a relation of a moment (ISO 19108, Allen's intervals).
_RELATIONS_TO_MOMENTS: Dict[str, Tuple[Tuple[str, int], ...]] = {
    "After": ((">", 0),),
    "Before": (("<", 0),),
    "TEquals": (("=", 0),),
    "AnyInteracts": (("=", 0),),
}
_RELATIONS_TO_PERIODS: Dict[str, Tuple[Tuple[str, int], ...]] = {
    "After": ((">", 1),),
    "Before": (("<", 0),),
    "During": ((">", 0), ("<", 1)),
    "Begins": (("=", 0),),
    "Ends": (("=", 1),),
    "AnyInteracts": ((">=", 0), ("<=", 1)),
}
_WRITERS: Dict[type, Callable[..., str]] = {
    Always: _Writer.always,
    Comparison: _Writer.comparison,
    Between: _Writer.between,
    Like: _Writer.like,
    Missing: _Writer.missing,
    Keys: _Writer.keys,
    Spatial: _Writer.spatial,
    Temporal: _Writer.temporal,
}
