"""The rows of one table, batch after batch: from its pages where that is possible, else as SQLite hands them out."""

from __future__ import annotations

import contextlib
import sqlite3
from bisect import bisect_left, bisect_right
from itertools import islice, repeat
from pathlib import Path
from typing import Iterator, Optional, Sequence, Tuple

import numpy as np

from .batch import Batch
from .condition import LISTED
from .geopackage_schema import damage_told, is_still, quoted
from .row_batches import Asked, stored_batch, walked_batch
from .schema import TableSchema
from .sqlite_pages import HIGHEST, TablePages
from .sqlite_records import NotPlain
from .wkb import MalformedGeometry

_FAR = 2_000  # rows: an offset that is worth a look at the keys
_MANY = 300  # rows: fewer are read faster one by one
_SCATTERED = 4  # times as many rows as are wanted: SQLite fetches a few of them in less time, and memory
_HEAVY = 64_000_000  # bytes of pages read together
_LOWEST = -(2**63)


class TableRows:
    """The rows of a table in the order of their key, read through a connection. Use it in one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, schema: TableSchema) -> None:
        self._path, self._connection, self._schema = path, connection, schema
        table = quoted(schema.name)
        self.key = quoted(schema.fid or "geopub row")  # SQL, as is what it is of:
        numbered = f"(SELECT row_number() OVER () AS {self.key}, * FROM {table})"  # nosec B608 - quoted
        self.table = table if schema.fid else numbered
        self._pages: Optional[Tuple[Optional[TablePages]]] = None  # what `_leaves` has found
        self._gapless: Optional[Tuple[Optional[int]]] = None  # what `_first_of_gapless` has found

    def close(self) -> None:
        """Close the file, as far as it was opened here."""
        if self._pages is not None and self._pages[0] is not None:
            self._pages[0].close()

    def select(self, asked: Asked) -> str:
        """Return the SQL that selects the key and what is asked for."""
        wanted = [self.key]
        if asked.geometry:
            wanted.append(quoted(self._schema.geometry))
        wanted.extend(quoted(name) for name in asked.names)
        return f"SELECT {', '.join(wanted)} FROM {self.table}"  # nosec B608 - quoted

    def _leaves(self) -> Optional[TablePages]:
        """Return the pages of the table; None where SQLite has to read it, row by row."""
        if self._pages is None:
            self._pages = (None,)
            with contextlib.suppress(NotPlain), damage_told(self._path):
                if self._schema.fid and is_still(self._path):
                    self._pages = (TablePages(self._path, self._connection, self._schema.name, self._schema.fid),)
        return self._pages[0]

    def streamed(self, asked: Asked, offset: int, limit: Optional[int], sizes: Iterator[int]) -> Iterator[Batch]:
        """Yield the rows after `offset` others, `limit` at most, in batches of these sizes."""
        start, pages = None, self._leaves() if limit is None or limit >= _MANY else None
        if offset and self._schema.fid:
            start, offset = self._key_at(offset), 0
            if start is None:
                return
        if pages is not None:
            yield from self._paged(pages, asked, _LOWEST if start is None else start, limit, sizes)
            return
        where = "" if start is None else f"WHERE {self.key} >= ? "  # SQLite walks over every row of an offset
        page = (-1 if limit is None else limit, offset)
        sql = f"{self.select(asked)} {where}ORDER BY 1 LIMIT ? OFFSET ?"
        yield from self._walked(asked, sql, page if start is None else (start, *page), sizes)

    def _walked(self, asked: Asked, sql: str, values: Tuple[object, ...], sizes: Iterator[int]) -> Iterator[Batch]:
        """Yield the rows that a statement selects; what is not UTF-8 in them is replaced."""
        done = 0
        while True:
            try:
                # Closed before the next begins: where both share a statement, Python before 3.11 hands a row out twice.
                with contextlib.closing(self._connection.execute(sql, values)) as cursor:
                    for rows in asked.weighed(islice(cursor, done, None), sizes):
                        done += len(rows)
                        yield walked_batch(rows, self._schema, asked)
                return
            except sqlite3.OperationalError as error:  # noqa: PERF203 - twice at most
                if "decode" not in str(error).lower():
                    raise
                self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")  # and on from there

    def _paged(
        self, pages: TablePages, asked: Asked, start: int, limit: Optional[int], sizes: Iterator[int]
    ) -> Iterator[Batch]:
        rest = limit
        while (rest is None or rest > 0) and start <= HIGHEST:
            wanted = next(sizes) if rest is None else min(next(sizes), rest)
            leaves = pages.from_key(start, wanted, asked.heaviest or _HEAVY)
            yielded = 0
            for batch in self._of_leaves(pages, leaves, asked, start, wanted):
                if batch.fids[-1] < start:
                    raise sqlite3.DatabaseError("keys are out of order")  # SQLite, too, would go in circles
                yielded += len(batch)
                start = int(batch.fids[-1]) + 1
                yield batch
            if yielded < wanted:  # nothing is left in these leaves
                start = pages.last_key(leaves) + 1
            rest = None if rest is None else rest - yielded

    def _of_leaves(
        self, pages: TablePages, leaves: np.ndarray, asked: Asked, start: int, wanted: int
    ) -> Iterator[Batch]:
        """Yield as many rows of some leaves as are wanted, from a key on, in one batch or in several."""
        try:
            records = pages.records(leaves, asked.places(pages, self._schema))
            first = int(np.searchsorted(records.keys, start))
            batch = stored_batch(records.taken(slice(first, first + wanted)), self._schema, asked)
        except (NotPlain, MalformedGeometry):  # SQLite and the reader of its rows know what to make of them
            sql = f"{self.select(asked)} WHERE {self.key} BETWEEN ? AND ? ORDER BY 1 LIMIT ?"
            yield from self._walked(asked, sql, (start, pages.last_key(leaves), wanted), repeat(wanted))
        else:
            yield from [batch] if len(batch) else []

    def _key_at(self, offset: int) -> Optional[int]:
        """Return the key after `offset` others; None where there are no more."""
        lowest = self._first_of_gapless() if offset >= _FAR else None
        if lowest is not None:
            return lowest + offset
        sql = f"SELECT {self.key} FROM {self.table} ORDER BY 1 LIMIT 1 OFFSET ?"  # nosec B608 - quoted
        found = self._connection.execute(sql, (offset,)).fetchone()
        return None if found is None else int(found[0])

    def _first_of_gapless(self) -> Optional[int]:
        """Return the first key where keys follow one another without a gap, so that an offset is a key; else None."""
        if self._gapless is None:
            found = None
            if self._schema.fid:
                sql = f"SELECT min({self.key}), max({self.key}), count(*) FROM {self.table}"  # nosec B608 - quoted
                with damage_told(self._path):
                    lowest, highest, count = self._connection.execute(sql).fetchone()
                found = lowest if count and highest - lowest + 1 == count else None
            self._gapless = (found,)
        return self._gapless[0]

    def picked(self, asked: Asked, fids: Sequence[int], sizes: Iterator[int]) -> Iterator[Batch]:
        """Yield the rows with these keys (ascending), in batches of these sizes."""
        fids = fids[bisect_left(fids, _LOWEST) : bisect_right(fids, HIGHEST)]  # other numbers are no keys
        pages = self._leaves() if len(fids) >= _MANY else None
        begin = 0
        while begin < len(fids):
            some = fids[begin : begin + next(sizes)]
            begin += len(some)
            batch = None if pages is None else self._found(pages, asked, np.array(some, np.int64))
            if batch is None:
                sql = f"{self.select(asked)} WHERE {self.key} IN {LISTED} ORDER BY 1"
                yield from self._walked(asked, sql, (repr(list(some)),), repeat(len(some)))
            elif len(batch):
                yield batch

    def _found(self, pages: TablePages, asked: Asked, keys: np.ndarray) -> Optional[Batch]:
        """Return the rows with these keys (int64 (n,), ascending); None where they are left to SQLite."""
        leaves = pages.of_keys(keys)
        scattered = len(leaves) * pages.typical_rows > _SCATTERED * len(keys)
        if scattered or len(leaves) * pages.page_bytes > (asked.heaviest or _HEAVY):
            return None
        try:
            records = pages.records(leaves, asked.places(pages, self._schema))
            place = np.searchsorted(keys, records.keys).clip(max=len(keys) - 1)  # (rows,)
            return stored_batch(records.taken(keys[place] == records.keys), self._schema, asked)
        except (NotPlain, MalformedGeometry):
            return None
