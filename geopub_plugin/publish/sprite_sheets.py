"""The pictures of a map style, drawn by the QGIS that publishes it."""

from __future__ import annotations

import struct
from typing import Dict, Sequence, Tuple

from ..backend.render.requests import SpritesRequest
from ..backend.render.sprites import draw_sprites
from ..backend.styles.mapbox import TileLayer, to_mapbox
from ..backend.styles.sprites import Sprite
from .map_style import RATIOS, Draw

_ANY_TILES = TileLayer("", "", {}, frozenset())  # pictures do not depend on the names of attributes


def drawn_sheets(*qmls: bytes) -> Draw:
    """Draw the pictures that styles need, now and in this thread, and return what hands them out."""
    named = {sprite.name: sprite for qml in qmls for sprite in to_mapbox(qml, _ANY_TILES).sprites}
    sprites = tuple(named.values())
    sheets: Dict[float, Tuple[bytes, bytes]] = {ratio: _sheet(sprites, ratio) for ratio in RATIOS} if sprites else {}

    def draw(wanted: Sequence[Sprite], ratio: float) -> Tuple[bytes, bytes]:
        if set(wanted) != set(sprites):  # a table was left out
            return _sheet(wanted, ratio)
        return sheets[ratio]

    return draw


def _sheet(sprites: Sequence[Sprite], ratio: float) -> Tuple[bytes, bytes]:
    sheet = draw_sprites(SpritesRequest(tuple(sprites), ratio))
    (length,) = struct.unpack_from(">I", sheet)
    return sheet[4 : 4 + length], sheet[4 + length :]
