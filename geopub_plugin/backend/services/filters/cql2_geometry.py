"""Geometries in CQL2 (OGC 21-065r2 §7.6): GeoJSON or a box as well-known binary."""

from __future__ import annotations

import json
from typing import Any, List, Optional

from osgeo import ogr

from ...features.schema import Bounds
from ...ingest.geometry_engine import quiet
from ...translation import tr
from ..reference_systems import WireSrs, boxes_of
from .cql2_errors import wrong

Json = Any  # what `json.loads` returns


def geometry_of_json(node: Json, srs: WireSrs) -> ogr.Geometry:
    """Return a geometry in GeoJSON, or a box, in two dimensions; raise OwsError where it is none."""
    if isinstance(node, dict) and "bbox" in node:
        node = _box(node["bbox"], srs)
    with quiet():
        try:
            geometry: Optional[ogr.Geometry] = ogr.CreateGeometryFromJson(json.dumps(node, allow_nan=False))
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
    polygons = [[_ring(bounds, srs)] for bounds in boxes_of([str(edge) for edge in edges], srs, "filter")]
    several = len(polygons) > 1
    return {"type": "MultiPolygon" if several else "Polygon", "coordinates": polygons if several else polygons[0]}


def _ring(bounds: Bounds, srs: WireSrs) -> List[List[float]]:
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return [corner[::-1] for corner in ring] if srs.y_first else ring
