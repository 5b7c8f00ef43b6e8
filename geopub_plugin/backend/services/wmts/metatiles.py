"""Metatiles: blocks of tiles that are drawn at once, with a margin, so that labels are not cut at each tile's edge."""

from __future__ import annotations

from dataclasses import dataclass

from ...render.requests import DEFAULT_DPI, MapView, MetatileRequest
from ..publications import MapLayer
from .matrices import EDGE, SIDE, SYSTEM, Tile, TileMatrix

ACROSS = 4  # tiles of a block's side, where the level has so many
MARGIN = 64  # pixels around a block


@dataclass(frozen=True)
class Metatile:
    """One block of tiles of one layer."""

    layer: MapLayer
    matrix: TileMatrix
    row: int  # of blocks
    column: int

    @classmethod
    def around(cls, layer: MapLayer, tile: Tile) -> Metatile:
        """Return the block that a tile is in."""
        return cls(layer, tile.matrix, tile.row // ACROSS, tile.column // ACROSS)

    @property
    def across(self) -> int:
        """Tiles of a side."""
        return min(ACROSS, self.matrix.tiles)

    def position(self, tile: Tile) -> int:
        """Return the number of a tile in the block: row by row, from the top left."""
        return (tile.row - self.row * ACROSS) * self.across + tile.column - self.column * ACROSS

    @property
    def request(self) -> MetatileRequest:
        """What the renderer is asked for."""
        pixel, pixels = self.matrix.pixel, SIDE * self.across
        west = self.column * ACROSS * SIDE * pixel - EDGE
        north = EDGE - self.row * ACROSS * SIDE * pixel
        margin = MARGIN * pixel
        size = pixels + 2 * MARGIN
        view = MapView(
            self.layer.tables,
            SYSTEM,
            (west - margin, north - pixels * pixel - margin, west + pixels * pixel + margin, north + margin),
            size,
            size,
            DEFAULT_DPI,
            self.layer.revision,
        )
        return MetatileRequest(view, self.across, MARGIN)
