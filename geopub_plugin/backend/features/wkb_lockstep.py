"""Well-known binary, thousands of geometries in lockstep: each has a cursor, and every turn reads a ring of all."""

from __future__ import annotations

from typing import List, Tuple

import numpy as np

from .batch import LINE, MULTIPOINT, POINT, POLYGON
from .wkb_blobs import Blobs, vertex_sizes

_FEW = 64  # geometries: fewer than this are read faster one by one than in lockstep


class Lockstep:
    """Reads lines, polygons and their multiples: one ring of every geometry a turn."""

    def __init__(self, blobs: Blobs, owner: np.ndarray, base: np.ndarray, dimensions: np.ndarray,
                 little: np.ndarray, at: np.ndarray) -> None:  # fmt: skip
        self.blobs, self.owner, self.dimensions, self.little, self.at = blobs, owner, dimensions, little, at
        multiple = base >= MULTIPOINT
        self.kind = np.where(multiple, base - MULTIPOINT + POINT, base)  # (n,) of every part
        self.parts = np.ones(len(owner), np.int64)  # (n,) parts still to come
        self.rings = np.zeros(len(owner), np.int64)  # (n,) rings of the current part still to come
        short = multiple & (at + 9 > blobs.end[owner])
        self.parts[multiple] = blobs.u4(at[multiple] + 5, little[multiple])
        self.at = np.where(multiple, at + 9, at)
        self._drop(short)
        self.found: List[Tuple[np.ndarray, ...]] = []
        self.parts_found: List[Tuple[np.ndarray, ...]] = []

    def _drop(self, broken: np.ndarray) -> None:
        """Mark geometries as bad and forget them."""
        if broken.any():
            self.blobs.bad[self.owner[broken]] = True
            self._keep(~broken)

    def _keep(self, those: np.ndarray) -> None:
        for name in ("owner", "dimensions", "kind", "little", "at", "parts", "rings"):
            setattr(self, name, getattr(self, name)[those])

    def _read_parts(self) -> None:
        """Read the header of the next part wherever the current one is finished."""
        due = np.flatnonzero((self.rings == 0) & (self.parts > 0))  # (d,)
        end = self.blobs.end[self.owner]
        broken = np.zeros(len(self.owner), bool)  # (n,)
        short = self.at[due] + 9 > end[due]
        broken[due[short]] = True
        due = due[~short]
        at = self.at[due]
        order = self.blobs.data[at]
        little = order == 1
        base, dimensions, extra = self.blobs.types(at, little)
        polygon = base == POLYGON
        rings = np.where(polygon, self.blobs.u4(at + 5 + extra, little), 1)
        other = (base != self.kind[due]) | (dimensions != self.dimensions[due])
        broken[due[(order > 1) | other | (rings > (end[due] - at) // 4)]] = True
        self.little[due], self.rings[due] = little, rings
        self.at[due] = at + 5 + extra + np.where(polygon, 4, 0)
        self.parts[due] -= 1
        self.parts_found.append((self.owner[due], np.where(polygon, POLYGON, LINE).astype(np.uint8), rings))
        self._drop(broken)

    def _read_rings(self) -> None:
        """Read one ring, or line, of every geometry that has one."""
        due = np.flatnonzero(self.rings > 0)  # (d,)
        end = self.blobs.end[self.owner]
        broken = np.zeros(len(self.owner), bool)  # (n,)
        short = self.at[due] + 4 > end[due]
        broken[due[short]] = True
        due = due[~short]
        at = self.at[due]
        vertices = self.blobs.u4(at, self.little[due])
        after = at + 4 + vertices * vertex_sizes(self.dimensions[due])
        long = after > end[due]
        broken[due[long]] = True
        due, at, vertices, after = due[~long], at[~long], vertices[~long], after[~long]
        self.found.append((self.owner[due], at + 4, vertices, self.little[due]))
        self.at[due] = after
        self.rings[due] -= 1
        self._drop(broken)

    def run(self) -> None:
        """Read until few geometries are left, which the caller reads one by one."""
        while len(self.owner) > _FEW:
            self._read_parts()
            self._read_rings()
            self._keep((self.rings > 0) | (self.parts > 0))
