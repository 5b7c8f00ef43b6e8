"""Blobs of geometries side by side in one buffer, and what their first bytes say.

Sources: OGC 06-103r4 (simple features) §8 for WKB, ISO 13249-3 for its Z and M codes (1000, 2000, 3000), and
OGC 12-128r18 (GeoPackage 1.3) §2.1.3 for the header in front of it. EWKB's flag bits are read as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence, Tuple

import numpy as np

from .bytestrings import cells
from .ragged import starts_of
from .spatialite import standard_blobs

_ENVELOPE_BYTES = np.array([0, 32, 48, 48, 64, 0, 0, 0])  # by the three bits of the header's envelope code
AHEAD = 16  # bytes


@dataclass
class Blobs:
    """N blobs in one buffer."""

    buffer: bytes  # with `AHEAD` bytes after the last blob, so that a read at its end stays inside
    data: np.ndarray  # uint8 (B,) the same
    start: np.ndarray  # int64 (N,) first byte of the WKB itself
    end: np.ndarray  # int64 (N,)
    present: np.ndarray  # bool (N,) False for NULL
    bad: np.ndarray  # bool (N,)

    @classmethod
    def of(cls, given: Sequence[Optional[bytes]], geopackage: bool) -> Blobs:
        """Return N blobs (None for NULL), with or without GeoPackage headers, one after the other."""
        blobs = standard_blobs(given) if geopackage else given
        present = np.ones(len(blobs), bool)  # (N,)
        if None in blobs:
            present[:] = [blob is not None for blob in blobs]
            blobs = [blob or b"" for blob in blobs]
        edges = starts_of(np.fromiter(map(len, blobs), np.int64, len(blobs)))
        return cls.within(b"".join(blobs) + bytes(AHEAD), edges[:-1], edges[1:], present, geopackage)

    @classmethod
    def within(cls, buffer: bytes, start: np.ndarray, end: np.ndarray, present: np.ndarray, geopackage: bool) -> Blobs:
        """Return blobs that begin and end at these bytes (N,) of a buffer, which has `AHEAD` more after the last."""
        data = np.frombuffer(buffer, np.uint8)
        bad = np.zeros(len(start), bool)  # (N,)
        if geopackage:
            bad = present & ((end - start < 8) | (data[start] != 0x47) | (data[start + 1] != 0x50))
            start = start + np.where(present, 8 + _ENVELOPE_BYTES[(data[start + 3] >> 1) & 7], 0)
        bad |= present & (start + 5 > end)
        return cls(buffer, data, np.where(bad, 0, start), end, present, bad)

    def u4(self, at: np.ndarray, little: np.ndarray) -> np.ndarray:
        """Return the unsigned 32-bit integers at these bytes: int64 (n,)."""
        small = cells(self.data, "<u4")[at].astype(np.int64)
        if little.all():
            return small
        return np.where(little, small, small.astype("<u4").byteswap().astype(np.int64))

    def types(self, at: np.ndarray, little: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return base code, dimensions (0 XY, 1 Z, 2 M, 3 ZM) and extra SRID bytes of the geometries at these bytes."""
        code = self.u4(at + 1, little)  # int64 (n,)
        flags = code & 0xE0000000
        base = code & 0x1FFFFFFF
        dimensions = (base // 1000) | ((flags & 0x80000000) >> 31) | ((flags & 0x40000000) >> 29)
        return base % 1000, dimensions, np.where(flags & 0x20000000, 4, 0)


def vertex_sizes(dimensions: np.ndarray) -> np.ndarray:
    """Return the bytes of a vertex, by dimensions as of `Blobs.types`: int64 (n,)."""
    return 8 * (2 + (dimensions & 1) + (dimensions >> 1))
