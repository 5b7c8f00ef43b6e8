"""Low levels on a coarse grid, as tippecanoe's --grid-low-zooms: vertices in the middle of cells, edges as stairs.

A vertex goes to the middle of its cell, and cells of a level are halved into those of the level below: nothing depends
on the levels between, and what has shrunk to one cell is gone for good. Every edge becomes the same stairs whichever
way it is followed, so neighbours stay neighbours, and together they cover what they covered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Tuple

import numpy as np

from ..features.batch import POLYGON
from ..features.ragged import aranges, starts_of
from .plan import EXTENT
from .shapes import Shapes

_LONGEST = 4096  # stairs of an edge: what has more stays straight, for both of its sides


def snapped(shapes: Shapes, level: int, detail: int) -> Shapes:
    """Return lines or closed rings with vertices in the middle of cells, 2**detail a tile; what shrank to one goes."""
    cells = float(1 << (level + detail))
    x, y = (np.floor(shapes.x * cells) + 0.5) / cells, (np.floor(shapes.y * cells) + 0.5) / cells
    keep = np.ones(len(x), bool)
    keep[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    keep[shapes.path_start[:-1]] = True
    shapes = replace(shapes, x=x, y=y).with_vertices(keep)
    return shapes.with_paths(shapes.counts >= (4 if shapes.kind == POLYGON else 2))


def stairs(shapes: Shapes, level: int, detail: int, diagonal: bool) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x and y (int64 (V',), units of the level) and path starts of snapped shapes; rings without closing vertex.

    Edges run along the cells, or straight if `diagonal`. A path may be left without a vertex.
    """
    cells = float(1 << (level + detail))
    x, y = np.floor(shapes.x * cells).astype(np.int64), np.floor(shapes.y * cells).astype(np.int64)  # (V,)
    owner = np.repeat(np.arange(len(shapes)), shapes.counts)
    goes_on = np.ones(len(x), bool)
    goes_on[shapes.path_start[1:] - 1] = False
    if not diagonal:
        x, y, owner, goes_on = _stepped(x, y, owner, goes_on)
    if shapes.kind == POLYGON:
        x, y, owner = x[goes_on], y[goes_on], owner[goes_on]
    changing = True
    while changing:  # of rings: what goes there and back makes neighbours turn back
        keep = turning(x, y, owner, len(shapes), shapes.kind == POLYGON)
        x, y, owner = x[keep], y[keep], owner[keep]
        changing = shapes.kind == POLYGON and not keep.all()
    step = EXTENT >> detail
    counts = np.bincount(owner, minlength=len(shapes))
    return x * step + step // 2, y * step + step // 2, starts_of(counts)


def _stepped(x: np.ndarray, y: np.ndarray, owner: np.ndarray, goes_on: np.ndarray) -> Tuple[np.ndarray, ...]:
    """Return x, y, owner and goes_on with the corners of the stairs from each vertex that goes on to the next."""
    tail = np.flatnonzero(goes_on)  # (E,) edges
    head = tail + 1
    swapped = (x[head] < x[tail]) | ((x[head] == x[tail]) & (y[head] < y[tail]))
    low, high = np.where(swapped, head, tail), np.where(swapped, tail, head)
    width, height = x[high] - x[low], y[high] - y[low]  # (E,)
    down = np.sign(height)
    height = np.abs(height)
    fewer, more = np.minimum(width, height), np.maximum(width, height)
    corners = np.zeros(len(x), np.int64)  # (V,) after each vertex
    corners[tail] = np.where(fewer <= _LONGEST, 2 * fewer, 0)
    at = starts_of(corners + 1)  # (V+1,)
    edge = np.repeat(np.arange(len(tail)), corners[tail])  # (C,)
    place = aranges(np.zeros(len(tail), np.int64), corners[tail])
    along = np.where(swapped[edge], corners[tail][edge] - 1 - place, place)  # from the lesser end
    stair = along // 2
    much, little = (2 * stair + 1) * more[edge] // (2 * fewer[edge]), stair + (along & 1)
    flat = (width >= height)[edge]
    out_x, out_y = np.empty(at[-1], np.int64), np.empty(at[-1], np.int64)
    out_x[at[:-1]], out_y[at[:-1]] = x, y
    slot = at[tail][edge] + 1 + place
    out_x[slot] = x[low][edge] + np.where(flat, much, little)
    out_y[slot] = y[low][edge] + down[edge] * np.where(flat, little, much)
    return out_x, out_y, np.repeat(owner, corners + 1), np.repeat(goes_on, corners + 1)


def turning(x: np.ndarray, y: np.ndarray, owner: np.ndarray, paths: int, rings: bool) -> np.ndarray:
    """Return which vertices are needed: bool (V,); not those that repeat the one before or lie straight between two.

    Of rings, neither are those where they turn back: what goes there and back encloses nothing.
    """
    keep = np.ones(len(x), bool)
    keep[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1]) | (owner[1:] != owner[:-1])
    if rings:  # the last one repeats the first
        rows = np.flatnonzero(keep)
        opens = np.ones(len(rows), bool)
        opens[1:] = owner[rows][1:] != owner[rows][:-1]
        first = rows[opens]
        last = rows[np.append(np.flatnonzero(opens)[1:], len(rows)) - 1] if len(rows) else first
        keep[last[(x[first] == x[last]) & (y[first] == y[last]) & (first != last)]] = False
    rows = np.flatnonzero(keep)
    counts = np.bincount(owner[rows], minlength=paths)
    filled = counts > 0
    starts = starts_of(counts)
    before, after = np.arange(len(rows)) - 1, np.arange(len(rows)) + 1
    first, last = starts[:-1][filled], starts[1:][filled] - 1
    before[first], after[last] = (last, first) if rings else (first, last)
    xs, ys = x[rows], y[rows]
    ax, ay, bx, by = xs - xs[before], ys - ys[before], xs[after] - xs, ys[after] - ys
    straight = (ax * by == ay * bx) & (rings | (ax * bx + ay * by > 0))
    keep[rows[straight]] = False
    return keep
