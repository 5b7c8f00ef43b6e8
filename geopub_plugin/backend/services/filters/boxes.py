"""Boxes that requests name, as areas in the system of a table.

A feature is in a box when its geometry meets it, not its envelope alone: BBOX is "not disjoint" from the envelope
(OGC 09-026r2 §7.8.3.2), `bbox` of OGC API - Features "intersects" (17-069r4 §7.15.3), and QGIS Server, MapServer and
GeoServer answer so. The edges of a box in another system are bent; a geometry's own edges are straight in its table's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Callable, Optional

import numpy as np
from osgeo import ogr

from ...features.area import Area, Holds, anywhere, nowhere
from ...features.projection import Projection
from ...features.schema import Bounds, Srs
from ...ingest.geometry_engine import geometry_of, quiet
from ..reference_systems import WireSrs, projection

_POINTS = 21  # of each edge of a box that is brought to another system


def asked_of(test: Callable[[ogr.Geometry], bool]) -> Holds:
    """Return a test of GeoPackage geometries: 1 or 0, None for NULL. SQLite may call it."""

    def holds(blob: Optional[bytes]) -> Optional[int]:
        geometry = geometry_of(blob)
        if geometry is None or geometry.IsEmpty():
            return None if blob is None else 0
        with quiet():
            try:
                return int(test(geometry))
            except RuntimeError:  # where GDAL's exceptions are on, GEOS tells of invalid geometries so
                return 0

    return holds


def area_of(bounds: Bounds, wire: WireSrs, source: Optional[Srs], data: Optional[Bounds]) -> Area:
    """Return the area of a box (x first) in the system `wire`, for a table in the system `source`.

    `data` are the bounds of the table's features in longitude and latitude, None where they are not known.

    Raises:
        InvalidInput: there is no way from one system to the other.
    """
    way = projection(wire.name, source) if source is not None else None
    if way is None or way.same:
        return rectangle(bounds)
    if wire.longitude_latitude and data is not None:
        cut = _cut_to(data, bounds)
        if cut is None:
            return nowhere()
        if cut == _with_margin(data):
            return anywhere()
        bounds = cut
    return _bent(bounds, way)


def _with_margin(data: Bounds) -> Bounds:
    margin = 1e-6 + 1e-3 * max(data[2] - data[0], data[3] - data[1])
    return data[0] - margin, data[1] - margin, data[2] + margin, data[3] + margin


def _cut_to(data: Bounds, bounds: Bounds) -> Optional[Bounds]:
    """Return what of a box is near the data: the corners of the world have no place in most systems."""
    near = _with_margin(data)
    west, south = max(bounds[0], near[0]), max(bounds[1], near[1])
    east, north = min(bounds[2], near[2]), min(bounds[3], near[3])
    return None if west > east or south > north else (west, south, east, north)


def rectangle(bounds: Bounds) -> Area:
    """Return the area of a box in the table's own system."""
    west, south, east, north = bounds
    x, y = np.array([west, east, east, west]), np.array([south, south, north, north])
    proper = west < east and south < north
    return Area(bounds, bounds if proper else None, _meeting(lambda: _shape(x, y, bounds)))


def _meeting(shape: Callable[[], ogr.Geometry]) -> Holds:
    """Return the test whether a geometry meets a shape, which is made when the R-tree leaves something to be tested."""

    @lru_cache(maxsize=1)
    def prepared() -> ogr.PreparedGeometry:
        return shape().CreatePreparedGeometry()

    return asked_of(lambda geometry: bool(prepared().Intersects(geometry)))


def _bent(bounds: Bounds, way: Projection) -> Area:
    """Return the area of a box brought to another system, its edges cut into pieces."""
    west, south, east, north = bounds
    along = np.linspace(0.0, 1.0, _POINTS)  # (21,)
    x, y = west + along * (east - west), south + along * (north - south)
    level, upright = np.ones(_POINTS), np.ones(_POINTS)
    ring_x = np.concatenate([x, east * upright, x[::-1], west * upright])  # (84,) south, east, north, west
    ring_y = np.concatenate([south * level, y, north * level, y[::-1]])
    out_x, out_y = way.points(ring_x, ring_y)
    if not (np.isfinite(out_x) & np.isfinite(out_y)).all():
        return rectangle(way.bounds(bounds))  # as much of it as has a place there
    edges_x, edges_y = out_x.reshape(4, _POINTS), out_y.reshape(4, _POINTS)
    inside = edges_x[3].max(), edges_y[0].max(), edges_x[1].min(), edges_y[2].min()
    return _area(out_x, out_y, (out_x.min(), out_y.min(), out_x.max(), out_y.max()), inside)


def _area(x: np.ndarray, y: np.ndarray, bounds: Bounds, inside: Bounds) -> Area:
    """Return the area of a ring (x and y float64 (n,), not closed); `inside` counts only where it is inside."""
    shape = _shape(x, y, bounds)
    middle = ogr.Geometry(ogr.wkbPoint)
    middle.AddPoint_2D((inside[0] + inside[2]) / 2, (inside[1] + inside[3]) / 2)
    with quiet():
        proper = inside[0] < inside[2] and inside[1] < inside[3] and shape.Contains(middle)

    # no edge of the ring crosses `inside`, so it is all inside or all outside, as its middle is
    told = tuple(float(edge) for edge in bounds), tuple(float(edge) for edge in inside) if proper else None
    return Area(*told, _meeting(lambda: shape))


def _shape(x: np.ndarray, y: np.ndarray, bounds: Bounds) -> ogr.Geometry:
    """Return the polygon of a ring; a line or a point where the box is no wider."""
    if bounds[0] == bounds[2] or bounds[1] == bounds[3]:
        line = ogr.Geometry(ogr.wkbLineString if bounds[:2] != bounds[2:] else ogr.wkbPoint)
        line.AddPoint_2D(bounds[0], bounds[1])
        if bounds[:2] != bounds[2:]:
            line.AddPoint_2D(bounds[2], bounds[3])
        return line
    ring, polygon = ogr.Geometry(ogr.wkbLinearRing), ogr.Geometry(ogr.wkbPolygon)
    for place_x, place_y in zip(x.tolist(), y.tolist()):
        ring.AddPoint_2D(place_x, place_y)
    ring.CloseRings()
    polygon.AddGeometry(ring)
    with quiet():
        return polygon if polygon.IsValid() else polygon.MakeValid() or polygon
