"""Levels to propose for a layer, from where it lies and how dense it is."""

from __future__ import annotations

import math
from typing import Tuple

from ..features.batch import POLYGON
from ..features.schema import Bounds
from .grid import unit_bounds

_PER_TILE = 500  # features that a tile of the "working" level holds on average
_CLOSER = 3  # levels below that one, to look at single features
_MOST_TILES = 300_000  # at the bottom, where polygons cover everything
_USUAL_BOTTOM = 14


def propose_levels(bounds: Bounds, count: int, kind: int) -> Tuple[int, int]:
    """Return the top and the bottom level to propose.

    `bounds` are longitude and latitude; `kind` is POINT, LINE or POLYGON. At the top the layer fits into a tile or
    two; at the bottom single features are large enough to be told apart. Between 0 and 14, and at least 3 levels.
    """
    west, north, east, south = unit_bounds(bounds)
    width, height = max(east - west, 1e-9), max(south - north, 1e-9)
    top = min(max(int(-math.log2(max(width, height, 2.0**-20))), 0), _USUAL_BOTTOM - 4)
    density = max(count, 1) / (width * height)  # features in a world as dense as this
    bottom = math.ceil(math.log2(max(density / _PER_TILE, 1.0)) / 2) + _CLOSER
    if kind == POLYGON:
        bottom = min(bottom, math.floor(math.log2(_MOST_TILES / (width * height)) / 2))
    return top, min(max(bottom, top + 2), _USUAL_BOTTOM)
