"""The area of a sample before there is stored data: 10 × 10 tiles of the bottom level, as the platform proposes it."""

from __future__ import annotations

import math
from typing import Tuple

SIDE = 10  # tiles
_STEP = 10**5  # of the five decimals that the platform's forms send
_LIMIT = 85.0511287798066  # degrees: where Web Mercator ends
Bounds = Tuple[float, float, float, float]


def proposed_area(longitude: float, latitude: float, bottom_level: int) -> str:
    """Return the 10 × 10 tiles of a level around a place: WKT in EPSG:4326, rounded inwards."""
    side = 1 << bottom_level
    y = math.asinh(math.tan(math.radians(min(max(latitude, -_LIMIT), _LIMIT)))) / math.pi
    left, right = _around((longitude + 180) / 360 * side, side)
    top, bottom = _around((1 - y) / 2 * side, side)
    bounds = (left / side * 360 - 180, _latitude(bottom / side), right / side * 360 - 180, _latitude(top / side))
    west, south = (math.ceil(value * _STEP) / _STEP for value in bounds[:2])
    east, north = (math.floor(value * _STEP) / _STEP for value in bounds[2:])
    return area_of((west, south, east, north))


def area_of(bounds: Bounds) -> str:
    """Return west, south, east, north in degrees as WKT with 5 decimals."""
    west, south, east, north = bounds
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return f"POLYGON(({', '.join(f'{x:.5f} {y:.5f}' for x, y in corners)}))"


def _around(place: float, side: int) -> Tuple[int, int]:
    """Return the first tile and the one behind the last of `SIDE` tiles around a place, within the world."""
    count = min(SIDE, side)
    first = min(max(round(place) - count // 2, 0), side - count)
    return first, first + count


def _latitude(y: float) -> float:
    """Return the latitude of a share of the world's height, from the north."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y))))
