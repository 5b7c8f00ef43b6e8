"""What the columns of a table of text hold: numbers, dates or words, and which of them say where a row is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from ..features.schema import ColumnKind, Field

_PAIRS = (  # of column names, in lower case: longitudes and latitudes, then plain coordinates
    (("lon", "lat"), True),
    (("long", "lat"), True),
    (("lng", "lat"), True),
    (("longitude", "latitude"), True),
    (("x", "y"), False),
    (("coord_x", "coord_y"), False),
    (("coordx", "coordy"), False),
    (("x_coord", "y_coord"), False),
    (("easting", "northing"), False),
)
_GEOMETRIES = ("wkt", "geom", "the_geom", "wkb", "json", "geometry", "geojson", "wkb_geometry")

_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?")
_LEADING_ZERO = re.compile(r"[+-]?0[0-9]")  # "01000" is a code, and loses its zero as a number
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_SQL_TYPES = {ColumnKind.INTEGER: "INTEGER", ColumnKind.REAL: "REAL", ColumnKind.DATE: "DATE", ColumnKind.TEXT: "TEXT"}
_DECLARED = {"integer": ColumnKind.INTEGER, "real": ColumnKind.REAL, "date": ColumnKind.DATE}  # in a .csvt file


@dataclass(frozen=True)
class Location:
    """Which columns say where a row is: two numbers, or one geometry as text."""

    columns: Tuple[int, ...]
    degrees: bool  # certainly longitude and latitude


def location_of(header: Sequence[str]) -> Optional[Location]:
    """Return the columns with coordinates, None when there are none."""
    lower = [name.lower() for name in header]
    for name in _GEOMETRIES:
        if name in lower:
            return Location((lower.index(name),), False)
    for (x, y), degrees in _PAIRS:
        if x in lower and y in lower:
            return Location((lower.index(x), lower.index(y)), degrees)
    return None


def number(cell: str) -> Optional[float]:
    """Return a number as people write it, with a point or a comma; None for anything else."""
    plain = cell.strip().replace("\u00a0", "").replace("\u202f", "")
    return float(plain.replace(",", ".")) if _DECIMAL.fullmatch(plain) else None


class ColumnSurvey:
    """Looks at all cells of a column and narrows down what they are."""

    def __init__(self) -> None:
        self.kind: Optional[ColumnKind] = None  # of the cells so far; None before the first
        self._check = self._first

    def look(self, cell: str) -> None:
        """Look at one cell."""
        if cell and self.kind is not ColumnKind.TEXT:
            self._check(cell.strip())

    def _first(self, cell: str) -> None:
        self.kind = kind_of(cell) if cell else None
        if self.kind is not None:
            self._check = self._further

    def _further(self, cell: str) -> None:
        kind = kind_of(cell) if cell else self.kind
        if kind is not self.kind:
            numbers = {kind, self.kind} == {ColumnKind.INTEGER, ColumnKind.REAL}
            self.kind = ColumnKind.REAL if numbers else ColumnKind.TEXT


def kind_of(cell: str) -> ColumnKind:
    """Return what one cell, without blanks around it, looks like."""
    if _WHOLE.fullmatch(cell):
        return ColumnKind.INTEGER
    if _DECIMAL.fullmatch(cell) and not _LEADING_ZERO.match(cell):
        return ColumnKind.REAL
    return ColumnKind.DATE if _DATE.fullmatch(cell) else ColumnKind.TEXT


def declared_kinds(csvt: Path) -> List[Optional[ColumnKind]]:
    """Return the kinds that a .csvt file declares ("Integer(10)","Real","String",…): None where it says nothing."""
    text = csvt.read_text("utf-8", errors="replace")[:100_000]
    words = [word.strip().strip('"').lower() for word in text.split("\n")[0].split(",")]
    return [
        ColumnKind.TEXT if word.startswith("string") else _DECLARED.get(re.split(r"[(]", word)[0]) for word in words
    ]


def field_of(name: str, kind: Optional[ColumnKind]) -> Field:
    """Return the column that holds values of a kind; what is always empty is text."""
    kind = kind or ColumnKind.TEXT
    return Field(name, kind, _SQL_TYPES[kind])


def value(cell: str, kind: ColumnKind) -> object:
    """Return a cell as the value of its column; an empty cell is NULL, what does not fit stays as it is."""
    if not cell:
        return None
    if kind is ColumnKind.TEXT:
        return cell
    plain = cell.strip()
    if not plain:
        return None
    if kind is ColumnKind.INTEGER and _WHOLE.fullmatch(plain):
        return int(plain)
    if kind is ColumnKind.REAL:
        found = number(plain)
        return cell if found is None else found
    return plain
