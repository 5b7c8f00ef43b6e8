"""Writing a GeoPackage 1.3 through sqlite3 alone, as fast as the disk takes it.

Source: OGC 12-128r18. The file is a finished revision that is only ever read: it has the R-tree extension (annex F.3)
with its index, without the triggers that would keep the index in step with changes. It is written without journal and
without waiting for the disk, because it means nothing until it is closed, verified and renamed by the backend, which
has the disk hold it before (`jobs.worker`, `data_folder.publish`).

The rows of a table get the keys 1, 2, 3, … as they come, so their order is the order on the disk. See `integration` for
what that order is.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Iterable, List, Optional, Sequence, Tuple
from urllib.parse import quote

import numpy as np

from ..features.geopackage import quoted
from ..features.geopackage_schema import read_only_uri
from ..features.schema import Bounds, ColumnKind, Field, Srs
from .names import GEOMETRY, KEY
from .rtree import along_the_curve, create, outward

_APPLICATION_ID = 0x47504B47  # "GPKG"
_USER_VERSION = 10300  # 1.3.0

_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
  definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_ogr_contents (table_name TEXT NOT NULL PRIMARY KEY, feature_count INTEGER DEFAULT NULL);
"""
_SCHEMA_TABLES = """
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT,
  description TEXT, mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT,
  min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""
_WGS84_WKT = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,'
    'AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)
_SYSTEMS = (
    ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", "undefined cartesian coordinate reference system"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
    ("WGS 84 geodetic", 4326, "EPSG", 4326, _WGS84_WKT, "longitude/latitude coordinates in decimal degrees"),
)
_SOURCE = "delivered"  # the attached database
_COPIED = 20_000  # rows copied by one statement
_RTREE_TEXT = "http://www.geopackage.org/spec120/#extension_rtree"
_SCHEMA_TEXT = "http://www.geopackage.org/spec121/#extension_schema"


@dataclass(frozen=True)
class NewTable:
    """A table to write."""

    name: str
    title: str
    abstract: str
    geometry_type: str
    has_z: bool
    srs: Srs  # with an EPSG code
    fields: Tuple[Field, ...]


def open_new(path: Path) -> sqlite3.Connection:
    """Begin a new GeoPackage without tables, written without journal; whatever is at `path` is replaced."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(f"file:{quote(path.as_posix())}", isolation_level=None, uri=True)
    for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "temp_store = MEMORY",
                    "cache_size = -65536", f"application_id = {_APPLICATION_ID}",
                    f"user_version = {_USER_VERSION}"):  # fmt: skip
        connection.execute(f"PRAGMA {setting}")
    for statement in _TABLES.split(";")[:-1]:
        connection.execute(statement)
    connection.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", _SYSTEMS)
    return connection


class GeoPackageWriter:
    """A GeoPackage being written, one table after the other."""

    def __init__(self, path: Path, source: Optional[Path] = None) -> None:
        """Begin a new file; whatever is at `path` is replaced. `TableWriter.copy` takes rows out of `source`."""
        self.path = path
        self._connection = open_new(path)
        if source is not None:
            self._connection.execute(f"ATTACH ? AS {_SOURCE}", (read_only_uri(source.resolve()),))
        self._connection.execute("BEGIN")
        self._has_schema_extension = False

    def table(self, table: NewTable) -> TableWriter:
        """Create a table and return what takes its rows; finish it before you begin the next."""
        srs = table.srs
        self._connection.execute(
            "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, '')",
            (srs.name, srs.code, srs.organization, srs.code, srs.definition),
        )
        columns = [f"{quoted(KEY)} INTEGER PRIMARY KEY NOT NULL", f"{GEOMETRY} {table.geometry_type}"]
        columns += [f"{quoted(field.name)} {field.sql_type}" for field in table.fields]
        self._connection.execute(f"CREATE TABLE {quoted(table.name)} ({', '.join(columns)})")
        return TableWriter(self._connection, table, self._describe)

    def _describe(self, table: NewTable) -> None:
        """Write down titles and media types of columns (annex F.9), if there are any."""
        rows: List[Tuple[Optional[str], ...]] = [
            (table.name, field.name, field.title or None, "application/json" if field.kind is ColumnKind.JSON else None)
            for field in table.fields
            if field.title or field.kind is ColumnKind.JSON
        ]
        if not rows:
            return
        if not self._has_schema_extension:
            for statement in _SCHEMA_TABLES.split(";")[:-1]:
                self._connection.execute(statement)
            self._connection.executemany(
                "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
                [(name, _SCHEMA_TEXT) for name in ("gpkg_data_columns", "gpkg_data_column_constraints")],
            )
            self._has_schema_extension = True
        sql = "INSERT INTO gpkg_data_columns (table_name, column_name, title, mime_type) VALUES (?, ?, ?, ?)"
        self._connection.executemany(sql, rows)

    def close(self) -> None:
        """Finish the file."""
        self._connection.execute("COMMIT")
        self._connection.close()

    def abandon(self) -> None:
        """Close and remove the file."""
        self._connection.close()
        self.path.unlink(missing_ok=True)


class TableWriter:
    """Takes the rows of one table."""

    def __init__(self, connection: sqlite3.Connection, table: NewTable, describe: Callable[[NewTable], None]) -> None:
        self._connection, self._table, self._describe = connection, table, describe
        places = ", ".join("?" * (2 + len(table.fields)))
        self._sql = f"INSERT INTO {quoted(table.name)} VALUES ({places})"  # nosec B608 - quoted
        self._boxes: List[np.ndarray] = []  # float32 (n, 4) each
        self._ids: List[np.ndarray] = []  # int64 (n,) each
        self._low, self._high = np.full(2, np.inf), np.full(2, -np.inf)
        self.count = 0

    def append(self, blobs: Sequence[Optional[bytes]], bounds: np.ndarray, columns: Iterable[Sequence[Any]]) -> None:
        """Add n rows: geometry blobs, their bounds (float64 (n, 4), NaN without geometry), and each field's values."""
        keys = range(self.count + 1, self.count + 1 + len(blobs))
        self._connection.executemany(self._sql, zip(keys, blobs, *columns))
        self._index(bounds)

    def _index(self, bounds: np.ndarray) -> None:
        """Note where the next n rows are, float64 (n, 4)."""
        filled = np.flatnonzero(~np.isnan(bounds[:, 0]))  # int64 (m,)
        if len(filled):
            self._ids.append(filled + self.count + 1)
            self._boxes.append(outward(bounds[filled]))
            self._low = np.minimum(self._low, bounds[filled, :2].min(axis=0))
            self._high = np.maximum(self._high, bounds[filled, 2:].max(axis=0))
        self.count += len(bounds)

    def copy(
        self,
        table: str,
        key: str,
        columns: Sequence[str],
        wanted: np.ndarray,
        bounds: np.ndarray,
        advance: Callable[[int], None],
    ) -> None:
        """Add rows of a table of the source as they are, without a look at them.

        Args:
            table: its name.
            key: the name of its row number.
            columns: geometry and fields, in the order of the new table's.
            wanted: row numbers, int64 (n,), in the order in which they are added.
            bounds: of their geometries, float64 (n, 4), NaN without one.
            advance: is told how many more rows are there.
        """
        names = ", ".join(f"it.{quoted(column)}" for column in columns)
        sql = (
            f"INSERT INTO {quoted(self._table.name)} SELECT ? + o.key, {names} FROM json_each(?) AS o "  # nosec B608 - quoted
            f"CROSS JOIN {_SOURCE}.{quoted(table)} AS it ON it.{key} = o.value"  # the order is read, rows looked up
        )
        for first in range(0, len(wanted), _COPIED):
            some = wanted[first : first + _COPIED].tolist()
            self._connection.execute(sql, (self.count + first + 1, repr(some)))
            advance(len(some))
        self._index(bounds)

    def replace_geometries(self, keys: Sequence[int], blobs: Sequence[Optional[bytes]]) -> None:
        """Put other geometries into rows that were copied; their bounds were given with the copy."""
        sql = f"UPDATE {quoted(self._table.name)} SET {GEOMETRY} = ? WHERE {quoted(KEY)} = ?"  # nosec B608 - quoted
        self._connection.executemany(sql, zip(blobs, keys))

    @property
    def bounds(self) -> Optional[Bounds]:
        """The bounds of all geometries so far."""
        if not np.isfinite(self._low).all():
            return None
        (west, south), (east, north) = self._low.tolist(), self._high.tolist()
        return west, south, east, north

    def finish(self, along_curve: bool = False) -> None:
        """Write the index and the entries in the file's own tables; `along_curve` says that the rows follow one."""
        table, connection = self._table, self._connection
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        connection.execute(
            "INSERT INTO gpkg_contents VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?, ?)",
            (table.name, self._identifier(), table.abstract, now, *(self.bounds or (None,) * 4), table.srs.code),
        )
        connection.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, 0)",
            (table.name, GEOMETRY, table.geometry_type, table.srs.code, int(table.has_z)),
        )
        connection.execute(
            "INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', ?, 'write-only')",
            (table.name, GEOMETRY, _RTREE_TEXT),
        )
        connection.execute("INSERT INTO gpkg_ogr_contents VALUES (?, ?)", (table.name, self.count))
        self._describe(table)
        ids = np.concatenate([np.zeros(0, np.int64), *self._ids])
        boxes = np.concatenate([np.zeros((0, 4), np.float32), *self._boxes])
        if not along_curve:
            order = along_the_curve(boxes)
            ids, boxes = ids[order], boxes[order]
        create(connection, f"rtree_{table.name}_{GEOMETRY}", ids, boxes)

    def _identifier(self) -> str:
        """Return the table's title, which must be unique in the file, with its name where another has the same."""
        title = self._table.title or self._table.name
        sql = "SELECT 1 FROM gpkg_contents WHERE identifier = ?"
        taken = self._connection.execute(sql, (title,)).fetchone()
        return f"{title} ({self._table.name})" if taken else title
