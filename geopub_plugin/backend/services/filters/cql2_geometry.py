"""Geometries in CQL2 (OGC 21-065r2 §7.6): GeoJSON or a box as well-known binary."""

from __future__ import annotations

import json
from typing import Any, Optional

from osgeo import ogr

from ...ingest.geometry_engine import quiet
from ...translation import tr
from ..owscommon import OwsError, invalid
from ..reference_systems import WireSrs
from .cql2_errors import wrong

Json = Any  # what `json.loads` returns


def geometry_of_json(node: Json, srs: WireSrs) -> ogr.Geometry:
    """Return a geometry in GeoJSON, or a box, in two dimensions; raise OwsError where it is none."""
    if isinstance(node, dict) and "bbox" in node:
        node = _box(node["bbox"], srs)
    with quiet():
        try:
            geometry: Optional[ogr.Geometry] = ogr.CreateGeometryFromJson(json.dumps(node))
        except (RuntimeError, ValueError):  # the first where GDAL's exceptions are on
            geometry = None
    if geometry is None or geometry.IsEmpty():
        raise wrong(tr("A geometry in GeoJSON is needed here, or a bbox."))
    geometry.FlattenTo2D()
    return geometry


def wkb_of_geometry(geometry: ogr.Geometry) -> bytes:
    """Return a geometry as well-known binary."""
    return bytes(geometry.ExportToIsoWkb(ogr.wkbNDR))


def _box(numbers: Json, srs: WireSrs) -> Json:
    """Return a box in GeoJSON: two polygons where it goes over the 180th meridian."""
    edges = numbers if isinstance(numbers, list) and all(type(one) in (int, float) for one in numbers) else []
    edges = [*edges[:2], *edges[3:5]] if len(edges) == 6 else edges
    if len(edges) != 4:
        raise _no_box()
    across, other = (1, 0) if srs.y_first else (0, 1)  # places of longitude, or x, and of latitude
    low, high = edges[across], edges[across + 2]
    if edges[other] > edges[other + 2] or (low > high and not srs.longitude_latitude):
        raise _no_box()
    spans = [(low, high)] if low <= high else [(low, 180), (-180, high)]
    rings = []
    for begin, end in spans:
        corners = [(begin, edges[other]), (end, edges[other]), (end, edges[other + 2]), (begin, edges[other + 2])]
        ring = [[corner[across], corner[other]] for corner in corners]
        rings.append([[*ring, ring[0]]])
    several = len(rings) > 1
    return {"type": "MultiPolygon", "coordinates": rings} if several else {"type": "Polygon", "coordinates": rings[0]}


def _no_box() -> OwsError:
    return invalid("filter", "bbox", tr("Four numbers are needed: lower corner, upper corner."))
