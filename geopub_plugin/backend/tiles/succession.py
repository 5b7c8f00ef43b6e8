"""An archive that follows another: some tiles are new, all others are copied as they are stored.

The outcome is what writing all tiles anew would give: contents in the order of their first tile, each of them once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, List, Sequence, Tuple

import numpy as np

from ..features.ragged import aranges
from .archive import ArchiveWriter
from .archive_reader import Archive

_COPIED = 1 << 22  # bytes at a time
_TRAILER = 8  # bytes: checksum and length at the end of gzip (RFC 1952 2.3)


@dataclass(frozen=True)
class Succession:
    """All tiles of an archive that follows another, T of them with n different contents, which lie in its order."""

    ids: np.ndarray  # int64 (T,) ascending
    content: np.ndarray  # int64 (T,) place among the contents
    sizes: np.ndarray  # int64 (n,)
    _former: np.ndarray  # int64 (n,) offset in the former archive, -1 for new ones
    _fresh: Tuple[bytes, ...]  # the new contents, in order

    def write(self, former: Archive, archive: ArchiveWriter) -> None:
        """Hand all tiles and contents to a writer."""
        archive.take(self.ids, self.content, self.sizes, self._pieces(former))

    def _pieces(self, former: Archive) -> Iterator[bytes]:
        """Yield all contents, one after the other, in pieces."""
        goes_on = np.zeros(len(self.sizes), bool)
        goes_on[1:] = (self._former[1:] >= 0) & (self._former[:-1] >= 0)
        goes_on[1:] &= self._former[1:] == self._former[:-1] + self.sizes[:-1]
        first = np.flatnonzero(~goes_on)
        fresh = iter(self._fresh)
        ends = np.append(first[1:], len(self.sizes))
        lengths = np.add.reduceat(self.sizes, first) if len(first) else self.sizes
        for offset, length, count in zip(self._former[first].tolist(), lengths.tolist(), (ends - first).tolist()):
            if offset < 0:
                yield from (next(fresh) for _ in range(count))
                continue
            for at in range(offset, offset + length, _COPIED):
                yield former.content(at, min(_COPIED, offset + length - at))


def succession(former: Archive, ids: np.ndarray, contents: Sequence[bytes]) -> Succession:
    """Return an archive's tiles with other contents for some (int64 (n,), ascending); b"" takes a tile away."""
    entries = former.directory()
    old_ids = aranges(entries.tile, entries.run)  # (T',)
    offset, size = np.repeat(entries.offset, entries.run), np.repeat(entries.length, entries.run)
    kept = ~np.isin(old_ids, ids)
    old_ids, offset, size = old_ids[kept], offset[kept], size[kept]
    end = int((entries.offset + entries.length).max(initial=0))
    places, fresh = _placed(former, offset, size, [data for data in contents if data], end)
    filled = np.array([bool(data) for data in contents], bool)
    new_sizes = np.array([len(data) for data in contents], np.int64)[filled]
    all_ids = np.concatenate([old_ids, np.asarray(ids, np.int64)[filled]])
    order = np.argsort(all_ids, kind="stable")
    place, size = np.concatenate([offset, places])[order], np.concatenate([size, new_sizes])[order]
    distinct, first, which = np.unique(place, return_index=True, return_inverse=True)
    by_first = np.argsort(first)
    rank = np.empty(len(distinct), np.int64)
    rank[by_first] = np.arange(len(distinct))
    source = distinct[by_first]
    return Succession(
        all_ids[order], rank[which], size[first[by_first]], np.where(source < end, source, -1),
        tuple(fresh[number - end] for number in source.tolist() if number >= end),
    )  # fmt: skip


def _placed(
    former: Archive, offset: np.ndarray, size: np.ndarray, contents: Sequence[bytes], end: int
) -> Tuple[np.ndarray, List[bytes]]:
    """Return where each content lies: at an offset of the former archive, or `end` + its place among the new ones."""
    known = _twins(former, offset, size, contents)
    places = np.zeros(len(contents), np.int64)
    fresh: List[bytes] = []
    for number, data in enumerate(contents):
        place = known.get(data)
        if place is None:
            place = known[data] = end + len(fresh)
            fresh.append(data)
        places[number] = place
    return places, fresh


def _twins(former: Archive, offset: np.ndarray, size: np.ndarray, contents: Sequence[bytes]) -> Dict[bytes, int]:
    """Return which of the contents the former archive holds in a tile that stays, and at which offset.

    Only what ends in the same checksum, is as long and was as long before compression, is compared.
    """
    wanted: Dict[Tuple[int, bytes], List[bytes]] = {}
    for data in contents:
        wanted.setdefault((len(data), data[-_TRAILER:]), []).append(data)
    sizes = np.unique([len(data) for data in contents])
    offset, place = np.unique(offset, return_index=True)
    size = size[place]
    ends = [data[-_TRAILER:] for data in contents]
    likely = np.flatnonzero(np.isin(size, sizes))
    likely = likely[np.isin(former.ends((offset + size)[likely]), np.frombuffer(b"".join(ends), np.uint64))]
    found: Dict[bytes, int] = {}
    for at, length in zip(offset[likely].tolist(), size[likely].tolist()):
        for data in wanted.get((length, former.content(at + length - _TRAILER, _TRAILER)), ()):
            if former.content(at, length) == data:
                found[data] = at
    return found
