"""What a table is: its columns, its geometry, its spatial reference system."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional, Tuple

Bounds = Tuple[float, float, float, float]  # min x, min y, max x, max y


class ColumnKind(str, Enum):
    """What a column holds; the arrays that carry it are listed in `batch.Column`."""

    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    BLOB = "blob"
    JSON = "json"


@dataclass(frozen=True)
class Srs:
    """A spatial reference system, named by an authority (EPSG:2154) or, failing that, by its WKT alone."""

    organization: str  # "EPSG"; "" when there is only WKT
    code: int
    definition: str  # WKT or any text that PROJ reads

    @property
    def name(self) -> str:
        """Return "EPSG:2154", or "" when the system has no code."""
        return f"{self.organization}:{self.code}" if self.organization else ""

    @property
    def text(self) -> str:
        """Return what PROJ is to read: the code when there is one, else the definition."""
        return self.name or self.definition


@dataclass(frozen=True)
class Field:
    """One attribute column."""

    name: str
    kind: ColumnKind
    sql_type: str  # as declared in the GeoPackage
    nullable: bool = True
    title: str = ""


@dataclass(frozen=True)
class TableSchema:
    """One table of features; `geometry` is "" for a table of attributes only."""

    name: str
    fid: str  # name of the integer key column
    geometry: str
    geometry_type: str  # upper case GeoPackage name: GEOMETRY, POINT, MULTIPOLYGON, CURVEPOLYGON, …
    has_z: bool
    has_m: bool
    srs: Optional[Srs]  # None when the table declares none (srs_id 0 or -1)
    fields: Tuple[Field, ...]
    title: str = ""
    abstract: str = ""
    spatial_index: str = ""  # name of the R-tree table, "" without one

    def field(self, name: str) -> Optional[Field]:
        """Return the field of this name, or None."""
        return next((field for field in self.fields if field.name == name), None)
