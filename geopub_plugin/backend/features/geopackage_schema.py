"""What a GeoPackage says of its tables.

Source: OGC 12-128r18 (GeoPackage 1.3): §1.1.2 spatial reference systems, §1.1.3 contents, §2.1.5 geometry columns,
annex F.3 R-tree, F.9 schema. Files break these rules often, so whatever is missing is read as "nothing said".
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple
from urllib.parse import quote

from ..errors import InvalidInput, NotFound
from ..translation import tr
from .schema import ColumnKind, Field, Srs, TableSchema

_KINDS = {
    "BOOLEAN": ColumnKind.BOOLEAN,
    "TINYINT": ColumnKind.INTEGER,
    "SMALLINT": ColumnKind.INTEGER,
    "MEDIUMINT": ColumnKind.INTEGER,
    "INT": ColumnKind.INTEGER,
    "INTEGER": ColumnKind.INTEGER,
    "FLOAT": ColumnKind.REAL,
    "DOUBLE": ColumnKind.REAL,
    "REAL": ColumnKind.REAL,
    "DATE": ColumnKind.DATE,
    "DATETIME": ColumnKind.DATETIME,
    "TIMESTAMP": ColumnKind.DATETIME,
    "TIME": ColumnKind.TIME,
    "BLOB": ColumnKind.BLOB,
}


def quoted(identifier: str) -> str:
    """Return an SQL identifier in double quotes, its own ones doubled; never empty, never with a NUL."""
    if not identifier or "\0" in identifier:
        raise InvalidInput(
            tr("“{name}” cannot be the name of a table or column.", name=identifier.replace("\0", "␀")),
            tr("SQL forbids empty names and names with a NUL character."),
            tr("Rename it in QGIS and try again."),
        )
    return '"' + identifier.replace('"', '""') + '"'


def is_geopackage(path: Path) -> bool:
    """Return whether the file is a SQLite database that has the tables every GeoPackage must have.

    Only SQLite opens it: to close it ourselves would end the locks that others in this process hold on it.
    """
    try:
        with closing(connect(path)) as connection:
            sql = "SELECT count(*) FROM sqlite_master WHERE name IN ('gpkg_contents', 'gpkg_spatial_ref_sys')"
            return int(connection.execute(sql).fetchone()[0]) == 2
    except (NotFound, OSError, sqlite3.DatabaseError, UnicodeDecodeError):
        return False


def connect(path: Path) -> sqlite3.Connection:
    """Return a read-only connection that never writes beside the file.

    A file with a write-ahead log or a journal is being written by somebody (QGIS does so); it is read through that, any
    other as immutable, which needs no lock and no `-shm` file.
    """
    path = Path(path).resolve()
    if not path.is_file():
        raise NotFound(
            tr("The file {file} is not there.", file=str(path)),
            tr("It was moved, renamed or deleted."),
            tr("Check its path and try again."),
        )
    return sqlite3.connect(read_only_uri(path), uri=True, check_same_thread=False)


def read_only_uri(path: Path) -> str:
    """Return the URI under which SQLite opens a file for reading alone, see `connect`."""
    mode = "mode=ro&immutable=1" if is_still(path) else "mode=ro"
    return f"file:{quote(path.as_posix())}?{mode}"


def is_still(path: Path) -> bool:
    """Return whether nobody writes in a file, nor was cut short at it, as far as the files beside it tell.

    In a write-ahead log may be rows that the file does not hold yet, in a journal what was there before a change.
    """
    journal = path.with_name(path.name + "-journal")
    return not path.with_name(path.name + "-wal").exists() and not (journal.exists() and journal.stat().st_size)


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a file that it cannot read into an InvalidInput that a person understands."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the latter of a name that is none any more
        raise InvalidInput(tr("The file {file} cannot be read.", file=Path(path).name), *_explained(error)) from error


def _explained(error: Exception) -> Tuple[str, str]:
    """Return why SQLite cannot read a file, and the cure."""
    if "locked" in str(error):
        return tr("Another program is writing in it."), tr("Wait until it has saved, then try again.")
    if "readonly" in str(error):  # what has to be put right first
        return (
            tr("Whoever wrote in it last was cut short, and left a journal of what is to be undone beside it."),
            tr("Open the file once in QGIS, which undoes it, then try again."),
        )
    return (
        tr("SQLite says: {reason}.", reason=str(error)),
        tr("The file is damaged or cut off: export the layer again."),
    )


class _Row(Dict[str, Any]):
    """A row by the names of its columns, in small letters; a column that is missing is NULL."""

    def __missing__(self, name: str) -> None:
        return None


def _rows(connection: sqlite3.Connection, sql: str, values: Tuple[object, ...] = ()) -> List[_Row]:
    """Return the rows of a query; none where the table that it asks is missing."""
    try:
        cursor = connection.execute(sql, values)
        names = [str(column[0]).lower() for column in cursor.description or ()]
        return [_Row(zip(names, row)) for row in cursor.fetchall()]
    except sqlite3.OperationalError as error:
        if "no such" in str(error):
            return []
        raise


def _srs(connection: sqlite3.Connection, srs_id: object) -> Optional[Srs]:
    found = _rows(connection, "SELECT * FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (srs_id,))
    if not found or srs_id in (0, -1):
        return None
    row = found[0]
    organization = str(row["organization"] or "").upper()
    named = organization not in ("", "NONE", "CUSTOM") and isinstance(row["organization_coordsys_id"], int)
    definition = str(row["definition"] or "")
    if not named and definition.lower() in ("", "undefined"):
        return None
    return Srs(organization if named else "", int(row["organization_coordsys_id"]) if named else 0, definition)


def _kind(sql_type: str, mime: str) -> ColumnKind:
    word = re.split(r"[\s(]", sql_type.strip().upper())[0]
    if mime == "application/json" or word == "JSON":
        return ColumnKind.JSON
    if word in _KINDS:
        return _KINDS[word]
    upper = sql_type.upper()  # SQLite's own rules of affinity (datatype3.html §3.1) for any other word
    if "INT" in upper:
        return ColumnKind.INTEGER
    if any(part in upper for part in ("CHAR", "CLOB", "TEXT", "STRING")):
        return ColumnKind.TEXT
    return (
        ColumnKind.REAL
        if any(part in upper for part in ("REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL"))
        else ColumnKind.TEXT
    )


def _key(connection: sqlite3.Connection, table: str, columns: List[_Row]) -> str:
    """Return the column that is the row's key: the integer primary key, else the rowid; for views the first integer.

    None ("") for views without one, tables without rowid, those of which a column has taken its name, and those whose
    primary key holds anything else: of all types only INTEGER forbids it (sqlite.org/lang_createtable.html §3.5).
    """
    keys = [c for c in columns if c["pk"]]
    if len(keys) == 1 and "INT" in str(keys[0]["type"]).upper():
        name = str(keys[0]["name"])
        return name if str(keys[0]["type"]).upper() == "INTEGER" or _holds_integers(connection, table, name) else ""
    names = {str(c["name"]).lower(): c for c in columns}
    kind = _rows(connection, "SELECT type, sql FROM sqlite_master WHERE name = ? COLLATE NOCASE", (table,))
    if kind and kind[0]["type"] == "table" and "WITHOUT ROWID" not in str(kind[0]["sql"]).upper():
        return "" if "rowid" in names else "rowid"
    integers = {name: str(c["name"]) for name, c in names.items() if "INT" in str(c["type"]).upper()}
    return next((integers[name] for name in ("ogc_fid", "fid", "id") if name in integers and not keys), "")


def _holds_integers(connection: sqlite3.Connection, table: str, column: str) -> bool:
    sql = f"SELECT 1 FROM {quoted(table)} WHERE typeof({quoted(column)}) <> 'integer' LIMIT 1"  # nosec B608 - quoted
    return not _rows(connection, sql)


def _table(connection: sqlite3.Connection, content: _Row, geometry: Optional[_Row]) -> TableSchema:
    name = str(content["table_name"])
    columns = _rows(connection, f"PRAGMA table_info({quoted(name)})")
    key = _key(connection, name, columns)
    said_column = str(geometry["column_name"]) if geometry is not None else ""
    names = {str(row["name"]).lower(): str(row["name"]) for row in columns}
    column = names.get(said_column.lower(), said_column)
    said: Dict[str, _Row] = {
        row["column_name"]: row
        for row in _rows(connection, "SELECT * FROM gpkg_data_columns WHERE table_name = ?", (name,))
    }

    def field(row: _Row) -> Field:
        more = said.get(row["name"])
        mime = str(more["mime_type"] or "") if more is not None else ""
        title = str(more["title"] or more["name"] or "") if more is not None else ""
        return Field(str(row["name"]), _kind(str(row["type"]), mime), str(row["type"]), not row["notnull"], title)

    index = f"rtree_{name}_{said_column}"
    has_index = bool(_rows(connection, "SELECT 1 FROM sqlite_master WHERE name = ? COLLATE NOCASE", (index,)))
    return TableSchema(
        name=name,
        fid=key,
        geometry=column,
        geometry_type=str(geometry["geometry_type_name"]).upper() if geometry is not None else "",
        has_z=bool(geometry["z"]) if geometry is not None else False,
        has_m=bool(geometry["m"]) if geometry is not None else False,
        srs=_srs(connection, geometry["srs_id"]) if geometry is not None else None,
        fields=tuple(field(row) for row in columns if str(row["name"]).lower() not in (key.lower(), column.lower())),
        title=str(content["identifier"] or ""),
        abstract=str(content["description"] or ""),
        spatial_index=index if geometry is not None and key and has_index else "",  # whose ids are keys
    )


def _tables(path: Path, features: bool, only: Optional[str] = None) -> Tuple[TableSchema, ...]:
    with damage_told(path), closing(connect(path)) as connection:
        existing = {str(row["name"]).lower() for row in _rows(connection, "SELECT name FROM sqlite_master")}
        geometries = {
            str(row["table_name"]).lower(): row for row in _rows(connection, "SELECT * FROM gpkg_geometry_columns")
        }
        said = _rows(
            connection, "SELECT * FROM gpkg_contents WHERE table_name = coalesce(?, table_name) ORDER BY rowid", (only,)
        )
        contents = [(row, str(row["table_name"]).lower()) for row in said]
        if features:
            kept = [
                row for row, name in contents if row["data_type"] == "features" and name in existing & set(geometries)
            ]
        else:
            kept = [
                row for row, name in contents if row["data_type"] in ("attributes", "aspatial") and name in existing
            ]
        return tuple(_table(connection, row, geometries.get(str(row["table_name"]).lower())) for row in kept)


def feature_tables(path: Path) -> Tuple[TableSchema, ...]:
    """Return the tables with a geometry, in the order of the file's contents; raise InvalidInput if damaged."""
    return _tables(path, True)


def feature_table(path: Path, name: str) -> Optional[TableSchema]:
    """Return the table of this name, or None where the file has none of it with a geometry."""
    return next(iter(_tables(path, True, name)), None)


def attribute_tables(path: Path) -> Tuple[TableSchema, ...]:
    """Return the tables without geometry."""
    return _tables(path, False)
