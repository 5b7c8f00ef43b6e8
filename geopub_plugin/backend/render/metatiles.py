"""Blocks of tiles: one map, drawn once and cut."""

from __future__ import annotations

import struct

from qgis.PyQt.QtGui import QImage

from .pictures import encoded
from .requests import PNG, MetatileRequest


def cut(request: MetatileRequest, image: QImage) -> bytes:
    """Return how many tiles, the length of each PNG (big-endian uint32), and the PNGs: row by row from the top left."""
    side = (request.view.width - 2 * request.margin) // request.across
    starts = [request.margin + number * side for number in range(request.across)]
    tiles = [encoded(image.copy(left, top, side, side), PNG, True) for top in starts for left in starts]
    return struct.pack(f">{len(tiles) + 1}I", len(tiles), *map(len, tiles)) + b"".join(tiles)
