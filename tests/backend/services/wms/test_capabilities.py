"""Capabilities are well-formed, tell every layer, and follow what is published."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from geopub_plugin.backend.safe_xml import parse

from .conftest import World

WMS = "{http://www.opengis.net/wms}"
HREF = "{http://www.w3.org/1999/xlink}href"


def capabilities(client: FlaskClient, version: str = "1.3.0", **more: str):
    answer = client.get(
        "/wms-v/ows", query_string={"SERVICE": "WMS", "REQUEST": "GetCapabilities", "VERSION": version, **more}
    )
    return answer, parse(answer.data, doctype=True)


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("", "1.3.0"), ("1.3.0", "1.3.0"), ("1.1.1", "1.1.1"), ("1.1.0", "1.1.1"), ("1.0.0", "1.1.1"), ("2.0.0", "1.3.0")],
)
def test_version_negotiation(client: FlaskClient, asked: str, spoken: str) -> None:
    _answer, root = capabilities(client, asked)
    assert root.get("version") == spoken
    assert root.tag == (f"{WMS}WMS_Capabilities" if spoken == "1.3.0" else "WMT_MS_Capabilities")


@pytest.mark.parametrize(("version", "space"), [("1.3.0", WMS), ("1.1.1", "")])
def test_contents(client: FlaskClient, version: str, space: str) -> None:
    answer, root = capabilities(client, version)
    assert answer.status_code == 200
    service = root.find(f"{space}Service")
    assert service.findtext(f"{space}Title") == "Cartes & plans <test>"
    assert service.find(f"{space}OnlineResource").get(HREF) == "http://127.0.0.1:1234/wms-v/ows?"
    layers = root.findall(f"{space}Capability/{space}Layer/{space}Layer")
    assert [layer.findtext(f"{space}Name") for layer in layers] == ["countries", "world"]
    countries = layers[0]
    assert countries.findtext(f"{space}Title") == "Pays & états"
    assert [keyword.text for keyword in countries.iter(f"{space}Keyword")] == ["world", "land <all>"]
    assert countries.findtext(f"{space}Style/{space}Name") == "plain"
    assert "LAYER=countries" in countries.find(f"{space}Style/{space}LegendURL/{space}OnlineResource").get(HREF)
    assert countries.find(f"{space}MetadataURL/{space}OnlineResource").get(HREF) == "http://127.0.0.1/md?a=1&b=2"
    assert countries.get("queryable") == "1"


@pytest.mark.parametrize(
    ("version", "srs", "box"),
    [
        ("1.3.0", "CRS:84", (-180, -90, 180, 83.64)),
        ("1.3.0", "EPSG:4326", (-90, -180, 83.64, 180)),
        ("1.3.0", "EPSG:3857", (-20037508.34, -20048966.10, 20037508.34, 18434845.6)),
        ("1.1.1", "EPSG:4326", (-180, -90, 180, 83.64)),
    ],
)
def test_bounding_boxes_have_the_axes_of_the_version(client: FlaskClient, version: str, srs: str, box: tuple) -> None:
    _answer, root = capabilities(client, version)
    space, key = (WMS, "CRS") if version == "1.3.0" else ("", "SRS")
    boxes = {found.get(key): found for found in root.find(f".//{space}Layer/{space}Layer").iter(f"{space}BoundingBox")}
    assert [float(boxes[srs].get(edge)) for edge in ("minx", "miny", "maxx", "maxy")] == pytest.approx(box, abs=0.1)


def test_a_system_of_its_own_is_listed(client: FlaskClient, publications: World) -> None:
    publications.layers[0] = replace(publications.layers[0], srs="EPSG:25832", bounds=(6.0, 48.0, 12.0, 52.0))
    _answer, root = capabilities(client)
    layer = root.find(f".//{WMS}Layer/{WMS}Layer")
    assert "EPSG:25832" in [crs.text for crs in layer.findall(f"{WMS}CRS")]
    assert "EPSG:25832" in [box.get("CRS") for box in layer.findall(f"{WMS}BoundingBox")]


def test_they_follow_what_is_published(client: FlaskClient, publications: World) -> None:
    _answer, before = capabilities(client)
    publications.layers.pop()
    _answer, after = capabilities(client)
    assert before.get("updateSequence") != after.get("updateSequence")
    assert len(after.findall(f".//{WMS}Layer/{WMS}Layer")) == 1


def test_nothing_published_is_well_formed(client: FlaskClient, publications: World) -> None:
    publications.layers.clear()
    for version in ("1.3.0", "1.1.1"):
        answer, _root = capabilities(client, version)
        assert answer.status_code == 200


def test_update_sequence(client: FlaskClient, publications: World) -> None:
    answer, root = capabilities(client, UPDATESEQUENCE=publications.revision())
    assert 'code="CurrentUpdateSequence"' in answer.text
    answer, root = capabilities(client, UPDATESEQUENCE="an older one")
    assert root.tag == f"{WMS}WMS_Capabilities"
