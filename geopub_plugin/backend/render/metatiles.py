"""Blocks of tiles: one map, drawn once and cut."""

from __future__ import annotations

import struct
from typing import List

from .layers import Layers
from .maps import map_image
from .pictures import encoded
from .requests import PNG, MapRequest, MetatileRequest

_PAPER = "#ffffff"


def draw_metatile(request: MetatileRequest, layers: List[Layers]) -> bytes:
    """Return how many tiles, the length of each PNG (big-endian uint32), and the PNGs: row by row from the top left."""
    image = map_image(MapRequest(request.view, PNG, True, _PAPER), layers)
    side = (request.view.width - 2 * request.margin) // request.across
    starts = [request.margin + number * side for number in range(request.across)]
    tiles = [encoded(image.copy(left, top, side, side), PNG, True) for top in starts for left in starts]
    return struct.pack(f">{len(tiles) + 1}I", len(tiles), *map(len, tiles)) + b"".join(tiles)
