"""GeoPackages read as batches, through sqlite3 and without GDAL.

Source: OGC 12-128r18 (GeoPackage 1.3). Tables are streamed in the order of their key; a spatial question goes to the
R-tree (annex F.3), whose boxes are float32 rounded outwards, so the few rows at the edge are looked at exactly.
"""

from __future__ import annotations

import contextlib
import sqlite3
from bisect import bisect_left, bisect_right
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Iterator, Optional, Sequence, Tuple

import numpy as np

from ..errors import InvalidInput
from ..translation import tr
from .area import Area
from .batch import Batch
from .condition import LISTED, SqlCondition
from .geopackage_schema import (
    attribute_tables,
    connect,
    damage_told,
    feature_table,
    feature_tables,
    is_geopackage,
    is_still,
    quoted,
)
from .measure import feature_bounds
from .row_batches import Asked, stored_batch, walked_batch
from .schema import Bounds, TableSchema
from .sqlite_pages import HIGHEST, TablePages
from .sqlite_records import NotPlain
from .wkb import MalformedGeometry

__all__ = ["GeoPackageTable", "attribute_tables", "connect", "feature_tables", "is_geopackage", "quoted"]


_FAR = 2_000  # rows: an offset that is worth a look at the keys
_MANY = 300  # keys: fewer rows are read faster one by one
_SCATTERED = 4  # times as many rows as are wanted: SQLite fetches a few of them in less time, and memory
_HEAVY = 64_000_000  # bytes of pages read together
_LOWEST = -(2**63)


class GeoPackageTable:
    """One table of a GeoPackage, open for reading. Use it in one thread, close it or use it in a `with`."""

    def __init__(self, path: Path, name: str) -> None:
        """Open the table; raise InvalidInput where the file has no feature table of this name."""
        self.path = Path(path)
        self._connection = connect(self.path)
        schema = feature_table(self.path, name)
        if schema is None:
            self._connection.close()
            names = ", ".join(table.name for table in feature_tables(self.path))
            raise InvalidInput(
                tr("The file {file} has no table “{table}” with a geometry.", file=self.path.name, table=name),
                tr("Its list of contents does not name it."),
                tr("Choose one of its tables: {names}.", names=names or "–"),
            )
        self.schema: TableSchema = schema
        table = quoted(schema.name)
        self._key = quoted(schema.fid or "geopub row")
        numbered = f"(SELECT row_number() OVER () AS {self._key}, * FROM {table})"  # nosec B608 - quoted
        self._rows = table if schema.fid else numbered
        self._bounds: Optional[Bounds] = None
        self._pages: Optional[Tuple[Optional[TablePages]]] = None  # what `_leaves` has found
        self._gapless: Optional[Tuple[Optional[int]]] = None  # what `_first_of_gapless` has found

    def __enter__(self) -> GeoPackageTable:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        if self._pages is not None and self._pages[0] is not None:
            self._pages[0].close()

    def count(self, bounds: Optional[Bounds] = None) -> int:
        """Return the number of rows, or of those whose envelope meets the bounds (in the table's system)."""
        if bounds is not None:
            return len(self.fids_within(bounds))
        with damage_told(self.path):
            sql = f"SELECT count(*) FROM {self._rows}"  # nosec B608 - quoted
            return int(self._connection.execute(sql).fetchone()[0])

    def bounds(self) -> Optional[Bounds]:
        """Return the bounds of all geometries in the table's system; None where there is none.

        From the R-tree (rounded outwards to float32) when there is one, else from the geometries.
        """
        if self._bounds is None:
            self._bounds = self._indexed_bounds() if self.schema.spatial_index else self._scanned_bounds()
        return self._bounds

    def _indexed_bounds(self) -> Optional[Bounds]:
        sql = f"SELECT min(minx), min(miny), max(maxx), max(maxy) FROM {quoted(self.schema.spatial_index)}"  # nosec B608 - quoted
        with damage_told(self.path):
            found = self._connection.execute(sql).fetchone()
        return None if found[0] is None else (found[0], found[1], found[2], found[3])

    def _scanned_bounds(self) -> Optional[Bounds]:
        boxes = [feature_bounds(batch.geometries) for batch in self.batches(columns=())]
        all_boxes = np.concatenate(boxes) if boxes else np.zeros((0, 4))  # (N, 4)
        all_boxes = all_boxes[np.isfinite(all_boxes).all(axis=1)]
        if len(all_boxes) == 0:
            return None
        low, high = all_boxes.min(axis=0), all_boxes.max(axis=0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])

    def fids_within(self, bounds: Bounds) -> np.ndarray:
        """Return the keys of the rows whose envelope meets the bounds, in order: int64 (n,)."""
        if not self.schema.spatial_index:
            return self._scanned_within(bounds)
        west, south, east, north = bounds
        sql = (
            f"SELECT id, minx, miny, maxx, maxy FROM {quoted(self.schema.spatial_index)} "  # nosec B608 - quoted
            "WHERE maxx >= ? AND minx <= ? AND maxy >= ? AND miny <= ?"
        )
        with damage_told(self.path):
            rows = self._connection.execute(sql, (west, east, south, north)).fetchall()
        boxes = np.array(rows, np.float64).reshape(-1, 5)  # (n, 5) id and box
        fids = np.array([row[0] for row in rows], np.int64)  # (n,)
        inner = boxes[:, 1:].astype(np.float32)  # (n, 4) shrunk by one step of float32: surely within the true box
        low = np.nextafter(inner[:, :2], np.float32(np.inf)).astype(np.float64)
        high = np.nextafter(inner[:, 2:], np.float32(-np.inf)).astype(np.float64)
        sure = (high[:, 0] >= west) & (low[:, 0] <= east) & (high[:, 1] >= south) & (low[:, 1] <= north)
        doubtful = np.sort(fids[~sure])
        checked = [
            batch.fids[_meets(feature_bounds(batch.geometries), bounds)]
            for batch in self.batches(columns=(), fids=doubtful.tolist())
        ]
        return np.sort(np.concatenate([fids[sure], *checked]))

    def fids_in(self, area: Area) -> np.ndarray:
        """Return the keys of the rows whose geometry is in an area, in order: int64 (n,)."""
        if not self.schema.geometry:
            return np.zeros(0, np.int64)
        if not self.schema.spatial_index:
            return self._tested(area, None)
        west, south, east, north = area.bounds
        sql = (
            f"SELECT id, minx, miny, maxx, maxy FROM {quoted(self.schema.spatial_index)} "  # nosec B608 - quoted
            "WHERE maxx >= ? AND minx <= ? AND maxy >= ? AND miny <= ?"
        )
        with damage_told(self.path):
            rows = self._connection.execute(sql, (west, east, south, north)).fetchall()
        boxes = np.array(rows, np.float64).reshape(-1, 5)  # (n, 5) key and box, rounded outwards to float32
        fids = np.array([row[0] for row in rows], np.int64)  # (n,)
        sure = area.surely(boxes[:, 1:3], boxes[:, 3:])
        return np.sort(np.concatenate([fids[sure], self._tested(area, np.sort(fids[~sure]).tolist())]))

    def _tested(self, area: Area, fids: Optional[Sequence[int]]) -> np.ndarray:
        """Return which rows, of these keys or of all, have a geometry in an area: int64 keys (n,)."""
        asked = Asked((), True)
        where = "" if fids is None else f"WHERE {self._key} IN {LISTED} "
        sql = f"{self._select(asked)} {where}ORDER BY 1"
        with damage_told(self.path):
            rows = self._connection.execute(sql, () if fids is None else (repr(list(fids)),))
            found = [fid for fid, blob in rows if area.holds(blob)]
        return np.array(found, np.int64)

    def weights(self, fids: Sequence[int]) -> np.ndarray:
        """Return the bytes of the geometries of the rows with these keys, in their order: int64 (n,); 0 for NULL."""
        found = np.zeros(len(fids), np.int64)  # (n,)
        if self.schema.geometry and len(fids):
            sql = (
                f"SELECT {self._key}, length({quoted(self.schema.geometry)}) FROM {self._rows} "  # nosec B608 - quoted
                f"WHERE {self._key} IN (SELECT value FROM json_each(?))"
            )
            with damage_told(self.path):
                known = dict(self._connection.execute(sql, (repr(list(fids)),)))
            found[:] = [known.get(fid) or 0 for fid in fids]
        return found

    def fids_without_place(self) -> np.ndarray:
        """Return the keys of the rows whose geometry is NULL or empty, in order: int64 (n,)."""
        if not self.schema.geometry:
            return self._keys("")
        if not self.schema.spatial_index:
            batches = self.batches(columns=())
            return np.concatenate(
                [np.zeros(0, np.int64), *(one.fids[np.diff(one.geometries.feature_start) == 0] for one in batches)]
            )
        indexed = quoted(self.schema.spatial_index + "_rowid")  # one row for each that the R-tree holds
        with damage_told(self.path):
            sql = f"SELECT count(*) FROM {indexed}"  # nosec B608 - quoted
            if self._connection.execute(sql).fetchone()[0] == self.count():
                return np.zeros(0, np.int64)
        return self._keys(f"WHERE {self._key} NOT IN (SELECT rowid FROM {indexed})")  # nosec B608 - quoted

    def _keys(self, where: str) -> np.ndarray:
        sql = f"SELECT {self._key} FROM {self._rows} {where} ORDER BY 1"  # nosec B608 - quoted
        with damage_told(self.path):
            return np.array([row[0] for row in self._connection.execute(sql)], np.int64)

    def fids_where(self, condition: SqlCondition) -> np.ndarray:
        """Return the keys of the rows for which a condition holds, in order: int64 (n,)."""
        sql = f"SELECT {self._key} FROM {self._rows} WHERE {condition.sql} ORDER BY 1"  # nosec B608 - quoted, placeholders
        for function in condition.functions:
            self._connection.create_function(function.name, function.arguments, function.function, deterministic=True)
        with damage_told(self.path):
            rows = self._connection.execute(sql, condition.values).fetchall()
        return np.array([row[0] for row in rows], np.int64)

    def _scanned_within(self, bounds: Bounds) -> np.ndarray:
        found = [
            batch.fids[_meets(feature_bounds(batch.geometries), bounds)] for batch in self.batches(columns=())
        ]  # fmt: skip
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def batches(
        self,
        columns: Optional[Sequence[str]] = None,
        bounds: Optional[Bounds] = None,
        offset: int = 0,
        limit: Optional[int] = None,
        size: int = 20_000,
        geometry: bool = True,
        fids: Optional[Sequence[int]] = None,
        first: Optional[int] = None,
        heaviest: Optional[int] = None,
        encoded: bool = False,
    ) -> Iterator[Batch]:
        """Yield the rows in the order of their key, at most `size` at a time (`first` the first time).

        `columns` are field names (None: all). `bounds`, in the table's system, keeps the rows whose envelope meets
        them; `fids` keeps those with these keys. `offset` and `limit` count the rows that are kept. A batch ends early
        when its geometries have more than `heaviest` bytes. `encoded` is for who takes texts as `Column.encoded`.
        """
        if bounds is not None:
            within = self.fids_within(bounds)
            fids = within.tolist() if fids is None else within[np.isin(within, np.asarray(fids, np.int64))].tolist()
        names = [field.name for field in self.schema.fields] if columns is None else list(columns)
        asked = Asked(names, geometry and bool(self.schema.geometry), heaviest, encoded)
        sizes = chain([first or size], repeat(size))
        with damage_told(self.path):
            if fids is None:
                yield from self._streamed(asked, offset, limit, sizes)
            else:
                kept = sorted(fids)
                kept = kept[bisect_left(kept, _LOWEST) : bisect_right(kept, HIGHEST)]  # other numbers are no keys
                kept = kept[offset : None if limit is None else offset + limit]
                yield from self._picked(asked, kept, sizes)

    def _select(self, asked: Asked) -> str:
        wanted = [self._key]
        if asked.geometry:
            wanted.append(quoted(self.schema.geometry))
        wanted.extend(quoted(name) for name in asked.names)
        return f"SELECT {', '.join(wanted)} FROM {self._rows}"  # nosec B608 - quoted

    def _leaves(self) -> Optional[TablePages]:
        """Return the pages of the table; None where SQLite has to read it, row by row."""
        if self._pages is None:
            self._pages = (None,)
            with contextlib.suppress(NotPlain), damage_told(self.path):
                if self.schema.fid and is_still(self.path):
                    self._pages = (TablePages(self.path, self._connection, self.schema.name, self.schema.fid),)
        return self._pages[0]

    def _streamed(self, asked: Asked, offset: int, limit: Optional[int], sizes: Iterator[int]) -> Iterator[Batch]:
        start, pages = None, self._leaves()
        if offset and self.schema.fid:
            start, offset = self._key_at(offset), 0
            if start is None:
                return
        if pages is not None:
            yield from self._paged(pages, asked, _LOWEST if start is None else start, limit, sizes)
            return
        where = "" if start is None else f"WHERE {self._key} >= ? "  # SQLite walks over every row of an offset
        page = (-1 if limit is None else limit, offset)
        sql = f"{self._select(asked)} {where}ORDER BY 1 LIMIT ? OFFSET ?"
        yield from self._walked(asked, sql, page if start is None else (start, *page), sizes)

    def _walked(self, asked: Asked, sql: str, values: Tuple[object, ...], sizes: Iterator[int]) -> Iterator[Batch]:
        """Yield the rows that a statement selects; what is not UTF-8 in them is replaced."""
        done = 0
        while True:
            cursor = self._connection.execute(sql, values)
            try:
                for rows in asked.weighed(islice(cursor, done, None), sizes):
                    done += len(rows)
                    yield walked_batch(rows, self.schema, asked)
                return
            except sqlite3.OperationalError as error:
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
            records = pages.records(leaves, asked.places(pages, self.schema))
            first = int(np.searchsorted(records.keys, start))
            batch = stored_batch(records.taken(slice(first, first + wanted)), self.schema, asked)
        except (NotPlain, MalformedGeometry):  # SQLite and the reader of its rows know what to make of them
            sql = f"{self._select(asked)} WHERE {self._key} BETWEEN ? AND ? ORDER BY 1 LIMIT ?"
            yield from self._walked(asked, sql, (start, pages.last_key(leaves), wanted), repeat(wanted))
        else:
            yield from [batch] if len(batch) else []

    def _key_at(self, offset: int) -> Optional[int]:
        """Return the key after `offset` others; None where there are no more."""
        lowest = self._first_of_gapless() if offset >= _FAR else None
        if lowest is not None:
            return lowest + offset
        sql = f"SELECT {self._key} FROM {self._rows} ORDER BY 1 LIMIT 1 OFFSET ?"  # nosec B608 - quoted
        found = self._connection.execute(sql, (offset,)).fetchone()
        return None if found is None else int(found[0])

    def _first_of_gapless(self) -> Optional[int]:
        """Return the first key where keys follow one another without a gap, so that an offset is a key; else None."""
        if self._gapless is None:
            found = None
            if self.schema.fid:
                sql = f"SELECT min({self._key}), max({self._key}), count(*) FROM {self._rows}"  # nosec B608 - quoted
                with damage_told(self.path):
                    lowest, highest, count = self._connection.execute(sql).fetchone()
                found = lowest if count and highest - lowest + 1 == count else None
            self._gapless = (found,)
        return self._gapless[0]

    def _picked(self, asked: Asked, fids: Sequence[int], sizes: Iterator[int]) -> Iterator[Batch]:
        pages = self._leaves() if len(fids) >= _MANY else None
        begin = 0
        while begin < len(fids):
            some = fids[begin : begin + next(sizes)]
            begin += len(some)
            batch = None if pages is None else self._found(pages, asked, np.array(some, np.int64))
            if batch is None:
                sql = f"{self._select(asked)} WHERE {self._key} IN {LISTED} ORDER BY 1"
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
            records = pages.records(leaves, asked.places(pages, self.schema))
            place = np.searchsorted(keys, records.keys).clip(max=len(keys) - 1)  # (rows,)
            return stored_batch(records.taken(keys[place] == records.keys), self.schema, asked)
        except (NotPlain, MalformedGeometry):
            return None


def _meets(boxes: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return which boxes (float64 (N, 4)) meet the bounds: bool (N,); False for NaN."""
    return (
        (boxes[:, 2] >= bounds[0])
        & (boxes[:, 0] <= bounds[2])
        & (boxes[:, 3] >= bounds[1])
        & (boxes[:, 1] <= bounds[3])
    )
