"""The grid of tiles: Web Mercator as a unit square, and PMTiles' numbers of tiles.

The unit square is EPSG:3857 scaled so that x runs from 0 (180° W) to 1 (180° E) and y from 0 (85.0511° N) to 1
(85.0511° S): the tile (z, x, y) is the square of side 2**-z at (x, y) * 2**-z.
"""

from __future__ import annotations

from typing import NamedTuple, Tuple

import numpy as np

from ..features.hilbert import hilbert_distance
from ..features.schema import Bounds

HALF_WORLD = 20037508.342789244  # metres of EPSG:3857 from the meridian of Greenwich to the antimeridian
HIGHEST = 85.0511287798066  # degrees of latitude where the square ends


class Cell(NamedTuple):
    """One tile, or the tiles below it: the square (x, y) of level z."""

    z: int
    x: int
    y: int

    def range_at(self, level: int) -> Tuple[int, int, int, int]:
        """Return first column, first row, last column, last row of its tiles at a level; of its parent if above."""
        if level <= self.z:
            x, y = self.x >> (self.z - level), self.y >> (self.z - level)
            return x, y, x, y
        shift = level - self.z
        return (
            self.x << shift, self.y << shift, ((self.x + 1) << shift) - 1, ((self.y + 1) << shift) - 1,
        )  # fmt: skip


WORLD = Cell(0, 0, 0)


def unit_points(longitude: np.ndarray, latitude: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return points of WGS 84 (degrees) in the unit square: float64 (n,) each; y is clamped to [-0.5, 1.5]."""
    sine = np.sin(np.radians(latitude))
    with np.errstate(divide="ignore", invalid="ignore"):
        y = 0.5 - np.arctanh(sine) / (2 * np.pi)
    return longitude / 360 + 0.5, np.clip(y, -0.5, 1.5)


def degrees(x: float, y: float) -> Tuple[float, float]:
    """Return longitude and latitude of a point of the unit square."""
    return (x - 0.5) * 360, float(np.degrees(np.arctan(np.sinh((0.5 - y) * 2 * np.pi))))


def unit_bounds(bounds: Bounds) -> Bounds:
    """Return bounds of WGS 84 in the unit square (min y is their north)."""
    x, y = unit_points(np.array(bounds[0::2]), np.array(bounds[1::2]))
    return float(x[0]), float(y[1]), float(x[1]), float(y[0])


def first_id(level: int) -> int:
    """Return the number of the first tile of a level (PMTiles v3 §4.1.1)."""
    return ((1 << (2 * level)) - 1) // 3


def tile_ids(level: int, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return PMTiles' numbers of tiles: int64 (n,), along the Hilbert curve of the level."""
    return first_id(level) + hilbert_distance(column, row, level).astype(np.int64)


def tile_id(level: int, column: int, row: int) -> int:
    """Return PMTiles' number of one tile."""
    distance, side = 0, 1 << level
    for bit in range(level - 1, -1, -1):
        rx, ry = (column >> bit) & 1, (row >> bit) & 1
        distance = (distance << 2) | ((3 * rx) ^ ry)
        if ry == 0:
            if rx:
                column, row = side - 1 - column, side - 1 - row
            column, row = row, column
    return first_id(level) + distance


def tile_of(number: int) -> Tuple[int, int, int]:
    """Return level, column and row of the tile with this PMTiles number."""
    level = ((3 * number + 1).bit_length() - 1) // 2
    distance = number - first_id(level)
    x = y = 0
    for bit in range(level):
        s = 1 << bit
        rx, ry = (distance >> 1) & 1, ((distance >> 1) ^ distance) & 1
        if ry == 0:
            if rx:
                x, y = s - 1 - x, s - 1 - y
            x, y = y, x
        x, y = x + s * rx, y + s * ry
        distance >>= 2
    return level, x, y
