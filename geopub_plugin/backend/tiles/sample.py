"""A sample of a pyramid: a few tiles to look at before all of them are made."""

from __future__ import annotations

import math
from typing import Any, Dict, Mapping, Tuple

import numpy as np

from .grid import degrees, unit_points

SIDE = 10  # tiles
_DECIMALS = 5  # as the forms of cartes.gouv.fr send it
_STEP = 10**_DECIMALS


def propose_area(longitude: float, latitude: float, bottom_level: int) -> str:
    """Return the 10 × 10 tiles of the bottom level around a point: WKT in EPSG:4326 with 5 decimals.

    The corners are rounded inwards, so that no other tile meets the area.
    """
    side = 1 << bottom_level
    x, y = unit_points(np.array([longitude]), np.array([latitude]))
    left, right = _around(float(x[0]) * side, side)
    top, bottom = _around(float(y[0]) * side, side)
    (west, north), (east, south) = degrees(left / side, top / side), degrees(right / side, bottom / side)
    west, south = math.ceil(west * _STEP) / _STEP, math.ceil(south * _STEP) / _STEP
    east, north = math.floor(east * _STEP) / _STEP, math.floor(north * _STEP) / _STEP
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return f"POLYGON(({', '.join(f'{x:.{_DECIMALS}f} {y:.{_DECIMALS}f}' for x, y in corners)}))"


def full(parameters: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the parameters of the full pyramid that a sample's parameters lead to: all the same, but no area."""
    return {name: value for name, value in parameters.items() if name != "area"}


def _around(place: float, side: int) -> Tuple[int, int]:
    """Return the first tile and the one behind the last of `SIDE` tiles around a place, within the world."""
    count = min(SIDE, side)
    first = min(max(round(place) - count // 2, 0), side - count)
    return first, first + count
