"""Names that QGIS 3.22 does not have yet."""

from __future__ import annotations

from qgis.core import Qgis, QgsDataProvider, QgsProcessingAlgorithm
from qgis.PyQt.QtCore import QMetaType

if hasattr(Qgis, "LayerType"):
    VECTOR_LAYER = Qgis.LayerType.Vector
    POINT_GEOMETRY = Qgis.GeometryType.Point
    POLYGON_GEOMETRY = Qgis.GeometryType.Polygon
else:
    from qgis.core import QgsMapLayerType, QgsWkbTypes

    VECTOR_LAYER = QgsMapLayerType.VectorLayer
    POINT_GEOMETRY = QgsWkbTypes.GeometryType.PointGeometry
    POLYGON_GEOMETRY = QgsWkbTypes.GeometryType.PolygonGeometry

if hasattr(Qgis, "FieldOrigin"):
    PROVIDER_FIELD = Qgis.FieldOrigin.Provider
else:
    from qgis.core import QgsFields

    PROVIDER_FIELD = QgsFields.FieldOrigin.OriginProvider

if hasattr(Qgis, "ProcessingAlgorithmFlag"):
    NO_THREADING = Qgis.ProcessingAlgorithmFlag.NoThreading
else:
    NO_THREADING = QgsProcessingAlgorithm.Flag.FlagNoThreading

if hasattr(Qgis, "DataItemProviderCapability"):
    NETWORK_SOURCES = Qgis.DataItemProviderCapability.NetworkSources
else:
    NETWORK_SOURCES = QgsDataProvider.DataCapability.Net

if Qgis.QGIS_VERSION_INT >= 33800:
    TEXT_FIELD, INTEGER_FIELD, BOOLEAN_FIELD = QMetaType.Type.QString, QMetaType.Type.Int, QMetaType.Type.Bool
else:  # fields were made of QVariant's types, which Qt 6 has no more
    from qgis.PyQt.QtCore import QVariant

    TEXT_FIELD = QVariant.Type.String
    INTEGER_FIELD = QVariant.Type.Int
    BOOLEAN_FIELD = QVariant.Type.Bool

__all__ = [
    "BOOLEAN_FIELD",
    "INTEGER_FIELD",
    "NETWORK_SOURCES",
    "NO_THREADING",
    "POINT_GEOMETRY",
    "POLYGON_GEOMETRY",
    "PROVIDER_FIELD",
    "TEXT_FIELD",
    "VECTOR_LAYER",
]
