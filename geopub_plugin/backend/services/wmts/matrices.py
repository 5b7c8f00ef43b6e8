"""The tile matrix set of the web: GoogleMapsCompatible (OGC 07-057r7 annex E.4), which the platform calls PM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from ...features.schema import Bounds

SYSTEM = "EPSG:3857"
WELL_KNOWN = "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible"
SET_NAMES = ("GoogleMapsCompatible", "PM")  # two names of one set
SIDE = 256  # pixels of a tile
EDGE = 20037508.3427892  # metres from the middle of the world to its edge
_COARSEST = 559082264.0287178  # scale denominator of level 0, at 0.28 mm a pixel


@dataclass(frozen=True)
class TileMatrix:
    """One level of the set."""

    level: int

    @property
    def tiles(self) -> int:
        """Tiles of a row, and of a column."""
        return int(1 << self.level)

    @property
    def scale_denominator(self) -> float:
        """The denominator of the scale at pixels of 0.28 mm."""
        return _COARSEST / self.tiles

    @property
    def pixel(self) -> float:
        """Metres in a pixel."""
        return 2 * EDGE / (SIDE * self.tiles)


MATRICES: Tuple[TileMatrix, ...] = tuple(TileMatrix(level) for level in range(22))


@dataclass(frozen=True)
class Tile:
    """One tile: rows count from the top."""

    matrix: TileMatrix
    row: int
    column: int

    @property
    def bounds(self) -> Bounds:
        """The ground of the tile in SYSTEM."""
        span = SIDE * self.matrix.pixel
        west, north = self.column * span - EDGE, EDGE - self.row * span
        return west, north - span, west + span, north
