"""How large and how fine a layer is, from its extent and a few of its features: zoom levels, generalisation, cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Tuple

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..backend.features.wkb import parse
from .compat import POINT_GEOMETRY
from .generalisations import AREAS, LINES, POINTS
from .layer_faults import needs_crs
from .proposal import Detail, levels
from .true_extent import true_extent

SAMPLE = 200  # features looked at
MOST_VERTICES = 20_000  # looked at in the GUI thread
COUNTED = ("ogr", "memory", "spatialite")  # providers whose identifiers count the features, and are found quickly
WGS84 = "EPSG:4326"
_METRES_IN_A_DEGREE = 111_320.0
_TOUCHING = 0.15  # of the vertices of a sample shared by two features: neighbours, or a network


@dataclass(frozen=True)
class LayerDetail:
    """What a look at a layer tells."""

    kind: str  # POINTS, LINES or AREAS
    detail: Optional[Detail]  # None where nothing can be told
    vertices: float  # of a feature
    touching: bool  # features have vertices in common

    @property
    def flags(self) -> str:
        """The generalisation that suits it."""
        if self.touching and self.kind == AREAS:
            return "-ab -S20"
        return "-pn -S15" if self.touching and self.kind == LINES else "-S10"


def layer_detail(layer: QgsVectorLayer) -> LayerDetail:
    """Look at some features of a layer."""
    kind, few = _kind(layer), 0 <= layer.featureCount() < SAMPLE
    first = [] if kind == POINTS and not few else _sampled(layer)
    geometries = _spread(layer) or first  # large features often come first
    vertices = sum(one.constGet().nCoordinates() for one in geometries) / max(len(geometries), 1)
    located = layer.crs().isValid() or not needs_crs(layer)
    extent = true_extent(layer, first if few else None)
    detail = _detail(layer, extent, vertices, _size(geometries)) if located else None
    return LayerDetail(kind, detail, max(vertices, 1.0), kind != POINTS and _touching(first, kind))


def layer_levels(layer: QgsVectorLayer) -> Tuple[int, int]:
    """Return the zoom levels between which a layer is worth drawing."""
    detail = layer_detail(layer).detail
    return levels([detail] if detail is not None else [])


def flags_for(details: Tuple[LayerDetail, ...]) -> str:
    """Return the generalisation that suits all of some layers: that of each, where they agree."""
    wanted = {one.flags for one in details}
    return wanted.pop() if len(wanted) == 1 else "-S10"


def _kind(layer: QgsVectorLayer) -> str:
    if layer.geometryType() == POINT_GEOMETRY:
        return POINTS
    return LINES if QgsWkbTypes.geometryDisplayString(layer.geometryType()) == "Line" else AREAS


def _detail(layer: QgsVectorLayer, extent: QgsRectangle, vertices: float, size: float) -> Optional[Detail]:
    if extent.isNull() or not extent.isFinite():
        return None
    transform = QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem(WGS84), QgsProject.instance())
    try:
        seen = transform.transformBoundingBox(extent)
    except QgsCsException:
        return None
    bounds = (seen.xMinimum(), seen.yMinimum(), seen.xMaximum(), seen.yMaximum())
    metres = max(seen.width(), seen.height(), 1e-6) * _METRES_IN_A_DEGREE
    scale = metres / max(extent.width(), extent.height(), 1e-9)
    count = max(layer.featureCount(), 0)
    if layer.geometryType() == POINT_GEOMETRY:
        return Detail(bounds, metres / max(count, 1) ** 0.5 / 32, count)
    return Detail(bounds, 3 * size * scale / max(vertices, 2), count, size * scale) if size > 0 else None


def _sampled(layer: QgsVectorLayer) -> List[QgsGeometry]:
    request = QgsFeatureRequest().setLimit(SAMPLE).setNoAttributes()
    geometries = (feature.geometry() for feature in layer.getFeatures(request))
    return [geometry for geometry in geometries if not geometry.isEmpty()]


def _spread(layer: QgsVectorLayer) -> List[QgsGeometry]:
    """Return features from all over a layer, none where its identifiers do not count them."""
    count = layer.featureCount()
    identifiers = list(range(1, count + 1, max(count // SAMPLE, 1)))[: 2 * SAMPLE]
    if len(identifiers) < SAMPLE or layer.providerType() not in COUNTED:
        return []
    request = QgsFeatureRequest().setFilterFids(identifiers).setNoAttributes()
    found = [feature.geometry() for feature in layer.getFeatures(request)]
    found = [geometry for geometry in found if not geometry.isEmpty()]
    return found if len(found) > SAMPLE // 4 else []


def _size(geometries: List[QgsGeometry]) -> float:
    """Return the mean size, in the layer's units."""
    boxes = [geometry.boundingBox() for geometry in geometries]
    return sum(box.width() + box.height() for box in boxes) / 2 / len(boxes) if boxes else 0.0


def _touching(geometries: List[QgsGeometry], kind: str) -> bool:
    """Tell whether features share vertices: areas side by side, lines that meet."""
    seen = _few(geometries)
    if not seen:
        return False
    vertices = parse(seen, geopackage=False)
    first = vertices.path_start[vertices.part_start[vertices.feature_start]]  # (N+1,) first vertex of each feature
    owner = np.repeat(np.arange(len(vertices)), np.diff(first))  # (V,)
    at = np.concatenate((first[:-1], first[1:] - 1)) if kind == LINES else np.arange(len(owner))  # vertices that count
    places = np.unique(np.stack((vertices.x[at], vertices.y[at], owner[at]), 1), axis=0)  # each once for a feature
    order = np.lexsort((places[:, 1], places[:, 0]))
    same = (np.diff(places[order, :2], axis=0) == 0).all(axis=1)  # as the one before it
    begins = same & ~np.concatenate(([False], same[:-1]))  # once for each place with several owners
    return int(begins.sum()) > _TOUCHING * max(len(places) - int(same.sum()), 1)


def _few(geometries: List[QgsGeometry]) -> List[bytes]:
    """Return the first geometries as WKB of straight segments, of `MOST_VERTICES` in all."""
    seen, left = [], MOST_VERTICES
    for geometry in geometries:
        left -= geometry.constGet().nCoordinates()
        if left < 0:
            break
        # Not `convertToStraightSegment`, which leaves a curve as it is that bends nowhere.
        seen.append(bytes(geometry.constGet().segmentize().asWkb()))
    return seen
