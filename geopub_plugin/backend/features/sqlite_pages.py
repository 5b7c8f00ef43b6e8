"""Rows of a SQLite table read from its pages, thousands in lockstep.

SQLite walks from row to row and Python gets an object for each value; here the leaf pages of a table become arrays:
where each value of each row begins, and what type it has. Source: "Database File Format" (sqlite.org/fileformat2.html)
§1.3 the header, §1.6 b-tree pages. Only files that nobody writes may be read so. What is not plain is left to SQLite:
tables without rowid, rows older than their columns, rows that mostly lie in overflow pages, and what is damaged. In a
sound tree each page has one place, and keys ascend from leaf to leaf.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Dict, Sequence, Tuple

import numpy as np

from .sqlite_overflow import OverflowPages
from .sqlite_records import DAMAGED, NotPlain, Pages, Records, big_endian, require, varints
from .wkb_blobs import AHEAD

_MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes
_UTF8 = 1
_INTERIOR, _LEAF = 5, 13  # types of pages
_INTERIOR_HEAD, _LEAF_HEAD = 12, 8  # bytes
_DEEPEST = 20  # levels of a tree, SQLite's own limit
HIGHEST = 2**63 - 1  # of all keys


class TablePages:
    """The leaf pages of a table, in the order of the keys. Use it in one thread.

    On POSIX, to close it ends the locks that this process holds on the file by whatever library: it is for files that
    the process does not have open otherwise than for reading.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, table: str, key: str) -> None:
        """Find the pages of a table whose rowid is `key`; raise NotPlain for what is left to SQLite."""
        self.places = _places(connection, table, key)  # of columns in a row, by name
        self._key = self.places.get(key)  # its values are NULL, the rowid stands for them
        sql = "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE"
        found = connection.execute(sql, (table,)).fetchone()
        if found is None or not isinstance(found[0], int):
            raise NotPlain(table)
        with ExitStack() as opened:
            self._file = opened.enter_context(open(path, "rb", buffering=0))
            header = self._file.read(_HEADER)
            if header[:16] != _MAGIC or int.from_bytes(header[56:60], "big") != _UTF8:
                raise NotPlain(path.name)
            size = int.from_bytes(header[16:18], "big")
            self.page_bytes = 65_536 if size == 1 else size
            self._usable = self.page_bytes - header[20]
            require(self.page_bytes >= 512 and self.page_bytes & (self.page_bytes - 1) == 0)
            self._overflow = OverflowPages(self._file, self.page_bytes, self._usable)
            self._pages, self._last = self._leaves(found[0])  # int64 (L,) numbers; greatest key that each may hold
            self.typical_rows = max(1, self._rows(len(self._pages) // 2))  # of a leaf
            opened.pop_all()

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

    def records(self, leaves: np.ndarray, columns: Sequence[int], whole: bool = True) -> Records:
        """Return the rows of some leaves (ascending places), and where their values of these columns are.

        Of rows that are not wanted `whole`, only types and sizes hold: they may go on in other pages.

        Raises:
            NotPlain: a row is left to SQLite.
        """
        pages = self._read(self._pages[leaves])
        pages.require(_LEAF)
        asked = columns if self._key is None else [*columns, self._key]
        count, records = pages.rows(_LEAF_HEAD, asked, whole)
        if self._key is not None and records.values.pop().types.any():
            raise NotPlain("keys that are not the rowid")
        keys = records.keys
        require(bool((keys[1:] > keys[:-1]).all()))
        filled, after = np.flatnonzero(count), np.cumsum(count)
        for row in (after - count, after - 1):  # the first and the last of each leaf
            require(np.array_equal(np.searchsorted(self._last, keys[row[filled]]), leaves[filled]))
        return records

    def _rows(self, leaf: int) -> int:
        return int.from_bytes(self._read(self._pages[leaf : leaf + 1]).data[3:5], "big")

    def _read(self, numbers: np.ndarray) -> Pages:
        edges = [0, *(np.flatnonzero(np.diff(numbers) != 1) + 1).tolist(), len(numbers)]
        parts = []
        for begin, end in zip(edges, edges[1:]):
            self._file.seek((int(numbers[begin]) - 1) * self.page_bytes)
            parts.append(self._file.read((end - begin) * self.page_bytes))
        data = b"".join([*parts, bytes(AHEAD)])
        if len(data) != len(numbers) * self.page_bytes + AHEAD:
            raise NotPlain("cut off")
        return Pages(data, self.page_bytes, self._usable, self._overflow)

    def _leaves(self, root: int) -> Tuple[np.ndarray, np.ndarray]:
        last_page = left = os.fstat(self._file.fileno()).st_size // self.page_bytes
        require(1 < root <= last_page)
        numbers, last = np.array([root]), np.array([HIGHEST])
        for _level in range(_DEEPEST):
            left -= len(numbers)
            require(left > 0 and len(np.unique(numbers)) == len(numbers))
            require(int(numbers.min()) > 1 and int(numbers.max()) <= last_page and bool((last[1:] > last[:-1]).all()))
            if self._read(numbers[:1]).data[0] == _LEAF:  # all on this level are: to look at each would read the table
                return numbers, last
            numbers, last = _children(self._read(numbers), last)
        raise NotPlain(DAMAGED)


def _children(pages: Pages, last: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the pages below interior pages, and the greatest key of each: int64 each."""
    pages.require(_INTERIOR)
    codes, base = pages.codes, np.arange(len(last)) * pages.size  # (P,)
    count, cells = pages.cells(_INTERIOR_HEAD)
    ends = np.cumsum(count + 1) - 1  # (P,) places of the right-most children
    inner = np.ones(len(cells) + len(base), bool)
    inner[ends] = False
    numbers, greatest = np.empty(len(inner), np.int64), np.empty(len(inner), np.int64)
    numbers[inner], greatest[inner] = big_endian(codes, cells, 4), varints(codes, cells + 4)[0]
    numbers[ends], greatest[ends] = big_endian(codes, base + 8, 4), last
    return numbers, greatest


def _places(connection: sqlite3.Connection, table: str, key: str) -> Dict[str, int]:
    """Return where the columns of a table stand in its rows; raise NotPlain where its key is not the rowid."""
    columns = connection.execute("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)", (table,)).fetchall()
    if any(hidden for _name, _type, _pk, hidden in columns):
        raise NotPlain("computed columns")
    keys = [name for name, kind, pk, _hidden in columns if pk and kind.upper() == "INTEGER"]
    places = {name: place for place, (name, _type, _pk, _hidden) in enumerate(columns)}
    if keys != [key] and (key != "rowid" or key in map(str.lower, places)):
        raise NotPlain("a key of its own")
    return places
