"""Names that QGIS 3.22 does not have yet."""

from __future__ import annotations

from qgis.core import Qgis

if hasattr(Qgis, "LayerType"):
    VECTOR_LAYER = Qgis.LayerType.Vector
    POINT_GEOMETRY = Qgis.GeometryType.Point
else:
    from qgis.core import QgsMapLayerType, QgsWkbTypes

    VECTOR_LAYER = QgsMapLayerType.VectorLayer
    POINT_GEOMETRY = QgsWkbTypes.GeometryType.PointGeometry

__all__ = ["POINT_GEOMETRY", "VECTOR_LAYER"]
