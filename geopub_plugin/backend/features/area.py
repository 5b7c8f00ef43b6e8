"""An area in which features are looked for, so described that the spatial index answers for most of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

from .schema import Bounds

EVERYWHERE: Bounds = (-1e300, -1e300, 1e300, 1e300)
NOWHERE: Bounds = (1e300, 1e300, 1e300, 1e300)

_EMPTY = 16  # flag of a GeoPackage geometry (OGC 12-128r18 §2.1.3.1.1)

Holds = Callable[[Optional[bytes]], Optional[int]]


@dataclass(frozen=True)
class Area:
    """An area in a table's system; a feature is in it when its geometry has a point in common with it."""

    bounds: Bounds  # outside of these no feature is in it
    inside: Optional[Bounds]  # each feature inside of these is in it; None: nothing is known without looking
    holds: Holds  # 1 or 0 for a GeoPackage geometry, None for NULL

    def has_all(self, bounds: Optional[Bounds]) -> bool:
        """Return whether every geometry within these bounds is surely in it; None: there is no geometry."""
        if self.inside is None or bounds is None:
            return bounds is None
        west, south, east, north = self.inside
        return west <= bounds[0] and south <= bounds[1] and bounds[2] <= east and bounds[3] <= north


def _has_place(blob: Optional[bytes]) -> Optional[int]:
    return None if blob is None else int(not blob[3] & _EMPTY)


def anywhere() -> Area:
    """Return the area that holds every geometry."""
    return Area(EVERYWHERE, EVERYWHERE, _has_place)


def nowhere() -> Area:
    """Return the area that holds none."""
    return Area(NOWHERE, None, lambda blob: None if blob is None else 0)
