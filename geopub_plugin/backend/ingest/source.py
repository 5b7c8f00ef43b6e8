"""A delivered table read row by row as it is: keys, geometry blobs and values that nobody has looked at yet."""

from __future__ import annotations

import sqlite3
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from ..features.geopackage import quoted
from ..features.schema import ColumnKind, Field, TableSchema
from .names import KEY

BLOCK = 20_000  # rows read at once

_COPY = "geopub_rows"
_ORDER = "geopub_order"


class SourceTable:
    """One table, or view, of an open GeoPackage. Views are copied first: their rows may have no key, or one twice."""

    def __init__(self, connection: sqlite3.Connection, schema: TableSchema) -> None:
        self._connection = connection
        self.schema = schema
        sql = "SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE"
        self.is_view = connection.execute(sql, (schema.name,)).fetchone() == ("view",)
        self.renumbered = not self.is_view and not schema.fid
        self._table, self._key = quoted(schema.name), quoted(schema.fid or "rowid")
        if self.is_view or self.renumbered:
            connection.execute(f"DROP TABLE IF EXISTS temp.{_COPY}")
            connection.execute(f"CREATE TEMP TABLE {_COPY} AS SELECT * FROM {self._table}")  # nosec B608 - quoted
            self._table, self._key = f"temp.{_COPY}", "rowid"
        self.other_encodings = 0  # values met so far that are not UTF-8

    @property
    def fields(self) -> Tuple[Field, ...]:
        """The columns to publish: the attributes, and before them the key when it is a column of its own."""
        key = self.schema.fid
        if key.lower() in ("", "rowid", KEY):
            return self.schema.fields
        return (Field(key, ColumnKind.INTEGER, "INTEGER", nullable=self.is_view), *self.schema.fields)

    def count(self) -> int:
        """Return the number of rows."""
        return int(self._connection.execute(f"SELECT count(*) FROM {self._table}").fetchone()[0])  # nosec B608 - quoted

    def geometries(self) -> Iterator[Tuple[np.ndarray, List[Optional[bytes]]]]:
        """Yield keys (int64 (n,)) and geometry blobs of all rows, a block at a time."""
        sql = f"SELECT {self._key}, {quoted(self.schema.geometry)} FROM {self._table}"  # nosec B608 - quoted
        cursor = self._connection.execute(sql)
        while rows := cursor.fetchmany(BLOCK):
            keys, blobs = zip(*rows)
            yield np.array(keys, np.int64), [_bytes(blob) for blob in blobs]

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
        cursor = connection.execute(sql, (done,))
        while True:
            try:
                rows = cursor.fetchmany(BLOCK)
            except sqlite3.OperationalError as error:
                if "decode" not in str(error).lower() or connection.text_factory is not str:
                    raise
                connection.text_factory = self._decoded  # slower, so only for files that need it
                cursor = connection.execute(sql, (done,))
                continue
            if not rows:
                return
            done += len(rows)
            yield rows

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.other_encodings += 1
            return raw.decode("cp1252", "replace")


def _bytes(blob: object) -> Optional[bytes]:
    """Return a geometry value as bytes; text and numbers, which SQLite lets in, become an unreadable blob."""
    return blob if blob is None or isinstance(blob, bytes) else b"?"
