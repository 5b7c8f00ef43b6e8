"""Which inner ring belongs to which of a polygon's outer rings, where clipping has left several (MVT 2.1, 4.3.4.4)."""

from __future__ import annotations

from typing import NamedTuple, Tuple

import numpy as np

from ..features.ragged import aranges, starts_of

_WITNESSES = 3  # vertices of an inner ring that are looked at: one alone may lie on an outer ring


class Rings(NamedTuple):
    """R rings among those of a level, in a certain order."""

    x: np.ndarray  # int64 (V,)
    y: np.ndarray  # int64 (V,)
    start: np.ndarray  # int64 (Q+1,) rings without closing vertex
    row: np.ndarray  # int64 (R,) places in `start`


def nested_order(rings: Rings, tile: np.ndarray, part: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """Return the order in which every inner ring comes after the outer ring around it: int64 (R,).

    `tile` and `part` (int64 (R,)) say which polygon in which tile a ring is of, `outer` (bool (R,)) whether it is an
    outer one; a polygon's rings follow one another, the outer ones first.
    """
    order = np.arange(len(outer))
    if outer.all():
        return order
    begins = np.ones(len(outer), bool)
    begins[1:] = (tile[1:] != tile[:-1]) | (part[1:] != part[:-1])
    first = np.flatnonzero(begins)  # (P,) polygons
    polygon = np.cumsum(begins) - 1  # (R,)
    outers = np.add.reduceat(outer, first, dtype=np.int64)  # (P,)
    inner = np.flatnonzero(~outer & (outers[polygon] > 1))
    if len(inner) == 0:
        return order
    own = order.copy()  # the outer ring of each ring: those that stay where they are keep their order by themselves
    own[~outer] = first[polygon[~outer]]
    own[inner] = _around(rings, inner, first[polygon[inner]], outers[polygon[inner]])
    return np.lexsort((order, own, polygon))


def _around(rings: Rings, inner: np.ndarray, first: np.ndarray, outers: np.ndarray) -> np.ndarray:
    """Return the outer ring around each inner one: int64 (n,), one of the `outers` rings from `first` on."""
    pair = np.repeat(np.arange(len(inner)), outers)  # (M,)
    around = aranges(first, outers)
    start, counts = rings.start[rings.row[inner]], np.diff(rings.start)[rings.row[inner]]
    votes = np.zeros(len(pair), np.int64)
    for turn in range(_WITNESSES):
        vertex = start + turn * counts // _WITNESSES  # (n,)
        votes += _contain(rings, around, rings.x[vertex][pair], rings.y[vertex][pair])
    most = np.lexsort((around, -votes, pair))
    return around[most[starts_of(outers)[:-1]]]


def _contain(rings: Rings, ring: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return whether each ring (places in `row`) has its point inside: bool (M,), by the edges to the right of it."""
    tail, head, owner = _edges(rings, ring)
    ax, ay, bx, by = rings.x[tail], rings.y[tail], rings.x[head], rings.y[head]
    px, py = x[owner], y[owner]
    spans = (ay > py) != (by > py)
    side = (bx - ax) * (py - ay) - (px - ax) * (by - ay)
    crossed = spans & ((side > 0) == (by > ay))
    return np.bincount(owner, crossed, len(ring)).astype(np.int64) % 2 == 1


def _edges(rings: Rings, ring: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the first and the last vertex of all edges of rings, and whose they are: int64 (E,) each."""
    start, counts = rings.start[rings.row[ring]], np.diff(rings.start)[rings.row[ring]]
    tail = aranges(start, counts)
    head = tail + 1
    head[starts_of(counts)[1:] - 1] = start
    return tail, head, np.repeat(np.arange(len(ring)), counts)
