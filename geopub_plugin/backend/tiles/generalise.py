"""What remains of shapes at a level: vertices that matter, polygons large enough, coordinates on the level's grid."""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

import numpy as np

from ..features.batch import LINE, POINT, POLYGON
from ..features.ragged import row_numbers, starts_of
from .grid_snapping import snapped, stairs
from .options import FULL_DETAIL, Generalisation
from .plan import EXTENT
from .shapes import Shapes

DUST = 4.0  # square units of the grid: a smaller polygon is left out, or stands for several as a 2 × 2 square
_SQUARE = ((0, 0), (2, 0), (2, 2), (0, 2))


class GridPaths(NamedTuple):
    """Paths on the integer grid of a level, its origin at the north-west of the world; rings without closing vertex."""

    x: np.ndarray  # int64 (V,)
    y: np.ndarray  # int64 (V,)
    path_start: np.ndarray  # int64 (Q+1,)
    source: np.ndarray  # int64 (Q,) path of the shapes
    part: Optional[np.ndarray] = None  # int64 (Q,) the polygon that a ring belongs to; None: each is one of its own


def at_level(shapes: Shapes, level: int, options: Generalisation, bottom: bool) -> Tuple[Shapes, GridPaths]:
    """Return what is left of the shapes at a level, for the levels above too, and its paths on the grid.

    `bottom` says that it is the table's bottom level. Nothing that a level leaves out comes back above it.
    """
    left, paths = _left_at(shapes, level, options, bottom)
    return left, paths._replace(part=left.part[paths.source])


def _left_at(shapes: Shapes, level: int, options: Generalisation, bottom: bool) -> Tuple[Shapes, GridPaths]:
    if len(shapes) == 0:
        none = np.zeros(0, np.int64)
        return shapes, GridPaths(none, none, starts_of(none), none)
    if shapes.kind == POINT:
        return shapes, _gridded(shapes, float(EXTENT << level))
    if options.detail < FULL_DETAIL and not bottom:
        return _on_coarse_grid(shapes, level, options)
    left, paths = _simplified(shapes, level, options)
    return shapes if options.grid_low_zooms else left, paths  # the grid sees what neighbours have in common, whole


def _simplified(shapes: Shapes, level: int, options: Generalisation) -> Tuple[Shapes, GridPaths]:
    """Return the shapes with the vertices that matter at a level, large enough to be seen, and their paths."""
    scale = float(EXTENT << level)
    dust = np.zeros(len(shapes), bool)  # (Q,)
    if shapes.kind == POLYGON and not options.keeps_coverage:
        keep, dust = _large_enough(shapes, scale)
        shapes, dust = shapes.with_paths(keep), dust[keep]
        if len(shapes) == 0:
            return shapes, _gridded(shapes, scale)
    matters = shapes.significance > (options.simplification / scale) ** 2  # (V,)
    if dust.any():
        matters &= ~dust.take(row_numbers(shapes.counts))
        matters[shapes.path_start[:-1]] = True
    shapes = shapes.with_vertices(matters)
    paths = _gridded(shapes, scale)
    return shapes, _with_squares(paths, dust) if dust.any() else paths


def _on_coarse_grid(shapes: Shapes, level: int, options: Generalisation) -> Tuple[Shapes, GridPaths]:
    """Return the shapes on the coarse grid of a level above the bottom, and their paths, stepped with -aL."""
    if not options.grid_low_zooms:
        shapes, _ = _simplified(shapes, level, options)
    shapes = snapped(shapes, level, options.detail)
    x, y, starts = stairs(shapes, level, options.detail, diagonal=not options.grid_low_zooms)
    source = np.flatnonzero(np.diff(starts))
    return shapes, GridPaths(x, y, np.append(starts[source], len(x)), source)


def _large_enough(shapes: Shapes, scale: float) -> Tuple[np.ndarray, np.ndarray]:
    """Return which rings stay, and which of them as dust: bool (Q,) each.

    A polygon under 4 square units stays with the probability that its area is of 4, so that together they cover what
    they covered. As its chance is its own, what stays at a level stays at all levels below.
    """
    area = shapes.size * scale * scale  # (Q,) square units
    large = area >= DUST
    small_outer = shapes.outer & ~large
    dust = small_outer & (shapes.chance < area / DUST)
    own_outer = np.maximum.accumulate(np.where(shapes.outer, np.arange(len(shapes)), 0))  # (Q,)
    return (large & large[own_outer]) | dust, dust


def _gridded(shapes: Shapes, scale: float) -> GridPaths:
    """Return the paths rounded to the grid, repeated vertices dropped; of rings and lines only what still is one."""
    x, y = np.rint(shapes.x * scale).astype(np.int64), np.rint(shapes.y * scale).astype(np.int64)  # (V,)
    starts, counts = shapes.path_start, shapes.counts
    if shapes.kind == POINT:
        return GridPaths(x, y, starts, np.arange(len(shapes)))
    keep = np.ones(len(x), bool)  # (V,)
    keep[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    keep[starts[:-1]] = True
    if shapes.kind == POLYGON:
        keep[starts[1:][counts > 1] - 1] = False  # the closing vertex
    left = np.add.reduceat(keep, starts[:-1], dtype=np.int64)  # (Q,)
    alive = left >= (2 if shapes.kind == LINE else 3)
    if shapes.kind == POLYGON:
        alive |= counts == 1  # dust, a square to be
    keep &= alive.take(row_numbers(counts))
    return GridPaths(x.compress(keep), y.compress(keep), starts_of(left[alive]), np.flatnonzero(alive))


def _with_squares(paths: GridPaths, dust: np.ndarray) -> GridPaths:
    """Return the paths with a 2 × 2 square at the first vertex of those that are dust (bool, by path of the shapes)."""
    is_dust = dust[paths.source]  # (Q,)
    counts = np.diff(paths.path_start)
    repeats = np.repeat(np.where(is_dust, 4, 1), np.where(is_dust, 1, counts))  # (V,) dust has its first vertex alone
    x, y = np.repeat(paths.x, repeats), np.repeat(paths.y, repeats)
    starts = starts_of(np.where(is_dust, 4, counts))
    first = starts[:-1][is_dust]
    for corner, (dx, dy) in enumerate(_SQUARE):
        x[first + corner] += dx
        y[first + corner] += dy
    return GridPaths(x, y, starts, paths.source)
