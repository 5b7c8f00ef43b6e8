"""What GetFeatureInfo finds, as GML: 2.1.2 (OGC 02-069) and 3.1.1 (OGC 03-105r1), collected as WFS of that time does.

Coordinates are x first and the system is named "EPSG:2154", as GeoServer, MapServer and QGIS Server write it here: so
GDAL and QGIS read them without turning the axes.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, List, Tuple

from osgeo import ogr

from ...safe_xml import escape, quoteattr
from ..publications import MapLayer
from ..wfs.names import ncname, ncnames

GML2, GML3 = "application/vnd.ogc.gml", "application/vnd.ogc.gml/3.1.1"
GML_FORMATS = (GML2, GML3)
OTHER_NAMES = {
    "text/gml": GML2,
    "gml": GML2,
    "text/xml": GML2,
    "application/gml+xml": GML2,
    "application/vnd.ogc.gml/2.1.2": GML2,
    "text/xml;subtype=gml/2.1.2": GML2,
    "application/gml+xml;version=2.1": GML2,
    "text/xml;subtype=gml/3.1.1": GML3,
    "application/gml+xml;version=3.1": GML3,
}

_OWN = "http://geopub.org/wms"
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold
_GEOMETRY = "geometry"

Features = List[Dict[str, Any]]


def gml_document(found: List[Tuple[MapLayer, Features]], srs: str, asked: str) -> bytes:
    """Return the collection of GeoJSON features found by layer, in one of GML_FORMATS."""
    members = "".join(
        f"  <gml:featureMember>\n{_feature(layer, feature, srs, asked)}  </gml:featureMember>\n"
        for layer, features in found
        for feature in features
    )
    bounded = "  <gml:boundedBy><gml:null>unknown</gml:null></gml:boundedBy>\n" if asked == GML2 else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml"'
        f' xmlns:geopub="{_OWN}">\n{bounded}{members}</wfs:FeatureCollection>\n'
    ).encode()


def _feature(layer: MapLayer, feature: Dict[str, Any], srs: str, asked: str) -> str:
    name = f"geopub:{ncname(layer.name)}"
    identifier = quoteattr(ncname(str(feature["id"])))
    opening = f"{name} fid={identifier}" if asked == GML2 else f"{name} gml:id={identifier}"
    return f"    <{opening}>\n{''.join(_properties(feature, srs, asked))}    </{name}>\n"


def _properties(feature: Dict[str, Any], srs: str, asked: str) -> Iterator[str]:
    geometry = _geometry(feature.get("geometry"), srs, asked)
    if geometry:
        yield f"      <geopub:{_GEOMETRY}>{geometry}</geopub:{_GEOMETRY}>\n"
    names = ncnames(tuple(feature["properties"]), taken=(_GEOMETRY,))
    for name, value in feature["properties"].items():
        if value is not None:
            yield f"      <geopub:{names[name]}>{_text(value)}</geopub:{names[name]}>\n"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape(_ILLEGAL.sub("\ufffd", plain))


def _geometry(geometry: Any, srs: str, asked: str) -> str:
    """Return GeoJSON as GML, "" for none."""
    if not geometry:
        return ""
    shape = ogr.CreateGeometryFromJson(json.dumps(geometry))
    if shape is None or shape.IsEmpty():
        return ""
    shape.AssignSpatialReference(None)  # OGR takes GeoJSON for WGS 84, and would say so
    written = shape.ExportToGML([f"FORMAT={'GML2' if asked == GML2 else 'GML3'}"])
    return written.replace(">", f" srsName={quoteattr(srs)}>", 1)
