"""Well-known binary, one geometry after the other: for collections and for geometries of a great many parts."""

from __future__ import annotations

import struct
from typing import List, Optional, Tuple

import numpy as np

from .batch import COLLECTION, LINE, MULTIPOINT, POINT, POLYGON


class Cut(Exception):
    """The bytes end before the geometry does, or say something impossible."""


def vertex_bytes(dimensions: int) -> int:
    """Return the bytes of a vertex, by dimensions: 0 XY, 1 Z, 2 M, 3 ZM."""
    return 8 * (2 + bin(dimensions).count("1"))


class Walker:
    """Reads geometries out of one buffer (`data` uint8, `end` int64 (N,)) into lists of parts and paths."""

    def __init__(self, data: np.ndarray, end: np.ndarray) -> None:
        self.data, self.end = memoryview(data), end
        self.parts: List[Tuple[int, int, int]] = []  # owner, kind, paths
        self.paths: List[Tuple[int, int, int, bool]] = []  # owner, first byte, vertices, little endian

    def geometry(
        self, owner: int, at: int, depth: int = 0, whole: Optional[int] = None, part_kind: Optional[int] = None
    ) -> int:
        """Read one geometry and return the byte after it; raise Cut where the bytes make no sense.

        A part has the dimensions of the `whole` and, but for collections, the one `part_kind` that it allows.
        """
        end = int(self.end[owner])
        if at + 5 > end or self.data[at] > 1 or depth > 32:
            raise Cut
        little = self.data[at] == 1
        order = "<" if little else ">"
        code = struct.unpack_from(order + "I", self.data, at + 1)[0]
        base, dimensions = (code & 0x1FFFFFFF) % 1000, (code & 0x1FFFFFFF) // 1000
        dimensions |= (code >> 31 & 1) | (code >> 29 & 2)
        if dimensions > 3 or not POINT <= base <= COLLECTION:
            raise Cut
        if dimensions != (dimensions if whole is None else whole) or base != (part_kind or base):
            raise Cut
        at += 9 if code & 0x20000000 else 5
        size = vertex_bytes(dimensions)
        if base == POINT:
            self._path(owner, at, 1, size, little)
            self.parts.append((owner, POINT, 1))
            return at + size
        count = self._count(at, order, end)
        at += 4
        if base == LINE:
            self.parts.append((owner, LINE, 1))
            return self._path(owner, at, count, size, little)
        if base == POLYGON:
            self.parts.append((owner, POLYGON, count))
            return self._rings(owner, at, count, size, little)
        parts = None if base == COLLECTION else base - MULTIPOINT + POINT
        for _ in range(count):
            at = self.geometry(owner, at, depth + 1, dimensions, parts)
        return at

    def _count(self, at: int, order: str, end: int) -> int:
        if at + 4 > end:
            raise Cut
        count = int(struct.unpack_from(order + "I", self.data, at)[0])
        if count > (end - at) // 4:
            raise Cut
        return count

    def _path(self, owner: int, at: int, count: int, size: int, little: bool) -> int:
        after = at + count * size
        if after > self.end[owner]:
            raise Cut
        self.paths.append((owner, at, count, little))
        return after

    def _rings(self, owner: int, at: int, rings: int, size: int, little: bool) -> int:
        order = "<" if little else ">"
        for _ in range(rings):
            vertices = self._count(at, order, int(self.end[owner]))
            at = self._path(owner, at + 4, vertices, size, little)
        return at

    def resume(self, owner: int, at: int, parts: int, rings: int, dimensions: int, kind: int, little: bool) -> None:
        """Read what the lockstep left of a geometry: rings of a part, and parts of a kind."""
        at = self._rings(owner, at, rings, vertex_bytes(dimensions), little)
        for _ in range(parts):
            at = self.geometry(owner, at, 1, dimensions, kind)
