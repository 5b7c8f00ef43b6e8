"""Geometries in filters: GML of any version, read by GDAL."""

from __future__ import annotations

from typing import Optional

from osgeo import ogr

from ...ingest.geometry_engine import quiet
from ...safe_xml import Element, serialise
from ...translation import tr
from ..owscommon import invalid
from ..reference_systems import WireSrs
from .tree import Shape

_GML = "http://www.opengis.net/gml"
_MOST_TEXT = 1_000_000  # characters of coordinates
_KEPT = ("srsDimension", "dimension", "decimal", "cs", "ts", "interpolation")


def shape_of(element: Element, srs: Optional[WireSrs]) -> Shape:
    """Return the geometry of a GML element, coordinates as they were written; raise OwsError for what is none."""
    text = serialise(_plain(element)).decode()
    if len(text) > _MOST_TEXT:
        raise invalid("filter", element.tag[:100], tr("Its geometry is too large."))
    with quiet():
        try:
            geometry = ogr.CreateGeometryFromGML(text)
        except RuntimeError:
            geometry = None
    if geometry is None or geometry.IsEmpty():
        raise invalid(
            "filter",
            element.tag.rpartition("}")[2][:100],
            tr("It is no geometry in GML."),
            tr("Write it as a GML Point, LineString, Polygon, Envelope or a Multi… of these."),
        )
    geometry.FlattenTo2D()
    straight = geometry.GetLinearGeometry() if geometry.HasCurveGeometry() else geometry
    return Shape(bytes(straight.ExportToIsoWkb(ogr.wkbNDR)), srs)


def _plain(element: Element) -> Element:
    """Return a copy in one namespace, and without systems: GDAL would turn axes for some of them, not for others."""
    kept = {name: value for name, value in element.attrib.items() if name in _KEPT}
    made = Element(f"{{{_GML}}}{str(element.tag).rpartition('}')[2]}", kept)
    made.text = element.text
    made.extend([_plain(child) for child in element])
    return made
