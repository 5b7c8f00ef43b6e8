"""How far symbols paint beyond the geometry that they show."""

from __future__ import annotations

from typing import Optional, Union

from qgis.core import (
    QgsFeatureRenderer,
    QgsPaintEffectRegistry,
    QgsRenderContext,
    QgsSimpleFillSymbolLayer,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSymbol,
    QgsSymbolLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt

_PLAIN = {"singleSymbol", "categorizedSymbol", "graduatedSymbol", "RuleRenderer", "nullSymbol"}  # feature by feature
_MITRE = 2.0  # widths of a line by which its sharp corners stick out at most (QPen's limit)
_SQUARE = 0.75  # by which its square ends do, and more than its other corners do
_BLUR = 1.0  # pixels that antialiasing and the rounding of coordinates may add


def reach_of_layer(layer: QgsVectorLayer, context: QgsRenderContext) -> Optional[float]:
    """Return how many pixels beyond a feature its symbols may paint, None where that is not known.

    It is known where each feature is painted by itself, with simple fills, lines and markers of a fixed size.
    """
    renderer = layer.renderer()
    if renderer is None or layer.labelsEnabled() or layer.diagramsEnabled() or not _is_plain(renderer):
        return None
    reaches = [_of_symbol(symbol, context) for symbol in renderer.symbols(context)]
    return None if None in reaches else max([_BLUR, *reaches])


def _is_plain(renderer: QgsFeatureRenderer) -> bool:
    return renderer.type() in _PLAIN and not _has_effect(renderer) and not renderer.forceRasterRender()


def _of_symbol(symbol: QgsSymbol, context: QgsRenderContext) -> Optional[float]:
    if symbol.hasDataDefinedProperties():
        return None
    reaches = [_of_symbol_layer(layer, context) for layer in symbol.symbolLayers() if layer.enabled()]
    return None if None in reaches else max([0.0, *reaches]) + _BLUR


def _of_symbol_layer(layer: QgsSymbolLayer, context: QgsRenderContext) -> Optional[float]:
    if _has_effect(layer):
        return None
    if type(layer) is QgsSimpleLineSymbolLayer:
        line = _pixels(context, layer.width(), layer.widthUnit())
        return line * _sticking_out(layer) + _pixels(context, layer.offset(), layer.offsetUnit()) * _MITRE
    if type(layer) is QgsSimpleFillSymbolLayer and layer.offset().isNull():
        return _pixels(context, layer.strokeWidth(), layer.strokeWidthUnit()) * _sticking_out(layer)
    if type(layer) is QgsSimpleMarkerSymbolLayer and layer.offset().isNull():
        stroke = _pixels(context, layer.strokeWidth(), layer.strokeWidthUnit())
        return _pixels(context, layer.size(), layer.sizeUnit()) + stroke * _MITRE  # whatever its anchor and its angle
    return None


def _sticking_out(layer: Union[QgsSimpleLineSymbolLayer, QgsSimpleFillSymbolLayer]) -> float:
    return _SQUARE if layer.penJoinStyle() in (Qt.PenJoinStyle.BevelJoin, Qt.PenJoinStyle.RoundJoin) else _MITRE


def _pixels(context: QgsRenderContext, size: float, unit: int) -> float:
    return abs(context.convertToPainterUnits(size, unit))


def _has_effect(painted: object) -> bool:
    effect = painted.paintEffect()
    return effect is not None and effect.enabled() and not QgsPaintEffectRegistry.isDefaultStack(effect)
