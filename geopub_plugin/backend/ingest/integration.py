"""Integration: an examined GeoPackage becomes a normalised one, a revision that services and pyramids read.

The key `ogc_fid` counts 1, 2, 3, … in the order in which rows are written, and SQLite stores them by it. That is the
order of the source, in which QGIS draws it: of two features that overlap, the same one lies on top. Only tables of more
than 100,000 rows follow a Hilbert curve through the centres of their geometries: what lies together on the map lies
together on the disk, and a box asked for by a tile or by WFS reads few pages. (Of a partial view of such a table QGIS
itself draws a GeoPackage in the order of its R-tree.) The same file always gives the same keys; across an update they
stay (see `keys`). The source's own key stays as a column under its own name (`fid` mostly), and styles that use it go
on working.

A blob that is already what would be written for it needs no look: SQLite itself copies such rows from file to file, and
the few others are put in afterwards. Where many change (another reference system, single geometries made multiple) or
texts need decoding, every row goes through the arrays.

Memory is bounded by the block of rows and by about 100 bytes a row (places, and boxes for the index). The examination
has decided everything; here every table is read once more, in the new order.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..errors import GeoPubError
from ..faults import Fault
from ..features.batch import MULTILINE, MULTIPOINT, MULTIPOLYGON, NULL, Geometries
from ..features.geopackage import connect
from ..features.hilbert import hilbert_keys
from ..features.measure import feature_bounds
from ..features.projection import Projection
from ..features.ragged import take
from ..features.schema import Bounds, Srs
from ..features.wkb_writer import write
from ..jobs.progress import Progress
from ..translation import tr
from .blob_form import FLAT, WITH_Z
from .catalogue import EXAMPLES, found
from .examination import Examination, ExaminedTable
from .geometry_engine import repaired
from .geometry_reading import flat, infinite_features, read, replaced, without
from .geopackage_writer import GeoPackageWriter, NewTable, TableWriter
from .names import GEOMETRY, KEY
from .source import SourceTable
from .srs import WGS84
from .storage import storage_watched
from .survey import MULTIPLE, SINGLE, Survey

_SOURCE_ORDER = 100_000  # rows: a table up to here keeps its order, and is small enough to be read in any
_FEW_CHANGES = 0.05  # of the rows: up to here it is quicker to copy all and to put the others in afterwards
_WORLD: Bounds = (-180.0, -90.0, 180.0, 90.0)
_PG_NAMES = {
    "GEOMETRY": "Geometry",
    "POINT": "Point",
    "LINESTRING": "LineString",
    "POLYGON": "Polygon",
    "MULTIPOINT": "MultiPoint",
    "MULTILINESTRING": "MultiLineString",
    "MULTIPOLYGON": "MultiPolygon",
    "GEOMETRYCOLLECTION": "GeometryCollection",
}


@dataclass(frozen=True)
class Integrated:
    """What was written."""

    bounds: Bounds  # of everything, in longitude and latitude
    relations: Tuple[Dict[str, Any], ...]  # as the stored data's `type_infos.relations`
    names: Dict[str, Dict[str, Any]]  # by the source's table name: {"name": …, "fields": {old: new}}
    faults: Tuple[Fault, ...]


def follows_curve(survey: Survey) -> bool:
    """Say whether a table is written along the Hilbert curve, and not in the order of its source."""
    return len(survey.keys) > _SOURCE_ORDER


def written_order(survey: Survey) -> np.ndarray:
    """Return the places of a table's rows in the order in which they are written: int64 (N,).

    Along the curve, rows without geometry come last.
    """
    if not follows_curve(survey):
        return np.arange(len(survey.keys))
    centres = (survey.boxes[:, :2] + survey.boxes[:, 2:]) / 2  # (N, 2)
    along = hilbert_keys(centres[:, 0], centres[:, 1], survey.bounds or _WORLD)  # uint64 (N,)
    return np.argsort(along, kind="stable")


def integrate(examination: Examination, target: Path, progress: Progress) -> Integrated:
    """Write the tables of an examination without errors to `target`; nothing is left there on failure.

    Raises StorageFull when the disk is, InvalidInput when coordinates cannot be brought into the target system.
    """
    with storage_watched(target.parent):
        writer = GeoPackageWriter(target, examination.geopackage)
        try:
            written = [_Table(examination, table, progress).write(writer) for table in examination.tables]
            progress.step(tr("Saving"), 0, "bytes")
            writer.close()
        except (GeoPubError, sqlite3.Error, OSError):
            writer.abandon()
            raise
    boxes = [one.degrees for one in written if one.degrees is not None]
    whole = np.array(boxes or [_WORLD])  # (t, 4)
    low, high = whole.min(axis=0).tolist(), whole.max(axis=0).tolist()
    return Integrated(
        bounds=(low[0], low[1], high[2], high[3]),
        relations=tuple(one.relation for one in written),
        names={
            table.schema.name: {"name": table.name, "fields": {f.source.name: f.published.name for f in table.fields}}
            for table in examination.tables
        },
        faults=(*examination.faults, *(fault for one in written for fault in one.faults)),
    )


@dataclass(frozen=True)
class _Written:
    relation: Dict[str, Any]
    degrees: Optional[Bounds]  # None without any geometry
    faults: Tuple[Fault, ...]


class _Table:
    """The way of one table."""

    def __init__(self, examination: Examination, table: ExaminedTable, progress: Progress) -> None:
        self._path, self._table, self._progress = examination.geopackage, table, progress
        self._target: Srs = examination.target
        self._projection = Projection(table.srs or examination.target, examination.target)
        self._outside: List[int] = []  # keys of rows that have no place in the target system

    def write(self, writer: GeoPackageWriter) -> _Written:
        """Write all rows and the index."""
        table, schema = self._table, self._table.schema
        fields = tuple(field.published for field in table.fields)
        title = schema.title or schema.name
        out = writer.table(
            NewTable(table.name, title, schema.abstract, table.geometry_type, table.survey.has_z, self._target, fields)
        )
        self._progress.step(tr("Integrating {table}", table=schema.name), len(table.survey.keys), "features")
        connection = connect(self._path)
        try:
            source = SourceTable(connection, schema)
            self._rows(source, out)
            encodings = source.other_encodings
        finally:
            connection.close()
        self._progress.step(tr("Indexing {table}", table=schema.name), 0, "features")
        out.finish(follows_curve(self._table.survey))
        faults = []
        if encodings:
            faults.append(found("field.encoding", schema.name, encodings))
        if self._outside:
            named = {"target": self._target.name}
            faults.append(found("geometry.outside", schema.name, len(self._outside), self._outside[:EXAMPLES], **named))
        degrees = None if out.bounds is None else _degrees(self._target, out.bounds)
        return _Written(self._relation(out, degrees), degrees, tuple(faults))

    def _rows(self, source: SourceTable, out: TableWriter) -> None:
        """Write the rows: those that stay as they are copied by SQLite, or every one looked at and written anew."""
        survey = self._table.survey
        order = written_order(survey)
        changed = np.flatnonzero(~self._as_they_are()[order])  # int64 (m,) places in the new order
        if source.is_stored and survey.utf8 and len(changed) <= _FEW_CHANGES * len(order):
            self._copied(source, out, order, changed)
        else:
            self._written(source, out, survey.keys[order])

    def _as_they_are(self) -> np.ndarray:
        """Return which blobs are what would be written for them: bool (N,)."""
        survey = self._table.survey
        if not self._projection.same:
            return survey.row_kinds == NULL
        same = (survey.forms & (WITH_Z if survey.has_z else FLAT)) > 0
        if survey.srs_id != self._target.code:
            same &= survey.row_kinds == NULL
        if self._table.multiple:
            same &= ~np.isin(survey.row_kinds, list(MULTIPLE))
        return same

    def _copied(self, source: SourceTable, out: TableWriter, order: np.ndarray, changed: np.ndarray) -> None:
        survey = self._table.survey
        boxes, wanted = survey.boxes[order], survey.keys[order]
        blobs: List[Optional[bytes]] = []
        done = 0
        for rows in source.rows(wanted[changed], ()):
            geometries = self._geometries([row[0] for row in rows], wanted[changed[done : done + len(rows)]])
            boxes[changed[done : done + len(rows)]] = feature_bounds(geometries)
            blobs += write(geometries, self._target.code)
            done += len(rows)
        columns = [source.schema.geometry, *(field.source.name for field in self._table.fields)]
        out.copy(source.schema.name, source.key, columns, wanted, boxes, self._progress.advance)
        out.replace_geometries((changed + 1).tolist(), blobs)

    def _written(self, source: SourceTable, out: TableWriter, keys: np.ndarray) -> None:
        fields = [field.source for field in self._table.fields]
        for rows in source.rows(keys, fields):
            some = keys[out.count : out.count + len(rows)]  # int64 (n,)
            blobs, *columns = zip(*rows)
            geometries = self._geometries(blobs, some)
            out.append(write(geometries, self._target.code), feature_bounds(geometries), columns)
            self._progress.advance(len(rows))

    def _geometries(self, blobs: Sequence[Optional[bytes]], keys: np.ndarray) -> Geometries:
        """Return the geometries as they are published: straight, valid, in the target system, of one type."""
        geometries = flat(read(blobs).geometries, self._table.survey.has_z)
        broken = np.flatnonzero(np.isin(keys, self._table.survey.repairs))
        if len(broken):
            mended = flat(repaired(take(geometries, broken)), self._table.survey.has_z)
            geometries = replaced(geometries, broken, mended)
        geometries = self._projection.geometries(geometries)
        if not self._projection.same:
            outside = infinite_features(geometries)
            if outside.any():
                self._outside += keys[outside].tolist()
                geometries = without(geometries, outside)
        return _promoted(geometries) if self._table.multiple else geometries

    def _relation(self, out: TableWriter, degrees: Optional[Bounds]) -> Dict[str, Any]:
        table, code = self._table, self._target.code
        shape = _PG_NAMES[table.geometry_type] + ("Z" if table.survey.has_z else "")
        attributes = {KEY: "bigint", GEOMETRY: f"geometry({shape},{code})"}
        attributes.update({field.published.name: field.pg_type for field in table.fields})
        return {
            "name": table.name,
            "type": "TABLE",
            "attributes": attributes,
            "primary_key": [KEY],
            "key": self._source_key(),
            "native": table.schema.name,
            "count": out.count,
            "title": table.schema.title or table.schema.name,
            "geometry_type": table.geometry_type,
            "bounds": list(degrees or _WORLD),
        }

    def _source_key(self) -> str:
        """Return the published name of the source's own key, "" where the source has none that tells rows apart."""
        schema = self._table.schema
        named = [field.published.name for field in self._table.fields if field.source.name == schema.fid]
        return named[0] if schema.fid and named else ""


def _promoted(geometries: Geometries) -> Geometries:
    """Return the geometries with every single one made multiple: their arrays are the same."""
    kind = geometries.kind.copy()
    for several in (MULTIPOINT, MULTILINE, MULTIPOLYGON):
        kind[kind == SINGLE[several]] = several
    return replace(geometries, kind=kind)


def _degrees(srs: Srs, bounds: Bounds) -> Bounds:
    west, south, east, north = Projection(srs, WGS84).bounds(bounds)
    return max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)
