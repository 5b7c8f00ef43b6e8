"""Which features a query selects: their number, and their keys where it does not mean the whole table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Sequence

import numpy as np

from ...features.area import Area, anywhere
from ...features.batch import Batch
from ...features.geopackage import GeoPackageTable
from ...features.ragged import take
from .ordering import sorted_keys
from .queries import FeatureQuery
from .tables import LentTable, Tables

FIRST = 500  # features in the first piece, so that it leaves at once
SIZE = 6_000  # features in the others: what each column costs, however short, is shared by many
HEAVIEST = 4_000_000  # bytes of geometries in a batch: as text, and on the way to it, they take ten times as much


@dataclass(frozen=True)
class Selection:
    """The features that match a query, and the page of them that is sent."""

    query: FeatureQuery
    lent: LentTable
    matched: int
    keys: Optional[np.ndarray]  # int64 (matched,), ascending; None: every row of the table
    start: int = 0
    returned: int = 0

    @property
    def table(self) -> GeoPackageTable:
        """The table that is read; nobody else reads it while a selection holds on to it."""
        return self.lent.table

    def page(self, start: int, count: Optional[int]) -> Selection:
        """Return the selection with `count` features (None: all) from `start` on to be sent."""
        begin = min(start, self.matched)
        rest = self.matched - begin
        returned = rest if count is None else min(count, rest)
        return Selection(self.query, self.lent, self.matched, self.keys, begin, returned)

    def batches(self) -> Iterator[Batch]:
        """Yield the features of the page, a few first, then batch after batch; texts may be as the file has them."""
        if self.returned == 0:
            return
        asked: Dict[str, Any] = {
            "columns": self.query.fields,
            "geometry": self.query.geometry,
            "heaviest": HEAVIEST,
            "encoded": True,
        }
        keys = self.page_keys()
        if keys is None:
            asked.update(offset=self.start, limit=self.returned)
        if not self.query.order:
            yield from self.table.batches(fids=keys, first=FIRST, size=SIZE, **asked)
            return
        begin, size = 0, FIRST
        while begin < len(keys or ()):
            yield from self._in_order((keys or [])[begin : begin + size], asked)
            begin, size = begin + size, SIZE

    def _in_order(self, keys: List[int], asked: Dict[str, Any]) -> Iterator[Batch]:
        """Yield the features with these keys in their order; a batch that is put in order must be whole."""
        weights = np.cumsum(self.table.weights(keys)) // HEAVIEST  # (n,) which batch each is in
        edges = [0, *(np.flatnonzero(np.diff(weights)) + 1).tolist(), len(keys)]
        whole = {**asked, "heaviest": None}
        for begin, end in zip(edges, edges[1:]):
            for batch in self.table.batches(size=end - begin, fids=keys[begin:end], **whole):
                yield _in_order(batch, keys[begin:end])

    def page_keys(self) -> Optional[List[int]]:
        """Return the keys of the page in the order asked for; None where they are all from `start` on."""
        if self.query.order:
            return sorted_keys(self.table, self.query.order, self.keys, self.start, self.returned)
        return None if self.keys is None else self.keys[self.start : self.start + self.returned].tolist()


def selected(query: FeatureQuery, tables: Tables) -> Selection:
    """Return what a query selects, none of it to be sent yet."""
    lent = tables.lent(query.published.type)
    found: List[np.ndarray] = []
    if query.areas is not None:
        found += _in_areas(query, query.areas, lent, tables)
    if query.fids is not None:
        found.append(_existing(lent.table, query.fids))
    if query.condition is not None:
        found.append(lent.table.fids_where(query.condition))
    if not found:
        return Selection(query, lent, tables.count(lent), None)
    keys = found[0]
    for others in found[1:]:
        keys = np.intersect1d(keys, others, assume_unique=True)
    return Selection(query, lent, len(keys), keys)


def _in_areas(query: FeatureQuery, areas: Sequence[Area], lent: LentTable, tables: Tables) -> List[np.ndarray]:
    """Return the keys of the features in any of the areas; nothing where these are all features."""
    if any(area.has_all(tables.bounds(lent)) for area in areas):
        if query.placeless or len(tables.placeless(lent)) == 0:
            return []
        return [lent.table.fids_in(anywhere())]
    keys = [lent.table.fids_in(area) for area in areas]
    if query.placeless:
        keys.append(tables.placeless(lent))
    return [keys[0] if len(keys) == 1 else np.unique(np.concatenate(keys))]


def _existing(table: GeoPackageTable, fids: Sequence[int]) -> np.ndarray:
    found = [batch.fids for batch in table.batches(columns=(), geometry=False, fids=sorted(set(fids)))]
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _in_order(batch: Batch, keys: Sequence[int]) -> Batch:
    """Return the rows of a batch in the order of these keys."""
    wanted = np.asarray(keys, np.int64)
    place = np.empty(len(wanted), np.int64)  # (N,) row of each key; the batch is in ascending order of them
    place[np.argsort(wanted, kind="stable")] = np.arange(len(wanted))
    columns = {name: column.taken(place) for name, column in batch.columns.items()}
    return Batch(batch.fids[place], take(batch.geometries, place), columns)
