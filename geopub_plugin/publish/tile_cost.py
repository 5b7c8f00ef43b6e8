"""What tiles will cost, reckoned in a moment from a few features: the estimate of the tile engine, on a sample.

The engine's own estimate (`backend/tiles/estimate.py`) reads every feature's box of an integrated file; this one is
for before anything is exported, and has the same constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from .proposal import Detail

_TILE_BYTES, _FEATURE_BYTES, _VERTEX_BYTES = 70.0, 9.0, 1.7  # compressed
_TILE_WORK, _FEATURE_WORK = 12.0, 3.0  # as many vertices
_SECONDS = 1.1e-6  # for a vertex at a level
_EXTENT, _DUST = 4096.0, 4.0
_WORLD = 40_075_016.7  # metres round the equator
_SIMPLIFICATION = 10.0


@dataclass(frozen=True)
class TableLoad:
    """One table of the tiles."""

    detail: Detail
    vertices: float  # of a feature
    attributes: int
    top_level: int
    bottom_level: int


@dataclass(frozen=True)
class TileCost:
    """About how much a pyramid will be."""

    tiles: int
    size: int  # bytes
    seconds: float


def tile_cost(tables: Iterable[TableLoad]) -> TileCost:
    """Return about what tiles of these tables will cost."""
    tiles = size = work = 0.0
    for table in tables:
        for level in range(table.top_level, table.bottom_level + 1):
            here, placed, vertices = _level(table, level)
            tiles += here
            bytes_a_feature = _FEATURE_BYTES + 1.5 * max(table.attributes - 2, 0)
            size += here * _TILE_BYTES + placed * bytes_a_feature + vertices * _VERTEX_BYTES
            work += here * _TILE_WORK + placed * _FEATURE_WORK + vertices
    return TileCost(round(tiles), round(size), work * _SECONDS)


def _level(table: TableLoad, level: int) -> tuple:
    """Return tiles, features in tiles and vertices of one level."""
    detail, scale = table.detail, 2.0**level
    units = detail.size / _WORLD * scale * _EXTENT  # across a feature
    seen = 1.0 if detail.size <= 0 else min(max(units / _DUST, 0.0), 1.0)
    across = detail.size / (_WORLD / scale) + 1
    left = min(table.vertices, 3 + 4 * units / (_SIMPLIFICATION + 2)) if detail.size > 0 else 1.0
    count = max(detail.count, 1)
    return detail.tiles(level), count * seen * across**2, count * seen * left
