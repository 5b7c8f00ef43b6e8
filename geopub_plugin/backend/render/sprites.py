"""Pictures for map styles: symbols drawn by QGIS, side by side on one sheet (MapLibre's specification, "sprite")."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any, Dict, List, Tuple

from qgis.core import QgsMarkerSymbol, QgsReadWriteContext, QgsRenderContext, QgsSymbol, QgsSymbolLayerUtils
from qgis.PyQt.QtCore import QPointF, QRectF
from qgis.PyQt.QtGui import QImage, QPainter, QPolygonF
from qgis.PyQt.QtXml import QDomDocument

from ..errors import InvalidInput
from ..styles.sprites import Sprite
from ..translation import tr
from .pictures import blank_image, encoded
from .requests import DEFAULT_DPI, PNG, SpritesRequest

_GAP = 1  # pixels between pictures, so that none bleeds into another
_WIDEST = 1024  # pixels of a sheet
_LARGEST = 1024  # pixels of one picture


@dataclass(frozen=True)
class _Drawn:
    name: str
    image: QImage


def draw_sprites(request: SpritesRequest) -> bytes:
    """Return a sheet: the length of its JSON as four bytes, the JSON, the PNG; runs in the main thread only."""
    drawn = [_Drawn(sprite.name, _picture(sprite, request.ratio)) for sprite in request.sprites]
    index, sheet = _arranged(drawn, request.ratio)
    described = json.dumps(index, sort_keys=True).encode("utf-8")
    return struct.pack(">I", len(described)) + described + encoded(sheet, PNG, True)


def _picture(sprite: Sprite, ratio: float) -> QImage:
    symbol = _symbol(sprite.symbol)
    if sprite.repeats:
        return _filling(symbol, sprite, ratio)
    if not isinstance(symbol, QgsMarkerSymbol):
        raise _not_drawn()
    return _marker(symbol, sprite, ratio)


def _symbol(content: str) -> QgsSymbol:
    document = QDomDocument()
    document.setContent(content)
    symbol = QgsSymbolLayerUtils.loadSymbol(document.documentElement(), QgsReadWriteContext())
    if symbol is None:
        raise _not_drawn()
    return symbol


def _not_drawn() -> InvalidInput:
    return InvalidInput(
        tr("A symbol of the style cannot be drawn."),
        tr("QGIS does not read it."),
        tr("Open the style in QGIS, correct it and publish it again."),
    )


def _marker(symbol: QgsMarkerSymbol, sprite: Sprite, ratio: float) -> QImage:
    """Return the picture of a marker, its own point in the middle."""
    bounds = _bounds(symbol)
    across = 2 * max(abs(bounds.left()), abs(bounds.right()), 0.5)
    along = 2 * max(abs(bounds.top()), abs(bounds.bottom()), 0.5)
    width, height = (min(2 * math.ceil(side * ratio / 2) + 2, _LARGEST) for side in (across, along))
    image = blank_image(width, height, True, "#000000", DEFAULT_DPI)
    painter = _painter(image, ratio)
    context = _context(painter)
    symbol.startRender(context)
    symbol.renderPoint(QPointF(width / 2 / ratio, height / 2 / ratio), None, context)
    symbol.stopRender(context)
    painter.end()
    return image


def _bounds(symbol: QgsMarkerSymbol) -> QRectF:
    image = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    context = _context(painter)
    symbol.startRender(context)
    bounds = symbol.bounds(QPointF(0, 0), context)
    symbol.stopRender(context)
    painter.end()
    return bounds


def _filling(symbol: QgsSymbol, sprite: Sprite, ratio: float) -> QImage:
    """Return one period of a filling, cut out of a larger one."""
    width, height = math.ceil(sprite.width * ratio), math.ceil(sprite.height * ratio)
    image = blank_image(width, height, True, "#000000", DEFAULT_DPI)
    painter = _painter(image, ratio)
    context = _context(painter)
    across, along = 4 * sprite.width, 4 * sprite.height
    polygon = QPolygonF(QRectF(-across, -along, 2 * across + sprite.width, 2 * along + sprite.height))
    symbol.startRender(context)
    symbol.renderPolygon(polygon, None, None, context)
    symbol.stopRender(context)
    painter.end()
    return image


def _painter(image: QImage, ratio: float) -> QPainter:
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(ratio, ratio)
    return painter


def _context(painter: QPainter) -> QgsRenderContext:
    context = QgsRenderContext.fromQPainter(painter)
    context.setScaleFactor(DEFAULT_DPI / 25.4)
    context.setFlag(QgsRenderContext.Flag.Antialiasing, True)
    return context


def _arranged(drawn: List[_Drawn], ratio: float) -> Tuple[Dict[str, Any], QImage]:
    """Put pictures in rows, the highest first."""
    index: Dict[str, Any] = {}
    x = y = row = widest = 0
    for one in sorted(drawn, key=lambda one: (-one.image.height(), one.name)):
        width, height = one.image.width(), one.image.height()
        if x and x + width > _WIDEST:
            x, y, row = 0, y + row + _GAP, 0
        index[one.name] = {"x": x, "y": y, "width": width, "height": height, "pixelRatio": ratio}
        x, row = x + width + _GAP, max(row, height)
        widest = max(widest, x)
    sheet = blank_image(max(widest, 1), max(y + row, 1), True, "#000000", DEFAULT_DPI)
    painter = QPainter(sheet)
    for one in drawn:
        painter.drawImage(index[one.name]["x"], index[one.name]["y"], one.image)
    painter.end()
    return index, sheet
