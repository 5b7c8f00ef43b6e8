"""A filter's tree as a condition of SQLite: identifiers quoted, values bound, the R-tree asked before any geometry."""

from __future__ import annotations

from typing import Callable, Dict, List, Tuple

from ...features.area import Area
from ...features.condition import LISTED, SqlCondition, SqlFunction
from ...features.geopackage import quoted
from ...features.schema import ColumnKind
from ...tiles.row_filter.condition import glob_of
from ...tiles.row_filter.values import family_of
from ...translation import tr
from .operands import FilteredType, Operands, local_part
from .relations import Place, Relation, to_itself
from .tree import (
    GEOMETRY,
    All,
    Always,
    AnyOf,
    Between,
    Comparison,
    Condition,
    Constant,
    Itself,
    Keys,
    Like,
    Missing,
    Not,
    Property,
    Spatial,
    Temporal,
    Timed,
)

__all__ = ["FilteredType", "local_part", "sql_condition"]


def sql_condition(condition: Condition, filtered: FilteredType) -> SqlCondition:
    """Return the condition; raise OwsError for properties that do not exist and values that do not compare."""
    writer = _Writer(filtered)
    sql = writer.written(condition)
    return SqlCondition(sql, tuple(writer.values), tuple(writer.functions))


class _Writer(Operands):
    """Writes the condition, its values and the functions it calls."""

    def written(self, node: Condition) -> str:
        if isinstance(node, (All, AnyOf)):
            return _joined([self.written(part) for part in node.parts], " AND " if isinstance(node, All) else " OR ")
        if isinstance(node, Not):
            return f"(NOT {self.written(node.inner)})"
        return _WRITERS[type(node)](self, node)

    def always(self, node: Always) -> str:
        return "(1)" if node.holds else "(0)"

    def comparison(self, node: Comparison) -> str:
        kind = self.kind_of(node.left, node.right)
        left, right = self.value(node.left, kind), self.value(node.right, kind)
        if not node.match_case and (kind is None or family_of(kind) is ColumnKind.TEXT):
            left, right = self.folded("casei", left), self.folded("casei", right)
        return f"({left} {node.operator} {right})"

    def between(self, node: Between) -> str:
        kind = self.kind_of(node.operand, node.low, node.high)
        written = [self.value(operand, kind) for operand in (node.operand, node.low, node.high)]
        return f"({written[0]} BETWEEN {written[1]} AND {written[2]})"

    def like(self, node: Like) -> str:
        operand = self.value(node.operand, ColumnKind.TEXT)
        self.values.append(glob_of(_pattern(node), "\\", not node.match_case))
        return f"(CAST({operand} AS TEXT) GLOB ?)"

    def missing(self, node: Missing) -> str:
        if isinstance(node.operand, Property) and local_part(node.operand.name) in self.filtered.geometry:
            return f"({quoted(self.schema.geometry)} IS NULL)"
        return f"({self.value(node.operand, self.kind_of(node.operand))} IS NULL)"

    def timed(self, node: Timed) -> str:
        for operand in node.operands:
            self.moment(operand)
        return self.written(node.inner)

    def keys(self, node: Keys) -> str:
        found = self.filtered.keys(node.identifiers)
        if not found or not self.schema.fid:
            return "(0)"
        self.values.append(repr(list(found)))
        return f"({quoted(self.schema.fid)} IN {LISTED})"

    def spatial(self, node: Spatial) -> str:
        self._check_geometry(node.operand)
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

    def itself(self, node: Itself) -> str:
        for name in (node.left, node.right):
            self._check_geometry(name)
        function = f"geopub_relation_{len(self.functions)}"
        holds, negated = to_itself(node.relation)
        self.functions.append(SqlFunction(function, 1, holds))
        return f"({'NOT ' if negated else ''}{function}({quoted(self.schema.geometry)}))"

    def _check_geometry(self, name: str) -> None:
        local = local_part(name)
        if local != GEOMETRY and local not in self.filtered.geometry:
            raise self.unknown(name, tr("Only the geometry can be compared with a geometry."))
        if not self.schema.geometry:
            raise self.unknown(name, tr("This feature type has no geometry."))

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
        kind = self.kinds[self.moment(node.operand)]
        operand = self.value(node.operand, kind)
        moments = [self.converted(Constant(text), kind) for text in (node.begin, node.end) if text]
        conditions = _RELATIONS_TO_PERIODS if node.end else _RELATIONS_TO_MOMENTS
        signs = conditions.get(node.relation)
        if signs is None:
            return f"({operand} IS NULL AND NULL)"  # a moment never stands so: it has no length
        parts = []
        for sign, place in signs:
            self.values.append(moments[place])
            parts.append(f"{operand} {sign} ?")
        return "(" + " AND ".join(parts) + ")"


def _joined(parts: List[str], word: str) -> str:
    """Return conditions joined, in brackets that halve them: SQLite takes no expression more than 1000 deep."""
    if len(parts) <= 8:
        return "(" + word.join(parts) + ")"
    half = len(parts) // 2
    return f"({_joined(parts[:half], word)}{word}{_joined(parts[half:], word)})"


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
    Itself: _Writer.itself,
    Temporal: _Writer.temporal,
    Timed: _Writer.timed,
}
