"""From any reference system to the unit square of Web Mercator: by PROJ, or by polynomials that follow it.

PROJ takes 0.3 to 0.7 microseconds a point, and what it computes is smooth. So the plane of a projected system is cut
into squares; in each a polynomial is laid through PROJ's answers, compared with PROJ at other points, and used if it
is nowhere off by more than a thousandth of a unit of the deepest level. Where it is (grids of datum shifts, the edge of
a system, the antimeridian), PROJ is asked for every point. A square depends on its place alone, so a vertex has the
same coordinates whatever is computed with it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Optional, Tuple

import numpy as np

from ..features.projection import Projection
from ..features.schema import Srs
from .grid import unit_points
from .plan import DEEPEST, EXTENT

_WGS84 = "EPSG:4326"
_SIDE = float(1 << 17)  # units of the system, most often metres: of a square
_MOST_SQUARES = 500  # of a system's area of use: the first point in a square takes as long as two thousand
_DEGREE_LENGTH = 111_320.0  # metres, of latitude
_DEGREE = 6
_TOLERANCE = 1e-3 / (EXTENT << DEEPEST)  # unit square
_FARTHEST = float(1 << 30)  # units: no system has coordinates beyond
_PIECE = 1 << 15  # points at a time: arrays that stay near the processor

# Where a square asks PROJ, from -1 to 1: Chebyshev's nodes to fit; to compare, others that hold corners and edges.
_FITTED = np.cos((2 * np.arange(9) + 1) * np.pi / 18)  # (9,)
_COMPARED = np.concatenate([[-1.0], np.sin(np.linspace(-1.47, 1.52, 10)), [1.0]])  # (12,)
_POWERS = tuple((i, j) for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i))  # 28 of x and y


def _grid(nodes: np.ndarray) -> np.ndarray:
    """Return all pairs of nodes: float64 (2, n * n)."""
    return np.stack(np.meshgrid(nodes, nodes)).reshape(2, -1)


def _design(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the powers of the points: float64 (n, 28)."""
    return np.stack([u**i * v**j for i, j in _POWERS], axis=1)


_POINTS = np.concatenate([_grid(_FITTED), _grid(_COMPARED)], axis=1)  # (2, 81 + 144)
_FITTING = np.linalg.pinv(_design(*_grid(_FITTED)))  # (28, 81) from values at the nodes to coefficients
_COMPARING = _design(*_grid(_COMPARED))  # (144, 28)


@lru_cache(maxsize=16)
def to_wgs84(source: Optional[Srs]) -> Projection:
    """Return the way from a table's system to WGS 84; PROJ takes as long to find one as to go it ten thousand times."""
    return Projection(source or _WGS84, _WGS84)


def unit_square(projection: Projection, x: np.ndarray, y: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return points of the projection's source (float64 (n,)) in the unit square: float64 (n,) each.

    `projection` leads to WGS 84. Infinite or NaN where PROJ has no answer.
    """
    if len(x) == 0 or not _is_local(projection):
        return _by_proj(projection, x, y)
    there = (np.abs(x) < _FARTHEST) & (np.abs(y) < _FARTHEST)  # False for NaN
    if not there.all():
        out_x, out_y = np.full(len(x), np.nan), np.full(len(y), np.nan)
        out_x[there], out_y[there] = unit_square(projection, x[there], y[there])
        return out_x, out_y
    out_x, out_y = np.empty(len(x)), np.empty(len(y))
    for first in range(0, len(x), _PIECE):
        piece = slice(first, first + _PIECE)
        out_x[piece], out_y[piece] = _piece(projection, x[piece], y[piece])
    return out_x, out_y


@lru_cache(maxsize=64)
def _is_local(projection: Projection) -> bool:
    """Say whether the source is a plane whose area of use has a number of squares that is worth the while."""
    if projection.same or not projection.source.is_projected:
        return False
    area = projection.source.area_of_use
    if area is None:
        return False
    across = ((area.east - area.west) % 360 or 360) * math.cos(math.radians((area.north + area.south) / 2))
    return across * (area.north - area.south) * _DEGREE_LENGTH**2 < _MOST_SQUARES * _SIDE**2


def _by_proj(projection: Projection, x: np.ndarray, y: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    longitude, latitude = projection.points(x, y)
    return unit_points(np.asarray(longitude), np.asarray(latitude))


def _piece(projection: Projection, x: np.ndarray, y: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return some points in the unit square, square by square of the system's plane."""
    column, row = np.floor(x / _SIDE).astype(np.int64), np.floor(y / _SIDE).astype(np.int64)  # (n,)
    square = (column << 32) + row
    if square.min() == square.max():
        return _in_square(projection, int(column[0]), int(row[0]), x, y)
    order = np.argsort(square, kind="stable")
    first = np.flatnonzero(np.diff(square[order], prepend=square[order[0]] - 1))
    out_x, out_y = np.empty(len(x)), np.empty(len(x))
    for own in np.split(order, first[1:]):
        out_x[own], out_y[own] = _in_square(projection, int(column[own[0]]), int(row[own[0]]), x[own], y[own])
    return out_x, out_y


def _in_square(
    projection: Projection, column: int, row: int, x: np.ndarray, y: np.ndarray
) -> Tuple[np.ndarray, np.ndarray]:
    polynomials = _polynomials(projection, column, row)
    if polynomials is None:
        return _by_proj(projection, x, y)
    u, v = x * (2 / _SIDE) - (2 * column + 1), y * (2 / _SIDE) - (2 * row + 1)  # from -1 to 1
    return _value(polynomials[0], u, v), _value(polynomials[1], u, v)


def _value(rows: Tuple[Tuple[float, ...], ...], u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return a polynomial's values by Horner's rule: for each power of u, falling, coefficients by power of v."""
    total = np.zeros(len(u))
    for coefficients in rows:
        inner = np.full(len(v), coefficients[-1])
        for one in coefficients[-2::-1]:
            inner *= v
            inner += one
        total *= u
        total += inner
    return total


@lru_cache(maxsize=4096)
def _polynomials(projection: Projection, column: int, row: int) -> Optional[Tuple[Tuple[Tuple[float, ...], ...], ...]]:
    """Return polynomials for x and y within a square, None where none follows PROJ."""
    u, v = _POINTS
    x, y = _by_proj(projection, (u + 2 * column + 1) * (_SIDE / 2), (v + 2 * row + 1) * (_SIDE / 2))
    asked = np.stack([x, y], axis=1)  # (225, 2)
    if not np.isfinite(asked).all() or asked.min() < -1 or asked.max() > 2:
        return None
    nodes = len(_FITTED) ** 2
    middle = asked[:nodes].mean(axis=0)
    coefficients = _FITTING @ (asked[:nodes] - middle)  # (28, 2)
    found = _COMPARING @ coefficients + middle
    if np.abs(found - asked[nodes:]).max() > _TOLERANCE:
        return None
    coefficients[0] += middle
    by_power = [dict(zip(_POWERS, one)) for one in coefficients.T.tolist()]
    return tuple(
        tuple(tuple(one[i, j] for j in range(_DEGREE + 1 - i)) for i in range(_DEGREE, -1, -1)) for one in by_power
    )
