"""Styles of services against the real backend: added, edited, renamed, chosen, removed, and seen by those who draw."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple
from xml.etree import ElementTree

import numpy as np
import pytest
import requests
from osgeo import gdal, ogr, osr

from geopub_plugin.backend import translation
from geopub_plugin.backend.errors import Conflict, InvalidInput, NotFound
from geopub_plugin.publish.client import Store, open_store
from geopub_plugin.publish.client.styles import StyleFile
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.proposal import TableStyle
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.removal import unpublish

WMS = "{http://www.opengis.net/wms}"


def sld(colour: str, where: str = "") -> bytes:
    return f"""<?xml version="1.0"?><StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"
      xmlns:ogc="http://www.opengis.net/ogc"><NamedLayer><Name>x</Name><UserStyle><FeatureTypeStyle><Rule>{where}
      <PolygonSymbolizer><Fill><CssParameter name="fill">{colour}</CssParameter></Fill></PolygonSymbolizer></Rule>
      </FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>""".encode()


UNFIT = sld(
    "#000000",
    "<ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>nam</ogc:PropertyName><ogc:Literal>1</ogc:Literal>"
    "</ogc:PropertyIsEqualTo></ogc:Filter>",
)
MAPBOX = json.dumps({"version": 8, "sources": {"t": {"type": "vector"}}, "layers": []}).encode()


def square(path: Path) -> Path:
    """Make two tables that cover the same square of one degree."""
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    for name in ("top", "below"):
        layer = source.CreateLayer(name, srs, ogr.wkbPolygon)
        layer.CreateField(ogr.FieldDefn("Name", ogr.OFTString))
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["Name"] = name
        feature.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON ((2 48, 3 48, 3 49, 2 49, 2 48))"))
        layer.CreateFeature(feature)
    return path


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tuple[Store, Dict[str, str], str]]:
    """Return a store with the square published, the configuration of each service, and the address of its WMS."""
    folder = tmp_path_factory.mktemp("styles")
    with start_backend(folder / "data") as backend:
        store = open_store(backend.api, backend.token)
        result = Publication(store, PublicationRequest.proposed(square(folder / "square.gpkg"))).run()
        services = {one.type: one.id for one in store.configurations.list()}
        yield store, services, next(url.url for url in result.urls if url.type == "WMS").partition("?")[0]


@pytest.fixture
def drawn_tiles(tmp_path_factory: pytest.TempPathFactory, published: Tuple[Store, Dict[str, str], str]) -> Path:
    return next(tmp_path_factory.getbasetemp().glob("styles*")) / "data" / "map-tiles"


@pytest.fixture
def store(published: Tuple[Store, Dict[str, str], str]) -> Iterator[Store]:
    """Return the store; whatever styles a test leaves are gone after it."""
    yield published[0]
    for configuration in published[1].values():
        for style in published[0].styles.list(configuration):
            published[0].styles.remove(configuration, style.technical_name)


@pytest.fixture
def wms(published: Tuple[Store, Dict[str, str], str]) -> str:
    return published[1]["WMS-VECTOR"]


@pytest.fixture
def address(published: Tuple[Store, Dict[str, str], str]) -> str:
    return published[2]


def ask(address: str, **parameters: Any) -> requests.Response:
    given = {"SERVICE": "WMS", "VERSION": "1.3.0", **{key.upper(): value for key, value in parameters.items()}}
    return requests.get(address, params=given, timeout=60)


def colour(address: str, style: str = "") -> str:
    """Return what the middle of the square is drawn with."""
    box = {"crs": "CRS:84", "bbox": "2.2,48.2,2.8,48.8", "width": 20, "height": 20, "format": "image/png"}
    answer = ask(address, request="GetMap", layers="square", styles=style, **box)
    assert answer.headers["Content-Type"] == "image/png", answer.text
    gdal.FileFromMemBuffer("/vsimem/square.png", answer.content)
    pixels = gdal.Open("/vsimem/square.png").ReadAsArray()[:3, 10, 10]
    return "#" + "".join(f"{int(value):02x}" for value in np.asarray(pixels))


def both(top: str, below: str) -> Tuple[StyleFile, StyleFile]:
    return StyleFile("top", "top.sld", sld(top)), StyleFile("below", "below.sld", sld(below))


def test_several_styles_of_one_layer(store: Store, wms: str, address: str):
    store.styles.add(wms, "Rouge d'été", both("#ff0000", "#000000"))
    store.styles.add(wms, "Bleu", both("#0000ff", "#000000"))
    first, second = store.styles.list(wms)
    assert (first.technical_name, first.current) == ("rouge_d_ete", True)
    assert (second.technical_name, second.current) == ("bleu", False)
    assert colour(address) == colour(address, "rouge_d_ete") == colour(address, "default") == "#ff0000"
    assert colour(address, "bleu") == "#0000ff"
    root = ElementTree.fromstring(ask(address, request="GetCapabilities").content)
    styles = [
        (style.findtext(f"{WMS}Name"), style.findtext(f"{WMS}Title"))
        for layer in root.iter(f"{WMS}Layer")
        if layer.findtext(f"{WMS}Name") == "square"
        for style in layer.findall(f"{WMS}Style")
    ]
    assert styles == [("rouge_d_ete", "Rouge d'été"), ("bleu", "Bleu")]


def test_each_style_has_its_legend_and_its_sld(store: Store, wms: str, address: str):
    store.styles.add(wms, "red", both("#ff0000", "#000000"))
    store.styles.add(wms, "blue", both("#0000ff", "#000000"))
    asked = {"request": "GetLegendGraphic", "layer": "square", "format": "image/png"}
    red, blue = (ask(address, style=style, **asked).content for style in ("red", "blue"))
    assert red != blue and ask(address, **asked).content == red
    told = requests.get(
        address, {"SERVICE": "WMS", "VERSION": "1.1.1", "REQUEST": "GetStyles", "LAYERS": "square"}, timeout=60
    ).text
    assert told.count("UserStyle>") == 4 and "#ff0000" in told and "#0000ff" in told
    assert [part.partition("<")[0] for part in told.split("IsDefault>")[1::2]] == ["1", "0"]


def test_tiles_of_wmts_in_each_style(store: Store, wms: str, address: str):
    store.styles.add(wms, "red", both("#ff0000", "#000000"))
    store.styles.add(wms, "blue", both("#0000ff", "#000000"))
    base = address.replace("/wms-v/ows", "/wmts")
    tile = "/1.0.0/square/{style}/PM/7/44/65"  # from 2.8° to 5.6° E
    pictures = [requests.get(f"{base}{tile.format(style=style)}.png", timeout=60) for style in ("red", "blue", "red")]
    assert [one.headers["Content-Type"] for one in pictures] == ["image/png"] * 3
    assert pictures[0].content == pictures[2].content != pictures[1].content
    assert requests.get(f"{base}{tile.format(style='green')}.png", timeout=60).status_code == 400
    assert (
        "<ows:Identifier>blue</ows:Identifier>" in requests.get(f"{base}/1.0.0/WMTSCapabilities.xml", timeout=60).text
    )


def test_tiles_that_were_drawn_go_with_the_offering(store: Store, wms: str, address: str, drawn_tiles: Path):
    (offering,) = store.offerings.list(configuration=wms)
    wmts = next(url.url for url in offering.urls if url.type == "WMTS")
    tile = wmts.partition("?")[0] + "/1.0.0/square/default/PM/7/44/65.png"
    assert requests.get(tile, timeout=60).status_code == 200
    assert "square" in requests.get(wmts, timeout=60).text
    assert [one for one in drawn_tiles.rglob("*") if one.is_file()]
    store.offerings.delete(offering.id)
    assert not [one for one in drawn_tiles.rglob("*") if one.is_file()]
    assert requests.get(tile, timeout=60).status_code == 400
    store.offerings.create(wms, offering.endpoint)


def test_a_style_that_the_layer_does_not_have(store: Store, wms: str, address: str):
    store.styles.add(wms, "red", both("#ff0000", "#000000"))
    asked = {"crs": "CRS:84", "bbox": "2,48,3,49", "width": 9, "height": 9, "format": "image/png"}
    told = ask(address, request="GetMap", layers="square", styles="green", **asked).text
    assert "StyleNotDefined" in told and "red" in told


def test_switching_and_editing_keep_the_address(store: Store, wms: str, address: str):
    store.styles.add(wms, "red", both("#ff0000", "#000000"))
    blue = store.styles.add(wms, "blue", both("#0000ff", "#000000"))
    store.styles.make_current(wms, "blue")
    assert colour(address) == "#0000ff" and colour(address, "red") == "#ff0000"
    assert [one.current for one in store.styles.list(wms)] == [False, True]
    store.styles.replace(wms, "blue", [StyleFile("top", "top.sld", sld("#00ffff"))])
    assert colour(address) == colour(address, "blue") == "#00ffff"
    assert [one.number for one in store.styles.revisions(wms, "blue", "top")] == [2, 1]
    store.styles.roll_back(wms, "blue", "top", 1)
    assert colour(address) == "#0000ff"
    assert store.styles.list(wms)[1].parts == blue.parts


def test_a_new_name_and_what_was_sent(store: Store, wms: str, address: str):
    store.styles.add(wms, "red", both("#ff0000", "#000000"))
    assert store.styles.rename(wms, "red", "Rouge").name == "Rouge"
    assert store.styles.list(wms)[0].technical_name == "red" and colour(address, "red") == "#ff0000"
    assert [(one.table, one.filename) for one in store.styles.read(wms, "red")] == [
        ("top", "top.sld"),
        ("below", "below.sld"),
    ]
    assert store.styles.read(wms, "red")[0].content == sld("#ff0000")


def test_removing_the_current_style_draws_with_the_first_of_the_others(store: Store, wms: str, address: str):
    default = colour(address)
    store.styles.add(wms, "red", [StyleFile("top", "top.sld", sld("#ff0000"))])
    store.styles.add(wms, "blue", [StyleFile("top", "top.sld", sld("#0000ff"))], current=True)
    assert colour(address) == "#0000ff"
    store.styles.remove(wms, "blue")
    assert colour(address) == "#ff0000" and len(store.statics.list()) == 1
    store.styles.remove(wms, "red")
    assert colour(address) == default and not store.statics.list() and not store.styles.list(wms)


def test_a_style_of_one_table_leaves_the_others_as_they_are(store: Store, wms: str, address: str):
    store.styles.add(wms, "red", both("#ff0000", "#00ff00"))
    store.styles.add(wms, "blue", [StyleFile("below", "below.sld", sld("#0000ff"))])
    assert colour(address, "blue") == "#ff0000"  # the top one covers it
    store.styles.make_current(wms, "blue")
    assert [one.current for one in store.styles.list(wms)] == [False, True] and colour(address) == "#ff0000"
    store.styles.make_current(wms, "red")
    assert [one.current for one in store.styles.list(wms)] == [True, False]


def test_what_does_not_fit_is_refused_and_leaves_nothing(store: Store, wms: str, address: str):
    store.styles.add(wms, "red", both("#ff0000", "#000000"))
    with pytest.raises(InvalidInput, match="name") as refused:
        store.styles.add(wms, "unfit", [StyleFile("top", "top.sld", UNFIT)])
    assert "nam" in str(refused.value)
    assert [one.name for one in store.styles.list(wms)] == ["red"] and len(store.statics.list()) == 2
    with pytest.raises(InvalidInput, match="already"):
        store.styles.add(wms, "RED", both("#ff0000", "#000000"))
    with pytest.raises(InvalidInput):
        store.styles.add(wms, " ", both("#ff0000", "#000000"))
    with pytest.raises(NotFound, match="red"):
        store.styles.make_current(wms, "green")


def test_a_style_in_use_cannot_be_deleted_below_its_service(store: Store, wms: str):
    store.styles.add(wms, "red", both("#ff0000", "#000000"))
    blue = store.styles.add(wms, "blue", both("#0000ff", "#000000"))
    with pytest.raises(Conflict, match="in use"):
        store.statics.delete(blue.parts[0].id)


def test_the_style_of_a_publication_counts_before_it_is_listed(store: Store, wms: str, address: str):
    drawn = store.statics.create_style("Mine", "top.sld", sld("#ff00ff")).id
    service = store.configurations.get(wms)
    (used,) = service.type_infos["used_data"]
    relations = [{**one, "style": drawn if one["name"] == "top" else ""} for one in used["relations"]]
    infos = {**service.type_infos, "used_data": [{**used, "relations": relations}]}
    store.configurations.replace(wms, service.type, service.name, infos)
    (style,) = store.styles.list(wms)
    assert (style.name, style.technical_name, style.current, style.listed) == ("Mine", "mine", True, False)
    store.styles.add(wms, "blue", both("#0000ff", "#000000"))
    assert colour(address, "mine") == colour(address) == "#ff00ff" and colour(address, "blue") == "#0000ff"


@pytest.mark.parametrize("code", ["en", "fr"])
def test_the_style_of_a_publication_has_the_same_technical_name_in_each_language(
    store: Store, wms: str, code: str, monkeypatch: pytest.MonkeyPatch
):
    service = store.configurations.get(wms)
    (used,) = service.type_infos["used_data"]
    statics = {name: store.statics.create_style(name, "a.sld", sld("#ff00ff")).id for name in ("top", "below")}
    relations = [{**one, "style": statics[one["name"]]} for one in used["relations"]]
    infos = {**service.type_infos, "used_data": [{**used, "relations": relations}]}
    store.configurations.replace(wms, service.type, service.name, infos)
    monkeypatch.setattr(translation, "_language", code)
    (style,) = store.styles.list(wms)
    assert (style.technical_name, style.listed) == ("square", False)
    assert style.name == {"en": "Style of the publication", "fr": "Style de la publication"}[code]


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ({"technical_name": "a b", "layers": [{"name": "top", "static_id": "?"}]}, "technical name"),
        ({"technical_name": "a", "layers": [{"name": "nope", "static_id": "?"}]}, "no table"),
        ({"technical_name": "a", "layers": [{"name": "top", "static_id": "?"}]}, "no style"),
    ],
)
def test_the_server_refuses_lists_that_it_cannot_offer(store: Store, wms: str, listed: Dict[str, Any], why: str):
    with pytest.raises(InvalidInput, match=why):
        store.configurations.change(wms, extra={"styles": [listed]})


def test_styles_of_features_are_annexes(store: Store, published: Tuple[Store, Dict[str, str], str]):
    wfs = published[1]["WFS"]
    made = store.styles.add(wfs, "Rouge", both("#ff0000", "#000000"))
    (listed,) = store.configurations.get(wfs).extra["styles"]
    assert (listed["name"], listed["technical_name"], listed["current"]) == ("Rouge", "rouge", True)
    assert [one["name"] for one in listed["layers"]] == ["square:top", "square:below"]
    url = listed["layers"][0]["url"]
    assert "/style/" in url and url.endswith("_rouge.sld")
    assert requests.get(url, timeout=20).content == sld("#ff0000")
    assert [part.table for part in made.parts] == ["top", "below"]
    store.styles.replace(wfs, "rouge", [StyleFile("top", "top.sld", sld("#00ff00"))])
    assert requests.get(url, timeout=20).content == sld("#00ff00")
    store.styles.remove(wfs, "rouge")
    assert requests.get(url, timeout=20).status_code == 404 and not store.configurations.get(wfs).extra["styles"]


def test_styles_of_tiles_are_linked(store: Store, published: Tuple[Store, Dict[str, str], str]):
    tms = published[1]["WMTS-TMS"]
    links = store.configurations.get(tms).metadata
    store.styles.add(tms, "Plain", [StyleFile("", "plain.json", MAPBOX)])
    second = store.styles.add(tms, "Night", [StyleFile("", "night.json", MAPBOX)], current=True)
    (offering,) = store.offerings.list(configuration=tms)
    tile_map = ElementTree.parse(io.BytesIO(requests.get(offering.urls[0].url, timeout=20).content))
    linked = [one.get("href") for one in tile_map.iter("Metadata") if one.get("mime-type") == "application/json"]
    assert linked[0] == second.parts[0].url and len(linked) == 2
    assert requests.get(linked[0], timeout=20).json()["version"] == 8
    for style in store.styles.list(tms):
        store.styles.remove(tms, style.technical_name)
    assert store.configurations.get(tms).metadata == links


def test_publishing_again_leaves_the_styles_that_a_person_has_added(tmp_path: Path):
    with start_backend(tmp_path / "data") as backend:
        store = open_store(backend.api, backend.token)
        proposed = PublicationRequest.proposed(square(tmp_path / "square.gpkg"))
        first = [TableStyle(one.table, one.filename, one.content) for one in both("#ff0000", "#000000")]
        request = replace(proposed, services=("wms",), styles=tuple(first))
        result = Publication(store, request).run()
        address = result.urls[0].url.partition("?")[0]
        (service,) = store.configurations.list()
        store.styles.add(service.id, "Mine", both("#0000ff", "#000000"), current=True)
        own = next(one.technical_name for one in store.styles.list(service.id) if not one.current)
        second = [TableStyle(one.table, one.filename, one.content) for one in both("#00ff00", "#000000")]
        Publication(store, replace(request, styles=tuple(second))).run()
        assert colour(address) == colour(address, "mine") == "#0000ff" and colour(address, own) == "#00ff00"
        (sheet,) = store.datasheets.list()
        unpublish(store, sheet.services[0])
        assert not store.statics.list()
