"""Features at a pixel of a map: those that the style draws at this scale."""

from __future__ import annotations

import json
from typing import Any, Dict, List

from qgis.core import (
    QgsCoordinateTransform,
    QgsCsException,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsFeatureRequest,
    QgsJsonExporter,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsRenderContext,
    QgsVectorLayer,
    QgsWkbTypes,
)

from .layers import Layers
from .maps import map_settings
from .requests import FeatureInfoRequest

_PIXEL = 0.5  # to each side: the pixel itself


def find_features(request: FeatureInfoRequest, layers: List[Layers]) -> bytes:
    """Return JSON: for each table of the request its features, as GeoJSON in the system of the map."""
    settings = map_settings(request.view, layers)
    found: List[List[Dict[str, Any]]] = []
    for table in layers:
        features: List[Dict[str, Any]] = []
        for layer in table:
            features += _of_layer(request, settings, layer, request.count - len(features))
        found.append(features)
    return json.dumps(found).encode("utf-8")


def _of_layer(
    request: FeatureInfoRequest, settings: QgsMapSettings, layer: QgsVectorLayer, count: int
) -> List[Dict[str, Any]]:
    if count <= 0 or not layer.isInScaleRange(settings.scale()):
        return []
    to_map = QgsCoordinateTransform(layer.crs(), settings.destinationCrs(), QgsProject.instance())
    try:
        box = to_map.transformBoundingBox(
            _box(request, _tolerance(request, layer)), QgsCoordinateTransform.ReverseTransform
        )
    except QgsCsException:  # the point lies where the layer's system does not reach
        return []
    exporter = QgsJsonExporter(layer, 9)
    exporter.setTransformGeometries(False)
    exporter.setIncludeGeometry(request.geometry)
    exporter.setExcludedAttributes(layer.primaryKeyAttributes())  # they are the id
    features = []
    for feature in _drawn(layer, settings, box):
        if request.geometry and not _transform(feature, to_map):
            continue
        features.append(json.loads(exporter.exportFeature(feature, {}, feature.id())))
        if len(features) == count:
            break
    return features


def _tolerance(request: FeatureInfoRequest, layer: QgsVectorLayer) -> float:
    """Return the pixels around the point that count for the kind of geometry of a layer."""
    kinds = (QgsWkbTypes.PointGeometry, QgsWkbTypes.LineGeometry)
    kind = layer.geometryType()
    return max(request.tolerances[kinds.index(kind) if kind in kinds else 2], _PIXEL)


def _box(request: FeatureInfoRequest, tolerance: float) -> QgsRectangle:
    """Return the ground around the pixel; pixels need not be square (OGC 06-042 §7.3.3.8)."""
    west, south, east, north = request.view.bounds
    wide, high = (east - west) / request.view.width, (north - south) / request.view.height  # of a pixel
    x, y = west + request.column * wide, north - request.row * high
    return QgsRectangle(
        x - tolerance * wide,
        y - tolerance * high,
        x + tolerance * wide,
        y + tolerance * high,
    )


def _transform(feature: QgsFeature, to_map: QgsCoordinateTransform) -> bool:
    geometry = feature.geometry()
    try:
        geometry.transform(to_map)
    except QgsCsException:
        return False
    feature.setGeometry(geometry)
    return True


def _drawn(layer: QgsVectorLayer, settings: QgsMapSettings, box: QgsRectangle) -> List[QgsFeature]:
    """Return the features that touch a box (in the layer's system) and that the layer's style draws."""
    context = QgsRenderContext.fromMapSettings(settings)
    context.expressionContext().appendScope(QgsExpressionContextUtils.layerScope(layer))
    renderer = layer.renderer().clone() if layer.renderer() else None
    if renderer is None:
        return []
    wanted = QgsFeatureRequest().setFilterRect(box).setFlags(QgsFeatureRequest.Flag.ExactIntersect)
    renderer.startRender(context, layer.fields())
    try:
        features = []
        for feature in layer.getFeatures(wanted):
            context.expressionContext().setFeature(feature)
            if renderer.willRenderFeature(feature, context):
                features.append(QgsFeature(feature))
        return features
    finally:
        renderer.stopRender(context)
