"""GeoPackages read as batches, through sqlite3 and without GDAL.

Source: OGC 12-128r18 (GeoPackage 1.3). Tables are streamed in the order of their key; a spatial question goes to the
R-tree (annex F.3), whose boxes are float32 rounded outwards, so the few rows at the edge are looked at exactly.
"""

from __future__ import annotations

from itertools import chain, repeat
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
    quoted,
)
from .measure import feature_bounds
from .row_batches import Asked
from .schema import Bounds, TableSchema
from .table_rows import TableRows

__all__ = ["GeoPackageTable", "attribute_tables", "connect", "feature_tables", "is_geopackage", "quoted"]


_STEPS = 2  # of float32, by which SQLite's R-tree makes boxes larger at most
_INWARDS = np.array([np.inf, np.inf, -np.inf, -np.inf], np.float32)


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
        self._rows = TableRows(self.path, self._connection, schema)
        self._bounds: Optional[Bounds] = None

    def __enter__(self) -> GeoPackageTable:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        self._rows.close()

    def count(self, bounds: Optional[Bounds] = None) -> int:
        """Return the number of rows, or of those whose envelope meets the bounds (in the table's system)."""
        if bounds is not None:
            return len(self.fids_within(bounds))
        with damage_told(self.path):
            sql = f"SELECT count(*) FROM {self._rows.table}"  # nosec B608 - quoted
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
        fids, boxes = self.indexed(bounds)
        inner = boxes.astype(np.float32)  # (n, 4) shrunk by the two steps that SQLite may add: within the true box
        for _ in range(_STEPS):
            inner = np.nextafter(inner, _INWARDS)
        low, high = inner[:, :2].astype(np.float64), inner[:, 2:].astype(np.float64)
        sure = (high[:, 0] >= west) & (low[:, 0] <= east) & (high[:, 1] >= south) & (low[:, 1] <= north)
        doubtful = np.sort(fids[~sure])
        checked = [
            batch.fids[_meets(feature_bounds(batch.geometries), bounds)]
            for batch in self.batches(columns=(), fids=doubtful.tolist())
        ]
        return np.sort(np.concatenate([fids[sure], *checked]))

    def indexed(self, bounds: Bounds) -> Tuple[np.ndarray, np.ndarray]:
        """Return what the R-tree has within bounds: keys int64 (n,), boxes float64 (n, 4), rounded outwards."""
        west, south, east, north = bounds
        sql = (
            f"SELECT id, minx, miny, maxx, maxy FROM {quoted(self.schema.spatial_index)} "  # nosec B608 - quoted
            "WHERE maxx >= ? AND minx <= ? AND maxy >= ? AND miny <= ?"
        )
        with damage_told(self.path):
            rows = self._connection.execute(sql, (west, east, south, north)).fetchall()
        fids = np.array([row[0] for row in rows], np.int64)
        return fids, np.array([row[1:] for row in rows], np.float64).reshape(-1, 4)

    def fids_in(self, area: Area) -> np.ndarray:
        """Return the keys of the rows whose geometry is in an area, in order: int64 (n,)."""
        if not self.schema.geometry:
            return np.zeros(0, np.int64)
        if not self.schema.spatial_index:
            return self._tested(area, None)
        found = self._fids_by_box("maxx >= ? AND maxy >= ? AND minx <= ? AND miny <= ?", area.bounds)
        if area.inside is None:
            return np.sort(self._tested(area, found.tolist()))
        sure = self._fids_by_box("minx >= ? AND miny >= ? AND maxx <= ? AND maxy <= ?", area.inside)
        if len(sure) == len(found):
            return np.sort(sure)
        doubtful = np.setdiff1d(found, sure, assume_unique=True)
        return np.sort(np.concatenate([sure, self._tested(area, doubtful.tolist())]))

    def _fids_by_box(self, where: str, bounds: Bounds) -> np.ndarray:
        """Return the keys of rows whose boxes in the R-tree stand so to bounds, in any order: int64 (n,)."""
        sql = f"SELECT id FROM {quoted(self.schema.spatial_index)} WHERE {where}"  # nosec B608 - quoted, ours
        with damage_told(self.path):
            return np.array([row[0] for row in self._connection.execute(sql, bounds)], np.int64)

    def _tested(self, area: Area, fids: Optional[Sequence[int]]) -> np.ndarray:
        """Return which rows, of these keys or of all, have a geometry in an area: int64 keys (n,)."""
        asked = Asked((), True)
        where = "" if fids is None else f"WHERE {self._rows.key} IN {LISTED} "
        sql = f"{self._rows.select(asked)} {where}ORDER BY 1"
        with damage_told(self.path):
            rows = self._connection.execute(sql, () if fids is None else (repr(list(fids)),))
            found = [fid for fid, blob in rows if area.holds(blob)]
        return np.array(found, np.int64)

    def weights(self, fids: Sequence[int]) -> np.ndarray:
        """Return the bytes of the geometries of the rows with these keys, in their order: int64 (n,); 0 for NULL."""
        found = np.zeros(len(fids), np.int64)  # (n,)
        if self.schema.geometry and len(fids):
            sql = (
                f"SELECT {self._rows.key}, length({quoted(self.schema.geometry)}) FROM {self._rows.table} "  # nosec B608 - quoted
                f"WHERE {self._rows.key} IN (SELECT value FROM json_each(?))"
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
        return self._keys(f"WHERE {self._rows.key} NOT IN (SELECT rowid FROM {indexed})")  # nosec B608 - quoted

    def _keys(self, where: str) -> np.ndarray:
        sql = f"SELECT {self._rows.key} FROM {self._rows.table} {where} ORDER BY 1"  # nosec B608 - quoted
        with damage_told(self.path):
            return np.array([row[0] for row in self._connection.execute(sql)], np.int64)

    def fids_where(self, condition: SqlCondition) -> np.ndarray:
        """Return the keys of the rows for which a condition holds, in order: int64 (n,)."""
        sql = f"SELECT {self._rows.key} FROM {self._rows.table} WHERE {condition.sql} ORDER BY 1"  # nosec B608 - quoted, placeholders
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
                yield from self._rows.streamed(asked, offset, limit, sizes)
            else:
                kept = sorted(fids)[offset : None if limit is None else offset + limit]
                yield from self._rows.picked(asked, kept, sizes)


def _meets(boxes: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return which boxes (float64 (N, 4)) meet the bounds: bool (N,); False for NaN."""
    return (
        (boxes[:, 2] >= bounds[0])
        & (boxes[:, 0] <= bounds[2])
        & (boxes[:, 3] >= bounds[1])
        & (boxes[:, 1] <= bounds[3])
    )
