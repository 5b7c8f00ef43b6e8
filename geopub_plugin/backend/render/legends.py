"""Legends as pictures, and as a tree of symbols."""

from __future__ import annotations

import base64
import json
import math
from typing import Any, Dict, List

from qgis.core import (
    QgsLayerTree,
    QgsLayerTreeModel,
    QgsLegendRenderer,
    QgsLegendSettings,
    QgsLegendStyle,
    QgsRenderContext,
    QgsSymbol,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize, QSizeF
from qgis.PyQt.QtGui import QImage, QPainter

from .layers import Layers
from .pictures import blank_image, encoded
from .requests import PNG, LegendRequest

JSON = "application/json"
_ICON = QSize(24, 24)  # pixels
_WHITE = "#ffffff"


def draw_legend(request: LegendRequest, layers: List[Layers]) -> bytes:
    """Return a legend in the format asked for; runs in the main thread only."""
    if request.format == JSON:
        nodes = [_node(title, table) for title, table in zip(request.titles, layers)]
        return json.dumps({"nodes": nodes}).encode("utf-8")
    return _draw_whole(request, layers)


def _symbols(layer: QgsVectorLayer) -> List[Dict[str, Any]]:
    items = layer.renderer().legendSymbolItems() if layer.renderer() else []
    return [{"title": item.label(), "icon": _icon(item.symbol(), _ICON)} for item in items]


def _icon(symbol: QgsSymbol, size: QSize) -> str:
    if symbol is None:
        return ""
    return base64.b64encode(encoded(symbol.asImage(size), PNG, True)).decode("ascii")


def _node(title: str, table: Layers) -> Dict[str, Any]:
    return {"type": "layer", "title": title, "symbols": [symbol for layer in table for symbol in _symbols(layer)]}


def _draw_whole(request: LegendRequest, layers: List[Layers]) -> bytes:
    root = QgsLayerTree()
    for title, table in zip(request.titles, layers):
        for layer in table:
            node = root.addLayer(layer)
            node.setCustomProperty("legend/title-label", title or " ")  # an empty one gives the layer's name
            if not title or layer is not table[0]:
                QgsLegendRenderer.setNodeLegendStyle(node, QgsLegendStyle.Style.Hidden)
    per_mm = request.dpi / 25.4
    settings = QgsLegendSettings()
    if request.width and request.height:
        settings.setSymbolSize(QSizeF(request.width / per_mm, request.height / per_mm))
    model = QgsLayerTreeModel(root)  # made last: it reads the titles once
    renderer = QgsLegendRenderer(model, settings)
    size = _size(renderer, per_mm)
    width, height = math.ceil(size.width() * per_mm), math.ceil(size.height() * per_mm)
    image = blank_image(max(width, 1), max(height, 1), request.transparent, _WHITE, request.dpi)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(per_mm, per_mm)
    renderer.drawLegend(_context(painter, per_mm))
    painter.end()
    return encoded(image, request.format, request.transparent)


def _size(renderer: QgsLegendRenderer, per_mm: float) -> QSizeF:
    """Return the size in millimetres that a legend needs."""
    image = QImage(1, 1, QImage.Format.Format_ARGB32)  # must outlive its painter
    painter = QPainter(image)
    size = renderer.minimumSize(_context(painter, per_mm))
    painter.end()
    return size


def _context(painter: QPainter, per_mm: float) -> QgsRenderContext:
    context = QgsRenderContext.fromQPainter(painter)
    context.setScaleFactor(per_mm)
    context.setFlag(QgsRenderContext.Flag.Antialiasing, True)
    return context
