"""Clipping of all paths of a level to all their tiles: first into columns, then into rows.

Sutherland & Hodgman (1974) for rings, mended where they come back over the same border (`strip_rings`), and the same
rule for lines, whose pieces end where they leave. Only edges that touch a strip are looked at, so the cost grows with
what is written and not with vertices × tiles. The strip of cell c reaches from c * EXTENT - BUFFER to
(c + 1) * EXTENT + BUFFER, both included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional, Sequence, Tuple

import numpy as np

from ..features.batch import POINT, POLYGON
from ..features.ragged import aranges, row_numbers, starts_of
from .generalise import GridPaths
from .plan import BUFFER, EXTENT
from .strip_rings import Edges, come_back, first_of_groups, linked

_SHIFT = EXTENT.bit_length() - 1
_PIECE = 1 << 15  # vertices cut at a time: arrays that stay near the processor


@dataclass(frozen=True)
class Pieces:
    """Q pieces of paths, each within one tile and its buffer; rings without closing vertex."""

    x: np.ndarray  # int64 (V,) units of the level's grid
    y: np.ndarray  # int64 (V,)
    path_start: np.ndarray  # int64 (Q+1,)
    source: np.ndarray  # int64 (Q,) path of the shapes
    column: np.ndarray  # int64 (Q,)
    row: np.ndarray  # int64 (Q,)


@dataclass(frozen=True)
class _Paths:
    """Q paths to be cut into strips."""

    along: np.ndarray  # int64 (V,) across the strips: the direction that is cut
    across: np.ndarray  # int64 (V,)
    path_start: np.ndarray  # int64 (Q+1,)
    source: np.ndarray  # int64 (Q,) path as it was before any cut
    part: np.ndarray  # int64 (Q,) the polygon that a ring belongs to
    outer: np.ndarray  # int64 (Q,) path that was the polygon's outer ring before any cut


@dataclass(frozen=True)
class _Cut:
    """The outcome of one direction: Q' pieces."""

    along: np.ndarray  # int64 (V',)
    across: np.ndarray  # int64 (V',)
    path_start: np.ndarray  # int64 (Q'+1,)
    path: np.ndarray  # int64 (Q',) path that was cut, one of the polygon's if several went into the piece
    source: np.ndarray  # int64 (Q',) path as it was before any cut
    cell: np.ndarray  # int64 (Q',)


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
    along, starts = paths.along, paths.path_start
    counts = np.diff(starts)[crossing] - (kind != POLYGON)  # edges; a ring's last one goes back to its first vertex
    tail = aranges(starts[crossing], counts)  # (E,) vertices
    head = tail + 1
    if kind == POLYGON:
        head[starts_of(counts)[1:] - 1] = starts[crossing]
    path = crossing.take(row_numbers(counts))
    first, last = cells_of(np.minimum(along[tail], along[head]), np.maximum(along[tail], along[head]))
    first, last = np.maximum(first, limits[0]), np.minimum(last, limits[1])
    times = np.maximum(last - first + 1, 0)
    edge = row_numbers(times)  # (I,) one for each edge and cell
    cell = aranges(first, times)
    path = path[edge]
    order = np.argsort((path << 20) | cell, kind="stable")  # a level has at most 2**18 columns
    edge, cell, path = edge[order], cell[order], path[order]
    tail, head = tail[edge], head[edge]
    if kind == POLYGON:
        return _rings(paths, tail, head, path, cell)
    edges = _edges(paths, tail, head, path, cell)
    opens = edges.enters | (tail == starts[path])  # a line's piece begins with the edge that comes in, or the path
    opening = np.flatnonzero(opens)
    return _emitted(edges, opening, paths.source[path[opening]], opens)


def _edges(paths: _Paths, tail: np.ndarray, head: np.ndarray, path: np.ndarray, cell: np.ndarray) -> Edges:
    """Return the edges with the borders of their strips."""
    low = cell * EXTENT - BUFFER
    p, q, p2, q2 = paths.along[tail], paths.along[head], paths.across[tail], paths.across[head]
    return Edges(p, q, p2, q2, low, low + (EXTENT + 2 * BUFFER), path, cell)


def _rings(paths: _Paths, tail: np.ndarray, head: np.ndarray, path: np.ndarray, cell: np.ndarray) -> _Cut:
    """Return the rings of polygons within their strips."""
    opens = first_of_groups(path, cell)
    again = come_back(paths.along[tail], paths.part, path, cell, opens)  # (I,) if any
    anew = np.zeros(0, bool)
    if again is not None:
        several, once = np.flatnonzero(again), np.flatnonzero(~again)
        some = _edges(paths, tail[several], head[several], path[several], cell[several])
        order, begins, anew = linked(some, paths.part)
        order = np.concatenate([once, several[order]])
        tail, head, path, cell = tail[order], head[order], path[order], cell[order]
        opens = np.concatenate([opens[once], begins])
    edges = _edges(paths, tail, head, path, cell)
    opening = np.flatnonzero(opens)
    source = paths.source[path[opening]]  # (Q',)
    new = len(source) - len(anew)
    source[new:] = np.where(anew, paths.outer[path[opening[new:]]], source[new:])
    return _emitted(edges, opening, source)


def _emitted(edges: Edges, opening: np.ndarray, source: np.ndarray, begins: Optional[np.ndarray] = None) -> _Cut:
    """Return the vertices that edges leave in their cells: where they come in, and where they end or go out.

    `opening` (int64 (Q',)) is where pieces begin, `source` (int64 (Q',)) what they are of; `begins` (bool (I,)) says
    which edges give their first vertex, too, if not just those that come in.
    """
    enters = edges.enters  # (I,)
    at = starts_of((enters if begins is None else begins).view(np.int8) + 1)
    out, out2 = np.empty(at[-1], np.int64), np.empty(at[-1], np.int64)  # (V',)
    end = at[1:] - 1
    out[end], out2[end] = edges.q, edges.q2
    if begins is not None:
        first = np.flatnonzero(begins & ~enters)
        out[at[first]], out2[at[first]] = edges.p[first], edges.p2[first]
    entering, leaving = np.flatnonzero(enters), np.flatnonzero(edges.leaves)
    out[at[entering]], out2[at[entering]] = _at_border(edges, entering, edges.p)
    out[end[leaving]], out2[end[leaving]] = _at_border(edges, leaving, edges.q)
    return _Cut(
        out, out2, np.concatenate([at[opening], at[-1:]]), edges.path[opening], source, edges.cell[opening]
    )  # fmt: skip


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
