"""A table, and small styles in each language."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from geopub_plugin.backend.features.schema import ColumnKind, Field, Srs, TableSchema

from ...conftest import CACHE

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


VALIDATOR = "@maplibre/maplibre-gl-style-spec@26.6.0"
VALIDATE = """import {readFileSync} from 'node:fs';
import {validateStyleMin} from '@maplibre/maplibre-gl-style-spec';
let faults = 0;
for (const path of process.argv.slice(2)) {
  for (const fault of validateStyleMin(JSON.parse(readFileSync(path, 'utf8')))) {
    console.log(path + ': ' + fault.message);
    faults += 1;
  }
}
process.exit(faults ? 1 : 0);
"""


@pytest.fixture(scope="session")
def style_validator() -> Path:
    """Return a script for Node that validates styles as MapLibre does; skip where npm cannot fetch what it needs."""
    folder = CACHE / "style-validator"
    script = folder / "validate.mjs"
    if not script.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), VALIDATOR]
        if subprocess.run(command, check=False, timeout=120, capture_output=True).returncode:
            pytest.skip("npm cannot fetch the validator of MapLibre")
        script.write_text(VALIDATE, encoding="utf-8")
    return script
