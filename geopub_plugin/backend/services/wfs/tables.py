"""Opened tables, kept from one request to the next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Dict, Optional, Tuple

import numpy as np

from ...features.geopackage import GeoPackageTable
from ...features.schema import Bounds, TableSchema
from ..publications import FeatureType

_Key = Tuple[Path, str, str]  # file, revision, table


def _key(feature_type: FeatureType) -> _Key:
    return feature_type.data, feature_type.revision, feature_type.table


class Tables:
    """The tables of published types: opened once a thread (as SQLite wants it), the latest used ones kept.

    A revision is immutable, so schemas and counts are kept for all threads.
    """

    def __init__(self, most_open: int = 16, described: int = 4096) -> None:
        self._most_open, self._described = most_open, described
        self._local = threading.local()
        self._lock = threading.Lock()
        self._schemas: Dict[_Key, TableSchema] = {}
        self._counts: Dict[_Key, int] = {}
        self._bounds: Dict[_Key, Optional[Bounds]] = {}
        self._placeless: Dict[_Key, np.ndarray] = {}

    def table(self, feature_type: FeatureType) -> GeoPackageTable:
        """Return the opened table of a type, for the calling thread alone.

        An older table is let go, not closed: an answer that is still being written holds on to it.
        """
        kept: Optional[OrderedDict[_Key, GeoPackageTable]] = getattr(self._local, "tables", None)
        if kept is None:
            kept = self._local.tables = OrderedDict()
        key = _key(feature_type)
        table = kept.pop(key, None) or GeoPackageTable(feature_type.data, feature_type.table)
        for older in [other for other in kept if other[0] == key[0] and other[1] != key[1]]:
            del kept[older]  # of a revision that is no more
        kept[key] = table
        while len(kept) > self._most_open:
            kept.popitem(last=False)
        return table

    def opened(self) -> int:
        """Return how many tables the calling thread holds open."""
        return len(getattr(self._local, "tables", ()))

    def schema(self, feature_type: FeatureType) -> TableSchema:
        """Return the schema of a type's table."""
        key = _key(feature_type)
        schema = self._schemas.get(key)
        if schema is None:
            schema = self.table(feature_type).schema
            self._keep(self._schemas, key, schema)
        return schema

    def count(self, feature_type: FeatureType) -> int:
        """Return the number of all rows of a type."""
        key = _key(feature_type)
        count = self._counts.get(key)
        if count is None:
            count = self.table(feature_type).count()
            self._keep(self._counts, key, count)
        return count

    def bounds(self, feature_type: FeatureType) -> Optional[Bounds]:
        """Return the bounds of all geometries of a type in its table's system; None where there is none."""
        key = _key(feature_type)
        if key not in self._bounds:
            self._keep(self._bounds, key, self.table(feature_type).bounds())
        return self._bounds.get(key)

    def placeless(self, feature_type: FeatureType) -> np.ndarray:
        """Return the keys of the rows of a type whose geometry is NULL or empty: int64 (n,)."""
        key = _key(feature_type)
        keys = self._placeless.get(key)
        if keys is None:
            keys = self.table(feature_type).fids_without_place()
            self._keep(self._placeless, key, keys)
        return keys

    def _keep(self, kept: Dict, key: _Key, value: object) -> None:
        with self._lock:
            if len(kept) >= self._described:
                kept.pop(next(iter(kept)))
            kept[key] = value
