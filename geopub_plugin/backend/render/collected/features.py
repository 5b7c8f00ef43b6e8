"""The features that QGIS draws of a layer, as arrays, in the order in which it paints their parts."""

from __future__ import annotations

from typing import Iterator

import numpy as np
from qgis.core import QgsGeometry, QgsRectangle

from ...errors import InvalidInput
from ...features.batch import COLLECTION, POINT, POLYGON, Geometries
from ...features.measure import feature_bounds, first_vertices
from ...features.ragged import take
from ...features.schema import Bounds
from ...features.wkb_writer import collection
from ..grounds import Area
from .seen import Seen
from .simplification import part_sizes, simplified
from .tables import Found, ReadTable

_THREE = 3  # sides of four


class NotCollectable(Exception):
    """Features are of a kind that is left to QGIS's own drawing."""


def bounds_of(rectangle: QgsRectangle) -> Bounds:
    """Return a rectangle of QGIS as numbers."""
    return rectangle.xMinimum(), rectangle.yMinimum(), rectangle.xMaximum(), rectangle.yMaximum()


def collections(table: ReadTable, found: Found, seen: Seen) -> Iterator[bytes]:
    """Yield what QGIS would draw of some features as collections, in well-known binary.

    Raises:
        NotCollectable: it has to draw them itself.
    """
    try:
        for read, within in table.geometries(found):
            if (read.z is not None and seen.transformed()) or (read.kind == COLLECTION).any():
                raise NotCollectable
            drawn = read if within.all() else _drawn(read, within, seen.ground)
            if len(drawn.part_kind):
                yield collection(_in_order(drawn, seen.tolerance))
    except InvalidInput as error:  # curves
        raise NotCollectable from error


def _drawn(read: Geometries, within: np.ndarray, ground: QgsRectangle) -> Geometries:
    """Return the features that have a point in common with a ground; GDAL gives QGIS no others."""
    drawn = within.copy()
    doubtful = np.flatnonzero(~within)
    drawn[doubtful] = _met(take(read, doubtful), ground)
    return read if drawn.all() else take(read, np.flatnonzero(drawn))


def _met(some: Geometries, ground: QgsRectangle) -> np.ndarray:
    """Return which features have a point in common with a ground: bool (n,)."""
    west, south, east, north = bounds_of(ground)
    low, high = np.array([west, south, west, south]), np.array([east, north, east, north])
    boxes = feature_bounds(some)  # (n, 4)
    inside = ((boxes >= low) & (boxes <= high)).sum(axis=1)  # (n,) sides that lie between those of the ground
    met = inside >= _THREE  # what sticks out on one side alone touches the opposite one
    near = (boxes[:, 0] <= east) & (boxes[:, 1] <= north) & (boxes[:, 2] >= west) & (boxes[:, 3] >= south)
    doubtful = np.flatnonzero(near & ~met)
    if len(doubtful):
        met[doubtful] = _touching(take(some, doubtful), ground)
    return met


def _touching(some: Geometries, ground: QgsRectangle) -> np.ndarray:
    """Return which features have a point in common with a ground: bool (n,)."""
    west, south, east, north = bounds_of(ground)
    within = (some.x >= west) & (some.x <= east) & (some.y >= south) & (some.y <= north)  # (V,)
    touching = np.logical_or.reduceat(within, first_vertices(some)[:-1])
    rest = np.flatnonzero(~touching)
    if len(rest):
        area = Area(ground)
        touching[rest] = [_meets(area, take(some, row)) for row in rest[:, None]]
    return touching


def _meets(area: Area, one: Geometries) -> bool:
    geometry = QgsGeometry()
    geometry.fromWkb(collection(one))
    return area.meets(geometry, geometry.boundingBox())


def _in_order(drawn: Geometries, tolerance: float) -> Geometries:
    """Return features simplified, the parts of each as QGIS paints them: the larger polygons first."""
    kind = int(drawn.part_kind[0])
    if kind == POLYGON and len(drawn.part_kind) > len(drawn):
        feature = np.repeat(np.arange(len(drawn)), np.diff(drawn.feature_start))  # (P,)
        drawn = take(_parts(drawn), np.lexsort((-part_sizes(drawn).prod(axis=1), feature)))
    return drawn if kind == POINT or not tolerance else simplified(drawn, tolerance)


def _parts(geometries: Geometries) -> Geometries:
    """Return each part as a feature of its own."""
    g = geometries
    return Geometries(
        g.x, g.y, g.path_start, g.part_start, g.part_kind, np.arange(len(g.part_kind) + 1), g.part_kind
    )  # fmt: skip
