"""Points thinned with every level up, as tippecanoe does: all at the bottom, of the others an even share.

Which points stay depends on the features alone (see `shapes.chances`): what a level keeps, all levels below keep.
"""

from __future__ import annotations

import math

from ..features.batch import POINT
from .shapes import Shapes

RATE = 2.5  # times fewer points with each level up, tippecanoe's default
_FEW = 5_000  # features that a level keeps at least: towns of a country stay on its smallest map


def thinning_steps(features: int) -> int:
    """Return how many levels up from the bottom a table of so many features is thinned; above, no more."""
    return max(int(math.log(max(features, 1) / _FEW, RATE)), 0)


def kept_share(above: int, steps: int) -> float:
    """Return which share of the points stays so many levels above the bottom."""
    return RATE ** -min(above, steps)


def thinned(shapes: Shapes, above: int, steps: int) -> Shapes:
    """Return the shapes that stay so many levels above the bottom; only points are thinned."""
    if shapes.kind != POINT or steps == 0 or above <= 0:
        return shapes
    return shapes.with_paths(shapes.chance < kept_share(above, steps))
