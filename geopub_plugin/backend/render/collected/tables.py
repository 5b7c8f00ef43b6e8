"""Tables read as arrays for maps: where all features lie is kept in memory, the features are read from their pages."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Iterator, List, Optional, Sequence, Tuple

import numpy as np

from ...features.batch import Geometries
from ...features.boxes import feature_boxes
from ...features.geopackage import GeoPackageTable
from ...features.geopackage_schema import damage_told
from ...features.schema import Bounds
from ...services.publications import DrawnTable
from ..layers import state_of

_ROWS = 3_400  # read and drawn at a time: more are a little quicker, and take 3 MB a thread for each thousand
_HEAVIEST = 4_000_000  # bytes of their geometries
_BLOCK = 64  # rows one after the other, which mostly lie near each other
_INDEXED = 500_000  # rows of a table whose boxes are kept in memory: 24 bytes each; of others the R-tree is asked
_TABLES = 48  # open at a time
_REMEMBERED = 1_000_000  # boxes of all tables


@dataclass(frozen=True)
class Found:
    """Features whose boxes meet a ground."""

    keys: np.ndarray  # int64 (n,), ascending
    within: np.ndarray  # bool (n,) their boxes lie in the ground

    def __len__(self) -> int:
        return len(self.keys)


class FeatureIndex:
    """Where the features of a table lie."""

    def __init__(self, keys: np.ndarray, boxes: np.ndarray) -> None:
        """Keep keys (int64 (N,), ascending) and boxes (float64 (N, 4): min x, min y, max x, max y) as float32."""
        self._keys = keys
        self._boxes = np.ascontiguousarray(_outward(boxes).T)  # float32 (4, N)
        at = np.arange(0, len(keys), _BLOCK)
        lows = [np.minimum.reduceat(axis, at) for axis in self._boxes[:2]] if len(at) else [at, at]
        highs = [np.maximum.reduceat(axis, at) for axis in self._boxes[2:]] if len(at) else [at, at]
        self._blocks = np.stack([*lows, *highs])  # float32 (4, blocks)

    def __len__(self) -> int:
        return len(self._keys)

    def meeting(self, ground: Bounds, near: Optional[Bounds] = None) -> Found:
        """Return the features whose boxes meet a ground, and the bounds near which they shall lie if there are any."""
        areas = [ground] if near is None else [ground, near]
        blocks = np.flatnonzero(_meet_all(self._blocks, areas))
        rows = (blocks[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()  # (n * 64,)
        rows = rows[: np.searchsorted(rows, len(self._keys))]
        boxes = self._boxes[:, rows]
        met = np.flatnonzero(_meet_all(boxes, areas))
        west, south, east, north = ground
        x0, y0, x1, y1 = boxes[:, met].astype(np.float64)
        return Found(self._keys[rows[met]], (x0 >= west) & (y0 >= south) & (x1 <= east) & (y1 <= north))


def _outward(boxes: np.ndarray) -> np.ndarray:
    """Return boxes as float32 that hold them: (N, 4)."""
    rounded = boxes.astype(np.float32)
    lost = rounded.astype(np.float64)
    inside = np.concatenate([lost[:, :2] > boxes[:, :2], lost[:, 2:] < boxes[:, 2:]], axis=1)
    away = np.array([-np.inf, -np.inf, np.inf, np.inf], np.float32)
    return np.where(inside, np.nextafter(rounded, away), rounded)


def _meet_all(boxes: np.ndarray, areas: Sequence[Bounds]) -> np.ndarray:
    """Return which boxes (float32 (4, n)) meet all areas: bool (n,)."""
    met = np.ones(boxes.shape[1], bool)
    for west, south, east, north in areas:
        low, high = np.array([[west, south], [east, north]], np.float64)
        met &= (boxes[0] <= high[0]) & (boxes[1] <= high[1]) & (boxes[2] >= low[0]) & (boxes[3] >= low[1])
    return met


class ReadTable:
    """One table: its index, and as many open readers as threads read it at a time."""

    def __init__(self, table: DrawnTable) -> None:
        """Open a table; raise what `GeoPackageTable` and its reading raise."""
        self._table, self._lock = table, threading.Lock()
        self._readers: List[GeoPackageTable] = []
        with self._reader() as reader, damage_told(table.data):
            self.schema = reader.schema
            small = self.schema.spatial_index and reader.count() <= _INDEXED
            self._index = FeatureIndex(*feature_boxes(reader)) if small else None

    def __len__(self) -> int:
        """Return how many boxes are kept in memory."""
        return 0 if self._index is None else len(self._index)

    def meeting(self, ground: Bounds, near: Optional[Bounds] = None) -> Found:
        """Return the features whose boxes meet a ground, and the bounds near which they shall lie if there are any."""
        if self._index is not None:
            return self._index.meeting(ground, near)
        with self._reader() as reader:
            return _stored(reader, ground, near)

    def geometries(self, found: Found) -> Iterator[Tuple[Geometries, np.ndarray]]:
        """Yield the geometries of some features, and which of them lie in the ground, some at a time."""
        with self._reader() as reader:
            for begin in range(0, len(found), _ROWS):
                some = found.keys[begin : begin + _ROWS].tolist()
                for batch in reader.batches(columns=(), fids=some, size=_ROWS, heaviest=_HEAVIEST):
                    yield batch.geometries, found.within[np.searchsorted(found.keys, batch.fids)]

    @contextmanager
    def _reader(self) -> Iterator[GeoPackageTable]:
        with self._lock:
            reader = self._readers.pop() if self._readers else None
        reader = reader or GeoPackageTable(self._table.data, self._table.table)
        try:
            yield reader
        finally:
            with self._lock:
                self._readers.append(reader)

    def close(self) -> None:
        """Close the readers."""
        with self._lock:
            while self._readers:
                self._readers.pop().close()


def _stored(reader: GeoPackageTable, ground: Bounds, near: Optional[Bounds]) -> Found:
    """Return what `FeatureIndex.meeting` does, of a table that only its R-tree knows."""
    keys, boxes = reader.indexed(near or ground)  # (n,), (n, 4)
    order = np.argsort(keys)
    some = FeatureIndex(keys[order], boxes[order])
    return some.meeting(ground, near)


class ReadTables:
    """The tables that were read last. Thread-safe."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._tables: OrderedDict[object, ReadTable] = OrderedDict()
        self._remembered, self._lock = remembered, threading.Lock()

    def table(self, table: DrawnTable) -> ReadTable:
        """Return a table as its file is now, whatever its style."""
        key = state_of(replace(table, style=None))
        with self._lock:
            if key in self._tables:
                self._tables.move_to_end(key)
                return self._tables[key]
        opened = ReadTable(table)
        with self._lock:
            opened = self._tables.setdefault(key, opened)
            while len(self._tables) > 1 and self._too_many():
                self._tables.popitem(last=False)[1].close()
        return opened

    def _too_many(self) -> bool:
        return len(self._tables) > _TABLES or sum(len(one) for one in self._tables.values()) > self._remembered
