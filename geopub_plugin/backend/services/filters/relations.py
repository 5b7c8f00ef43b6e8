"""Relations between geometries, decided by GEOS through GDAL (OGC 09-026r2, 7.8; OGC 06-103r4, 6.1.15)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians
from typing import Callable, Dict, Optional, Tuple

import pyproj
from osgeo import ogr, osr

from ...errors import InvalidInput
from ...features.area import Area, Holds
from ...features.measure import feature_bounds
from ...features.projection import reference_system
from ...features.schema import Bounds, Srs
from ...features.wkb import parse
from ...features.wkb_writer import write
from ...ingest.geometry_engine import quiet, wkb_of
from ...translation import tr
from ..owscommon import invalid
from ..reference_systems import WireSrs, projection
from .boxes import area_of, asked_of, rectangle
from .tree import Spatial

Test = Callable[[ogr.Geometry], bool]

# Relation -> the method of a geometry, and whether what is looked for is its opposite.
_METHODS: Dict[str, Tuple[str, bool]] = {
    "BBOX": ("Intersects", False),
    "Intersects": ("Intersects", False),
    "Disjoint": ("Intersects", True),
    "Equals": ("Equals", False),
    "Touches": ("Touches", False),
    "Crosses": ("Crosses", False),
    "Within": ("Within", False),
    "Contains": ("Contains", False),
    "Overlaps": ("Overlaps", False),
    "DWithin": ("Distance", False),
    "Beyond": ("Distance", True),
}
_METRES: Dict[str, float] = {  # by the last part of a unit's name
    "": 0.0, "m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0, "9001": 1.0, "km": 1000.0,
    "kilometer": 1000.0, "kilometre": 1000.0, "kilometers": 1000.0, "kilometres": 1000.0, "cm": 0.01,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "[ft_i]": 0.3048, "mi": 1609.344, "mile": 1609.344,
    "[mi_i]": 1609.344, "miles": 1609.344, "nmi": 1852.0, "[nmi_i]": 1852.0,
}  # fmt: skip
_DEGREES = frozenset({"deg", "degree", "degrees", "9102", "9122"})
_DEGREE = 111_195.0  # metres: of a great circle


@dataclass(frozen=True)
class Place:
    """Where the features of a table are."""

    srs: Optional[Srs]  # of the table
    usual: Optional[WireSrs] = None  # of a geometry that names none; None: that of the table, x first
    bounds: Optional[Bounds] = None  # of the features, in longitude and latitude


@dataclass(frozen=True)
class Relation:
    """A test of a feature's geometry, as the area that the geometry must be in."""

    area: Area
    negated: bool  # what is looked for is where the test fails

    @classmethod
    def of(cls, spatial: Spatial, place: Place) -> Relation:
        """Return the test of a condition on a table; raise OwsError where it cannot be made."""
        method, negated = _METHODS[spatial.relation]
        if spatial.relation == "BBOX":
            box = _rectangle(spatial)
            if box is not None:
                return cls(_boxed(box, spatial, place), negated)
        shape = _in_table(spatial, place)
        if method == "Distance":
            return cls(_by_distance(shape, spatial, place.srs), negated)
        return cls(Area(_box(shape), None, asked_of(_test(shape, method))), negated)


def to_itself(relation: str) -> Tuple[Holds, bool]:
    """Return a test of a geometry with itself, and whether what is looked for is where it fails."""
    method, negated = _METHODS[relation]
    return asked_of(lambda geometry: bool(getattr(geometry, method)(geometry))), negated


def holds_between(relation: str, left: ogr.Geometry, right: ogr.Geometry) -> bool:
    """Return whether a geometry stands so to another."""
    method, negated = _METHODS[relation]
    with quiet():
        first, second = (one if one.IsValid() else one.MakeValid() or one for one in (left, right))
        return bool(getattr(first, method)(second)) is not negated


def _rectangle(spatial: Spatial) -> Optional[Bounds]:
    """Return the box that a shape is, its axes as they were written; None where it is another shape."""
    shape = parse([spatial.shape.wkb], geopackage=False)
    corners = {(x, y) for x, y in zip(shape.x.tolist(), shape.y.tolist())}
    west, south, east, north = (float(edge) for edge in feature_bounds(shape)[0])
    all_corners = {(x, y) for x in (west, east) for y in (south, north)}
    return (west, south, east, north) if len(shape.x) == 5 and corners == all_corners else None


def _boxed(box: Bounds, spatial: Spatial, place: Place) -> Area:
    wire = spatial.shape.srs or place.usual
    if wire is None:
        return rectangle(box)
    try:
        return area_of((box[1], box[0], box[3], box[2]) if wire.y_first else box, wire, place.srs, place.bounds)
    except InvalidInput as error:
        raise invalid("filter", wire.text, error.what, error.cure) from error


def _by_distance(shape: ogr.Geometry, spatial: Spatial, srs: Optional[Srs]) -> Area:
    distance, reach, way = _measure(shape, spatial, srs)
    measured = shape.Clone()
    if way is not None:
        measured.Transform(way)

    def near(geometry: ogr.Geometry) -> bool:
        if way is not None:
            geometry.Transform(way)
        return 0 <= geometry.Distance(measured) <= distance

    west, south, east, north = _box(shape)
    return Area((west - reach[0], south - reach[1], east + reach[0], north + reach[1]), None, asked_of(near))


def _test(shape: ogr.Geometry, method: str) -> Test:
    if method == "Intersects":
        prepared = shape.CreatePreparedGeometry()
        return lambda geometry: bool(prepared.Intersects(geometry))
    if method == "Within":
        prepared = shape.CreatePreparedGeometry()
        return lambda geometry: bool(prepared.Contains(geometry))
    return lambda geometry: bool(getattr(geometry, method)(shape))


def _in_table(spatial: Spatial, place: Place) -> ogr.Geometry:
    """Return the shape in the system and with the axes of the table's geometries."""
    wire, srs = spatial.shape.srs or place.usual, place.srs
    geometries = parse([spatial.shape.wkb], geopackage=False)
    if wire is not None:
        if wire.y_first:
            geometries = replace(geometries, x=geometries.y, y=geometries.x)
        if srs is not None:
            try:
                way = projection(wire.name, srs)
                geometries = geometries if way.same else way.geometries(geometries)
            except InvalidInput as error:
                raise invalid("filter", wire.text, error.what, error.cure) from error
    (blob,) = write(geometries, 0)
    shape = ogr.CreateGeometryFromWkb(wkb_of(blob)) if blob is not None else None
    if shape is None:
        raise invalid("filter", spatial.relation, tr("It is no geometry in GML."))
    with quiet():
        return shape if shape.IsValid() else shape.MakeValid() or shape


def _box(shape: ogr.Geometry) -> Bounds:
    west, east, south, north = shape.GetEnvelope()
    return west, south, east, north


def _measure(
    shape: ogr.Geometry, spatial: Spatial, srs: Optional[Srs]
) -> Tuple[float, Tuple[float, float], Optional[osr.CoordinateTransformation]]:
    """Return the distance, how far it may reach in x and y, and the way to a plane in which it is measured."""
    system = reference_system(srs.text) if srs is not None else None
    unit = spatial.unit.strip().lower().rpartition("/")[2].rpartition("#")[2].rpartition(":")[2]
    geographic = system is not None and system.is_geographic
    if unit in _DEGREES:
        metres = spatial.distance * _DEGREE
        if geographic:
            return spatial.distance, (spatial.distance, spatial.distance), None
    elif unit not in _METRES:
        raise invalid("filter", spatial.unit, tr("This unit of distance is not known."), tr("Give metres: “m”."))
    elif not unit and not geographic:  # in units of the system
        return spatial.distance, (spatial.distance, spatial.distance), None
    else:
        metres = spatial.distance * (_METRES[unit] or _DEGREE)
    if not geographic:
        factor = system.axis_info[0].unit_conversion_factor if system is not None and system.axis_info else 1.0
        return metres / (factor or 1.0), (metres / (factor or 1.0),) * 2, None
    return metres, _reach(shape, metres), _plane(shape, system)


def _reach(shape: ogr.Geometry, metres: float) -> Tuple[float, float]:
    """Return how many degrees a distance may reach east and north, a little more than that to be sure."""
    _west, south, _east, north = _box(shape)
    up = metres / _DEGREE * 1.01
    farthest = min(max(abs(south), abs(north)) + up, 89.9)
    return min(up / cos(radians(farthest)), 360.0), up


def _plane(shape: ogr.Geometry, system: pyproj.CRS) -> osr.CoordinateTransformation:
    """Return the way to a plane that keeps distances around the middle of a shape."""
    west, south, east, north = _box(shape)
    source, target = osr.SpatialReference(), osr.SpatialReference()
    source.ImportFromWkt(system.to_wkt())
    target.ImportFromProj4(f"+proj=aeqd +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +datum=WGS84 +units=m")
    for either in (source, target):
        either.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return osr.CoordinateTransformation(source, target)
