"""A table of a GeoPackage copied by SQLite itself, each value and geometry byte for byte.

QGIS's writer takes every feature apart and puts it together again. Where nothing is gained by that (`stored_table`
tells) the rows go from file to file, in one transaction, and what comes is the table as it was at one moment. Nobody
who writes in the file waits for that: with a write-ahead log readers are in nobody's way; without one the file is read
without locks, and a copy during which it changed (`UnlockedFile`) is refused.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Callable, Optional, Tuple
from urllib.parse import quote

from ..backend.errors import Cancelled
from ..backend.features.geopackage import quoted
from ..backend.ingest.geopackage_writer import open_new
from ..backend.translation import tr
from .field_names import free_name
from .unlocked_file import UnlockedFile, log_of, read_uri

ROWS = 20_000  # copied by one statement: the grain of progress
STEPS = 1_000  # of SQLite's machine, some 70 rows: the grain of cancelling
PATIENCE = 2.0  # seconds to wait for somebody who is just writing in one of the files
KINDS = ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON")
# OGC 12-128r18 table 1
_PLAIN = re.compile(
    r"BOOLEAN|TINYINT|SMALLINT|MEDIUMINT|INT|INTEGER|FLOAT|DOUBLE|REAL|DATE|DATETIME|(TEXT|BLOB)(\(\d+\))?"
)
_SOURCE = "original"  # the attached database
Moved = Callable[[float], None]


@dataclass(frozen=True)
class StoredTable:
    """A table of features that can be copied as it is."""

    file: Path
    name: str
    key: str  # the column that numbers the rows
    geometry: str
    kind: str  # one of KINDS
    srs: int  # EPSG code, which is its number in the file, too
    fields: Tuple[Tuple[str, str], ...]  # names and SQL types, in their order, without key and geometry

    @property
    def names(self) -> Tuple[str, ...]:
        """The attributes as QGIS has them: the key comes first."""
        return (self.key, *(name for name, _ in self.fields))


def stored_table(file: Path, name: str) -> Optional[StoredTable]:
    """Return a table, the only one of features for "", None where it is none, or not plain.

    Not plain are views, curves, types of others, titles of columns, and systems without a code of EPSG. None, too, for
    a file in the mode of a write-ahead log that has none: reading it would make one, and leave it beside the user's.
    """
    try:
        if not log_of(file).exists():
            with closing(UnlockedFile(file)):  # refuses that mode
                pass
        with closing(sqlite3.connect(read_uri(file), uri=True, timeout=0.0)) as connection:
            return _described(connection, file, name)
    except (sqlite3.Error, OSError, ValueError):  # somebody writes, or it is damaged: QGIS's writer will tell
        return None


def copy_table(table: StoredTable, target: Path, name: str, moved: Moved, cancelled: Event) -> None:
    """Write a table into a new GeoPackage, or as one more table into one; its keys count the rows, as QGIS's would.

    Args:
        table: what is copied.
        target: the GeoPackage.
        name: of the table in it.
        moved: is told the share that is done.
        cancelled: ends it.

    Raises:
        Cancelled: it was ended; the target is of no use.
        sqlite3.Error: the file cannot be read now, or changed meanwhile, or the target cannot be written; a target that
            was there is as it was, a new one of no use.
    """
    with ExitStack() as opened:
        unlocked = None
        if not log_of(table.file).exists():
            unlocked = opened.enter_context(closing(UnlockedFile(table.file)))
            unlocked.begin(PATIENCE)
        connection = opened.enter_context(closing(_opened(target) if target.exists() else open_new(target)))
        connection.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")
        connection.execute("PRAGMA locking_mode = NORMAL")  # a new file is ours alone, the one attached is not
        connection.execute(f"ATTACH ? AS {_SOURCE}", (read_uri(table.file, locks=unlocked is None),))
        connection.set_progress_handler(lambda: int(cancelled.is_set()), STEPS)
        connection.execute("BEGIN")
        try:
            _copy_rows(connection, table, name, moved)
            _enter(connection, table, name)
            if unlocked is not None:
                unlocked.end(PATIENCE)
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if cancelled.is_set():
                raise Cancelled(tr("The publication was cancelled.")) from error
            raise


def _opened(target: Path) -> sqlite3.Connection:
    """Open a GeoPackage that gets one more table; its former ones outlive a failure."""
    connection = sqlite3.connect(f"file:{quote(target.as_posix())}?mode=rw", isolation_level=None, uri=True)
    connection.execute("PRAGMA journal_mode = MEMORY")
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _described(connection: sqlite3.Connection, file: Path, name: str) -> Optional[StoredTable]:
    sql = (
        "SELECT c.table_name, g.column_name, upper(g.geometry_type_name), s.srs_id FROM gpkg_contents AS c "
        "JOIN gpkg_geometry_columns AS g ON lower(g.table_name) = lower(c.table_name) "
        "JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id "
        "JOIN sqlite_master AS m ON lower(m.name) = lower(c.table_name) AND m.type = 'table' "
        "WHERE c.data_type = 'features' AND lower(c.table_name) = lower(coalesce(nullif(?, ''), c.table_name)) "
        "AND upper(s.organization) = 'EPSG' AND s.organization_coordsys_id = s.srs_id"
    )
    rows = connection.execute(sql, (name,)).fetchall()
    if len(rows) != 1 or rows[0][2] not in KINDS or _has_descriptions(connection, rows[0][0]):
        return None
    table, geometry, kind, srs = rows[0]
    columns = connection.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall()
    keys = [column[1] for column in columns if column[5]]
    types = {column[1]: str(column[2]).strip().upper() for column in columns}
    hidden = any(column[6] for column in columns)  # made by SQLite of other columns
    # A key with an index is not the number of the row itself: it may be NULL, and its index damaged.
    indexed = any(index[3] == "pk" for index in connection.execute(f"PRAGMA index_list({quoted(table)})").fetchall())
    if hidden or indexed or len(keys) != 1 or types[keys[0]] != "INTEGER" or geometry not in types:
        return None
    fields = tuple((column, kind) for column, kind in types.items() if column not in (keys[0], geometry))
    plain = all(_PLAIN.fullmatch(kind) for _, kind in fields)
    return StoredTable(file, table, keys[0], geometry, kind, srs, fields) if plain else None


def _has_descriptions(connection: sqlite3.Connection, name: str) -> bool:
    """Tell whether columns have titles or media types (annex F.9)."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_data_columns'").fetchone():
        return False
    sql = "SELECT 1 FROM gpkg_data_columns WHERE lower(table_name) = lower(?)"
    return connection.execute(sql, (name,)).fetchone() is not None


def _copy_rows(connection: sqlite3.Connection, table: StoredTable, name: str, moved: Moved) -> None:
    key, geometry = free_name("ogc_fid", table.names), free_name("geom", table.names)
    columns = [f"{quoted(key)} INTEGER PRIMARY KEY NOT NULL", f"{quoted(geometry)} {table.kind}"]
    columns += [f"{quoted(field)} {kind}" for field, kind in ((table.key, "INTEGER"), *table.fields)]
    connection.execute(f"CREATE TABLE {quoted(name)} ({', '.join(columns)})")
    source, own = f"{_SOURCE}.{quoted(table.name)}", quoted(table.key)
    attributes = [quoted(one) for one in table.names]
    first, following = (
        f"INSERT INTO {quoted(name)} ({', '.join((quoted(geometry), *attributes))}) "  # nosec B608 - quoted
        f"SELECT {', '.join((quoted(table.geometry), *attributes))} FROM {source} "
        f"WHERE {own} {than} ? ORDER BY {own} LIMIT {ROWS}"
        for than in (">=", ">")
    )
    last = f"SELECT {own} FROM {quoted(name)} WHERE {quoted(key)} = ?"  # nosec B608 - quoted
    ends = f"SELECT (SELECT min({own}) FROM {source}), (SELECT max({own}) FROM {source})"  # nosec B608 - quoted
    low, high = connection.execute(ends).fetchone()
    done = rows = 0 if low is None else connection.execute(first, (low,)).rowcount
    while rows:
        (reached,) = connection.execute(last, (done,)).fetchone()
        moved((reached - low + 1) / (high - low + 1))
        rows = connection.execute(following, (reached,)).rowcount if rows == ROWS else 0
        done += rows
    connection.execute("INSERT INTO gpkg_ogr_contents VALUES (?, ?)", (name, done))


def _enter(connection: sqlite3.Connection, table: StoredTable, name: str) -> None:
    """Enter a table in the lists of the file, with what the source says of it."""
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys "
        "(srs_name, srs_id, organization, organization_coordsys_id, definition, description) "
        "SELECT srs_name, srs_id, organization, organization_coordsys_id, definition, description "
        f"FROM {_SOURCE}.gpkg_spatial_ref_sys WHERE srs_id = ?",  # nosec B608 - a constant
        (table.srs,),
    )
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id) "
        f"SELECT ?, 'features', ?, min_x, min_y, max_x, max_y, ? FROM {_SOURCE}.gpkg_contents "  # nosec B608 - a constant
        "WHERE lower(table_name) = lower(?)",
        (name, name, table.srs, table.name),
    )
    geometry = free_name("geom", table.names)
    connection.execute(
        f"INSERT INTO gpkg_geometry_columns SELECT ?, ?, ?, ?, z, m FROM {_SOURCE}.gpkg_geometry_columns "  # nosec B608 - a constant
        "WHERE lower(table_name) = lower(?)",
        (name, geometry, table.kind, table.srs, table.name),
    )
