"""The tolerance at which each vertex disappears, found once for every level.

Douglas & Peucker (1973), level-synchronously: each turn of the loop splits every open segment of every path at its
farthest vertex. A vertex's significance is its squared distance, capped by that of the vertices it depends on, so
"significance > tolerance²" is at every tolerance what the recursive method keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

import numpy as np

from ..features.ragged import aranges, row_numbers, starts_of

_CORNER = 0.25  # a ring's fourth corner stays if it stands at least half as far out as its third (squared)

_PIECE = 1 << 17  # vertices measured at a time: arrays that stay near the processor


@dataclass
class _Open:
    """Segments still to be split: S segments with W vertices between their ends."""

    start: np.ndarray  # int64 (S,) vertex
    end: np.ndarray  # int64 (S,) vertex
    cap: np.ndarray  # float64 (S,)
    count: np.ndarray  # int64 (S,) vertices between, at least 1
    vertex: np.ndarray  # int64 (W,)

    @classmethod
    def of(cls, first: np.ndarray, last: np.ndarray) -> _Open:
        """Return the paths from their first to their last vertices (int64 (S,)), with something between."""
        count = last - first - 1
        return cls(first, last, np.full(len(first), np.inf), count, aranges(first + 1, count))


def significances(x: np.ndarray, y: np.ndarray, path_start: np.ndarray, rings: bool, floor: float = 0.0) -> np.ndarray:
    """Return the significance of each vertex: float64 (V,), in squared units of x and y.

    `path_start` is int64 (Q+1,). The ends of a path have infinity. Of a ring (closed: its last vertex is its first)
    two or three more vertices have infinity, so that it stays a ring at every tolerance. Vertices that differ by no
    more than the square root of `floor` are not told apart: they have 0.
    """
    found = np.zeros(len(x))  # (V,)
    filled = np.diff(path_start) > 0
    first, last = path_start[:-1][filled], path_start[1:][filled] - 1
    found[first] = found[last] = np.inf
    long = last - first >= 2
    first, last = first[long], last[long]
    count = last - first - 1
    total = int(count.sum())
    pieces = total // _PIECE + 1  # of about the same size: each takes as many turns of the loop
    inner = np.searchsorted(np.cumsum(count), np.arange(1, pieces) * (total / pieces))
    edges = np.unique(np.concatenate([[0], inner, [len(count)]]))
    for a, b in zip(edges.tolist(), edges[1:].tolist()):
        _measure(found, x, y, _Open.of(first[a:b], last[a:b]), rings, floor)
    return found


def _measure(found: np.ndarray, x: np.ndarray, y: np.ndarray, work: _Open, rings: bool, floor: float) -> None:
    """Put the significance of the vertices between the ends of segments into `found`."""
    turn = 0
    while len(work.start):
        segment = row_numbers(work.count)  # (W,)
        peak, distance = _farthest(x, y, work, segment)  # (S,) places in work.vertex, (S,)
        value = np.minimum(distance, work.cap)
        found[work.vertex[peak]] = value
        alive = distance > floor
        if rings and turn < 2:
            alive |= _keep_corners(found, work, peak, value, turn)
        work = _split(work, segment, peak, value, alive)
        turn += 1


def _farthest(x: np.ndarray, y: np.ndarray, work: _Open, segment: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return for each segment the place of its farthest vertex and that vertex's squared distance to the segment."""
    ax, ay = x[work.start], y[work.start]  # (S,)
    dx, dy = x[work.end] - ax, y[work.end] - ay
    length = dx * dx + dy * dy
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    px, py = x.take(work.vertex), y.take(work.vertex)  # (W,)
    px -= ax.take(segment)
    py -= ay.take(segment)
    sx, sy = dx.take(segment), dy.take(segment)
    along = px * sx
    along += py * sy
    along *= scale.take(segment)
    np.maximum(along, 0.0, out=along)
    np.minimum(along, 1.0, out=along)
    sx *= along
    sy *= along
    px -= sx
    py -= sy
    px *= px
    py *= py
    px += py  # squared distances
    most = np.maximum.reduceat(px, starts_of(work.count)[:-1])  # (S,)
    at = np.flatnonzero(px == most.take(segment))
    owner = segment[at]
    first = np.ones(len(at), bool)
    first[1:] = owner[1:] != owner[:-1]
    return at[first], most


def _keep_corners(found: np.ndarray, work: _Open, peak: np.ndarray, value: np.ndarray, turn: int) -> np.ndarray:
    """Give infinity to a ring's corners (first turn: the farthest vertex; second: one or both of its sides)."""
    if turn == 0:
        found[work.vertex[peak]] = np.inf
        return np.ones(len(peak), bool)
    halves = np.concatenate([[True], work.start[1:] != work.end[:-1]])  # (S,) where the first half of a ring begins
    ring = np.cumsum(halves) - 1
    best = np.maximum.reduceat(value, np.flatnonzero(halves))[ring]
    corner = (value >= _CORNER * best) & (value > 0)
    found[work.vertex[peak[corner]]] = np.inf
    return np.zeros(len(peak), bool)


def _split(work: _Open, segment: np.ndarray, peak: np.ndarray, value: np.ndarray, alive: np.ndarray) -> _Open:
    """Return both sides of the living segments' farthest vertices, where vertices are left."""
    first = starts_of(work.count)  # (S+1,)
    keep = alive.take(segment)  # (W,)
    keep[peak] = False
    middle = work.vertex[peak[alive]]
    start = np.stack([work.start[alive], middle], axis=1).ravel()  # (2 S',) both sides, in order
    end = np.stack([middle, work.end[alive]], axis=1).ravel()
    left = (peak - first[:-1])[alive]
    count = np.stack([left, work.count[alive] - left - 1], axis=1).ravel()
    open_ = np.flatnonzero(count)
    cap = np.repeat(value[alive], 2)
    return _Open(start[open_], end[open_], cap[open_], count[open_], work.vertex.compress(keep))
