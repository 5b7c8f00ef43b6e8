"""A small map of one layer at the scale of a zoom level."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QSize, Qt

WEB_MERCATOR = "EPSG:3857"
LOOKED_AT = 200  # features
LARGE = 20  # of them, the largest, that may be shown
PIXEL = 156_543.033928041  # metres of a pixel of 256-pixel tiles at level 0


class LevelMap(QgsMapCanvas):
    """Draws a layer as large as its tiles are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.setCanvasColor(Qt.GlobalColor.white)
        self.setDestinationCrs(QgsCoordinateReferenceSystem(WEB_MERCATOR))
        self.setMinimumSize(180, 150)
        self.setWheelFactor(2)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.enableAntiAliasing(True)

    def sizeHint(self) -> QSize:
        """Ask for no more room than is needed; the layout gives what there is."""
        return QSize(280, 200)

    def show_level(self, layer: QgsVectorLayer, level: int) -> None:
        """Show the middle of a layer at a level."""
        self.setLayers([layer])
        centre = middle(layer)
        half_wide = self.width() / 2 * PIXEL / 2**level
        half_high = self.height() / 2 * PIXEL / 2**level
        self.setExtent(QgsRectangle(
            centre.x() - half_wide, centre.y() - half_high, centre.x() + half_wide, centre.y() + half_high
        ))  # fmt: skip
        self.refresh()


def middle(layer: QgsVectorLayer) -> QgsPointXY:
    """Return a place of a layer in Web Mercator where there is something to see: a corner of a large shape near it all.

    Well inside a large polygon a map of a fine level would be of one colour.
    """
    extent = web_extent(layer)
    centre = extent.center() if not extent.isEmpty() else QgsPointXY(0, 0)
    target = QgsCoordinateReferenceSystem(WEB_MERCATOR)
    request = QgsFeatureRequest().setNoAttributes().setLimit(LOOKED_AT)
    request.setDestinationCrs(target, QgsProject.instance().transformContext())
    request.setTransformErrorCallback(lambda _feature: None)
    shapes = [one.geometry() for one in layer.getFeatures(request) if one.hasGeometry()]
    parts = [part for shape in shapes for part in shape.asGeometryCollection() if not part.isEmpty()]
    parts.sort(key=lambda part: -part.boundingBox().perimeter())
    corners = [part.closestVertex(centre)[0] for part in parts[:LARGE]]
    return min((QgsPointXY(one) for one in corners), key=centre.sqrDist, default=centre)


def web_extent(layer: QgsVectorLayer) -> QgsRectangle:
    """Return the extent of a layer in Web Mercator; an empty one where it has none there."""
    target = QgsCoordinateReferenceSystem(WEB_MERCATOR)
    limit = QgsRectangle(-20_037_508, -20_037_508, 20_037_508, 20_037_508)
    try:
        transform = QgsCoordinateTransform(layer.crs(), target, QgsProject.instance())
        found = transform.transformBoundingBox(layer.extent())
    except QgsCsException:
        return limit
    return found.intersect(limit) if found.isFinite() else limit
