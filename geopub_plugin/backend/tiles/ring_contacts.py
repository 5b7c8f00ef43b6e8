"""Edges of a polygon that meet where they should not: all pairs that cross, touch or lie on one another.

Of every tile all pairs of edges are looked at, so a look must be cheap. The box of an edge is one number: four lanes of
16 bits for its sides, so that one sum and one comparison tell whether two boxes overlap. Boxes of polygons with about
as many edges stand in a table, a column each; so edges k apart in their polygon are the table's rows k apart, thousands
of pairs at once, at about a nanosecond each. Polygons of many edges are compared in blocks of neighbouring edges, and
only blocks whose boxes overlap edge by edge.
"""

from __future__ import annotations

from typing import Iterator, List, Tuple

import numpy as np

from ..features.ragged import aranges, row_numbers, starts_of

_FEW = 64  # boxes of a group that are compared pair by pair
_BLOCK = 16  # neighbouring boxes of a larger group that are put in one
_TABLE = 1 << 15  # boxes, and pairs, compared at a time: arrays that stay near the processor
_WORTH = 1 << 12  # boxes that are worth a table of their own
_LANE = 1 << 14  # stands for 0 in a lane, so that a sum of two has its highest bit where it is not negative
_NOT_NEGATIVE = np.uint64(0x8000800080008000)
_HALF = np.uint64(32)
_NOWHERE = np.uint64(0)  # a box that overlaps none
_NONE = np.zeros(0, np.int64)
Pairs = Tuple[np.ndarray, np.ndarray]  # int64 (M,) each


def contacts(x: np.ndarray, y: np.ndarray, starts: np.ndarray, polygon: np.ndarray) -> Pairs:
    """Return pairs of edges of one polygon with a point in common, neighbours in a ring left out.

    Where one goes back along the one before it, either meets the other's neighbour, so this is found, too. Rings
    (int32 (V,) units of a tile, at most 8191 from 0, without closing vertex, no vertex twice in a row) start at
    `starts` (int64 (Q+1,)); `polygon` (int64 (Q,)) ascends. An edge has the number of the vertex that it begins at.
    """
    if len(x) == 0:
        return _NONE, _NONE
    end_x, end_y = following(x, starts), following(y, starts)
    opens = np.append(True, polygon[1:] != polygon[:-1])
    first = starts[:-1][opens]
    boxes = _boxes(x, y, end_x, end_y)
    one, other = _overlapping(boxes, np.append(first, len(x)), closed=True)
    begin = starts[:-1][~opens]  # rings after the first of their polygon: no neighbours of the edge before them
    own = np.searchsorted(first, begin, "right") - 1
    ends = np.append(first[1:], len(x))[own] - 1
    next_, beside = np.append(begin - 1, first[own]), np.append(begin, ends)
    near = _overlap(boxes[next_], _opposite(boxes[beside]))
    one, other = np.append(one, next_.compress(near)), np.append(other, beside.compress(near))
    meet = _meet(x, y, end_x, end_y, one, other)
    one, other = one.compress(meet), other.compress(meet)
    after = following(np.arange(len(x), dtype=np.int32), starts)
    apart = (after[one] != other) & (after[other] != one)
    return one.compress(apart), other.compress(apart)


def following(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the value of the vertex that follows each in its ring: (V,)."""
    after = np.empty_like(values)
    after[:-1] = values[1:]
    after[starts[1:] - 1] = values[starts[:-1]]
    return after


def _boxes(x: np.ndarray, y: np.ndarray, end_x: np.ndarray, end_y: np.ndarray) -> np.ndarray:
    """Return the boxes of edges: uint64 (V,), the lanes being east, south, -west, -north."""
    lanes = np.empty((len(x), 4), np.uint16)
    for lane, at, end in ((0, x, end_x), (1, y, end_y)):
        at, end = at.astype(np.int16), end.astype(np.int16)
        lanes[:, lane] = np.maximum(at, end) + np.int16(_LANE)
        lanes[:, lane + 2] = np.int16(_LANE) - np.minimum(at, end)
    return lanes.view(np.uint64)[:, 0]


def _overlap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return which boxes overlap the opposite of the others (see `_opposite`): bool, of their shape."""
    sums = one + other
    sums &= _NOT_NEGATIVE
    return sums == _NOT_NEGATIVE


def _opposite(boxes: np.ndarray) -> np.ndarray:
    """Return the boxes with east and -west, south and -north in each other's place."""
    return boxes << _HALF | boxes >> _HALF


def _overlapping(boxes: np.ndarray, starts: np.ndarray, closed: bool) -> Pairs:
    """Return the pairs of boxes (uint64 (S,)) of one group that overlap and are not neighbours in number.

    If groups are `closed`, their first and their last box are neighbours, too (a pair of large ones is given yet).
    """
    counts = np.diff(starts)
    few = np.flatnonzero((counts > 3) & (counts <= _FEW))
    found = list(_compared(boxes, starts[few], counts[few], _FEW, closed))
    many = np.flatnonzero(counts > _FEW)
    if len(many):
        item = aranges(starts[many], counts[many])
        found += [(item[one], item[other]) for one, other in _in_blocks(boxes[item], counts[many])]
    if not found:
        return _NONE, _NONE
    return np.concatenate([one for one, _ in found]), np.concatenate([other for _, other in found])


def _compared(boxes: np.ndarray, first: np.ndarray, counts: np.ndarray, rows: int, closed: bool) -> Iterator[Pairs]:
    """Yield the overlapping pairs in runs of `counts` boxes (at most _FEW), the one among its run's first `rows`."""
    order = np.argsort(counts.astype(np.uint8), kind="stable")
    first, counts = first[order], counts[order]
    for a, b in _tables(counts):
        height, width = int(counts[b - 1]), b - a
        row = np.arange(height)[:, None]
        place = first[a:b] + row  # (height, width)
        table = boxes.take(place, mode="clip")
        if counts[a] < height:
            table[row >= counts[a:b]] = _NOWHERE
        opposite = np.full((2 * height, width), _NOWHERE)
        opposite[:height] = _opposite(table)
        k = 2
        while k < height - closed:
            column = int(np.searchsorted(counts[a:b], k + closed, "right"))
            upper = table[: min(rows, height - k), column:]
            steps = max(min(_TABLE // upper.size, height - closed - k), 1)
            overlap = _overlap(upper, _rows_from(opposite, k, column, steps, upper.shape)).ravel().nonzero()[0]
            if len(overlap):
                step, at = np.divmod(overlap, upper.size)
                row, run = np.divmod(at, width - column)
                below, run = row + k + step, run + column
                keep = k + step < counts[a + run] - closed
                yield place[row, run].compress(keep), place[below.clip(max=height - 1), run].compress(keep)
            k += steps


def _rows_from(table: np.ndarray, row: int, column: int, steps: int, shape: Tuple[int, int]) -> np.ndarray:
    """Return a table's part of some shape that begins at a row and column, then one row down, and so on: a view."""
    down, right = table.strides
    return np.ndarray((steps, *shape), table.dtype, table, row * down + column * right, (down, down, right))


def _tables(counts: np.ndarray) -> List[Tuple[int, int]]:
    """Return from where to where runs of `counts` boxes (ascending, at most _FEW) are put into one table."""
    stops = np.cumsum(np.bincount(counts, minlength=_FEW + 1)).tolist()  # runs of at most so many boxes
    tables: List[Tuple[int, int]] = []
    begin = 0
    for size in range(1, _FEW + 1):
        stop, after = stops[size], stops[min(size + 1, _FEW)]
        wide = max(_TABLE // size, 1)
        while stop - begin >= wide:
            tables.append((begin, begin + wide))
            begin += wide
        enough = (stop - begin) * size >= _WORTH and after > stop
        if enough or (size == _FEW and begin < stop):
            tables.append((begin, stop))
            begin = stop
    return tables


def _in_blocks(boxes: np.ndarray, counts: np.ndarray) -> Iterator[Pairs]:
    """Yield the overlapping pairs in large groups, block by block: neighbouring ones, then those that overlap."""
    blocks = -(-counts // _BLOCK)
    group = row_numbers(blocks)
    first = aranges(np.zeros(len(blocks), np.int64), blocks) * _BLOCK  # (B,) within the group
    left = counts[group] - first
    first += starts_of(counts)[group]
    yield from _compared(boxes, first, np.minimum(left, 2 * _BLOCK), _BLOCK, False)
    around = np.maximum.reduceat(boxes.view(np.uint16).reshape(-1, 4), first, axis=0).view(np.uint64)[:, 0]
    one, other = _overlapping(around, starts_of(blocks), closed=False)
    sizes = np.minimum(left, _BLOCK)
    pair, near = _near(boxes, first[one], sizes[one], around[other])
    pair2, near2 = _near(boxes, first[other], sizes[other], around[one])
    times = np.bincount(pair2, minlength=len(one))
    one = near[row_numbers(times[pair])]
    other = near2[aranges(starts_of(times)[pair], times[pair])]
    overlap = _overlap(boxes[one], _opposite(boxes[other]))
    yield one[overlap], other[overlap]


def _near(boxes: np.ndarray, first: np.ndarray, counts: np.ndarray, around: np.ndarray) -> Pairs:
    """Return which boxes of runs overlap the box that is beside their run (uint64 (P,)): the run and the box."""
    run, item = row_numbers(counts), aranges(first, counts)
    overlap = _overlap(boxes[item], _opposite(around)[run])
    return run[overlap], item[overlap]


def _meet(
    x: np.ndarray, y: np.ndarray, end_x: np.ndarray, end_y: np.ndarray, one: np.ndarray, other: np.ndarray
) -> np.ndarray:
    """Return which pairs of edges, whose boxes overlap, have a point in common: bool (M,)."""
    ax, ay, bx, by = x.take(one), y.take(one), end_x.take(one), end_y.take(one)
    cx, cy, dx, dy = x.take(other), y.take(other), end_x.take(other), end_y.take(other)
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    wx, wy = cx - ax, cy - ay
    before, behind = ux * wy - uy * wx, ux * (dy - ay) - uy * (dx - ax)
    across = (before ^ behind < 0) | (before == 0) | (behind == 0)
    before, behind = vy * wx - vx * wy, vx * (by - cy) - vy * (bx - cx)
    return across & ((before ^ behind < 0) | (before == 0) | (behind == 0))
