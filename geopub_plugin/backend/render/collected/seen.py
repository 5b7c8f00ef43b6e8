"""What of a layer a map shows, and how finely, as QGIS's own drawing of a map finds out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from qgis.core import (
    Qgis,
    QgsCoordinateTransform,
    QgsCsException,
    QgsMapSettings,
    QgsPointXY,
    QgsRectangle,
    QgsRenderContext,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorSimplifyMethod,
)

from ..grounds import in_system_of, lies_within_the_world

_NEAR = 0.2  # of a map's width and height, by which its ground may move when it is transformed there and back
_SIDE = {True: 0.0008983, False: 100.0}  # degrees, and other units: of the square by which scales are compared
_CLIPS_LATER = Qgis.QGIS_VERSION_INT >= 32_400  # where one system has degrees and the other has not
_NOTHING_LEFT_OUT = QgsVectorSimplifyMethod.SimplifyHint.NoSimplification
_VERTICES = QgsVectorSimplifyMethod.SimplifyHint.GeometrySimplification
_BOUNDS = QgsVectorSimplifyMethod.SimplifyHint.AntialiasingSimplification
_BY_DISTANCE = QgsVectorSimplifyMethod.SimplifyAlgorithm.Distance


@dataclass(frozen=True)
class Seen:
    """How a layer is seen on a map."""

    ground: QgsRectangle  # in the layer's system
    tolerance: float  # units of the layer's system within which vertices are left out, 0 for none
    context: QgsRenderContext  # without a painter

    def transformed(self) -> bool:
        """Return whether the layer is in another system than the map."""
        return not self.context.coordinateTransform().isShortCircuited()


def seen(settings: QgsMapSettings, layer: QgsVectorLayer) -> Optional[Seen]:
    """Return how a layer is seen on a map; None where that is not known, and where it is simplified in another way."""
    change = settings.layerTransform(layer)
    try:
        ground = in_system_of(layer, settings, settings.visibleExtent())
        if ground is None or not _is_all(change, ground, settings.visibleExtent()):
            return None
        context = QgsRenderContext.fromMapSettings(settings)
        context.setCoordinateTransform(change)
        context.setExtent(ground)
        if (
            _CLIPS_LATER
            and change.isValid()
            and change.sourceCrs().isGeographic() != change.destinationCrs().isGeographic()
        ):
            context.setFlag(Qgis.RenderContextFlag.ApplyClipAfterReprojection, True)
        tolerance = _simplify(context, layer)
    except QgsCsException:
        return None
    return None if tolerance is None else Seen(ground, tolerance, context)


def _is_all(change: QgsCoordinateTransform, ground: QgsRectangle, shown: QgsRectangle) -> bool:
    """Tell whether a ground in a layer's system is all that QGIS looks at for what is shown."""
    if change.isShortCircuited():
        return True
    change = QgsCoordinateTransform(change)
    change.setBallparkTransformsAreAppropriate(True)
    if change.destinationCrs().isGeographic():
        corners = (QgsPointXY(shown.xMinimum(), shown.yMinimum()), QgsPointXY(shown.xMaximum(), shown.yMaximum()))
        low, high = (change.transform(corner, Qgis.TransformDirection.Reverse) for corner in corners)
        return low.x() <= high.x() and lies_within_the_world(shown, change.destinationCrs())
    return not change.sourceCrs().isGeographic() or _comes_back(change, ground, shown)


def _comes_back(change: QgsCoordinateTransform, ground: QgsRectangle, shown: QgsRectangle) -> bool:
    """Tell whether a ground in degrees is about what is shown; QGIS looks at all the world otherwise."""
    back = change.transformBoundingBox(ground)
    wide, high = shown.width() * _NEAR, shown.height() * _NEAR
    return (
        max(abs(back.xMinimum() - shown.xMinimum()), abs(back.xMaximum() - shown.xMaximum())) <= wide
        and max(abs(back.yMinimum() - shown.yMinimum()), abs(back.yMaximum() - shown.yMaximum())) <= high
    )


def _simplify(context: QgsRenderContext, layer: QgsVectorLayer) -> Optional[float]:
    """Have a context draw what is simplified already; return the tolerance that this takes, None if unknown."""
    method = layer.simplifyMethod()
    if not layer.simplifyDrawingCanbeApplied(context, _VERTICES):
        nothing = QgsVectorSimplifyMethod()
        nothing.setSimplifyHints(_NOTHING_LEFT_OUT)
        context.setVectorSimplifyMethod(nothing)
        return 0.0
    known = method.forceLocalOptimization() and method.simplifyAlgorithm() == _BY_DISTANCE
    if not known or method.simplifyHints() & _BOUNDS:
        return None
    tolerance = method.threshold() * context.mapToPixel().mapUnitsPerPixel() * _finer(context)
    method.setTolerance(tolerance)
    method.setForceLocalOptimization(False)  # done before
    context.setVectorSimplifyMethod(method)
    return tolerance


def _finer(context: QgsRenderContext) -> float:
    """Return how many units of the layer's system there are to one of the map's, where the map is."""
    change, center = QgsCoordinateTransform(context.coordinateTransform()), context.extent().center()
    if change.isShortCircuited():
        return 1.0
    change.setBallparkTransformsAreAppropriate(True)
    side = _SIDE[change.sourceCrs().mapUnits() == QgsUnitTypes.DistanceUnit.DistanceDegrees]
    source = QgsRectangle(center.x(), center.y(), center.x() + side, center.y() + side)
    target = change.transform(source)
    if source.isEmpty() or target.isEmpty() or not target.isFinite():
        return 1.0
    here, there = (_diagonal(rectangle) for rectangle in (source, target))
    return here / there if there > 0 else 1.0


def _diagonal(rectangle: QgsRectangle) -> float:
    low = QgsPointXY(rectangle.xMinimum(), rectangle.yMinimum())
    return low.sqrDist(QgsPointXY(rectangle.xMaximum(), rectangle.yMaximum())) ** 0.5
