"""Shapes: all the paths of one kind in a table, in the unit square, ready to lose detail level by level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Sequence

import numpy as np

from ..features.ragged import aranges, starts_of

_GOLDEN, _SILVER = 0.6180339887498949, 0.41421356237309515  # fractions whose multiples spread evenly over [0, 1)


@dataclass(frozen=True)
class Shapes:
    """V vertices in Q paths of one kind (POINT, LINE or POLYGON), ordered by feature and part, outer rings first."""

    kind: int
    x: np.ndarray  # float64 (V,) unit square
    y: np.ndarray  # float64 (V,)
    significance: np.ndarray  # float64 (V,) squared units of the square
    path_start: np.ndarray  # int64 (Q+1,)
    feature: np.ndarray  # int64 (Q,) row of the table's records
    part: np.ndarray  # int64 (Q,) number of the part within the table, the same for the rings of one polygon
    outer: np.ndarray  # bool (Q,) True for all but a polygon's inner rings
    size: np.ndarray  # float64 (Q,) area of rings, length of lines, in the unit square; 0 for points
    chance: np.ndarray  # float64 (Q,) in [0, 1): which polygons stand for those too small to be drawn

    def __len__(self) -> int:
        return len(self.feature)

    @property
    def counts(self) -> np.ndarray:
        """The number of vertices of each path: int64 (Q,)."""
        return np.diff(self.path_start)

    def with_paths(self, keep: np.ndarray) -> Shapes:
        """Return the paths where `keep` (bool (Q,)) holds, or those at its places (int64)."""
        if keep.dtype == bool:
            if keep.all():
                return self
            keep = np.flatnonzero(keep)
        counts = self.counts[keep]
        vertices = aranges(self.path_start[keep], counts)
        return replace(
            self, x=self.x[vertices], y=self.y[vertices], significance=self.significance[vertices],
            path_start=starts_of(counts), feature=self.feature[keep], part=self.part[keep],
            outer=self.outer[keep], size=self.size[keep], chance=self.chance[keep],
        )  # fmt: skip

    def with_vertices(self, keep: np.ndarray) -> Shapes:
        """Return the shapes with the vertices where `keep` (bool (V,)) holds; each path keeps at least one."""
        if keep.all():
            return self
        kept = np.add.reduceat(keep, self.path_start[:-1], dtype=np.int64) if len(self) else np.zeros(0, np.int64)
        return replace(
            self, x=self.x.compress(keep), y=self.y.compress(keep), significance=self.significance.compress(keep),
            path_start=starts_of(kept),
        )  # fmt: skip


def chances(fids: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return an evenly spread number in [0, 1) for part number `place` of the feature with each fid: float64 (n,).

    Multiples of the golden ratio (Weyl's sequence): among any run of neighbouring fids, a share s of them lies below
    s, nearly exactly. It depends on nothing but the feature, so every block and every level agrees on it.
    """
    return (fids % (1 << 32) * _GOLDEN + place * _SILVER) % 1.0


def joined(several: Sequence[Shapes], feature_shift: Sequence[int]) -> Shapes:
    """Return the shapes of several blocks as one; the features of each are counted from its shift on."""
    parts = np.cumsum([0] + [int(one.part.max(initial=-1)) + 1 for one in several])
    return Shapes(
        kind=several[0].kind,
        x=np.concatenate([one.x for one in several]),
        y=np.concatenate([one.y for one in several]),
        significance=np.concatenate([one.significance for one in several]),
        path_start=starts_of(np.concatenate([one.counts for one in several])),
        feature=np.concatenate([one.feature + shift for one, shift in zip(several, feature_shift)]),
        part=np.concatenate([one.part + shift for one, shift in zip(several, parts)]),
        outer=np.concatenate([one.outer for one in several]),
        size=np.concatenate([one.size for one in several]),
        chance=np.concatenate([one.chance for one in several]),
    )
