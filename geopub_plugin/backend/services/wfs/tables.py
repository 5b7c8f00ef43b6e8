"""Opened tables, kept from one request to the next."""

from __future__ import annotations

import threading
import weakref
from typing import Callable, Dict, List, Optional, Tuple

import numpy as np

from ...features.geopackage import GeoPackageTable
from ...features.schema import Bounds, TableSchema
from ..publications import FeatureType

_Key = Tuple[str, str, str]  # file, revision, table


def _key(feature_type: FeatureType) -> _Key:
    return str(feature_type.data), feature_type.revision, feature_type.table


class LentTable:
    """An opened table that nobody else uses while this is held on to."""

    def __init__(self, key: _Key, table: GeoPackageTable, give_back: Callable[[_Key, GeoPackageTable], None]) -> None:
        self.key, self.table = key, table
        weakref.finalize(self, give_back, key, table).atexit = False


class Tables:
    """The tables of published types, opened where none is free; what was used last is lent again first.

    So a thread that has never seen a type finds the pages of its file already read. A revision is immutable: what is
    known of it, schemas and counts, is kept for all.
    """

    def __init__(self, most_free: int = 32, described: int = 4096) -> None:
        """Keep so many tables that nobody uses open, and so many descriptions."""
        self._most_free, self._described = most_free, described
        self._lock = threading.Lock()
        self._free: List[Tuple[_Key, GeoPackageTable]] = []  # in the order in which they were given back
        self._schemas: Dict[_Key, TableSchema] = {}
        self._counts: Dict[_Key, int] = {}
        self._bounds: Dict[_Key, Optional[Bounds]] = {}
        self._placeless: Dict[_Key, np.ndarray] = {}

    def lent(self, feature_type: FeatureType) -> LentTable:
        """Return the opened table of a type; others have it once nobody holds on to what is returned."""
        key = _key(feature_type)
        with self._lock:
            found = [place for place, (other, _table) in enumerate(self._free) if other == key]
            table = self._free.pop(found[-1])[1] if found else None
            self._close_old(key)
        return LentTable(key, table or GeoPackageTable(feature_type.data, feature_type.table), self._take_back)

    def _take_back(self, key: _Key, table: GeoPackageTable) -> None:
        """Keep a table for who asks next; without the lock, for a thread that holds it may be the one that is told."""
        self._free.append((key, table))

    def _close_old(self, key: _Key) -> None:
        """Close free tables of other revisions of a file, and those longest unused where there are too many."""
        old = [place for place, (other, _table) in enumerate(self._free) if other[0] == key[0] and other[1] != key[1]]
        old += [place for place in range(len(self._free) - self._most_free) if place not in old]
        for place in sorted(old, reverse=True):
            self._free.pop(place)[1].close()

    def opened(self) -> int:
        """Return how many tables are open though nobody uses them."""
        return len(self._free)

    def schema(self, feature_type: FeatureType) -> TableSchema:
        """Return the schema of a type's table."""
        key = _key(feature_type)
        schema = self._schemas.get(key)
        if schema is None:
            schema = self.lent(feature_type).table.schema
            self._keep(self._schemas, key, schema)
        return schema

    def count(self, lent: LentTable) -> int:
        """Return the number of all rows of a table."""
        count = self._counts.get(lent.key)
        if count is None:
            count = lent.table.count()
            self._keep(self._counts, lent.key, count)
        return count

    def bounds(self, lent: LentTable) -> Optional[Bounds]:
        """Return the bounds of all geometries of a table in its own system; None where there is none."""
        if lent.key not in self._bounds:
            self._keep(self._bounds, lent.key, lent.table.bounds())
        return self._bounds.get(lent.key)

    def placeless(self, lent: LentTable) -> np.ndarray:
        """Return the keys of the rows of a table whose geometry is NULL or empty: int64 (n,)."""
        keys = self._placeless.get(lent.key)
        if keys is None:
            keys = lent.table.fids_without_place()
            self._keep(self._placeless, lent.key, keys)
        return keys

    def _keep(self, kept: Dict, key: _Key, value: object) -> None:
        with self._lock:
            if len(kept) >= self._described:
                kept.pop(next(iter(kept)))
            kept[key] = value
