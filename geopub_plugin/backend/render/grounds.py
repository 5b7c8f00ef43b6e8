"""The ground whose features paint on some rows of a map."""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCsException,
    QgsFeatureRequest,
    QgsGeometry,
    QgsMapSettings,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QRect

_BENT = 0.05  # of the rows' height: what bounds in another system, found by points 1/30 apart, may miss of it
_WIDENED = 1.5  # times its height, up to which a band may read more
_WIDE, _HIGH = 170.0, 80.0  # degrees


def grounds_to_read(
    settings: QgsMapSettings, layer: QgsVectorLayer, bands: Sequence[QRect], reach: float
) -> Optional[List[QgsRectangle]]:
    """Return for each band of rows the bounds, in a layer's system, of the features that paint on it; None if unsure.

    `reach` is how many pixels beyond themselves they may paint. Twice as much is read: a feature that comes near a band
    only beyond the edge of the map mostly lies on the map a little farther on.
    """
    whole = in_system_of(layer, settings, settings.visibleExtent())
    near = [ground_near(settings, layer, rows, reach) for rows in bands]
    read = [ground_near(settings, layer, rows, 2 * reach) for rows in bands]
    if whole is None or None in near or None in read:
        return None
    return _with_strays(layer, whole, near, read)


def grounds_near(
    settings: QgsMapSettings, layer: QgsVectorLayer, bands: Sequence[QRect], reach: float
) -> Optional[List[QgsRectangle]]:
    """Return for each band of rows the bounds, in a layer's system, of what paints on it; None if unsure."""
    near = [ground_near(settings, layer, rows, reach) for rows in bands]
    return None if None in near else near


def ground_near(
    settings: QgsMapSettings, layer: QgsVectorLayer, rows: QRect, reach: float
) -> Optional[QgsRectangle]:  # fmt: skip
    """Return the bounds, in a layer's system, of what paints on some rows of a map; None if unsure.

    `reach` is how many pixels beyond itself it may paint.
    """
    shown, pixel = settings.visibleExtent(), settings.mapUnitsPerPixel()
    if not settings.layerTransform(layer).isShortCircuited():
        reach += _BENT * rows.height()
    top, bottom = (shown.yMaximum() - row * pixel for row in (rows.top(), rows.top() + rows.height()))
    ground = QgsRectangle(shown.xMinimum(), bottom, shown.xMaximum(), top).buffered(reach * pixel)
    return in_system_of(layer, settings, ground)


def in_system_of(layer: QgsVectorLayer, settings: QgsMapSettings, ground: QgsRectangle) -> Optional[QgsRectangle]:
    """Return bounds of some ground of a map in a layer's system, None where a pole or the other side may be near."""
    change = settings.layerTransform(layer)
    if change.isShortCircuited():
        return ground
    change.setBallparkTransformsAreAppropriate(True)  # for the ground alone, as QGIS does
    try:
        changed = change.transformBoundingBox(ground, Qgis.TransformDirection.Reverse)
        middle = change.transform(ground.center(), Qgis.TransformDirection.Reverse)
    except QgsCsException:
        return None
    if not changed.isFinite() or not changed.contains(middle):  # QGIS 3.40 swaps sides at 180 degrees
        return None
    return changed if lies_within_the_world(changed, layer.crs()) else None


def lies_within_the_world(bounds: QgsRectangle, system: QgsCoordinateReferenceSystem) -> bool:
    """Tell whether bounds in a system stay away from the poles and from where longitudes begin anew."""
    return not system.isGeographic() or QgsRectangle(-_WIDE, -_HIGH, _WIDE, _HIGH).contains(bounds)


def _with_strays(
    layer: QgsVectorLayer, whole: QgsRectangle, near: Sequence[QgsRectangle], read: Sequence[QgsRectangle]
) -> Optional[List[QgsRectangle]]:
    """Return what is read for each band, widened by the features that come near it only from beyond the map's edge.

    QGIS draws what lies beyond the edge, and reaches over it, only of features that lie on the map somewhere else, too:
    an island of a country, say. Who reads the ground of a band alone cannot know that. None where it were too much.
    """
    map_area = Area(whole)
    bands = [(bounds, Area(whole.intersect(ground))) for bounds, ground in zip(near, read)]
    widened = [QgsRectangle(ground) for ground in read]
    for geometry in _geometries(layer, _beyond(whole, near)):
        found = geometry.boundingBox()
        for (around, area), ground in zip(bands, widened):
            if around.intersects(found) and not area.meets(geometry, found) and map_area.meets(geometry, found):
                ground.combineExtentWith(found.intersect(whole))
                if ground.height() > _WIDENED * around.height():
                    return None
    return widened


class Area:
    """Bounds that many geometries are compared with."""

    def __init__(self, bounds: QgsRectangle) -> None:
        self._bounds = bounds
        self._geometry = QgsGeometry.fromRect(bounds)  # lives as long as the engine, which looks at it
        self._engine = QgsGeometry.createGeometryEngine(self._geometry.constGet())
        self._engine.prepareGeometry()

    def meets(self, geometry: QgsGeometry, bounds: QgsRectangle) -> bool:
        """Tell whether a geometry with these bounds has a point in common with the area."""
        if not self._bounds.intersects(bounds):
            return False
        return _one_side_sticks_out(bounds, self._bounds) or self._engine.intersects(geometry.constGet())


def _one_side_sticks_out(bounds: QgsRectangle, area: QgsRectangle) -> bool:
    """Tell whether bounds lie in an area but for one side: what they bound touches the opposite one, in the area."""
    west, east = (area.xMinimum() <= x <= area.xMaximum() for x in (bounds.xMinimum(), bounds.xMaximum()))
    south, north = (area.yMinimum() <= y <= area.yMaximum() for y in (bounds.yMinimum(), bounds.yMaximum()))
    return west + east + south + north >= 3


def _geometries(layer: QgsVectorLayer, strips: Iterator[QgsRectangle]) -> Iterator[QgsGeometry]:
    for strip in strips:
        request = QgsFeatureRequest().setFilterRect(strip).setSubsetOfAttributes([])
        for feature in layer.getFeatures(request):
            yield feature.geometry()


def _beyond(whole: QgsRectangle, near: Sequence[QgsRectangle]) -> Iterator[QgsRectangle]:
    """Yield what of all the bands' ground lies west, south, east and north of a map."""
    west, east = min(one.xMinimum() for one in near), max(one.xMaximum() for one in near)
    south, north = min(one.yMinimum() for one in near), max(one.yMaximum() for one in near)
    if west < whole.xMinimum():
        yield QgsRectangle(west, south, whole.xMinimum(), north)
    if south < whole.yMinimum():
        yield QgsRectangle(west, south, east, whole.yMinimum())
    if east > whole.xMaximum():
        yield QgsRectangle(whole.xMaximum(), south, east, north)
    if north > whole.yMaximum():
        yield QgsRectangle(west, whole.yMaximum(), east, north)
