"""GeoPackages read as batches, through sqlite3 and without GDAL.

Source: OGC 12-128r18 (GeoPackage 1.3). Tables are streamed in the order of their key; a spatial question goes to the
R-tree (annex F.3), whose boxes are float32 rounded outwards, so the few rows at the edge are looked at exactly.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from ..errors import InvalidInput
from ..translation import tr
from .area import Area
from .batch import Batch, Geometries
from .columns import column
from .condition import LISTED, SqlCondition
from .geopackage_schema import (
    attribute_tables,
    connect,
    damage_told,
    feature_table,
    feature_tables,
    is_geopackage,
    quoted,
)
from .measure import feature_bounds
from .ragged import starts_of
from .schema import Bounds, TableSchema
from .sql_text import SqlText, selected, sound
from .wkb import parse

__all__ = ["GeoPackageTable", "attribute_tables", "connect", "feature_tables", "is_geopackage", "quoted"]


_FAR = 2_000  # rows: an offset that is worth a look at the keys
_CAREFUL, _TRUSTING = 16, 256  # rows looked at together, while nothing is known of their weight and later


def _without_geometry(count: int) -> Geometries:
    """Return `count` NULL geometries."""
    none = np.zeros(0)
    return Geometries(
        none, none, starts_of(none), starts_of(none), np.zeros(0, np.uint8), np.zeros(count + 1, np.int64),
        np.zeros(count, np.uint8),
    )  # fmt: skip


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
        self._gapless: Optional[Tuple[Optional[int]]] = None  # what `_first_of_gapless` has found

    def __enter__(self) -> GeoPackageTable:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

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
        asked = _Asked((), True)
        rows = self._streamed(asked, 0, None, 20_000) if fids is None else self._picked(asked, fids, 20_000)
        with damage_told(self.path):
            found = [fid for several in rows for fid, blob in several if area.holds(blob)]
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
        texts: Sequence[SqlText] = (),
        heaviest: Optional[int] = None,
    ) -> Iterator[Batch]:
        """Yield the rows in the order of their key, `size` at a time.

        `columns` are field names (None: all). `bounds`, in the table's system, keeps the rows whose envelope meets
        them; `fids` keeps those with these keys. `offset` and `limit` count the rows that are kept. `texts` are made
        of each row besides. A batch ends early when its geometries have more than `heaviest` bytes.
        """
        if bounds is not None:
            within = self.fids_within(bounds)
            fids = within.tolist() if fids is None else within[np.isin(within, np.asarray(fids, np.int64))].tolist()
        names = [field.name for field in self.schema.fields] if columns is None else list(columns)
        asked = _Asked(names, geometry and bool(self.schema.geometry), tuple(texts), heaviest)
        if fids is None:
            rows = self._streamed(asked, offset, limit, size)
        else:
            kept = sorted(fids)[offset : None if limit is None else offset + limit]
            rows = self._picked(asked, kept, size)
        with damage_told(self.path):
            for several in rows:
                yield self._batch(several, asked)

    def _select(self, asked: _Asked) -> str:
        wanted = [self._key]
        if asked.geometry:
            wanted.append(quoted(self.schema.geometry))
        wanted.extend(quoted(name) for name in asked.names)
        wanted.extend(map(selected, asked.texts))
        return f"SELECT {', '.join(wanted)} FROM {self._rows}"  # nosec B608 - quoted

    def _streamed(self, asked: _Asked, offset: int, limit: Optional[int], size: int) -> Iterator[List[Tuple[Any, ...]]]:
        first = self._first_of_gapless() if offset >= _FAR else None
        where = "" if first is None else f"WHERE {self._key} >= ? "  # SQLite walks over every row of an offset
        sql = f"{self._select(asked)} {where}ORDER BY 1 LIMIT ? OFFSET ?"
        done = 0
        while True:
            rest = -1 if limit is None else limit - done
            page = (rest, offset + done) if first is None else (first + offset + done, rest, 0)
            cursor = self._connection.execute(sql, (*asked.values, *page))
            try:
                for rows in asked.weighed(cursor, size):
                    done += len(rows)
                    yield rows
                return
            except sqlite3.OperationalError as error:
                if "decode" not in str(error).lower():
                    raise
                self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")  # and on from there

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

    def _picked(self, asked: _Asked, fids: Sequence[int], size: int) -> Iterator[List[Tuple[Any, ...]]]:
        sql = f"{self._select(asked)} WHERE {self._key} IN {LISTED} ORDER BY 1"
        for start in range(0, len(fids), size):
            keys = repr(list(fids[start : start + size]))
            yield from asked.weighed(self._connection.execute(sql, (*asked.values, keys)), size)

    def _batch(self, rows: List[Tuple[Any, ...]], asked: _Asked) -> Batch:
        values = list(zip(*rows))
        fields = (self.schema.field(name) for name in asked.names)
        first = 2 if asked.geometry else 1
        last = first + len(asked.names)
        return Batch(
            fids=np.array(values[0], np.int64),
            geometries=parse(values[1]) if asked.geometry else _without_geometry(len(rows)),
            columns={f.name: column(f.kind, values[first + place]) for place, f in enumerate(fields) if f is not None},
            texts={text.name: sound(values[last + place]) for place, text in enumerate(asked.texts)},
        )


@dataclass(frozen=True)
class _Asked:
    """What is asked of each row."""

    names: Sequence[str]
    geometry: bool
    texts: Tuple[SqlText, ...] = ()
    heaviest: Optional[int] = None  # bytes of the geometries of a batch, after which it ends

    def weighed(self, cursor: sqlite3.Cursor, size: int) -> Iterator[List[Tuple[Any, ...]]]:
        """Yield the rows of a cursor `size` at a time; fewer where they are heavy."""
        if self.heaviest is None or not self.geometry:
            yield from iter(lambda: cursor.fetchmany(size), [])
            return
        rows: List[Tuple[Any, ...]] = []
        weight, step = 0, _CAREFUL
        while True:
            some = cursor.fetchmany(min(step, size - len(rows)))
            added = sum([len(row[1]) for row in some if row[1]])
            rows, weight = rows + some, weight + added
            if rows and (not some or len(rows) >= size or weight >= self.heaviest):
                yield rows
                rows, weight = [], 0
            if not some:
                return
            step = _CAREFUL if 4 * added > self.heaviest else min(2 * step, _TRUSTING)

    @property
    def values(self) -> Tuple[str, ...]:
        """Return what the placeholders of the texts stand for."""
        return tuple(value for text in self.texts for value in text.values)


def _meets(boxes: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return which boxes (float64 (N, 4)) meet the bounds: bool (N,); False for NaN."""
    return (
        (boxes[:, 2] >= bounds[0])
        & (boxes[:, 0] <= bounds[2])
        & (boxes[:, 3] >= bounds[1])
        & (boxes[:, 1] <= bounds[3])
    )
