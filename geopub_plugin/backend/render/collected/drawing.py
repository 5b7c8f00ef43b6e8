"""Layers drawn by QGIS's own symbols, all features of each as one collection: part after part, as one by one.

What QGIS does for every feature besides, such as to fetch it through OGR and to look for its symbol, is more than half
of a map's time. It is left out where it makes no difference.
"""

from __future__ import annotations

from functools import cached_property
from typing import List, Optional, Sequence

from qgis.core import (
    QgsCsException,
    QgsFeature,
    QgsGeometry,
    QgsMapSettings,
    QgsRectangle,
    QgsRenderContext,
    QgsSimpleFillSymbolLayer,
    QgsSimpleLineSymbolLayer,
    QgsSymbol,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QImage, QPainter

from ..reach import reach_of_layer
from .features import NotCollectable, bounds_of, collections
from .seen import Seen, seen
from .tables import Found, ReadTable

_FLAT = (Qt.BrushStyle.SolidPattern, Qt.BrushStyle.NoBrush)


class CollectedLayer:
    """A layer of a map, with what of it is drawn."""

    def __init__(self, layer: QgsVectorLayer, symbol: QgsSymbol, table: ReadTable, view: Seen) -> None:
        self._layer, self._symbol, self._table, self._view = layer, symbol, table, view

    @cached_property
    def _found(self) -> Found:
        return self._table.meeting(bounds_of(self._view.ground))

    def count(self) -> int:
        """Return how many features the map may show."""
        return len(self._found)

    def draw(self, painter: QPainter, near: Optional[QgsRectangle]) -> None:
        """Draw the features, or those of them that lie near a place (in the layer's system).

        Raises:
            NotCollectable: QGIS has to draw them itself.
        """
        found = self._table.meeting(bounds_of(self._view.ground), bounds_of(near)) if near else self._found
        context = QgsRenderContext(self._view.context)
        context.setPainter(painter)
        self._symbol.startRender(context, self._layer.fields())
        try:
            for wkb in collections(self._table, found, self._view):
                self._symbol.renderFeature(_feature(wkb), context)
        except QgsCsException as error:  # QGIS leaves such features out, one by one
            raise NotCollectable from error
        finally:
            self._symbol.stopRender(context)


def _feature(wkb: bytes) -> QgsFeature:
    geometry, feature = QgsGeometry(), QgsFeature()
    geometry.fromWkb(wkb)
    feature.setGeometry(geometry)
    return feature


def collected_layer(settings: QgsMapSettings, layer: QgsVectorLayer, table: ReadTable) -> Optional[CollectedLayer]:
    """Return a layer that can be drawn at once on a map, None for one that cannot."""
    view = seen(settings, layer)
    symbol = None if view is None else _only_symbol(layer, view.context)
    if view is None or symbol is None or not table.schema.spatial_index:
        return None
    return CollectedLayer(layer, symbol, table, view)


def _only_symbol(layer: QgsVectorLayer, context: QgsRenderContext) -> Optional[QgsSymbol]:
    """Return the symbol of a layer whose features all have the same plain one, drawn feature by feature."""
    renderer = layer.renderer()
    if renderer is None or renderer.type() != "singleSymbol" or reach_of_layer(layer, context) is None:
        return None
    symbol = renderer.symbol()
    plain = (
        symbol.symbolLayerCount() == 1
        and _is_flat(symbol.symbolLayer(0))
        and not renderer.usingSymbolLevels()
        and not renderer.orderByEnabled()
        and getattr(renderer, "referenceScale", lambda: -1)() <= 0
        and layer.opacity() == 1
        and layer.blendMode() == layer.featureBlendMode() == QPainter.CompositionMode.CompositionMode_SourceOver
        and not layer.hasScaleBasedVisibility()
    )
    return symbol if plain else None


def _is_flat(layer: object) -> bool:
    """Tell whether what a symbol layer paints does not depend on where its features begin."""
    if isinstance(layer, QgsSimpleFillSymbolLayer):
        return layer.enabled() and layer.brushStyle() in _FLAT
    return layer.enabled() and not (isinstance(layer, QgsSimpleLineSymbolLayer) and layer.offset() != 0)


def draw(
    settings: QgsMapSettings, layers: Sequence[CollectedLayer], image: QImage, near: Sequence[QgsRectangle] = ()
) -> None:
    """Draw layers, top first, on an image: all of them, or what of each lies near a place."""
    places: List[Optional[QgsRectangle]] = list(near) or [None] * len(layers)
    painter = QPainter(image)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, settings.testFlag(QgsMapSettings.Flag.Antialiasing))
        painter.fillRect(image.rect(), settings.backgroundColor())
        for layer, place in reversed(list(zip(layers, places))):
            painter.save()
            layer.draw(painter, place)
            painter.restore()
    finally:
        painter.end()
