"""Rings of a polygon within a strip: chains of edges, put together anew along the strip's borders.

Where rings leave a strip and come back several times, Sutherland and Hodgman's rule leaves one ring whose edges run to
and fro on the border. The specification wants rings that do not touch themselves (MVT 2.1, 4.3.4.4). So the places
where the polygon's rings, its holes too, cross a border are put in order along it: between the first and the second is
polygon, between the third and the fourth, and so on. Borders count as inside: a vertex on a border crosses it a hair
beyond, where the order follows from the slopes of its edges.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

import numpy as np

from ..features.ragged import aranges, starts_of
from .plan import BUFFER, EXTENT

_FINE = 1024.0  # crossings nearer than a unit divided by this are put in order by their slopes


class Edges(NamedTuple):
    """I edges that touch a strip, one for each strip they touch, ordered by path and cell and along the path.

    One that lies within its strip may stand for others after it that do, too.
    """

    p: np.ndarray  # int64 (I,) where the edge begins, across the strip
    q: np.ndarray  # int64 (I,) where it ends
    p2: np.ndarray  # int64 (I,) the same, along the strip
    q2: np.ndarray  # int64 (I,)
    low: np.ndarray  # int64 (I,) borders of the strip
    high: np.ndarray  # int64 (I,)
    path: np.ndarray  # int64 (I,)
    cell: np.ndarray  # int64 (I,)

    def at(self, places: np.ndarray) -> Edges:
        """Return the edges at these places (int64), in their order."""
        return Edges(*(column[places] for column in self))

    @property
    def enters(self) -> np.ndarray:
        """Which edges begin outside: bool (I,)."""
        return (self.p < self.low) | (self.p > self.high)

    @property
    def leaves(self) -> np.ndarray:
        """Which edges end outside: bool (I,)."""
        return (self.q < self.low) | (self.q > self.high)


def first_of_groups(path: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Return where another path or cell begins: bool (I,)."""
    opens = np.ones(len(path), bool)
    opens[1:] = (path[1:] != path[:-1]) | (cell[1:] != cell[:-1])
    return opens


def come_back(
    p: np.ndarray, part: np.ndarray, path: np.ndarray, cell: np.ndarray, opens: np.ndarray
) -> Optional[np.ndarray]:
    """Return which edges are of polygons that come into their strip more than once over the same border: bool (I,).

    None stands for none. `p` (int64 (I,)) is where edges begin across their strip, `part` (int64 (Q,)) the polygon of
    each path, `opens` (bool (I,)) as `first_of_groups` says.
    """
    place = p - cell * EXTENT
    entering = np.flatnonzero((place < -BUFFER) | (place > EXTENT + BUFFER))
    keys = (part[path[entering]] << 21) | (cell[entering] << 1) | (place[entering] > 0)
    keys.sort()
    again = keys[1:][keys[1:] == keys[:-1]] >> 1
    if len(again) == 0:
        return None
    first = np.flatnonzero(opens)
    groups = (part[path[first]] << 20) | cell[first]
    found = again.take(np.searchsorted(again, groups), mode="clip") == groups
    return np.repeat(found, np.diff(np.append(first, len(opens))))


def linked(edges: Edges, part: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the edges' new order, in this order which begin a ring, and which of these R rings are made anew.

    That is int64 (I,), bool (I,) and bool (R,). A ring made anew is an outer one. `part` (int64 (Q,)) is the polygon of
    each path. Polygons whose crossings are in no sound order (their rings cross) keep the rings they have.
    """
    turned = _from_first_entry(edges)
    opens = first_of_groups(edges.path[turned], edges.cell[turned])
    enters = edges.enters[turned]
    first = np.flatnonzero(enters | opens)  # (C,) chains: from where the ring comes in to where it goes out
    counts = np.diff(np.append(first, len(turned)))
    start, end = turned[first], turned[first + counts - 1]  # (C,) edges
    after = _next_in_ring(np.cumsum(opens)[first] - 1)
    _, polygon = np.unique((part[edges.path[start]] << 20) | edges.cell[start], return_inverse=True)
    one, other, sound = _pairs(edges, start, end, polygon)
    after[one] = np.where(sound[polygon[one]], other, after[one])
    root, rank = _cycles(after)
    order = np.lexsort((rank, root))
    at_root = rank[order] == 0
    begins = np.zeros(len(turned), bool)
    begins[starts_of(counts[order])[:-1]] = at_root
    anew = (enters[first] & sound[polygon])[order[at_root]]
    return turned[aranges(first[order], counts[order])], begins, anew


def _from_first_entry(edges: Edges) -> np.ndarray:
    """Return the edges in such an order that each ring begins where it comes in, if it does: int64 (I,)."""
    first = np.flatnonzero(first_of_groups(edges.path, edges.cell))  # (G,)
    counts = np.diff(np.append(first, len(edges.path)))
    place = aranges(np.zeros(len(first), np.int64), counts)  # (I,) within the ring
    size = np.repeat(counts, counts)
    entry = np.minimum.reduceat(np.where(edges.enters, place, size), first) % counts  # (G,)
    return np.repeat(first, counts) + (place + np.repeat(entry, counts)) % size


def _next_in_ring(ring: np.ndarray) -> np.ndarray:
    """Return the chain that follows each in its ring: int64 (C,); `ring` (int64 (C,)) ascends."""
    after = np.arange(1, len(ring) + 1)
    last = np.flatnonzero(np.append(ring[1:] != ring[:-1], True))
    after[last] = np.append(0, last[:-1] + 1)
    return after


def _pairs(
    edges: Edges, start: np.ndarray, end: np.ndarray, polygon: np.ndarray
) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of chains, of which the second follows the first along the border, and which polygons are sound.

    `start` and `end` (int64 (C,)) are the chains' first and last edges, `polygon` (int64 (C,)) numbers from 0 on.
    """
    crossing = np.flatnonzero(edges.enters[start])
    chain = np.concatenate([crossing, crossing])  # (2 C',) entries, then exits
    exits = np.arange(len(chain)) >= len(crossing)
    edge = np.concatenate([start[crossing], end[crossing]])
    outside = np.where(exits, edges.q[edge], edges.p[edge])
    above = outside > edges.high[edge]
    border = np.where(above, edges.high[edge], edges.low[edge])
    p, q, p2, q2 = edges.p[edge], edges.q[edge], edges.p2[edge], edges.q2[edge]
    slope = (q2 - p2) / (q - p)
    inside, inside2 = np.where(exits, p, q), np.where(exits, p2, q2)
    at = np.rint((inside2 + (border - inside) * slope) * _FINE)
    order = np.lexsort((np.where(above, slope, -slope), at, above, polygon[chain]))
    chain, exits, side = chain[order], exits[order], (polygon[chain] * 2 + above)[order]
    one, other = exits[::2], exits[1::2]
    alike = np.ones(len(one), bool)  # all pairs at a border run the same way
    alike[1:] = (one[1:] == one[:-1]) | (side[2::2] != side[:-2:2])
    faulty = (one == other) | ~alike
    sound = np.ones(int(polygon.max(initial=-1)) + 1, bool)
    sound[polygon[chain[::2][faulty]]] = False
    return np.where(one, chain[::2], chain[1::2]), np.where(one, chain[1::2], chain[::2]), sound


def _cycles(after: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the least chain of each chain's cycle, and how many steps it is away from that: int64 (C,) each."""
    count = len(after)
    root, jump = np.arange(count), after.copy()
    for _ in range(max(count - 1, 1).bit_length()):
        root = np.minimum(root, root[jump])
        jump = jump[jump]
    before = np.empty(count, np.int64)
    before[after] = np.arange(count)
    at_root = root == np.arange(count)
    before[at_root] = np.flatnonzero(at_root)
    rank = (~at_root).astype(np.int64)
    for _ in range(max(count - 1, 1).bit_length()):
        rank = rank + rank[before]
        before = before[before]
    return root, rank
