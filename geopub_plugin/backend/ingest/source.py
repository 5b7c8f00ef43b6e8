"""A delivered table read row by row as it is: keys, geometry blobs and values that nobody has looked at yet."""

from __future__ import annotations

import sqlite3
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from ..features.geopackage import quoted
from ..features.schema import ColumnKind, Field, TableSchema
from .names import KEY

BLOCK = 20_000  # rows read at once, at most
BLOCK_BYTES = 32_000_000  # of geometry in one block, about
_FETCH = 256  # rows asked for in one call
_TEXTS = 1000  # rows whose texts are decoded as one

_BLOBS = frozenset({bytes, type(None)})

_COPY = "geopub_rows"
_ORDER = "geopub_order"


class SourceTable:
    """One table, or view, of an open GeoPackage. Views are copied first: their rows may have no key, or one twice."""

    def __init__(self, connection: sqlite3.Connection, schema: TableSchema) -> None:
        self._connection = connection
        self.schema = schema
        sql = "SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE"
        self.is_view = connection.execute(sql, (schema.name,)).fetchone() == ("view",)
        self._table = quoted(schema.name)
        self._key = self._row_number()
        self.renumbered = not self.is_view and not self._key
        self.is_stored = not self.is_view and not self.renumbered
        if self.is_view or self.renumbered:
            connection.execute(f"DROP TABLE IF EXISTS temp.{_COPY}")
            connection.execute(f"CREATE TEMP TABLE {_COPY} AS SELECT * FROM {self._table}")  # nosec B608 - quoted
            self._table = f"temp.{_COPY}"
            self._key = self._row_number()
        self.other_encodings = 0  # values met so far that are not UTF-8

    def _row_number(self) -> str:
        """Return the name of SQLite's own row number, which a key that keeps the rules is an alias of; "" for none.

        A column may have taken one of its three names, and a table WITHOUT ROWID has none (sqlite.org/rowidtable.html).
        """
        columns = {
            str(row[1]).lower() for row in self._connection.execute(f"PRAGMA table_info({quoted(self.schema.name)})")
        }
        name = next((name for name in ("rowid", "_rowid_", "oid") if name not in columns), "")
        try:
            self._connection.execute(f"SELECT {name} FROM {self._table} LIMIT 0")  # nosec B608 - quoted
        except sqlite3.OperationalError:
            return ""
        return name

    @property
    def key(self) -> str:
        """The name of the row number."""
        return self._key

    @property
    def fields(self) -> Tuple[Field, ...]:
        """The columns to publish: the attributes, and before them the key when it is a column of its own."""
        key = self.schema.fid
        if key.lower() in ("", "rowid", KEY):
            return self.schema.fields
        return (Field(key, ColumnKind.INTEGER, "INTEGER"), *self.schema.fields)

    def count(self) -> int:
        """Return the number of rows."""
        return int(self._connection.execute(f"SELECT count(*) FROM {self._table}").fetchone()[0])  # nosec B608 - quoted

    def geometries(self) -> Iterator[Tuple[np.ndarray, List[Optional[bytes]]]]:
        """Yield keys (int64 (n,)) and geometry blobs of all rows, a block at a time."""
        sql = f"SELECT {self._key}, {quoted(self.schema.geometry)} FROM {self._table}"  # nosec B608 - quoted
        cursor = self._connection.execute(sql)
        for rows in _blocks(cursor, geometry=1):
            keys, blobs = zip(*rows)
            plain = _BLOBS.issuperset(map(type, blobs))
            yield np.array(keys, np.int64), list(blobs) if plain else [_bytes(blob) for blob in blobs]

    def storage_classes(self, fields: Sequence[Field], allowed: Sequence[Tuple[str, ...]]) -> List[bool]:
        """Tell for each field whether some value has a storage class other than those allowed and NULL."""
        strangers: List[bool] = []
        for start in range(0, len(fields), 100):  # SQLite accepts 2,000 columns at most
            tests = (
                f"max(typeof({quoted(field.name)}) NOT IN ({', '.join(map(repr, ('null', *classes)))}))"
                for field, classes in zip(fields[start : start + 100], allowed[start : start + 100])
            )
            row = self._connection.execute(f"SELECT {', '.join(tests)} FROM {self._table}").fetchone()  # nosec B608 - quoted
            strangers += [bool(value) for value in row]
        return strangers

    def classes_of(self, field: Field) -> frozenset[str]:
        """Return the storage classes ("integer", "real", "text", "blob") of a field's values."""
        sql = f"SELECT DISTINCT typeof({quoted(field.name)}) FROM {self._table}"  # nosec B608 - quoted
        return frozenset(row[0] for row in self._connection.execute(sql)) - {"null"}

    def is_utf8(self, fields: Sequence[Field]) -> bool:
        """Tell whether every text in these columns is UTF-8; a doubt, such as texts of gigabytes, is a no."""
        for start in range(0, len(fields), 100):
            every = "||','||".join(f"coalesce({quoted(field.name)},'')" for field in fields[start : start + 100])
            sql = (
                f"SELECT max(at), group_concat(texts) FROM (SELECT {self._key} AS at, {every} AS texts "  # nosec B608 - quoted
                f"FROM {self._table} WHERE {self._key} > ? ORDER BY {self._key} LIMIT {_TEXTS})"
            )
            last: Optional[int] = -(1 << 63)
            try:
                while last is not None:  # one decoding for a thousand rows
                    last = self._connection.execute(sql, (last,)).fetchone()[0]
            except (sqlite3.OperationalError, sqlite3.DataError) as error:
                if isinstance(error, sqlite3.OperationalError) and "decode" not in str(error).lower():
                    raise
                return False
        return True

    def rows(self, keys: np.ndarray, fields: Sequence[Field]) -> Iterator[List[Tuple[Any, ...]]]:
        """Yield blocks of rows (geometry, then fields) in the order of `keys`, int64 (n,)."""
        connection = self._connection
        connection.execute(f"DROP TABLE IF EXISTS temp.{_ORDER}")
        connection.execute(f"CREATE TEMP TABLE {_ORDER} (place INTEGER PRIMARY KEY, wanted INTEGER)")
        places = enumerate(keys.tolist())
        connection.executemany(f"INSERT INTO temp.{_ORDER} VALUES (?, ?)", places)  # nosec B608 - a constant
        names = ", ".join(f"it.{quoted(name)}" for name in (self.schema.geometry, *(field.name for field in fields)))
        sql = (
            f"SELECT {names} FROM temp.{_ORDER} AS o CROSS JOIN {self._table} AS it ON it.{self._key} = o.wanted "  # nosec B608 - quoted
            "WHERE o.place >= ? ORDER BY o.place"  # CROSS JOIN: the order is read, and each row looked up
        )
        done = 0
        while True:
            try:
                for block in _blocks(connection.execute(sql, (done,)), geometry=0):
                    done += len(block)
                    yield block
                return
            except sqlite3.OperationalError as error:  # noqa: PERF203 - twice at most
                if "decode" not in str(error).lower() or connection.text_factory is not str:
                    raise
                connection.text_factory = self._decoded  # slower, so only for files that need it; on from there

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.other_encodings += 1
            return raw.decode("cp1252", "replace")


def _bytes(blob: object) -> Optional[bytes]:
    """Return a geometry value as bytes; text and numbers, which SQLite lets in, become an unreadable blob."""
    return blob if blob is None or isinstance(blob, bytes) else b"?"


def _blocks(cursor: sqlite3.Cursor, geometry: int) -> Iterator[List[Tuple[Any, ...]]]:
    """Yield rows in blocks of bounded number and size; `geometry` is the place of the geometry in a row."""
    block: List[Tuple[Any, ...]] = []
    size = 0
    while rows := cursor.fetchmany(_FETCH):
        block += rows
        size += sum([len(row[geometry]) for row in rows if type(row[geometry]) is bytes])  # a list: half the time
        if len(block) + _FETCH > BLOCK or size > BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block
