"""GetFeatureInfo finds what is drawn at a pixel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest
import shapely.geometry
import shapely.wkb
from flask.testing import FlaskClient
from lxml import etree
from osgeo import ogr
from pyproj import Transformer

from geopub_plugin.backend.safe_xml import parse
from geopub_plugin.backend.services.publications import MapLayer
from geopub_plugin.backend.services.wms.feature_gml import GML2, GML3, gml_document

from ....ogc_schemas import OgcSchemas
from .test_maps import MAP, MAP_111, ask, code

# The upper left quarter of the picture lies in France: column 70, row 50 of 150 x 120 is 47°N, 2.05°E.
INFO = {
    **MAP,
    "REQUEST": "GetFeatureInfo",
    "QUERY_LAYERS": "countries",
    "I": "70",
    "J": "50",
    "INFO_FORMAT": "application/json",
}
INFO_111 = {
    **MAP_111, "REQUEST": "GetFeatureInfo", "QUERY_LAYERS": "countries", "X": "70", "Y": "50",
    "INFO_FORMAT": "application/json",
}  # fmt: skip


def features(answer: Any) -> List[Dict[str, Any]]:
    assert answer.content_type.startswith("application/json"), answer.text
    return json.loads(answer.data)["features"]


@pytest.mark.parametrize("base", [INFO, INFO_111], ids=["1.3.0", "1.1.1"])
def test_the_feature_under_the_pixel(client: FlaskClient, base: Dict[str, str]) -> None:
    (feature,) = features(ask(client, base))
    assert feature["properties"]["NAME"] == "France"
    assert feature["id"].startswith("countries.")
    assert shapely.geometry.shape(feature["geometry"]).contains(shapely.geometry.Point(2.05, 46.95))


def test_geometry_is_in_the_system_of_the_map(client: FlaskClient) -> None:
    answer = ask(
        client, INFO, CRS="EPSG:2154", BBOX="600000,6600000,700000,6700000", WIDTH="100", HEIGHT="100", I="10", J="10"
    )
    (feature,) = features(answer)
    assert json.loads(answer.data)["crs"]["properties"]["name"] == "EPSG:2154"
    assert shapely.geometry.shape(feature["geometry"]).contains(shapely.geometry.Point(610_000, 6_690_000))


def test_geometry_can_be_left_out(client: FlaskClient) -> None:
    (feature,) = features(ask(client, INFO, WITH_GEOMETRY="FALSE"))
    assert feature["geometry"] is None


def test_several_layers_and_counts(client: FlaskClient) -> None:
    both = {"LAYERS": "countries,world", "QUERY_LAYERS": "countries,world", "STYLES": ""}
    one_each = features(ask(client, INFO, **both))
    assert [feature["id"].split(".")[0] for feature in one_each] == ["world", "countries"]  # top first
    many = features(ask(client, INFO, **both, FEATURE_COUNT="10"))
    assert [feature["id"].split(".")[0] for feature in many].count("world") > 1  # departments and a country


@pytest.mark.parametrize("name", ["FI_POLYGON_TOLERANCE", "BUFFER", "RADIUS"])
def test_tolerance_in_pixels(client: FlaskClient, name: str) -> None:
    offshore = {"CRS": "EPSG:4326", "BBOX": "40,-20,50,0", "WIDTH": "200", "HEIGHT": "100", "I": "150", "J": "30"}
    assert features(ask(client, INFO, **offshore)) == []  # 47°N 5°W, a hundred kilometres from Brittany
    found = features(ask(client, INFO, **offshore, **{name: "20"}))
    assert [feature["properties"]["NAME"] for feature in found] == ["France"]
    assert code(ask(client, INFO, **offshore, **{name: "5000"})) == "InvalidParameterValue"


def test_tolerance_is_of_the_kind_of_geometry(client: FlaskClient) -> None:
    offshore = {"CRS": "EPSG:4326", "BBOX": "40,-20,50,0", "WIDTH": "200", "HEIGHT": "100", "I": "150", "J": "30"}
    assert features(ask(client, INFO, **offshore, FI_POINT_TOLERANCE="20", FI_LINE_TOLERANCE="20")) == []
    assert features(ask(client, INFO, **offshore, BUFFER="20", FI_POLYGON_TOLERANCE="0")) == []


@pytest.mark.parametrize(
    ("asked", "media_type"),
    [
        ("application/vnd.ogc.gml", GML2),
        ("text/xml; subtype=gml/2.1.2", GML2),
        ("text/xml", GML2),
        ("application/vnd.ogc.gml/3.1.1", GML3),
        ("text/xml; subtype=gml/3.1.1", GML3),
    ],
)
def test_gml(client: FlaskClient, tmp_path: Path, ogc_schemas: OgcSchemas, asked: str, media_type: str) -> None:
    ground = {"CRS": "EPSG:2154", "BBOX": "600000,6600000,700000,6700000", "I": "10", "J": "10"}
    answer = ask(client, INFO, **ground, INFO_FORMAT=asked)
    assert answer.content_type.split(";")[0] == media_type
    source = ogr.Open(str(_kept(tmp_path / "found.gml", answer.data)))
    layer = source.GetLayer(0)
    assert layer.GetSpatialRef().GetAuthorityCode(None) == "2154"
    (feature,) = layer
    assert feature["NAME"] == "France"
    (written,) = parse(answer.data).find("{*}featureMember")
    assert next(value for name, value in written.items() if name.endswith("id")).startswith("countries.")
    shape = shapely.wkb.loads(bytes(feature.geometry().ExportToWkb()))
    assert shape.contains(shapely.geometry.Point(607_000, 6_691_000))
    (geometry,) = parse(answer.data).find(".//{*}geometry")
    base = "gml/2.1.2/geometry.xsd" if media_type == GML2 else "gml/3.1.1/base/gml.xsd"
    assert ogc_schemas.faults(etree.tostring(geometry), base) == []


def test_gml_of_nothing_and_of_odd_values() -> None:
    layer = MapLayer("1 pays", "", "", (), (), "EPSG:4326", (0, 0, 1, 1), "r")
    odd = {"id": "1 pays.7", "geometry": None, "properties": {"a b": "<&\x01>", "a_b": 1.5, "ok": True, "no": None}}
    for media_type in (GML2, GML3):
        assert len(parse(gml_document([], "EPSG:4326", media_type)).findall(".//{*}featureMember")) == 0
        (feature,) = parse(gml_document([(layer, [odd])], "EPSG:4326", media_type)).find("{*}featureMember")
        assert feature.tag.endswith("}_1_pays")
        assert [(child.tag.rpartition("}")[2], child.text) for child in feature] == [
            ("a_b", "<&\ufffd>"),
            ("a_b_2", "1.5"),
            ("ok", "true"),
        ]


def _kept(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_text_and_html(client: FlaskClient) -> None:
    text = ask(client, INFO, INFO_FORMAT="text/plain")
    assert text.content_type == "text/plain; charset=utf-8"
    assert "NAME = 'France'" in text.text
    page = ask(client, INFO, INFO_FORMAT="text/html")
    assert page.content_type == "text/html; charset=utf-8"
    assert "<td>France</td>" in page.text
    assert "Pays &amp; états" in page.text
    nothing = ask(client, INFO, INFO_FORMAT="text/html", BBOX="40,-40,52,-25")
    assert "Nothing" in nothing.text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"I": "150"}, "InvalidPoint"),
        ({"J": "-1"}, "InvalidPoint"),
        ({"I": None}, "InvalidPoint"),
        ({"I": "1.5"}, "InvalidPoint"),
        ({"QUERY_LAYERS": "world"}, "LayerNotDefined"),
        ({"QUERY_LAYERS": "nope"}, "LayerNotDefined"),
        ({"QUERY_LAYERS": None}, "MissingParameterValue"),
        ({"INFO_FORMAT": "application/pdf"}, "InvalidFormat"),
        ({"FEATURE_COUNT": "0"}, "InvalidParameterValue"),
    ],
)
def test_exceptions(client: FlaskClient, changes: Dict[str, Any], expected: str) -> None:
    assert code(ask(client, INFO, **changes)) == expected


@pytest.mark.parametrize(
    ("srs", "latitude", "longitude", "country"),
    [
        ("EPSG:4326", 47.0, 2.0, "France"),
        ("EPSG:3857", 47.0, 2.0, "France"),
        ("EPSG:2154", 45.0, 4.5, "France"),
        ("EPSG:3035", 49.0, 13.0, "Germany"),
        ("EPSG:27700", 52.0, -1.0, "United Kingdom"),
        ("EPSG:32631", 40.0, -1.0, "Spain"),
        ("EPSG:2393", 62.0, 26.0, "Finland"),
    ],
)
def test_axes_are_those_of_the_authority(
    client: FlaskClient, srs: str, latitude: float, longitude: float, country: str
) -> None:
    """PROJ says where a place lies: in the authority's order for 1.3.0 (OGC 06-042 §6.7.2), x first for 1.1.1."""
    reach = 0.5 if srs == "EPSG:4326" else 50_000.0
    around = {"WIDTH": "101", "HEIGHT": "101", "FEATURE_COUNT": "1", "FI_POLYGON_TOLERANCE": "0"}
    first, second = Transformer.from_crs("EPSG:4326", srs).transform(latitude, longitude)
    box = f"{first - reach},{second - reach},{first + reach},{second + reach}"
    (feature,) = features(ask(client, INFO, **around, CRS=srs, BBOX=box, I="50", J="50"))
    assert feature["properties"]["NAME"] == country
    x, y = Transformer.from_crs("EPSG:4326", srs, always_xy=True).transform(longitude, latitude)
    box = f"{x - reach},{y - reach},{x + reach},{y + reach}"
    (feature,) = features(ask(client, INFO_111, **around, SRS=srs, BBOX=box, X="50", Y="50"))
    assert feature["properties"]["NAME"] == country
