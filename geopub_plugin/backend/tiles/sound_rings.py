"""Polygons of tiles without rings that touch or cross themselves or one another (MVT 2.1, 4.3.4.4).

Simplification and rounding to the grid make such rings. The few polygons concerned are taken apart where edges meet: an
edge gets a vertex wherever another one touches or crosses it, on the grid, until none does. What goes there and back
cancels. Of the rest those edges stay that have polygon to one hand and none to the other: what a ring winds around at
least once the right way is polygon, a loop that it turned over is not (nor is it for tippecanoe). That keeps coverages:
over such a loop the neighbours lie. The edges are then linked to rings as for `dissolve`, which parts rings that come
twice to a vertex.
"""

from __future__ import annotations

from typing import Tuple

import numpy as np

from ..features.ragged import aranges, starts_of
from .dissolve import Borders, borders_of, linked_rings
from .plan import BUFFER, EXTENT
from .polygon_rings import PolygonRings
from .ring_contacts import contacts, following
from .tangles import in_cells, tangled
from .windings import Edges, Rays, windings

_CONTACTS = 1 << 11  # of a polygon, five times what real ones have: mending grows with their square, to 0.3 s here
_ROUNDS = 12  # an edge led through a new vertex can meet others: real polygons need two or three rounds
_AROUND_X, _AROUND_Y = (at.ravel() for at in np.meshgrid(np.arange(-1, 3), np.arange(-1, 3)))  # (16,) each
_AWAY = 2.0 ** np.arange(12)  # (12,) units, about half as far as to look along the middle
_TINY = 1e-9


def sound_polygons(
    x: np.ndarray, y: np.ndarray, starts: np.ndarray, outer: np.ndarray
) -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return x, y and path starts of polygons made sound, and for each ring the former outer ring that it is of.

    `outer` (bool (Q,)) says which rings are outer ones; the inner ones of each follow it.
    """
    rings = sound_rings(PolygonRings(x, y, starts, np.cumsum(outer) - 1))
    return rings.x, rings.y, rings.starts, np.flatnonzero(outer)[rings.polygon]


def sound_rings(rings: PolygonRings) -> PolygonRings:
    """Return the rings with those of polygons that are not sound mended; a polygon without area goes."""
    knots = tangled(rings)
    if not knots.any():
        pairs = contacts(rings.x.astype(np.int32), rings.y.astype(np.int32), rings.starts, rings.polygon)
        knots = _knotted(rings, pairs[0])
    if knots.any():
        sound = sound_rings(rings.of(np.flatnonzero(~knots)))
        return sound.with_others(np.arange(len(sound.polygon)), in_cells(rings.of(np.flatnonzero(knots))))
    hit = _astray(rings)
    if len(pairs[0]) == 0 and not len(hit):
        return rings
    hit = np.append(hit, np.searchsorted(rings.starts, pairs[0], "right") - 1)
    concerned = np.zeros(int(rings.polygon[-1]) + 1, bool)
    concerned[rings.polygon[hit]] = True
    faulty = concerned[rings.polygon]
    some = np.flatnonzero(faulty)
    vertices = aranges(rings.starts[some], np.diff(rings.starts)[some])
    one, other = (np.searchsorted(vertices, edges) for edges in pairs)
    return rings.with_others(np.flatnonzero(~faulty), _mended(_noded(rings.of(some), one, other)))


def _knotted(rings: PolygonRings, edges: np.ndarray) -> np.ndarray:
    """Return which rings are of polygons of which more edges (int64 (M,)) meet others than can be mended: bool (Q,)."""
    if len(edges) <= _CONTACTS:
        return np.zeros(len(rings.polygon), bool)
    ring = np.searchsorted(rings.starts, edges, "right") - 1
    return (np.bincount(rings.polygon[ring], minlength=int(rings.polygon[-1]) + 1) > _CONTACTS)[rings.polygon]


def _astray(rings: PolygonRings) -> np.ndarray:
    """Return the inner rings whose first vertex the polygon's other rings do not wind around once: int64 (n,)."""
    inner = np.flatnonzero(np.append(False, rings.polygon[1:] == rings.polygon[:-1]))
    if len(inner) == 0:
        return inner
    first, last = (
        rings.starts[np.searchsorted(rings.polygon, rings.polygon[inner], side)] for side in ("left", "right")
    )
    begin, end = rings.starts[inner], rings.starts[inner + 1]
    edges = Edges(rings.x, rings.y, following(rings.x, rings.starts), following(rings.y, rings.starts))
    return inner[windings(edges, Rays(rings.x[begin], rings.y[begin], first, last, begin, end)) != 1]


def _noded(rings: PolygonRings, one: np.ndarray, other: np.ndarray) -> PolygonRings:
    """Return the rings with a vertex wherever two edges of a polygon meet; those that do are `one` and `other`."""
    for _ in range(_ROUNDS):
        edge, x, y = _meetings(rings, one, other)
        if len(edge) == 0:
            break
        rings = _with_vertices(rings, edge, x, y)
        one, other = contacts(rings.x, rings.y, rings.starts, rings.polygon)
    return rings


def _meetings(rings: PolygonRings, one: np.ndarray, other: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return edges (int64 (n,), by their first vertices) and the points (int64 (n,) each) that have to be on them."""
    x, y = rings.x, rings.y
    after = following(np.arange(len(x)), rings.starts)
    end, other_end = after[one], after[other]
    found = []
    on_line = np.zeros(len(one), bool)
    for tail, head, points in ((one, end, (other, other_end)), (other, other_end, (one, end))):
        for point in points:
            on = _sides(x, y, tail, head, point) == 0
            on_line |= on
            inner = on & _between(x, y, tail, head, point)
            found.append((tail[inner], x[point[inner]], y[point[inner]]))
    crossing = np.flatnonzero(~on_line)
    px, py = _crossings(x, y, one[crossing], end[crossing], other[crossing], other_end[crossing])
    for tail, head in ((one[crossing], end[crossing]), (other[crossing], other_end[crossing])):
        new = ((px != x[tail]) | (py != y[tail])) & ((px != x[head]) | (py != y[head]))
        found.append((tail[new], px[new], py[new]))
    edge, px, py = (np.concatenate(columns) for columns in zip(*found))
    return edge, px, py


def _sides(x: np.ndarray, y: np.ndarray, tail: np.ndarray, head: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Return on which side of the line from vertex `tail` to `head` a vertex lies: int64 (M,), 0 on the line."""
    ax, ay = x[tail], y[tail]
    return (x[head] - ax) * (y[point] - ay) - (y[head] - ay) * (x[point] - ax)


def _between(x: np.ndarray, y: np.ndarray, tail: np.ndarray, head: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Return which vertices on the lines through edges lie between the edges' ends: bool (M,)."""
    px, py = x[point], y[point]
    return (px - x[tail]) * (x[head] - px) + (py - y[tail]) * (y[head] - py) > 0


def _crossings(
    x: np.ndarray, y: np.ndarray, tail: np.ndarray, head: np.ndarray, other: np.ndarray, other_head: np.ndarray
) -> Tuple[np.ndarray, np.ndarray]:
    """Return for edges that cross the point of the grid to lead both through: int64 (M,) each.

    It is to the right of both or on them, so that the polygon, which is to the left, loses nothing: what its neighbours
    in a coverage do not cover stays covered. The next one of some is taken: those around the crossing, those along the
    middle between the edges' ends on that side, and these ends.
    """
    before, behind = _sides(x, y, other, other_head, tail), _sides(x, y, other, other_head, head)
    share = before / (before - behind)  # (M,)
    px, py = (at[tail] + share * (at[head] - at[tail]) for at in (x, y))
    ends = np.where(before <= 0, tail, head), np.where(before <= 0, other_head, other)
    far = [np.hypot(x[end] - px, y[end] - py) for end in ends]
    found = []
    for at, middle, around in ((x, px, _AROUND_X), (y, py, _AROUND_Y)):
        way = sum((at[end] - middle) / np.maximum(length, _TINY) for end, length in zip(ends, far))
        along = np.rint(middle[:, None] + way[:, None] * _AWAY).astype(np.int64)
        next_ = np.floor(middle).astype(np.int64)[:, None] + around
        found.append(np.column_stack([next_, along, at[ends[0]], at[ends[1]]]))
    near_x, near_y = found  # (M, 16 + 12 + 2)
    fits = (np.minimum(near_x, near_y) >= -BUFFER) & (np.maximum(near_x, near_y) <= EXTENT + BUFFER)
    for a, b in ((tail, head), (other, other_head)):
        ax, ay = x[a][:, None], y[a][:, None]
        fits &= (x[b][:, None] - ax) * (near_y - ay) <= (y[b][:, None] - ay) * (near_x - ax)
    distance = np.where(fits, (near_x - px[:, None]) ** 2 + (near_y - py[:, None]) ** 2, np.inf)
    best = np.arange(len(px)), np.argmin(distance, axis=1)
    return near_x[best], near_y[best]


def _with_vertices(rings: PolygonRings, edge: np.ndarray, px: np.ndarray, py: np.ndarray) -> PolygonRings:
    """Return the rings with points put on edges, in their order along these."""
    x, y = rings.x, rings.y
    head = following(np.arange(len(x)), rings.starts)[edge]
    along = (px - x[edge]) * (x[head] - x[edge]) + (py - y[edge]) * (y[head] - y[edge])
    order = np.lexsort((px, py, along, edge))
    edge = edge[order]
    more = np.bincount(edge, minlength=len(x))
    at = starts_of(more + 1)  # (V+1,)
    slot = at[edge] + 1 + aranges(np.zeros(len(more), np.int64), more)
    new_x, new_y = np.empty(at[-1], np.int64), np.empty(at[-1], np.int64)
    new_x[at[:-1]], new_y[at[:-1]] = x, y
    new_x[slot], new_y[slot] = px[order], py[order]
    starts = at[rings.starts]
    keep = np.ones(len(new_x), bool)
    keep[1:] = (new_x[1:] != new_x[:-1]) | (new_y[1:] != new_y[:-1])
    first, last = starts[:-1], starts[1:] - 1
    keep[first] = (new_x[first] != new_x[last]) | (new_y[first] != new_y[last])
    counts = np.add.reduceat(keep, first, dtype=np.int64)
    return PolygonRings(new_x[keep], new_y[keep], starts_of(counts), rings.polygon)


def _mended(rings: PolygonRings) -> PolygonRings:
    """Return the rings around what noded rings wind around at least once."""
    borders = borders_of(rings.x, rings.y, rings.starts, rings.polygon)
    right = _wound_on_the_right(borders, _chains(borders))
    return PolygonRings(*linked_rings(borders.at(np.flatnonzero((right <= 0) & (right + borders.weight > 0)))))


def _chains(borders: Borders) -> np.ndarray:
    """Return for each edge one that has the same to its hands: int64 (E,), the last of its chain between junctions."""
    tail, head, size = borders.tail, borders.head, len(borders.tail)
    nodes = len(borders.x)
    through = (np.bincount(tail, minlength=nodes) == 1) & (np.bincount(head, minlength=nodes) == 1)
    leaving = np.zeros(nodes, np.int64)
    leaving[tail] = np.arange(size)
    jump = np.where(through[head], leaving[head], np.arange(size))
    last = jump == np.arange(size)
    least = np.arange(size)
    for _ in range(max(size, 2).bit_length()):
        least = np.minimum(least, least[jump])
        jump = jump[jump]
    return np.where(last[jump], jump, least)


def _wound_on_the_right(borders: Borders, chain: np.ndarray) -> np.ndarray:
    """Return how often all edges of its polygon wind around what lies to the right of each edge: int64 (E,).

    From the middle of one edge of each chain, a hair further down the tile, a ray goes east.
    """
    witness, of_chain = np.unique(chain, return_inverse=True)
    first, last = (np.searchsorted(borders.group, borders.group[witness], side) for side in ("left", "right"))
    ends = [at[vertex] for vertex in (borders.tail, borders.head) for at in (borders.x, borders.y)]
    ax, ay, bx, by = (at[witness] for at in ends)
    edges = Edges(*(2 * at for at in ends), borders.weight)
    winding = windings(edges, Rays(ax + bx, ay + by, first, last, witness, witness + 1))
    from_left = (by < ay) | ((by == ay) & (bx > ax))  # the ray begins to the left of the edge
    return (winding - np.where(from_left, borders.weight[witness], 0))[of_chain]
