"""Tiles by key and by path are WMS's pictures, and every document is valid."""

from __future__ import annotations

import json
from typing import Any, Dict
from urllib.parse import quote

import numpy as np
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geopub_plugin.backend.features.schema import Bounds
from geopub_plugin.backend.safe_xml import parse
from geopub_plugin.backend.services.wmts.matrices import MATRICES, SIDE, Tile
from geopub_plugin.backend.services.wmts.metatiles import ACROSS, MARGIN, Metatile
from tests.backend.render.conftest import decoded

from ....ogc_schemas import OgcSchemas
from ..wms.conftest import World

TILE = {
    "SERVICE": "WMTS",
    "VERSION": "1.0.0",
    "REQUEST": "GetTile",
    "LAYER": "countries",
    "STYLE": "plain",
    "FORMAT": "image/png",
    "TILEMATRIXSET": "GoogleMapsCompatible",
    "TILEMATRIX": "5",
    "TILEROW": "11",
    "TILECOL": "16",
}


def ask(client: FlaskClient, **changes: Any) -> TestResponse:
    return client.get("/wmts", query_string={k: v for k, v in {**TILE, **changes}.items() if v is not None})


def pixels(answer: TestResponse) -> np.ndarray:
    assert (answer.status_code, answer.content_type) == (200, "image/png"), answer.text
    return decoded(answer.data)


def wms_picture(client: FlaskClient, bounds: Bounds, size: int) -> np.ndarray:
    asked = {
        "SERVICE": "WMS",
        "VERSION": "1.3.0",
        "REQUEST": "GetMap",
        "LAYERS": "countries",
        "STYLES": "",
        "CRS": "EPSG:3857",
        "BBOX": ",".join(map(repr, bounds)),
        "WIDTH": str(size),
        "HEIGHT": str(size),
        "FORMAT": "image/png",
        "TRANSPARENT": "TRUE",
    }
    return pixels(client.get("/wms-v/ows", query_string=asked))


def test_the_square_of_the_world_and_its_scales() -> None:
    assert Tile(MATRICES[0], 0, 0).bounds == pytest.approx((-20037508.3427892,) * 2 + (20037508.3427892,) * 2)
    assert Tile(MATRICES[1], 0, 1).bounds == pytest.approx((0, 0, 20037508.3427892, 20037508.3427892))
    assert MATRICES[18].scale_denominator == pytest.approx(2132.729583849784)  # OGC 07-057r7 table E.4
    assert MATRICES[18].pixel == pytest.approx(0.597164283559817)


@pytest.mark.parametrize(("level", "row", "column"), [(0, 0, 0), (1, 0, 1), (5, 11, 16), (5, 11, 15), (7, 44, 65)])
def test_a_tile_is_the_picture_of_wms(
    client: FlaskClient, publications: World, level: int, row: int, column: int
) -> None:
    tile = pixels(ask(client, TILEMATRIX=str(level), TILEROW=str(row), TILECOL=str(column)))
    assert tile.shape == (256, 256, 4)
    place = Tile(MATRICES[level], row, column)
    view = Metatile.around(publications.layers[0], place).request.view
    left, top = (MARGIN + SIDE * (number % ACROSS) for number in (column, row))
    of_the_block = wms_picture(client, view.bounds, view.width)[top : top + SIDE, left : left + SIDE]
    assert (tile == of_the_block).all()
    alone = wms_picture(client, place.bounds, SIDE).astype(int)
    shown = np.maximum(tile[:, :, 3], alone[:, :, 3]) > 16  # what hardly shows has any colour
    differs = (np.abs(alone - tile).max(axis=2) > 32) & shown
    # QGIS simplifies by the length of a pixel in the middle of what it draws, and from where a line enters it.
    assert level < 5 or differs.mean() < 0.005


def test_both_names_of_the_set_and_both_ways_to_ask(client: FlaskClient) -> None:
    first = ask(client).data
    assert ask(client, TILEMATRIXSET="PM", STYLE=None).data == first
    assert ask(client, TILEMATRIX="PM:5").data == first
    by_path = client.get("/wmts/1.0.0/countries/default/PM/5/11/16.png")
    assert by_path.data == first
    assert by_path.headers["Access-Control-Allow-Origin"] == "*"


def test_a_tile_that_is_known_is_not_sent_again(client: FlaskClient, publications: World) -> None:
    mark = ask(client).headers["ETag"]
    again = client.get("/wmts", query_string=TILE, headers={"If-None-Match": mark})
    assert (again.status_code, again.data) == (304, b"")
    assert ask(client, TILECOL="15").headers["ETag"] != mark


def test_feature_info(client: FlaskClient) -> None:
    asked = {"REQUEST": "GetFeatureInfo", "INFOFORMAT": "application/json", "I": "60", "J": "60"}
    (feature,) = json.loads(ask(client, **asked).data)["features"]
    assert feature["properties"]["NAME"] == "France"
    by_path = client.get("/wmts/1.0.0/countries/plain/PM/5/11/16/60/60.json")
    assert json.loads(by_path.data)["features"] == [feature]
    for wrong, code in (({"I": "256"}, "PointIJOutOfRange"), ({"INFOFORMAT": "a/b"}, "InvalidParameterValue")):
        answer = ask(client, **{**asked, **wrong})
        assert answer.status_code == 400
        assert f'exceptionCode="{code}"' in answer.text


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize("path", ["/wmts?SERVICE=WMTS&REQUEST=GetCapabilities", "/wmts/1.0.0/WMTSCapabilities.xml"])
def test_capabilities_are_valid(
    client: FlaskClient, publications: World, ogc_schemas: OgcSchemas, path: str, published: bool
) -> None:
    if not published:
        publications.layers.clear()
    answer = client.get(path)
    assert ogc_schemas.faults(answer.data, "wmts/1.0/wmts.xsd") == []
    assert len(parse(answer.data).findall(".//{*}Layer")) == (2 if published else 0)


@pytest.mark.parametrize(
    ("changes", "code", "locator"),
    [
        ({"LAYER": "nope"}, "InvalidParameterValue", "LAYER"),
        ({"LAYER": None}, "MissingParameterValue", "LAYER"),
        ({"STYLE": "nope"}, "InvalidParameterValue", "STYLE"),
        ({"FORMAT": "image/gif"}, "InvalidParameterValue", "FORMAT"),
        ({"TILEMATRIXSET": "WGS84"}, "InvalidParameterValue", "TILEMATRIXSET"),
        ({"TILEMATRIX": "22"}, "InvalidParameterValue", "TILEMATRIX"),
        ({"TILEMATRIX": "²"}, "InvalidParameterValue", "TILEMATRIX"),
        ({"TILEROW": "32"}, "TileOutOfRange", "TILEROW"),
        ({"TILECOL": "-1"}, "InvalidParameterValue", "TILECOL"),
        ({"REQUEST": "GetMap"}, "OperationNotSupported", "GetMap"),
        ({"REQUEST": None}, "MissingParameterValue", "REQUEST"),
        ({"SERVICE": "WMS"}, "InvalidParameterValue", "SERVICE"),
    ],
)
def test_exceptions(
    client: FlaskClient, ogc_schemas: OgcSchemas, changes: Dict[str, Any], code: str, locator: str
) -> None:
    answer = ask(client, **changes)
    assert answer.status_code == 400
    assert ogc_schemas.faults(answer.data, "ows/1.1.0/owsAll.xsd") == []
    exception = parse(answer.data).find("{*}Exception")
    assert (exception.get("exceptionCode"), exception.get("locator")) == (code, locator)


def test_a_name_with_a_slash_cannot_leave_its_place(client: FlaskClient) -> None:
    for name in ("..", "../..", "a/b", "countries\0"):
        path = f"/wmts/1.0.0/{quote(name, safe='')}/default/PM/0/0/0.png"
        assert client.get(path).status_code in (400, 404)
