"""A table, and small styles in each language."""

from __future__ import annotations

import pytest

from geopub_plugin.backend.features.schema import ColumnKind, Field, Srs, TableSchema

SLD = """<StyledLayerDescriptor version="{version}" xmlns="http://www.opengis.net/sld"
 xmlns:ogc="http://www.opengis.net/ogc" xmlns:se="http://www.opengis.net/se">
 <NamedLayer><Name>another name</Name><UserStyle><FeatureTypeStyle>{rules}</FeatureTypeStyle></UserStyle></NamedLayer>
</StyledLayerDescriptor>"""
RULE = """<Rule><ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>{name}</ogc:PropertyName>
<ogc:Literal>a</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter><PolygonSymbolizer><Geometry><ogc:PropertyName>the_geom</ogc:PropertyName></Geometry>
<Fill><CssParameter name="fill">#ff0000</CssParameter></Fill></PolygonSymbolizer></Rule>"""
LABEL = "<Rule><TextSymbolizer><Label><ogc:PropertyName>{name}</ogc:PropertyName></Label></TextSymbolizer></Rule>"
QML = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.16">{body}<layerGeometryType>{geometry}</layerGeometryType></qgis>"""


def sld(*rules: str, version: str = "1.0.0") -> bytes:
    return SLD.format(version=version, rules="".join(rules)).encode()


def qml(body: str, geometry: int = 2) -> bytes:
    return QML.format(body=body, geometry=geometry).encode()


def schema_of(*fields: str, geometry_type: str = "MULTIPOLYGON") -> TableSchema:
    columns = tuple(Field(name, ColumnKind.TEXT, "TEXT") for name in fields)
    return TableSchema("towns", "fid", "geom", geometry_type, False, False, Srs("EPSG", 4326, ""), columns)


@pytest.fixture
def towns() -> TableSchema:
    return schema_of("nom", "population", "nature_du_bien")
