"""A table of text with coordinates, made a table of a GeoPackage, in two passes: what the columns hold, then the rows.

Nothing but the current block of rows is in memory. Cells that cannot be read are told with their line numbers.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from typing import List, Optional, Sequence, Tuple

import numpy as np
from osgeo import ogr

from ..faults import Fault
from ..features.batch import NULL, POINT, Geometries
from ..features.measure import feature_bounds
from ..features.ragged import starts_of
from ..features.schema import ColumnKind, Field, Srs
from ..features.wkb import parse
from ..features.wkb_writer import write
from ..jobs.progress import Progress
from ..translation import tr
from .catalogue import EXAMPLES, found
from .csv_columns import ColumnSurvey, Location, declared_kinds, field_of, location_of, number, value
from .csv_reading import TextTable, own_names, text_table
from .formats import DataSet
from .geometry_engine import geopackage_blob, quiet
from .geometry_reading import read
from .geopackage_writer import GeoPackageWriter, NewTable, TableWriter
from .srs import WGS84, named

_BLOCK = 20_000  # rows written at once
_BLOCK_CHARACTERS = 32_000_000  # of geometries as text in one block, about
_UNKNOWN = Srs("NONE", -1, "undefined")


@dataclass
class _Lines:
    """Lines of the file with one fault: how many, and the numbers of the first."""

    count: int = 0
    examples: List[str] = field(default_factory=list)

    def add(self, line: int, example: str = "") -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(tr("line {number}", number=line) + (f": {example[:40]}" if example else ""))


def convert_text(source: DataSet, target: GeoPackageWriter, table: str, progress: Progress) -> Tuple[Fault, ...]:
    """Write a table of text into a GeoPackage and return what was found; errors where it cannot be done."""
    name = source.main.name
    try:
        text = text_table(source.main.path)
        if text is None:
            return (found("file.empty", name=name),)
        location = location_of(text.header)
        if location is None:
            columns = ", ".join(text.header[:20])
            return (found("csv.no-geometry", examples=text.header, name=name, columns=columns),)
        return _Conversion(source, text, location, progress).run(target, table)
    except (csv.Error, UnicodeError) as error:
        reason = tr("It is no table of text: {reason}.", reason=str(error))
        return (found("file.unreadable", name=name, format="CSV", reason=reason),)


class _Conversion:
    def __init__(self, source: DataSet, text: TextTable, location: Location, progress: Progress) -> None:
        self._source, self._text, self._location, self._progress = source, text, location, progress
        self._names, self._made_names = own_names(text.header)
        self._bad, self._uneven = _Lines(), _Lines()
        self._rows = 0

    def run(self, target: GeoPackageWriter, table: str) -> Tuple[Fault, ...]:
        fields = self._fields()
        srs = named(WGS84) if self._location.degrees else _UNKNOWN
        out = target.table(NewTable(table, self._source.main.stem, "", "GEOMETRY", True, srs, fields))
        self._progress.step(tr("Reading {name}", name=self._source.main.name), self._rows, "features")
        self._write(out, fields)
        out.finish()
        return tuple(self._faults())

    def _kept(self) -> List[int]:
        """Return the columns that become fields: all but a geometry as text, which becomes the geometry."""
        gone = self._location.columns if len(self._location.columns) == 1 else ()
        return [place for place in range(len(self._names)) if place not in gone]

    def _fields(self) -> Tuple[Field, ...]:
        """Look at every cell, unless a .csvt file says what the columns are."""
        surveys = [ColumnSurvey() for _ in self._names]
        looks = [survey.look for survey in surveys]
        for _, row in self._text.rows():
            self._rows += 1
            for look, cell in zip(looks, row):
                look(cell)
        kinds: List[Optional[ColumnKind]] = [survey.kind for survey in surveys]
        csvt = self._source.companions.get(".csvt")
        for place, kind in enumerate(declared_kinds(csvt.path) if csvt else ()):
            if kind is not None and place < len(kinds):
                kinds[place] = kind
        return tuple(field_of(self._names[place], kinds[place]) for place in self._kept())

    def _write(self, out: TableWriter, fields: Sequence[Field]) -> None:
        kept, width = self._kept(), len(self._names)
        block: List[List[str]] = []
        lines: List[int] = []
        characters = 0
        for line, row in self._text.rows():
            if len(row) != width:
                self._uneven.add(line)
                row = [*row, *[""] * (width - len(row))][:width]
            block.append(row)
            lines.append(line)
            characters += len(row[self._location.columns[0]])
            if len(block) == _BLOCK or characters > _BLOCK_CHARACTERS:
                self._flush(out, fields, kept, block, lines)
                block, lines, characters = [], [], 0
        if block:
            self._flush(out, fields, kept, block, lines)

    def _flush(
        self, out: TableWriter, fields: Sequence[Field], kept: Sequence[int], block: List[List[str]], lines: List[int]
    ) -> None:
        pair = len(self._location.columns) == 2
        geometries = self._points(block, lines) if pair else self._shapes(block, lines)
        columns = [
            [value(row[place], one.kind) for row in block] for place, one in zip(kept, fields)
        ]  # fmt: skip
        srs_id = 4326 if self._location.degrees else -1
        out.append(write(geometries, srs_id), feature_bounds(geometries), columns)
        self._progress.advance(len(block))

    def _points(self, block: List[List[str]], lines: List[int]) -> Geometries:
        """Return a point for each row; NULL where a coordinate is missing or no number."""
        across, along = self._location.columns
        xs, ys = [number(row[across]) for row in block], [number(row[along]) for row in block]
        for row, x, y, line in zip(block, xs, ys, lines):
            if (x is None or y is None) and (row[across].strip() or row[along].strip()):
                self._bad.add(line, row[across] if x is None else row[along])
        x, y = np.array(xs, np.float64), np.array(ys, np.float64)  # (N,) None becomes NaN
        there = np.isfinite(x) & np.isfinite(y)
        count = int(there.sum())
        one_each = np.arange(count + 1)
        kind = np.where(there, POINT, NULL).astype(np.uint8)  # (N,)
        part_kind, feature_start = np.full(count, POINT, np.uint8), starts_of(there.astype(np.int64))
        return Geometries(x[there], y[there], one_each, one_each, part_kind, feature_start, kind)

    def _shapes(self, block: List[List[str]], lines: List[int]) -> Geometries:
        """Return the geometry of each row; NULL where there is none that can be read."""
        column = self._location.columns[0]
        blobs: List[Optional[bytes]] = []
        for row, line in zip(block, lines):
            blob = _shape(row[column].strip())
            if blob is None and row[column].strip():
                self._bad.add(line, row[column].strip())
            blobs.append(blob)
        return read(blobs).geometries if blobs else parse([])

    def _faults(self) -> List[Fault]:
        name, columns = self._source.main.name, ", ".join(self._names[place] for place in self._location.columns)
        faults = []
        if self._text.encoding == "cp1252":
            faults.append(found("file.encoding", name=name))
        if self._made_names:
            faults.append(found("csv.columns", "", len(self._made_names), self._made_names, name=name))
        if self._uneven.count:
            values = {"name": name, "columns": len(self._names)}
            faults.append(found("csv.row-length", "", self._uneven.count, self._uneven.examples, **values))
        if self._bad.count and self._bad.count == self._rows:
            example = self._bad.examples[0].partition(": ")[2]
            values = {"name": name, "columns": columns, "example": example}
            faults.append(found("csv.unreadable-coordinates", "", self._rows, self._bad.examples, **values))
        elif self._bad.count:
            values = {"name": name, "columns": columns}
            faults.append(found("csv.coordinates", "", self._bad.count, self._bad.examples, **values))
        return faults


def _shape(text: str) -> Optional[bytes]:
    """Return a geometry that is written as WKT, EWKT, GeoJSON or WKB in hexadecimal, as a GeoPackage blob."""
    if not text:
        return None
    with quiet():
        try:
            geometry = _geometry(text)
        except (RuntimeError, ValueError):  # where GDAL's exceptions are on; no hexadecimal
            return None
    return None if geometry is None else geopackage_blob(geometry)


def _geometry(text: str) -> Optional[ogr.Geometry]:
    if text[0] == "{":
        return ogr.CreateGeometryFromJson(text) if isinstance(json.loads(text), dict) else None
    if text[:2] in ("00", "01"):
        return ogr.CreateGeometryFromWkb(bytes.fromhex(text))
    return ogr.CreateGeometryFromWkt(text.partition(";")[2] if text.upper().startswith("SRID=") else text)
