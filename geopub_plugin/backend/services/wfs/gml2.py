"""Geometries as GML 2.1.2 writes them (OGC 02-069), for WFS 1.0.0."""

from __future__ import annotations

from typing import List

from ...features.batch import COLLECTION, LINE, MULTILINE, MULTIPOINT, MULTIPOLYGON, POINT, POLYGON, Geometries
from ...features.bytestrings import Column
from ..reference_systems import WireSrs
from .skeleton import Place, Skeleton, coordinate_texts, feature_columns, placed

_ELEMENTS = {
    POINT: b"Point",
    LINE: b"LineString",
    POLYGON: b"Polygon",
    MULTIPOINT: b"MultiPoint",
    MULTILINE: b"MultiLineString",
    MULTIPOLYGON: b"MultiPolygon",
    COLLECTION: b"MultiGeometry",
}
_MEMBERS = {
    MULTIPOINT: b"pointMember",
    MULTILINE: b"lineStringMember",
    MULTIPOLYGON: b"polygonMember",
    COLLECTION: b"geometryMember",
}


def _tag(name: bytes) -> bytes:
    return b"<gml:" + name + b">"


def _end(name: bytes) -> bytes:
    return b"</gml:" + name + b">"


def _ring(place: Place) -> bytes:
    return b"outerBoundaryIs" if place.first_of_part else b"innerBoundaryIs"


def geometry2_columns(
    geometries: Geometries, opening: bytes, ending: bytes, srs: WireSrs, named: bytes
) -> List[Column]:
    """Return pieces (N each) of the geometries between `opening` and `ending`; nothing for NULL and for an empty one.

    `named` is the srsName attribute. GML 2 has no geometry without coordinates.
    """

    def before(place: Place) -> bytes:
        text = b""
        if place.first_of_feature:
            text += opening + b"<gml:" + _ELEMENTS[place.kind] + named + b">"
        if place.first_of_part and place.kind >= MULTIPOINT:
            text += _tag(_MEMBERS[place.kind]) + _tag(_ELEMENTS[place.part_kind])
        if place.part_kind == POLYGON:
            text += _tag(_ring(place)) + b"<gml:LinearRing>"
        return text + b"<gml:coordinates>"

    def after(place: Place) -> bytes:
        text = b"</gml:coordinates>"
        if place.part_kind == POLYGON:
            text += b"</gml:LinearRing>" + _end(_ring(place))
        if place.last_of_part and place.kind >= MULTIPOINT:
            text += _end(_ELEMENTS[place.part_kind]) + _end(_MEMBERS[place.kind])
        if place.last_of_feature:
            text += _end(_ELEMENTS[place.kind]) + ending
        return text

    geometries = placed(geometries)
    skeleton = Skeleton.of(geometries)
    coordinates = coordinate_texts(geometries, srs, b"", b",", b" ")
    return feature_columns([skeleton.texts(before), coordinates], after, skeleton, geometries, lambda row: b"")
