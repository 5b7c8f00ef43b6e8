"""GetMap and its kin: pictures for right requests, the standard's exceptions for wrong ones."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any, Dict

import numpy as np
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.safe_xml import parse
from geopub_plugin.backend.services.publications import DrawnTable
from tests.backend.render.conftest import decoded

from .conftest import World

MAP = {
    "SERVICE": "WMS",
    "VERSION": "1.3.0",
    "REQUEST": "GetMap",
    "LAYERS": "countries",
    "STYLES": "",
    "CRS": "EPSG:4326",
    "BBOX": "40,-5,52,10",
    "WIDTH": "150",
    "HEIGHT": "120",
    "FORMAT": "image/png",
}
MAP_111 = {
    **{k: v for k, v in MAP.items() if k != "CRS"},
    "VERSION": "1.1.1",
    "SRS": "EPSG:4326",
    "BBOX": "-5,40,10,52",
}


def ask(client: FlaskClient, base: Dict[str, str] = MAP, **changes: Any) -> TestResponse:
    parameters = {key: value for key, value in {**base, **changes}.items() if value is not None}
    return client.get("/wms-v/ows", query_string=parameters)


def pixels(answer: TestResponse) -> np.ndarray:
    assert answer.status_code == 200
    assert answer.content_type.startswith("image/"), answer.text
    return decoded(answer.data)


def code(answer: TestResponse) -> str:
    """Return the code of a service exception, having seen that it is one and that it says something."""
    assert answer.status_code == 200  # GDAL and QGIS show the message of no other status
    root = parse(answer.data, doctype=True)
    (exception,) = root
    assert exception.tag.endswith("ServiceException")
    assert len(exception.text) > 20
    assert "Traceback" not in exception.text
    return exception.get("code", "")


def test_versions_and_axes_agree(client: FlaskClient) -> None:
    first = pixels(ask(client))
    assert first.shape == (120, 150, 4)
    for same in (
        ask(client, MAP_111),
        ask(client, CRS="CRS:84", BBOX="-5,40,10,52"),
        ask(client, CRS="urn:ogc:def:crs:EPSG::4326"),
        ask(client, CRS="http://www.opengis.net/def/crs/EPSG/0/4326"),
        ask(client, FORMAT="IMAGE/PNG", styles=None, STYLES="plain"),
        ask(client, VERSION=None),
    ):
        assert (pixels(same) == first).all()


@pytest.mark.parametrize(
    ("srs", "bbox", "bbox_111"),
    [
        ("EPSG:2154", "0,6000000,1200000,7200000", "0,6000000,1200000,7200000"),  # east first
        ("EPSG:2180", "100000,200000,800000,900000", "200000,100000,900000,800000"),  # north first, Poland
        ("EPSG:3035", "2000000,3000000,4000000,5000000", "3000000,2000000,5000000,4000000"),
        ("EPSG:3857", "0,5000000,1000000,6000000", "0,5000000,1000000,6000000"),
        ("EPSG:31467", "5200000,3200000,6000000,4000000", "3200000,5200000,4000000,6000000"),
    ],
)
def test_any_system_with_its_axes(client: FlaskClient, srs: str, bbox: str, bbox_111: str) -> None:
    found = pixels(ask(client, CRS=srs, BBOX=bbox, TRANSPARENT="TRUE"))
    assert (found[:, :, 3] > 0).mean() > 0.1
    assert (found == pixels(ask(client, MAP_111, SRS=srs, BBOX=bbox_111, TRANSPARENT="TRUE"))).all()


def test_order_of_layers(client: FlaskClient) -> None:
    """The last layer named lies on top."""
    world = pixels(ask(client, LAYERS="countries,world", STYLES=","))
    assert (world == pixels(ask(client, LAYERS="world"))).mean() > 0.9
    countries = pixels(ask(client, LAYERS="world,countries"))
    assert (countries == pixels(ask(client))).mean() > 0.9
    assert (world == countries).mean() < 0.9


def test_background_and_transparency(client: FlaskClient) -> None:
    sea = (0, 0)  # the Atlantic, in the upper left corner of Biscay
    parameters = {"BBOX": "44,-5,47,-2"}
    assert tuple(pixels(ask(client, **parameters))[sea]) == (255, 255, 255, 255)
    assert tuple(pixels(ask(client, BGCOLOR="0x3366CC", **parameters))[sea]) == (0x33, 0x66, 0xCC, 255)
    assert pixels(ask(client, TRANSPARENT="TRUE", **parameters))[sea][3] == 0
    assert tuple(pixels(ask(client, TRANSPARENT="TRUE", FORMAT="image/jpeg", **parameters))[sea]) == (
        255,
        255,
        255,
        255,
    )


@pytest.mark.parametrize(
    ("asked", "start"),
    [
        ("image/png", b"\x89PNG"),
        ("image/png; mode=8bit", b"\x89PNG"),
        ("image/png8", b"\x89PNG"),
        ("image/jpeg", b"\xff\xd8\xff"),
        ("image/webp", b"RIFF"),
    ],
)
def test_formats(client: FlaskClient, asked: str, start: bytes) -> None:
    answer = ask(client, FORMAT=asked)
    assert answer.data.startswith(start)
    assert pixels(answer).shape == (120, 150, 4)
    if "8" in asked:
        assert answer.data[25] == 3  # colour type: palette


@pytest.mark.parametrize("way", [{"DPI": "192"}, {"MAP_RESOLUTION": "192"}, {"FORMAT_OPTIONS": "dpi:192"}])
def test_resolution_makes_lines_wider(client: FlaskClient, way: Dict[str, str]) -> None:
    at_96 = pixels(ask(client))
    at_192 = pixels(ask(client, **way))
    assert (at_96 != at_192).any()
    assert (at_192 == pixels(ask(client, DPI="192"))).all()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"LAYERS": "nope"}, "LayerNotDefined"),
        ({"LAYERS": "countries,<script>"}, "LayerNotDefined"),
        ({"LAYERS": None}, "MissingParameterValue"),
        ({"LAYERS": ",".join(["countries"] * 21)}, "InvalidParameterValue"),
        ({"STYLES": "nope"}, "StyleNotDefined"),
        ({"STYLES": "plain,plain"}, "StyleNotDefined"),
        ({"CRS": "EPSG:999999"}, "InvalidCRS"),
        ({"CRS": "nonsense"}, "InvalidCRS"),
        ({"CRS": "EPSG:5773"}, "InvalidCRS"),  # heights
        ({"CRS": None}, "MissingParameterValue"),
        ({"BBOX": None}, "MissingParameterValue"),
        ({"BBOX": "1,2,3"}, "InvalidParameterValue"),
        ({"BBOX": "a,b,c,d"}, "InvalidParameterValue"),
        ({"BBOX": "nan,0,1,1"}, "InvalidParameterValue"),
        ({"BBOX": "52,-5,40,10"}, "InvalidParameterValue"),
        ({"BBOX": "40,-5,40,10"}, "InvalidParameterValue"),
        ({"WIDTH": "0"}, "InvalidParameterValue"),
        ({"WIDTH": "4097"}, "InvalidParameterValue"),
        ({"WIDTH": "ten"}, "InvalidParameterValue"),
        ({"HEIGHT": "99999999999999999999"}, "InvalidParameterValue"),
        ({"HEIGHT": None}, "MissingParameterValue"),
        ({"FORMAT": "image/tiff"}, "InvalidFormat"),
        ({"FORMAT": None}, "MissingParameterValue"),
        ({"BGCOLOR": "red"}, "InvalidParameterValue"),
        ({"DPI": "1e9"}, "InvalidParameterValue"),
        ({"DPI": "nan"}, "InvalidParameterValue"),
        ({"REQUEST": "GetCoffee"}, "OperationNotSupported"),
        ({"REQUEST": None}, "MissingParameterValue"),
        ({"SERVICE": "WFS"}, "OperationNotSupported"),
    ],
)
@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
def test_exceptions(client: FlaskClient, changes: Dict[str, Any], expected: str, version: str) -> None:
    if version == "1.1.1":
        changes = {("SRS" if key == "CRS" else key): value for key, value in changes.items()}
        if expected == "InvalidCRS":
            expected = "InvalidSRS"
        if "BBOX" in changes and changes["BBOX"] == "52,-5,40,10":
            changes["BBOX"] = "-5,52,10,40"
        if "BBOX" in changes and changes["BBOX"] == "40,-5,40,10":
            changes["BBOX"] = "-5,40,-5,52"
    answer = ask(client, MAP if version == "1.3.0" else MAP_111, **changes)
    assert code(answer) == expected
    assert answer.content_type == ("text/xml" if version == "1.3.0" else "application/vnd.ogc.se_xml")


def test_a_parameter_with_two_values_is_refused(client: FlaskClient) -> None:
    assert code(client.get("/wms-v/ows?SERVICE=WMS&service=WFS&REQUEST=GetMap")) == "InvalidParameterValue"


@pytest.mark.parametrize("form", ["INIMAGE", "application/vnd.ogc.se_inimage", "BLANK", "application/vnd.ogc.se_blank"])
def test_exceptions_as_pictures(client: FlaskClient, form: str) -> None:
    found = pixels(ask(client, LAYERS="nope", EXCEPTIONS=form, BGCOLOR="0xFFEEDD"))
    assert found.shape == (120, 150, 4)
    written = len(np.unique(found.reshape(-1, 4), axis=0)) > 1
    assert written is form.upper().endswith("INIMAGE")
    if not written:
        assert tuple(found[0, 0]) == (0xFF, 0xEE, 0xDD, 255)


def test_exceptions_as_pictures_of_no_size_are_xml(client: FlaskClient) -> None:
    assert code(ask(client, WIDTH=None, EXCEPTIONS="INIMAGE")) == "MissingParameterValue"


def test_a_style_that_cannot_be_drawn_is_told(client: FlaskClient, publications: World, tmp_path: Any) -> None:
    bad = tmp_path / "bad.qml"
    bad.write_text("<qgis")
    (table,) = publications.layers[0].tables
    publications.layers[0] = replace(publications.layers[0], tables=(DrawnTable(table.data, table.table, bad),))
    answer = ask(client)
    assert code(answer) == ""
    assert str(tmp_path) not in answer.text


def test_caches_may_ask_whether_a_map_is_still_right(client: FlaskClient, publications: World) -> None:
    first = ask(client)
    etag = first.headers["ETag"]
    again = client.get("/wms-v/ows", query_string=MAP, headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert again.data == b""
    assert ask(client, WIDTH="151").headers["ETag"] != etag
    publications.layers[0] = replace(publications.layers[0], revision="r2")
    assert client.get("/wms-v/ows", query_string=MAP, headers={"If-None-Match": etag}).status_code == 200


def test_post_is_answered_too(client: FlaskClient) -> None:
    assert (pixels(client.post("/wms-v/ows", data=MAP)) == pixels(ask(client))).all()


LEGEND = {"SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetLegendGraphic", "LAYER": "world", "FORMAT": "image/png"}


def test_legends(client: FlaskClient) -> None:
    whole = pixels(ask(client, LEGEND))
    assert whole.shape[0] > 30
    assert whole.shape[1] > 60
    one = pixels(ask(client, LEGEND, LAYER="countries"))
    assert one.shape[0] < whole.shape[0]
    assert pixels(ask(client, LEGEND, LAYERTITLE="FALSE")).shape[1] < whole.shape[1]
    assert pixels(ask(client, LEGEND, WIDTH="60", HEIGHT="60")).shape[0] > whole.shape[0]
    assert code(ask(client, LEGEND, LAYER="nope")) == "LayerNotDefined"
    assert code(ask(client, LEGEND, STYLE="nope")) == "StyleNotDefined"


def test_legend_as_json(client: FlaskClient) -> None:
    answer = ask(client, LEGEND, FORMAT="application/json")
    nodes = json.loads(answer.data)["nodes"]
    assert [node["title"] for node in nodes] == ["states_provinces", "countries"]
    assert decoded(base64.b64decode(nodes[0]["symbols"][0]["icon"])).shape == (24, 24, 4)


def test_a_renderer_without_qgis_is_told(publications: World, tmp_path: Any) -> None:
    from flask import Flask

    from geopub_plugin.backend.services.wms.blueprint import wms_blueprint

    app = Flask("no renderer")
    stopped = Renderer(tmp_path)
    stopped.stop()
    app.register_blueprint(wms_blueprint(publications, stopped, lambda: ""))
    assert code(ask(app.test_client())) == ""
    assert code(ask(app.test_client(), EXCEPTIONS="INIMAGE")) == ""
