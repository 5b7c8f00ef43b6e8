"""Polygons of a tile that become one: borders that they share go, what is left is linked to rings again.

Each ring is a cycle of directed edges with the inside to one hand, so a border between two polygons is there twice, in
opposite directions, and cancels. At every vertex what comes in goes on along the next edge clockwise, which keeps rings
apart that only touch.
"""

from __future__ import annotations

from typing import NamedTuple, Tuple

import numpy as np

from ..features.ragged import aranges, starts_of
from .grid_snapping import turning
from .plan import BUFFER
from .ring_areas import doubled_areas

_BITS = 13  # of a tile's coordinate, with its buffer
_TURN = 8.0  # more than the range of angles
_PAIRS = 1 << 20  # of holes and rings looked at at a time


class Borders(NamedTuple):
    """E directed edges that no opposite one cancels, the inside to their left where y goes up, ordered by group."""

    x: np.ndarray  # int64 (n,) vertices
    y: np.ndarray  # int64 (n,)
    tail: np.ndarray  # int64 (E,) vertex
    head: np.ndarray  # int64 (E,) vertex
    weight: np.ndarray  # int64 (E,) how many times the edge is there
    group: np.ndarray  # int64 (E,) ascending

    def at(self, places: np.ndarray) -> Borders:
        """Return the edges at these places (int64), each once."""
        return Borders(
            self.x, self.y, self.tail[places], self.head[places], np.ones(len(places), np.int64), self.group[places]
        )


def dissolved(
    x: np.ndarray, y: np.ndarray, starts: np.ndarray, group: np.ndarray
) -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return x, y, path starts and group of the rings of each group without the borders within it, ordered by group.

    Takes rings (int64 (V,) units of a tile, without closing vertex, outer ones of positive area) with the group of
    each: int64 (Q,), not negative. Outer rings come before their holes.
    """
    borders = borders_of(x, y, starts, group)
    return linked_rings(borders.at(np.repeat(np.arange(len(borders.tail)), borders.weight)))


def borders_of(x: np.ndarray, y: np.ndarray, starts: np.ndarray, group: np.ndarray) -> Borders:
    """Return the edges of rings as of `dissolved` without the borders that a group has within it."""
    counts = np.diff(starts)
    key = (np.repeat(group, counts) << _BITS | (x + BUFFER)) << _BITS | (y + BUFFER)
    vertices, node = np.unique(key, return_inverse=True)  # (n,), (V,)
    after = np.arange(1, len(x) + 1)
    after[starts[1:] - 1] = starts[:-1]
    forward = node < node[after]
    low, high = np.where(forward, node, node[after]), np.where(forward, node[after], node)
    different, edge = np.unique(low * len(vertices) + high, return_inverse=True)
    net = np.bincount(edge, np.where(forward, 1, -1), len(different)).astype(np.int64)
    low, high = np.divmod(different, max(len(vertices), 1))
    left = np.flatnonzero((net != 0) & (low != high))
    low, high, net = low[left], high[left], net[left]
    mask = (1 << _BITS) - 1
    return Borders(
        x=(vertices >> _BITS & mask) - BUFFER,
        y=(vertices & mask) - BUFFER,
        tail=np.where(net > 0, low, high),
        head=np.where(net > 0, high, low),
        weight=np.abs(net),
        group=vertices[low] >> 2 * _BITS,
    )


def linked_rings(borders: Borders) -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return x, y, path starts and group of the rings that edges make, each once, ordered as by `dissolved`."""
    px, py, tail, head = borders.x, borders.y, borders.tail, borders.head
    following = _following(tail, head, px, py, len(px))
    order, edges = _cycles(_parted(following, tail, *_cycles(following)))
    x, y, group = px[tail[order]], py[tail[order]], borders.group[order][edges[:-1]]
    ring = np.repeat(np.arange(len(group)), np.diff(edges))
    keep = turning(x, y, ring, len(group), True)
    counts = np.bincount(ring[keep], minlength=len(group))
    filled = counts > 0  # what lies on one straight line encloses nothing
    return _with_holes(x[keep], y[keep], starts_of(counts[filled]), group[filled])


def _following(tail: np.ndarray, head: np.ndarray, px: np.ndarray, py: np.ndarray, nodes: int) -> np.ndarray:
    """Return for each edge the one that its ring goes on with: int64 (E,), every edge once."""
    leaving = np.arctan2(py[head] - py[tail], px[head] - px[tail])
    coming = np.arctan2(py[tail] - py[head], px[tail] - px[head])  # looking back
    out = np.lexsort((leaving, tail))  # (E,) edges by vertex and direction
    first = np.searchsorted(tail[out], np.arange(nodes + 1))
    at = np.searchsorted(tail[out] * _TURN + leaving[out], head * _TURN + coming) - 1
    at = np.where(at < first[head], first[head + 1] - 1, at)
    following = out[at]
    wrong = np.bincount(following, minlength=len(tail)) != 1
    if wrong.any():  # borders that cross: any way to link them closes the rings
        odd = np.zeros(nodes, bool)
        odd[tail[wrong]] = True
        comes, goes = np.flatnonzero(odd[head]), out[odd[tail[out]]]
        following[comes[np.argsort(head[comes], kind="stable")]] = goes
    return following


def _parted(following: np.ndarray, tail: np.ndarray, order: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return what follows each edge, rings that come twice to a vertex (a hole that touches it) parted there.

    `order` and `edges` are the cycles of `following`. Where borders do not cross, visits are nested, and all rings can
    be parted at once: what comes in at a visit goes out as the visit before it did.
    """
    ring = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    visits = np.lexsort((tail[order], ring))  # stable: in the order of the ring
    new = np.ones(len(order), bool)
    new[1:] = (ring[visits][1:] != ring[visits][:-1]) | (tail[order][visits][1:] != tail[order][visits][:-1])
    if new.all():
        return following
    first = np.flatnonzero(new)
    before = np.arange(len(order)) - 1
    before[first] = np.append(first[1:], len(order)) - 1
    coming = np.empty(len(order), np.int64)  # the edge that leads to each
    coming[following] = np.arange(len(order))
    parted = following.copy()
    parted[coming[order[visits]]] = order[visits[before]]
    return parted


def _cycles(following: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the order that puts every cycle's edges in a row (int64 (E,)), and where each cycle starts: (cycles + 1,).

    By doubling of pointers: first the least edge of each cycle, then how far each edge is behind it.
    """
    size = len(following)
    least, jump = np.arange(size), following.copy()
    while (least[following] != least).any():
        least = np.minimum(least, least[jump])
        jump = jump[jump]
    back = np.empty(size, np.int64)
    back[following] = np.arange(size)
    distance = np.ones(size, np.int64)
    roots = np.flatnonzero(least == np.arange(size))
    back[roots], distance[roots] = roots, 0
    while (back != least).any():
        distance += distance[back]
        back = back[back]
    order = np.lexsort((distance, least))
    return order, np.append(np.searchsorted(least[order], roots), size)


def _with_holes(
    x: np.ndarray, y: np.ndarray, starts: np.ndarray, group: np.ndarray
) -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the rings ordered by group, each hole behind the outer ring around it; rings without area go."""
    area = doubled_areas(x, y, starts)
    outer, holes = np.flatnonzero(area > 0), np.flatnonzero(area < 0)
    outer = outer[np.argsort(group[outer], kind="stable")]
    around = _around(x, y, starts, group, area, outer, holes)
    holes, around = holes[around >= 0], around[around >= 0]
    rings, first = np.concatenate([outer, holes]), np.concatenate([outer, around])
    place = np.empty(len(group), np.int64)
    place[outer] = np.arange(len(outer))
    rings = rings[np.argsort(place[first], kind="stable")]
    counts = np.diff(starts)[rings]
    vertices = aranges(starts[rings], counts)
    return x[vertices], y[vertices], starts_of(counts), group[rings]


def _around(
    x: np.ndarray, y: np.ndarray, starts: np.ndarray, group: np.ndarray, area: np.ndarray, outer: np.ndarray,
    holes: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Return the smallest outer ring of its group around each hole, -1 without any: int64 (holes,)."""
    first, last = (np.searchsorted(group[outer], group[holes], side) for side in ("left", "right"))
    low, high = _boxes(x, y, starts)
    found = np.full(len(holes), -1, np.int64)
    pairs = starts_of(last - first)
    edges = np.unique(np.append(np.searchsorted(pairs, np.arange(0, pairs[-1], _PAIRS)), len(holes)))
    for a, b in zip(edges.tolist(), edges[1:].tolist()):
        hole, ring = np.repeat(np.arange(a, b), (last - first)[a:b]), outer[aranges(first[a:b], (last - first)[a:b])]
        within = (low[ring] <= low[holes[hole]]).all(axis=1) & (high[ring] >= high[holes[hole]]).all(axis=1)
        within &= area[ring] > -area[holes[hole]]
        hole, ring = hole[within], ring[within]
        inside = _inside(x, y, starts, starts[holes[hole]], ring)
        hole, ring = hole[inside], ring[inside]
        order = np.lexsort((area[ring], hole))[::-1]  # the smallest one is written last
        found[hole[order]] = ring[order]
    return found


def _inside(x: np.ndarray, y: np.ndarray, starts: np.ndarray, at: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """Return whether the middle of the edge that begins at each vertex `at` lies in each `ring`: bool (P,)."""
    mx, my = (x[at] + x[at + 1]) / 2, (y[at] + y[at + 1]) / 2
    counts = np.diff(starts)[ring]
    pair, tail = np.repeat(np.arange(len(ring)), counts), aranges(starts[ring], counts)
    head = tail + 1
    head[starts_of(counts)[1:] - 1] = starts[ring]
    crossing = (y[tail] > my[pair]) != (y[head] > my[pair])
    tail, head, pair = tail[crossing], head[crossing], pair[crossing]
    right = x[tail] + (my[pair] - y[tail]) * (x[head] - x[tail]) / (y[head] - y[tail]) > mx[pair]
    return np.bincount(pair[right], minlength=len(ring)) % 2 == 1


def _boxes(x: np.ndarray, y: np.ndarray, starts: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest coordinates of each ring: int64 (Q, 2)."""
    points = np.stack([x, y], axis=1)
    return np.minimum.reduceat(points, starts[:-1], axis=0), np.maximum.reduceat(points, starts[:-1], axis=0)
