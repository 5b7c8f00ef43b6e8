"""Clipping of all paths of a level to all their tiles: first into columns, then into rows.

Sutherland & Hodgman (1974) for rings, mended where they come back over the same border (`strip_rings`), and the same
rule for lines, whose pieces end where they leave. Only edges that touch a strip are looked at, so the cost grows with
what is written and not with vertices × tiles. The strip of cell c reaches from c * EXTENT - BUFFER to
(c + 1) * EXTENT + BUFFER, both included.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Iterator, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..features.batch import POINT, POLYGON
from ..features.ragged import aranges, row_numbers, starts_of
from .generalise import GridPaths
from .plan import BUFFER, EXTENT
from .strip_rings import Edges, come_back, first_of_groups, linked

_SHIFT = EXTENT.bit_length() - 1
_PIECE = 1 << 15  # vertices cut at a time: arrays that stay near the processor


class Pieces(NamedTuple):
    """Q pieces of paths, each within one tile and its buffer; rings without closing vertex."""

    x: np.ndarray  # int64 (V,) units of the level's grid
    y: np.ndarray  # int64 (V,)
    path_start: np.ndarray  # int64 (Q+1,)
    source: np.ndarray  # int64 (Q,) path of the shapes
    column: np.ndarray  # int64 (Q,)
    row: np.ndarray  # int64 (Q,)


class _Paths(NamedTuple):
    """Q paths to be cut into strips."""

    along: np.ndarray  # int64 (V,) across the strips: the direction that is cut
    across: np.ndarray  # int64 (V,)
    path_start: np.ndarray  # int64 (Q+1,)
    source: np.ndarray  # int64 (Q,) path as it was before any cut
    part: np.ndarray  # int64 (Q,) the polygon that a ring belongs to
    outer: np.ndarray  # int64 (Q,) path that was the polygon's outer ring before any cut


class _Cut(NamedTuple):
    """The outcome of one direction: Q' pieces."""

    along: np.ndarray  # int64 (V',)
    across: np.ndarray  # int64 (V',)
    path_start: np.ndarray  # int64 (Q'+1,)
    path: np.ndarray  # int64 (Q',) path that was cut, one of the polygon's if several went into the piece
    source: np.ndarray  # int64 (Q',) path as it was before any cut
    cell: np.ndarray  # int64 (Q',)


@dataclass(frozen=True)
class _Runs:
    """I runs of edges of a path in a strip, ordered by path and cell and along the path.

    A run is as many edges as follow one another within the same strips, or a single one that crosses a border of any.
    """

    tail: np.ndarray  # int64 (I,) vertex where the first edge begins
    head: np.ndarray  # int64 (I,) vertex where the first edge ends; the ends of the others follow it
    count: np.ndarray  # int64 (I,) edges
    crosses: np.ndarray  # bool (I,)
    path: np.ndarray  # int64 (I,)
    cell: np.ndarray  # int64 (I,)

    def at(self, places: np.ndarray) -> _Runs:
        """Return the runs at these places (int64), in their order."""
        return _Runs(*(getattr(self, field.name)[places] for field in fields(self)))


def cells_of(low: np.ndarray, high: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the first and the last cell whose strips meet [low, high]: int64 (n,) each."""
    return ((low - BUFFER + EXTENT - 1) >> _SHIFT) - 1, (high + BUFFER) >> _SHIFT


def to_tiles(paths: GridPaths, kind: int, tiles: Tuple[int, int, int, int]) -> Pieces:
    """Return the pieces of the paths in the tiles from (first column, first row) to (last column, last row).

    Pieces of a polygon's inner rings that reach a border are pieces of its outer ring afterwards.
    """
    if kind == POINT:
        paths = GridPaths(  # every point by itself
            paths.x, paths.y, np.arange(len(paths.x) + 1), np.repeat(paths.source, np.diff(paths.path_start))
        )
    path = np.arange(len(paths.source))
    polygon, outer = (path, path) if paths.part is None or kind != POLYGON else _polygons(paths.part)
    columns = _cut(_Paths(paths.x, paths.y, paths.path_start, path, polygon, outer), kind, (tiles[0], tiles[2]))
    width = tiles[2] - tiles[0] + 1
    again = _Paths(
        columns.across, columns.along, columns.path_start, columns.source,
        polygon[columns.path] * width + columns.cell - tiles[0], outer[columns.path],
    )  # fmt: skip
    rows = _cut(again, kind, (tiles[1], tiles[3]))
    return Pieces(
        x=rows.across,
        y=rows.along,
        path_start=rows.path_start,
        source=paths.source[rows.source],
        column=columns.cell[rows.path],
        row=rows.cell,
    )


def _polygons(part: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return a number for the polygon of each ring, and the ring that is its outer one: int64 (Q,) each."""
    begins = np.ones(len(part), bool)
    begins[1:] = part[1:] != part[:-1]
    return np.cumsum(begins) - 1, np.maximum.accumulate(np.where(begins, np.arange(len(part)), 0))


def _cut(paths: _Paths, kind: int, limits: Tuple[int, int]) -> _Cut:
    """Return the pieces of paths in the strips they meet, in no order that matters."""
    along, starts = paths.along, paths.path_start
    counts = np.diff(starts)
    if len(counts) == 0:
        return _Cut(along, paths.across, starts, counts, counts, counts)
    low, high = np.minimum.reduceat(along, starts[:-1]), np.maximum.reduceat(along, starts[:-1])  # (Q,)
    first, last = cells_of(low, high)
    inside = (high <= (first + 1) * EXTENT + BUFFER) & (low >= last * EXTENT - BUFFER)  # before the limits: all agree
    first, last = np.maximum(first, limits[0]), np.minimum(last, limits[1])
    cells = np.maximum(last - first + 1, 0)  # (Q,)
    whole = _copies(paths, first, np.where(inside, cells, 0))
    crossing = np.flatnonzero(~inside & (cells > 0))
    if len(crossing) == 0:
        return whole
    several = (_crossed(paths, some, kind, limits) for some in _pieces_of_work(paths, crossing, kind))
    return _merged([whole, *several])


def _pieces_of_work(paths: _Paths, crossing: np.ndarray, kind: int) -> Iterator[np.ndarray]:
    """Yield the paths (int64 (n,)) that cross borders a few at a time, the rings of a polygon together."""
    if kind == POLYGON:
        crossing = crossing[np.argsort(paths.part[crossing], kind="stable")]
    ends = np.cumsum(paths.path_start[crossing + 1] - paths.path_start[crossing])
    at = np.searchsorted(ends, np.arange(_PIECE, int(ends[-1]), _PIECE))  # (n,) paths to begin with
    if kind == POLYGON:
        at = np.searchsorted(paths.part[crossing], paths.part[crossing[at]])
    edges = np.unique(np.concatenate([[0], at, [len(crossing)]])).tolist()
    for low, high in zip(edges, edges[1:]):
        yield crossing[low:high]


def _copies(paths: _Paths, first: np.ndarray, cells: np.ndarray) -> _Cut:
    """Return the paths that lie whole in each of their cells, once a cell."""
    path = row_numbers(cells)  # (Q',)
    counts = np.diff(paths.path_start)[path]
    if len(path) == len(cells) and (cells == 1).all():
        return _Cut(paths.along, paths.across, paths.path_start, path, paths.source, first)
    vertices = aranges(paths.path_start[:-1][path], counts)
    return _Cut(
        paths.along[vertices], paths.across[vertices], starts_of(counts), path, paths.source[path],
        aranges(first, cells),
    )  # fmt: skip


def _crossed(paths: _Paths, crossing: np.ndarray, kind: int, limits: Tuple[int, int]) -> _Cut:
    """Return the pieces of paths that cross the border of a strip."""
    runs = _runs(paths, crossing, kind, limits)
    if kind != POLYGON:
        return _emitted(paths, runs, None)
    opens = first_of_groups(runs.path, runs.cell)
    again = come_back(paths.along[runs.tail], paths.part, runs.path, runs.cell, opens)  # (I,) if any
    if again is None:
        return _emitted(paths, runs, opens)
    once, several = np.flatnonzero(~again), np.flatnonzero(again)
    order, begins, anew = linked(_edges(paths, runs.at(several)), paths.part)
    runs = runs.at(np.concatenate([once, several[order]]))
    whole = _emitted(paths, runs, np.concatenate([opens[once], begins]))
    new = len(whole.source) - len(anew)
    whole.source[new:] = np.where(anew, paths.outer[whole.path[new:]], whole.source[new:])
    return whole


def _runs(paths: _Paths, crossing: np.ndarray, kind: int, limits: Tuple[int, int]) -> _Runs:
    """Return the runs of the edges of some paths (int64 (n,)) in all the strips that they touch."""
    starts = paths.path_start
    counts = starts[crossing + 1] - starts[crossing]
    vertex = aranges(starts[crossing], counts)  # (V,) edges by their first vertices
    at = paths.along.take(vertex)
    low, high = cells_of(at, at)  # (V,) the strips in which a vertex lies
    end = np.cumsum(counts) - 1  # (n,) where the edge goes back to the ring's first vertex, or a line has none
    low2, high2, head = np.append(low[1:], 0), np.append(high[1:], 0), vertex + 1
    if kind == POLYGON:
        begin = end - counts + 1
        low2[end], high2[end], head[end] = low[begin], high[begin], vertex[begin]
    crosses = (low != low2) | (high != high2)  # (V,)
    opens = crosses.copy()
    opens[1:] |= crosses[:-1]
    opens[0] = opens[end] = opens[end[:-1] + 1] = True
    run = np.flatnonzero(opens)  # (R,)
    first = np.maximum(np.minimum(low[run], low2[run]), limits[0])
    last = np.minimum(np.maximum(high[run], high2[run]), limits[1])
    times = np.maximum(last - first + 1, 0)  # (R,) one for each strip
    if kind != POLYGON:
        times[np.searchsorted(run, end)] = 0
    several = row_numbers(times)  # (I,)
    cell = aranges(first, times)
    path = crossing[np.searchsorted(end, run)][several]
    order = np.argsort((path << 20) | cell, kind="stable")  # a level has at most 2**18 columns
    several = several[order]
    run, count = run[several], np.diff(run, append=len(vertex))[several]
    return _Runs(vertex[run], head[run], count, crosses[run], path[order], cell[order])


def _edges(paths: _Paths, runs: _Runs) -> Edges:
    """Return the first edges of runs, and so all that cross, with the borders of their strips."""
    low = runs.cell * EXTENT - BUFFER
    p, p2, q, q2 = (of.take(end) for end in (runs.tail, runs.head) for of in (paths.along, paths.across))
    return Edges(p, q, p2, q2, low, low + (EXTENT + 2 * BUFFER), runs.path, runs.cell)


def _emitted(paths: _Paths, runs: _Runs, opens: Optional[np.ndarray]) -> _Cut:
    """Return the vertices that runs leave in their cells: where they come in, and where each edge ends or goes out.

    `opens` (bool (I,)) says where a ring begins; lines (None) do with the run that comes in, or the path, and have
    their first vertex, too.
    """
    alone = np.flatnonzero(runs.crosses)
    edges = _edges(paths, runs.at(alone))
    entering, leaving = np.flatnonzero(edges.enters), np.flatnonzero(edges.leaves)
    more = np.zeros(len(runs.tail), bool)  # (I,) runs that give a vertex before their edges' ends
    more[alone[entering]] = True
    if opens is None:
        more |= runs.tail == paths.path_start[runs.path]
    opening = np.flatnonzero(more if opens is None else opens)
    at = starts_of(runs.count + more)
    vertices = aranges(runs.head - more, runs.count + more)  # what stands for where runs come in is replaced below
    out, out2 = paths.along.take(vertices), paths.across.take(vertices)  # (V',)
    place = at[alone[entering]]
    out[place], out2[place] = _at_border(edges, entering, edges.p)
    place = at[alone[leaving] + 1] - 1
    out[place], out2[place] = _at_border(edges, leaving, edges.q)
    path = runs.path[opening]
    return _Cut(out, out2, np.append(at[opening], at[-1]), path, paths.source[path], runs.cell[opening])


def _at_border(edges: Edges, some: np.ndarray, end: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return where some edges (int64 (n,)), of which an `end` (int64 (I,)) lies outside, cross the border there."""
    p, q, p2, q2 = edges.p[some], edges.q[some], edges.p2[some], edges.q2[some]
    border = np.clip(end[some], edges.low[some], edges.high[some])
    forward = p < q  # both sides of a border reckon from the same end
    base, base2 = np.where(forward, p, q), np.where(forward, p2, q2)
    slope = (q2 - p2) / np.where(q == p, 1, q - p)
    return border, np.rint(base2 + (border - base) * slope).astype(np.int64)


def _merged(several: Sequence[_Cut]) -> _Cut:
    """Return the pieces of all; their order is made later, by tile."""
    counts = [np.diff(one.path_start) for one in several]
    columns = {
        name: np.concatenate([getattr(one, name) for one in several])
        for name in ("along", "across", "path", "source", "cell")
    }
    return _Cut(path_start=starts_of(np.concatenate(counts)), **columns)
