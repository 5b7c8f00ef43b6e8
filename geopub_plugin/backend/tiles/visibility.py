"""Which features may show something at a level, told by their boxes: what is sure to leave nothing is not read."""

from __future__ import annotations

import numpy as np

from .blocks import VERTEX_BYTES, Spread
from .generalise import DUST
from .options import FULL_DETAIL, Generalisation
from .plan import EXTENT
from .shapes import chances
from .thinning import kept_share

_POINTS = ("POINT", "MULTIPOINT")
_LINES = ("LINESTRING", "MULTILINESTRING")
_POLYGONS = ("POLYGON", "MULTIPOLYGON")
_PART_BYTES = 9  # of a polygon without a ring, the least that a part of a geometry takes
_PARTS = 64  # features with more parts are read


def may_be_seen(
    spread: Spread, rows: np.ndarray, geometry_type: str, level: int, options: Generalisation
) -> np.ndarray:
    """Return which features (int64 (n,) places in the spread) may leave something at a level: bool (n,).

    `geometry_type` is that of the table; tables that may hold any kind are read as a whole.
    """
    if geometry_type in _POINTS:
        if spread.plan.bottom_level == level or spread.thinning == 0:
            return np.ones(len(rows), bool)
        return chances(spread.fids[rows], np.zeros(1)) < kept_share(spread.plan.bottom_level - level, spread.thinning)
    if geometry_type in _POLYGONS and not options.keeps_coverage:
        return _may_be_dust(spread, rows, level)
    if geometry_type in _LINES or geometry_type in _POLYGONS:
        coarse = options.detail < FULL_DETAIL and level < spread.plan.bottom_level
        return _in_several_cells(spread.boxes[rows], level, options.detail if coarse else FULL_DETAIL)
    return np.ones(len(rows), bool)


def _may_be_dust(spread: Spread, rows: np.ndarray, level: int) -> np.ndarray:
    """Return which polygons are large enough to be drawn, or may have a part that stands for those that are not."""
    boxes = spread.boxes[rows] * float(EXTENT << level)  # (n, 4) units of the level
    share = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) / DUST  # (n,) at least any part's
    parts = spread.weights[rows] * VERTEX_BYTES // _PART_BYTES  # (n,) at most
    seen = (share >= 1) | (parts > _PARTS)
    small = np.flatnonzero(~seen)
    for place in range(_PARTS):
        small = small[parts[small] > place]
        if len(small) == 0:
            break
        drawn = chances(spread.fids[rows[small]], np.full(1, place)) < share[small]
        seen[small[drawn]] = True
        small = small[~drawn]
    return seen


def _in_several_cells(boxes: np.ndarray, level: int, detail: int) -> np.ndarray:
    """Return which boxes are not within one cell of the grid, where a line or a ring shrinks to a point: bool (n,)."""
    cells = float(1 << (level + detail))
    shift = 0.5 if detail == FULL_DETAIL else 0.0  # there vertices are rounded, on coarse grids they are cut off
    low, high = np.floor(boxes[:, :2] * cells + shift), np.floor(boxes[:, 2:] * cells + shift)
    return (low != high).any(axis=1)
