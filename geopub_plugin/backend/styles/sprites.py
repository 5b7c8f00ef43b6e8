"""Pictures that a Mapbox style needs: what each shows; QGIS draws them."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Union

from ..safe_xml import serialise
from .symbology import Icon, Pattern, Unit

_ON_GROUND = 32.0  # pixels: how large the picture is of a marker whose size depends on the zoom
_LARGEST = 512.0  # pixels


@dataclass(frozen=True)
class Sprite:
    """One picture: a symbol as QML has it, drawn alone, or a part of a filling that repeats."""

    name: str
    symbol: str  # XML of a QML <symbol>
    width: int  # pixels; 0: as large as the symbol is
    height: int
    drawn_size: float = 1.0  # pixels that the marker's own size takes in the picture
    repeats: bool = False


def sprite_of(symbol: Union[Icon, Pattern]) -> Sprite:
    """Return the picture that a symbol needs; the same symbol has the same name."""
    content = serialise(symbol.symbol)
    name = hashlib.sha256(content).hexdigest()[:16]
    if isinstance(symbol, Pattern):
        width, height = (max(1, min(math.ceil(side), int(_LARGEST))) for side in symbol.period)
        return Sprite(name, content.decode(), width, height, repeats=True)
    size = symbol.size.value if symbol.size.unit is Unit.PIXEL else _ON_GROUND
    return Sprite(name, content.decode(), 0, 0, min(max(size, 1.0), _LARGEST))
