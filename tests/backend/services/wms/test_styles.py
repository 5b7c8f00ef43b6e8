"""Styles leave as SLD with GetStyles, and come with a request as SLD_BODY, within limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from geopub_plugin.backend.safe_xml import parse
from geopub_plugin.backend.services.wms.given_styles import LARGEST_STYLE

from ....ogc_schemas import OgcSchemas
from .test_maps import MAP, MAP_111, ask, code, pixels

RED = "<CssParameter name='fill'>#ff0000</CssParameter>"


def sld(content: str = f"<PolygonSymbolizer><Fill>{RED}</Fill></PolygonSymbolizer>", layer: str = "countries") -> str:
    rule = f"<UserStyle><FeatureTypeStyle><Rule>{content}</Rule></FeatureTypeStyle></UserStyle>"
    return document(f"<NamedLayer><Name>{layer}</Name>{rule}</NamedLayer>")


def document(content: str) -> str:
    return (
        "<StyledLayerDescriptor version='1.0.0' xmlns='http://www.opengis.net/sld'"
        " xmlns:ogc='http://www.opengis.net/ogc' xmlns:xlink='http://www.w3.org/1999/xlink'>"
        f"{content}</StyledLayerDescriptor>"
    )


def red_share(picture: np.ndarray) -> float:
    return float((picture == (255, 0, 0, 255)).all(axis=2).mean())


@pytest.mark.parametrize("layers", ["countries", "countries,world"])
def test_get_styles(client: FlaskClient, ogc_schemas: OgcSchemas, layers: str) -> None:
    asked = {"SERVICE": "WMS", "VERSION": "1.1.1", "REQUEST": "GetStyles", "LAYERS": layers}
    answer = ask(client, asked)
    assert answer.content_type.startswith("application/vnd.ogc.sld+xml"), answer.text
    assert ogc_schemas.faults(answer.data, "sld/1.0.0/StyledLayerDescriptor.xsd") == []
    named = parse(answer.data).findall("{*}NamedLayer")
    assert [layer.findtext("{*}Name") for layer in named] == layers.split(",")
    assert named[0].findtext("{*}UserStyle/{*}Name") == "plain"
    assert code(ask(client, asked, LAYERS="nope")) == "LayerNotDefined"


def test_what_get_styles_says_draws_the_same(client: FlaskClient) -> None:
    said = ask(client, {"SERVICE": "WMS", "VERSION": "1.1.1", "REQUEST": "GetStyles", "LAYERS": "countries"}).text
    difference = np.abs(pixels(ask(client, SLD_BODY=said)).astype(int) - pixels(ask(client)))
    assert (difference.max(axis=2) > 48).mean() < 0.02  # outlines lose a fraction of their width


@pytest.mark.parametrize("base", [MAP, MAP_111], ids=["1.3.0", "1.1.1"])
def test_sld_body(client: FlaskClient, base: Any) -> None:
    assert red_share(pixels(ask(client, base))) == 0
    assert red_share(pixels(ask(client, base, SLD_BODY=sld()))) > 0.3
    assert red_share(pixels(ask(client, base, SLD_BODY=sld(), LAYERS=None))) > 0.3
    posted = client.post("/wms-v/ows", data={**base, "SLD_BODY": sld()})
    assert red_share(pixels(posted)) > 0.3
    assert red_share(pixels(ask(client, base))) == 0  # the next one has its own style again


def test_a_layer_without_a_style_of_its_own_keeps_its_own(client: FlaskClient) -> None:
    named = document("<NamedLayer><Name>countries</Name><NamedStyle><Name>plain</Name></NamedStyle></NamedLayer>")
    assert (pixels(ask(client, SLD_BODY=named)) == pixels(ask(client))).all()
    assert code(ask(client, SLD_BODY=named.replace("plain", "nope"))) == "StyleNotDefined"


GRAPHIC = (
    "<PolygonSymbolizer><Fill><GraphicFill><Graphic><ExternalGraphic><OnlineResource xlink:href='{}'/>"
    "<Format>image/svg+xml</Format></ExternalGraphic></Graphic></GraphicFill></Fill></PolygonSymbolizer>"
)
CALL = (
    "<ogc:Filter><ogc:PropertyIsEqualTo><ogc:Function name='{}'/><ogc:Literal>1</ogc:Literal>"
    "</ogc:PropertyIsEqualTo></ogc:Filter><PolygonSymbolizer><Fill/></PolygonSymbolizer>"
)
UNKNOWN = CALL.replace("<ogc:Function name='{}'/>", "<ogc:PropertyName>nix</ogc:PropertyName>")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SLD_BODY": sld(layer="world")}, "LayerNotDefined"),
        ({"SLD_BODY": sld(layer="nope"), "LAYERS": None}, "LayerNotDefined"),
        ({"SLD_BODY": sld(GRAPHIC.format("/etc/passwd"))}, "StyleNotDefined"),
        ({"SLD_BODY": sld(GRAPHIC.format("http://127.0.0.1/a.svg"))}, "StyleNotDefined"),
        ({"SLD_BODY": sld(CALL.format("env"))}, "StyleNotDefined"),
        ({"SLD_BODY": sld(CALL.format("load_layer"))}, "StyleNotDefined"),
        ({"SLD_BODY": sld(UNKNOWN)}, "StyleNotDefined"),
        ({"SLD_BODY": sld("")}, "StyleNotDefined"),
        ({"SLD_BODY": "<a"}, ""),
        ({"SLD_BODY": "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"}, ""),
        ({"SLD_BODY": "<qgis version='3.22'/>"}, "StyleNotDefined"),
        ({"SLD": "http://127.0.0.1/a.sld"}, "InvalidParameterValue"),
    ],
)  # fmt: skip
def test_refusals(client: FlaskClient, changes: Any, expected: str) -> None:
    assert code(ask(client, **changes)) == expected


def test_a_style_that_is_too_large(client: FlaskClient) -> None:
    large = sld() + " " * LARGEST_STYLE + "<!-- -->"
    answer = client.post("/wms-v/ows", data={**MAP, "SLD_BODY": large})
    assert code(answer) == "StyleNotDefined"
