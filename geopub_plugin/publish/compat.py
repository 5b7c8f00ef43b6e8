"""Names that QGIS 3.22 does not have yet."""

from __future__ import annotations

from qgis.core import Qgis, QgsProcessingAlgorithm

if hasattr(Qgis, "LayerType"):
    VECTOR_LAYER = Qgis.LayerType.Vector
    POINT_GEOMETRY = Qgis.GeometryType.Point
    POLYGON_GEOMETRY = Qgis.GeometryType.Polygon
else:
    from qgis.core import QgsMapLayerType, QgsWkbTypes

    VECTOR_LAYER = QgsMapLayerType.VectorLayer
    POINT_GEOMETRY = QgsWkbTypes.GeometryType.PointGeometry
    POLYGON_GEOMETRY = QgsWkbTypes.GeometryType.PolygonGeometry

if hasattr(Qgis, "ProcessingAlgorithmFlag"):
    NO_THREADING = Qgis.ProcessingAlgorithmFlag.NoThreading
else:
    NO_THREADING = QgsProcessingAlgorithm.Flag.FlagNoThreading

__all__ = ["NO_THREADING", "POINT_GEOMETRY", "POLYGON_GEOMETRY", "VECTOR_LAYER"]
