"""Rows of a SQLite table read from its pages, thousands in lockstep.

SQLite walks from row to row and Python gets an object for each value; here the leaf pages of a table become arrays:
where each value of each row begins, and what type it has. Source: "Database File Format" (sqlite.org/fileformat2.html)
§1.3 the header, §1.6 b-tree pages, §2.1 records. Only files that nobody writes may be read so. What is not plain is
left to SQLite: tables without rowid, rows that go on in overflow pages, rows older than their columns.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Sequence, Set, Tuple

import numpy as np

from .ragged import row_numbers, starts_of
from .wkb import AHEAD

NULL, INTEGER, REAL, BLOB, TEXT, OTHER = range(6)  # classes of values
_MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes
_UTF8 = 1
_INTERIOR, _LEAF = 5, 13  # types of pages
_MOST = 1 << 17  # types of values that fit in the largest page, and more
_SIZES = np.concatenate([[0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0], np.arange(_MOST) >> 1])  # bytes, by type
_CLASSES = np.concatenate(
    [[NULL, *[INTEGER] * 6, REAL, INTEGER, INTEGER, OTHER, OTHER], np.tile([BLOB, TEXT], _MOST // 2)]
)
HIGHEST = 2**63 - 1  # of all keys


class NotPlain(Exception):
    """The rows are stored in a way that is left to SQLite."""


@dataclass(frozen=True)
class Values:
    """One column of N rows: where its values are among the bytes of the pages."""

    types: np.ndarray  # int64 (N,) serial types
    start: np.ndarray  # int64 (N,) first byte
    size: np.ndarray  # int64 (N,) bytes

    def classes(self) -> np.ndarray:
        """Return what each value is: int64 (N,) of NULL to OTHER."""
        return _CLASSES.take(self.types, mode="clip")

    def found(self) -> Set[int]:
        """Return the classes that occur."""
        return set(np.flatnonzero(np.bincount(self.classes())).tolist())

    def taken(self, rows: np.ndarray) -> Values:
        """Return the values of some rows (a slice, positions or a mask)."""
        return Values(self.types[rows], self.start[rows], self.size[rows])


@dataclass(frozen=True)
class Records:
    """N rows, in the order of their keys."""

    data: bytes  # of their pages, and `AHEAD` more
    keys: np.ndarray  # int64 (N,)
    values: List[Values]  # of each column asked for

    def taken(self, rows: np.ndarray) -> Records:
        """Return some of the rows."""
        return Records(self.data, self.keys[rows], [values.taken(rows) for values in self.values])


class TablePages:
    """The leaf pages of a table, in the order of the keys. Use it in one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, table: str, key: str) -> None:
        """Find the pages of a table whose rowid is `key`; raise NotPlain for what is left to SQLite."""
        self.places = _places(connection, table, key)  # of columns in a row, by name
        self._key = self.places.get(key)  # its values are NULL, the rowid stands for them
        sql = "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE"
        found = connection.execute(sql, (table,)).fetchone()
        if found is None or not found[0]:
            raise NotPlain(table)
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - kept open as long as the table
        header = self._file.read(_HEADER)
        if header[:16] != _MAGIC or int.from_bytes(header[56:60], "big") != _UTF8:
            raise NotPlain(path.name)
        size = int.from_bytes(header[16:18], "big")
        self.page_bytes = 65_536 if size == 1 else size
        self._usable = self.page_bytes - header[20]
        self._pages, self._last = self._leaves(int(found[0]))  # int64 (L,) numbers; greatest key that each may hold
        self.typical_rows = max(1, self._rows(len(self._pages) // 2))  # of a leaf

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def from_key(self, key: int, rows: int, most_bytes: int) -> np.ndarray:
        """Return the leaves from the one that holds a key on, enough for some rows: int64 (n,); none after the last."""
        first = int(np.searchsorted(self._last, key))
        count = min(rows // self.typical_rows + 2, max(1, most_bytes // self.page_bytes))
        return np.arange(first, min(first + count, len(self._last)))

    def of_keys(self, keys: np.ndarray) -> np.ndarray:
        """Return the leaves that hold rows with these keys (int64 (N,), ascending): int64 (n,)."""
        leaves = np.searchsorted(self._last, keys)
        return leaves[np.flatnonzero(np.diff(leaves, prepend=-1))]

    def last_key(self, leaves: np.ndarray) -> int:
        """Return the greatest key that any of the leaves may hold."""
        return int(self._last[leaves[-1]])

    def _rows(self, leaf: int) -> int:
        return int.from_bytes(self._read(self._pages[leaf : leaf + 1])[3:5], "big")

    def _read(self, pages: np.ndarray) -> bytes:
        """Return the bytes of these pages, and some more."""
        edges = [0, *(np.flatnonzero(np.diff(pages) != 1) + 1).tolist(), len(pages)]
        parts = []
        for begin, end in zip(edges, edges[1:]):
            self._file.seek((int(pages[begin]) - 1) * self.page_bytes)
            parts.append(self._file.read((end - begin) * self.page_bytes))
        data = b"".join([*parts, bytes(AHEAD)])
        if len(data) != len(pages) * self.page_bytes + AHEAD:
            raise NotPlain("cut off")
        return data

    def _leaves(self, root: int) -> Tuple[np.ndarray, np.ndarray]:
        pages, last = np.array([root]), np.array([HIGHEST])
        while self._read(pages[:1])[0] != _LEAF:  # leaves all lie on one level: to look at each would read the table
            data = self._read(pages)
            self._require(_INTERIOR, data)
            pages, last = self._children(data, last)
        return pages, last

    def _require(self, kind: int, data: bytes) -> None:
        if set(data[: -AHEAD : self.page_bytes]) - {kind}:
            raise NotPlain("no table with a rowid")

    def _children(self, data: bytes, last: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Return the pages below interior pages, and the greatest key of each: int64 each."""
        codes = np.frombuffer(data, np.uint8)
        base = np.arange(len(last)) * self.page_bytes  # (P,)
        count, cells = _cells(codes, base, 12)
        ends = np.cumsum(count + 1) - 1  # (P,) places of the right-most children
        inner = np.ones(len(cells) + len(base), bool)
        inner[ends] = False
        pages, greatest = np.empty(len(inner), np.int64), np.empty(len(inner), np.int64)
        pages[inner], greatest[inner] = _big(codes, cells, 4), varints(codes, cells + 4)[0]
        pages[ends], greatest[ends] = _big(codes, base + 8, 4), last
        return pages, greatest

    def records(self, leaves: np.ndarray, columns: Sequence[int]) -> Records:
        """Return the rows of some leaves (places in `pages`), and where their values of these columns are.

        Raises:
            NotPlain: a row is left to SQLite.
        """
        data = self._read(self._pages[leaves])
        self._require(_LEAF, data)
        codes = np.frombuffer(data, np.uint8)
        base = np.arange(len(leaves)) * self.page_bytes
        _count, at = _cells(codes, base, 8)
        payload, at = varints(codes, at)
        if len(payload) and int(payload.max()) > self._usable - 35:
            raise NotPlain("overflow pages")
        keys, at = varints(codes, at)
        length, after = varints(codes, at)
        if self._key is not None:
            columns = [*columns, self._key]
        values = _values(codes, after, at + length, columns)
        if self._key is not None and values.pop().types.any():
            raise NotPlain("keys that are not the rowid")
        return Records(data, keys, values)


def _places(connection: sqlite3.Connection, table: str, key: str) -> Dict[str, int]:
    """Return where the columns of a table stand in its rows; raise NotPlain where its key is not the rowid."""
    columns = connection.execute("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)", (table,)).fetchall()
    if any(hidden for _name, _type, _pk, hidden in columns):
        raise NotPlain("computed columns")
    keys = [name for name, kind, pk, _hidden in columns if pk and kind.upper() == "INTEGER"]
    if key != "rowid" and keys != [key]:
        raise NotPlain("a key of its own")
    return {name: place for place, (name, _type, _pk, _hidden) in enumerate(columns)}


def _values(codes: np.ndarray, at: np.ndarray, body: np.ndarray, columns: Sequence[int]) -> List[Values]:
    """Return the values of columns of records whose lists of types begin `at` and end at `body`, as values begin."""
    found = {}
    start = body
    for column in range(max(columns, default=-1) + 1):
        if (at >= body).any():
            raise NotPlain("rows older than their columns")
        types, at = varints(codes, at)
        size = _SIZES.take(types, mode="clip")
        if column in columns:
            found[column] = Values(types, start, size)
        start = start + size
    return [found[column] for column in columns]


def varints(codes: np.ndarray, at: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the variable-length integers at these bytes, and the bytes after them: int64 (n,) each (§1.6)."""
    byte = codes.take(at)
    if byte.max(initial=0) < 0x80:
        return byte.astype(np.int64), at + 1
    value, after = (byte & 0x7F).astype(np.int64), at + 1
    more = np.flatnonzero(byte > 0x7F)
    for length in range(2, 10):
        if len(more) == 0:
            break
        byte = codes.take(after[more])
        after[more] += 1
        value[more] = value[more] << 8 | byte if length == 9 else value[more] << 7 | byte & 0x7F
        more = more[byte > 0x7F]
    return value, after


def _big(codes: np.ndarray, at: np.ndarray, size: int) -> np.ndarray:
    """Return the unsigned integers of 2 or 4 bytes, the first the greatest, at these bytes: int64 (n,)."""
    return np.ndarray((len(codes) - size + 1,), f">u{size}", codes, strides=(1,))[at].astype(np.int64)


def _cells(codes: np.ndarray, base: np.ndarray, head: int) -> Tuple[np.ndarray, np.ndarray]:
    """Return how many cells pages have (P,), and the first byte of each cell, in order: int64 (n,)."""
    count = _big(codes, base + 3, 2)
    first = starts_of(count)
    page = row_numbers(count)
    place = np.arange(first[-1]) - first[:-1].take(page)
    return count, base.take(page) + _big(codes, base.take(page) + head + 2 * place, 2)


def integers(codes: np.ndarray, values: Values) -> np.ndarray:
    """Return values of class INTEGER: int64 (N,); 0 for NULL."""
    words = _words(codes, values)
    shift = 64 - 8 * values.size  # 64 for the values 0, 1 and NULL, which have no bytes: numpy makes 0 of it
    return (words << shift >> shift) + (values.types == 9)


def reals(codes: np.ndarray, values: Values) -> np.ndarray:
    """Return values of class INTEGER or REAL: float64 (N,); NaN for NULL. SQLite keeps whole reals as integers."""
    found = np.where(values.types == 7, _words(codes, values).view(np.float64), integers(codes, values))
    found[values.types == 0] = np.nan
    return found


def _words(codes: np.ndarray, values: Values) -> np.ndarray:
    """Return the eight bytes that end where the values end: int64 (N,)."""
    every = np.ndarray((len(codes) - 7,), ">i8", codes, strides=(1,))
    return every[values.start + values.size - 8].astype(np.int64)


def slices(data: bytes, values: Values) -> List[bytes]:
    """Return the bytes of the values: N of them."""
    return [data[begin:end] for begin, end in zip(values.start.tolist(), (values.start + values.size).tolist())]
