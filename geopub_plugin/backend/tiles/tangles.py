"""Polygons of a tile that are too tangled to be mended edge by edge: drawn as cells of a coarse grid instead.

Edges that cross everywhere have as many crossings as pairs, and each would become a vertex: of a scrawl of 3,000 edges,
a million. What remains of it on the screen are the places that it winds around; so these are told, to two pixels. The
cost grows with edges and rows of cells.
"""

from __future__ import annotations

import numpy as np

from ..features.ragged import aranges, row_numbers
from .dissolve import dissolved
from .plan import BUFFER, EXTENT
from .polygon_rings import PolygonRings
from .ring_contacts import following

_OVERLAPS = 1 << 20  # pairs of edges whose boxes overlap: to look at more takes seconds, and gigabytes
_LARGE = 1 << 10  # edges: smaller polygons have fewer pairs than that
_CELL = 32  # units: two pixels of a tile of 256
_CELLS = (EXTENT + 2 * BUFFER) // _CELL  # of a row
_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))


def tangled(rings: PolygonRings) -> np.ndarray:
    """Return which rings are of polygons with too many overlapping edges to look at all pairs: bool (Q,).

    Pairs are reckoned as if edges lay anywhere in their polygon's box.
    """
    found = np.zeros(len(rings.polygon), bool)
    opens = np.flatnonzero(np.diff(rings.polygon, prepend=-1))
    first = rings.starts[opens]  # (P,) vertices
    large = np.flatnonzero(np.diff(first, append=len(rings.x)) > _LARGE)
    if len(large) == 0:
        return found
    pairs = np.full(len(first), 2.0)
    for at in (rings.x, rings.y):
        side = np.maximum.reduceat(at, first) - np.minimum.reduceat(at, first)
        pairs *= np.add.reduceat(np.abs(following(at, rings.starts) - at), first) / np.maximum(side, 1)
    return np.repeat(pairs > _OVERLAPS, np.diff(opens, append=len(found)))


def in_cells(rings: PolygonRings) -> PolygonRings:
    """Return the polygons as the cells that they wind around at least once; one that has none goes."""
    number, polygon = np.unique(rings.polygon, return_inverse=True)
    ax, ay = rings.x, rings.y
    bx, by = following(ax, rings.starts), following(ay, rings.starts)
    above, below = _middles_before(np.minimum(ay, by)), _middles_before(np.maximum(ay, by))
    edge, row = row_numbers(below - above), aranges(above, below - above)  # rows whose middles an edge crosses
    middle = row * _CELL + _CELL // 2 - BUFFER
    x = ax[edge] + (middle - ay[edge]) * (bx - ax)[edge] / (by - ay)[edge]
    column = np.clip(_middles_before(x), 0, _CELLS)  # this edge is to the right of so many middles
    owner = np.repeat(polygon, np.diff(rings.starts))[edge]
    place = (owner * _CELLS + row) * (_CELLS + 1) + column
    turns = np.bincount(place, np.where(by > ay, 1, -1)[edge], len(number) * _CELLS * (_CELLS + 1))
    turns = turns.reshape(-1, _CELLS, _CELLS + 1)
    winding = np.cumsum(turns[:, :, :0:-1], axis=2)[:, :, ::-1]  # (P, rows, columns)
    owner, row, column = np.nonzero(winding > 0)
    x, y = (
        (at[:, None] + np.array(corner)) * _CELL - BUFFER for at, corner in zip((column, row), zip(*_CORNERS))
    )  # (n, 4) int64
    made = dissolved(x.ravel(), y.ravel(), np.arange(0, x.size + 1, len(_CORNERS)), owner)
    return PolygonRings(*made[:3], number[made[3]])


def _middles_before(at: np.ndarray) -> np.ndarray:
    """Return how many middles of cells lie before places: int64 (n,)."""
    return np.ceil((at + (BUFFER - _CELL // 2)) / _CELL).astype(np.int64)
