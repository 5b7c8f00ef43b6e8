"""Clipping of all paths of a level to all their tiles: first into columns, then into rows.

Sutherland & Hodgman (1974) for rings, and the same rule for lines, whose pieces end where they leave. Only edges that
touch a strip are looked at, so the cost grows with what is written and not with vertices × tiles. The strip of cell c
reaches from c * EXTENT - BUFFER to (c + 1) * EXTENT + BUFFER, both included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

import numpy as np

from ..features.batch import POINT, POLYGON
from ..features.ragged import aranges, starts_of
from .generalise import GridPaths
from .plan import BUFFER, EXTENT

_SHIFT = EXTENT.bit_length() - 1


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
class _Cut:
    """The outcome of one direction."""

    along: np.ndarray  # int64 (V,)
    across: np.ndarray  # int64 (V,)
    path_start: np.ndarray  # int64 (Q+1,)
    path: np.ndarray  # int64 (Q,) path that was cut
    cell: np.ndarray  # int64 (Q,)


def cells_of(low: np.ndarray, high: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the first and the last cell whose strips meet [low, high]: int64 (n,) each."""
    return ((low - BUFFER + EXTENT - 1) >> _SHIFT) - 1, (high + BUFFER) >> _SHIFT


def to_tiles(paths: GridPaths, kind: int, tiles: Tuple[int, int, int, int]) -> Pieces:
    """Return the pieces of the paths in the tiles from (first column, first row) to (last column, last row)."""
    if kind == POINT:
        paths = GridPaths(  # every point by itself
            paths.x, paths.y, np.arange(len(paths.x) + 1), np.repeat(paths.source, np.diff(paths.path_start))
        )
    columns = _cut(paths.x, paths.y, paths.path_start, kind, (tiles[0], tiles[2]))
    rows = _cut(columns.across, columns.along, columns.path_start, kind, (tiles[1], tiles[3]))
    return Pieces(
        x=rows.across,
        y=rows.along,
        path_start=rows.path_start,
        source=paths.source[columns.path[rows.path]],
        column=columns.cell[rows.path],
        row=rows.cell,
    )


def _cut(along: np.ndarray, across: np.ndarray, starts: np.ndarray, kind: int, limits: Tuple[int, int]) -> _Cut:
    """Return the pieces of paths in the strips they meet, ordered by path and cell."""
    counts = np.diff(starts)
    if len(counts) == 0:
        return _Cut(along, across, starts, counts, counts)
    low, high = np.minimum.reduceat(along, starts[:-1]), np.maximum.reduceat(along, starts[:-1])  # (Q,)
    first, last = cells_of(low, high)
    inside = (high <= (first + 1) * EXTENT + BUFFER) & (low >= last * EXTENT - BUFFER)  # before the limits: all agree
    first, last = np.maximum(first, limits[0]), np.minimum(last, limits[1])
    cells = np.maximum(last - first + 1, 0)  # (Q,)
    whole = _copies(along, across, starts, first, np.where(inside, cells, 0))
    crossing = np.flatnonzero(~inside & (cells > 0))
    if len(crossing) == 0:
        return whole
    return _merged(whole, _crossed(along, across, starts, crossing, kind, limits))


def _copies(along: np.ndarray, across: np.ndarray, starts: np.ndarray, first: np.ndarray, cells: np.ndarray) -> _Cut:
    """Return the paths that lie whole in each of their cells, once a cell."""
    path = np.repeat(np.arange(len(cells)), cells)  # (Q',)
    counts = np.diff(starts)[path]
    if len(path) == len(cells) and (cells == 1).all():
        return _Cut(along, across, starts, path, first)
    vertices = aranges(starts[:-1][path], counts)
    return _Cut(along[vertices], across[vertices], starts_of(counts), path, aranges(first, cells))


def _crossed(
    along: np.ndarray, across: np.ndarray, starts: np.ndarray, crossing: np.ndarray, kind: int, limits: Tuple[int, int]
) -> _Cut:
    """Return the pieces of paths that cross the border of a strip."""
    counts = np.diff(starts)[crossing] - (kind != POLYGON)  # edges; a ring's last one goes back to its first vertex
    tail = aranges(starts[crossing], counts)  # (E,) vertices
    head = tail + 1
    if kind == POLYGON:
        head[starts_of(counts)[1:] - 1] = starts[crossing]
    path = np.repeat(crossing, counts)
    first, last = cells_of(np.minimum(along[tail], along[head]), np.maximum(along[tail], along[head]))
    first, last = np.maximum(first, limits[0]), np.minimum(last, limits[1])
    times = np.maximum(last - first + 1, 0)
    edge = np.repeat(np.arange(len(tail)), times)  # (I,) one for each edge and cell
    cell = aranges(first, times)
    path = path[edge]
    order = np.argsort((path << 20) | cell, kind="stable")  # a level has at most 2**18 columns
    edge, cell, path = edge[order], cell[order], path[order]
    tail, head = tail[edge], head[edge]
    return _emitted(along, across, tail, head, path, cell, kind, tail == starts[path])


def _emitted(
    along: np.ndarray, across: np.ndarray, tail: np.ndarray, head: np.ndarray, path: np.ndarray, cell: np.ndarray,
    kind: int, begins: np.ndarray,
) -> _Cut:  # fmt: skip
    """Return the vertices that edges leave in their cells: where they come in, and where they end or go out.

    A line's piece begins with the edge that comes in, or with the path.
    """
    low, high = cell * EXTENT - BUFFER, (cell + 1) * EXTENT + BUFFER  # (I,)
    p, q, p2, q2 = along[tail], along[head], across[tail], across[head]
    enter, leave = np.clip(p, low, high), np.clip(q, low, high)
    slope = (q2 - p2) / np.where(q == p, 1, q - p)
    enters = p != enter
    base, base2 = np.where(p < q, p, q), np.where(p < q, p2, q2)  # both sides of a border reckon from the same end
    enter2 = np.where(enters, np.rint(base2 + (enter - base) * slope), p2).astype(np.int64)
    leave2 = np.where(q != leave, np.rint(base2 + (leave - base) * slope), q2).astype(np.int64)
    group = np.ones(len(cell), bool)  # (I,) where another path or cell begins
    group[1:] = (path[1:] != path[:-1]) | (cell[1:] != cell[:-1])
    starts_here = enters if kind == POLYGON else enters | begins
    opens = group if kind == POLYGON else starts_here
    emitted = 1 + starts_here.astype(np.int64)
    at = starts_of(emitted)
    out, out2 = np.empty(at[-1], np.int64), np.empty(at[-1], np.int64)  # (V',)
    out[at[1:] - 1], out2[at[1:] - 1] = leave, leave2
    out[at[:-1][starts_here]], out2[at[:-1][starts_here]] = enter[starts_here], enter2[starts_here]
    opening = np.flatnonzero(opens)
    return _Cut(out, out2, np.concatenate([at[opening], at[-1:]]), path[opening], cell[opening])


def _merged(one: _Cut, other: _Cut) -> _Cut:
    """Return the pieces of both; their order is made later, by tile."""
    return _Cut(
        np.concatenate([one.along, other.along]),
        np.concatenate([one.across, other.across]),
        np.concatenate([one.path_start, other.path_start[1:] + one.path_start[-1]]),
        np.concatenate([one.path, other.path]),
        np.concatenate([one.cell, other.cell]),
    )
