"""Rings of the polygons of tiles, as they are mended."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..features.ragged import aranges, starts_of


class PolygonRings(NamedTuple):
    """Q rings without closing vertex, those of a polygon in a row, its outer ones of positive area first."""

    x: np.ndarray  # int64 (V,) units of a tile
    y: np.ndarray  # int64 (V,)
    starts: np.ndarray  # int64 (Q+1,)
    polygon: np.ndarray  # int64 (Q,) ascending

    def of(self, keep: np.ndarray) -> PolygonRings:
        """Return the rings at these places (int64 (n,))."""
        counts = np.diff(self.starts)[keep]
        vertices = aranges(self.starts[keep], counts)
        return PolygonRings(self.x.take(vertices), self.y.take(vertices), starts_of(counts), self.polygon[keep])

    def with_others(self, keep: np.ndarray, others: PolygonRings) -> PolygonRings:
        """Return the rings at these places (int64 (n,)) and those of other polygons, by polygon."""
        every = PolygonRings(
            np.append(self.x, others.x), np.append(self.y, others.y),
            np.append(self.starts, self.starts[-1] + others.starts[1:]), np.append(self.polygon, others.polygon),
        )  # fmt: skip
        rows = np.append(keep, np.arange(len(self.polygon), len(every.polygon)))
        return every.of(rows[np.argsort(every.polygon[rows], kind="stable")])
