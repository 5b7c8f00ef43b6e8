"""The style of vector tiles: kept beside them in a real store, with pictures drawn by QGIS."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import pytest
import requests
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsRendererCategory,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)

from geopub_plugin.publish.client import Store, open_store
from geopub_plugin.publish.embedded import Backend, start_backend
from geopub_plugin.publish.map_style import TileStyling, keep_map_style
from geopub_plugin.publish.proposal import TableStyle
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.sprite_sheets import drawn_sheets
from geopub_plugin.publish.style_export import export_style
from tests.towns import make_geopackage


@pytest.fixture(scope="module")
def backend(tmp_path_factory) -> Iterator[Backend]:
    with start_backend(tmp_path_factory.mktemp("map-style") / "data") as started:
        yield started


@pytest.fixture
def store(backend) -> Store:
    return open_store(backend.api, backend.token)


def styled(file: Path, folder: Path) -> TableStyle:
    """Return the QML of a layer with a star, a circle and labels."""
    layer = QgsVectorLayer(f"{file}|layername=towns", "Towns", "ogr")
    star = QgsMarkerSymbol.createSimple({"name": "star", "size": "6", "color": "red"})
    circle = QgsMarkerSymbol.createSimple({"name": "circle", "size": "3", "color": "blue"})
    classes = [QgsRendererCategory("town 3", star, "three"), QgsRendererCategory(None, circle, "others")]
    layer.setRenderer(QgsCategorizedSymbolRenderer("Name", classes))
    settings, text = QgsPalLayerSettings(), QgsTextFormat()
    settings.fieldName = "Name"
    settings.setFormat(text)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)
    return TableStyle.read("towns", export_style(layer, "towns", folder).qml)


def test_a_browser_finds_all_it_needs(store, tmp_path, qgis_new_project, style_validator):
    file = make_geopackage(tmp_path / "styled.gpkg")
    style = styled(file, tmp_path)
    request = replace(PublicationRequest.proposed(file), services=("tms",), styles=(style,))
    result = Publication(store, request).run()
    for _twice in range(2):  # publishing again replaces it
        styling = TileStyling(request.styles, drawn_sheets(style.content))
        assert keep_map_style(store, request.title, result, styling) == ()
    (configuration,) = store.configurations.list(layer_name=request.layer_name)
    (named,) = store.configurations.get(configuration.id).extra["styles"]
    assert named["current"] is True and named["layers"][0]["annexe_id"]
    answer = requests.get(named["layers"][0]["url"], timeout=20)
    assert answer.headers["Content-Type"].startswith("application/json")
    document = answer.json()
    star, circle, label = document["layers"]
    assert star["filter"] == ["==", ["get", "name"], "town 3"]  # the name that integration gave
    assert circle["type"] == "circle" and label["type"] == "symbol"
    tiles = requests.get(document["sources"]["tiles"]["url"], timeout=20).json()
    assert {layer["source-layer"] for layer in document["layers"]} == {one["id"] for one in tiles["vector_layers"]}
    for ratio in ("", "@2x"):
        index = requests.get(f"{document['sprite']}{ratio}.json", timeout=20).json()
        assert star["layout"]["icon-image"] in index
        picture = requests.get(f"{document['sprite']}{ratio}.png", timeout=20)
        assert picture.headers["Content-Type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    font = label["layout"]["text-font"][0]
    glyphs = document["glyphs"].replace("{fontstack}", font).replace("{range}", "0-255")
    found = requests.get(glyphs, timeout=60)
    assert found.status_code == 200 and len(found.content) > 5000
    assert requests.get(glyphs.replace("0-255", "1-256"), timeout=20).status_code == 404
    path = tmp_path / "style.json"
    path.write_text(json.dumps(document))
    assert style_validator(path) == ""


def test_without_qgis_the_pictures_are_left_out(store, tmp_path, qgis_new_project):
    file = make_geopackage(tmp_path / "plain.gpkg")
    request = replace(PublicationRequest.proposed(file), services=("tms",), styles=(styled(file, tmp_path),))
    result = Publication(store, request).run()
    keep_map_style(store, request.title, result, TileStyling(request.styles))
    (configuration,) = store.configurations.list(layer_name=request.layer_name)
    (named,) = store.configurations.get(configuration.id).extra["styles"]
    document = requests.get(named["layers"][0]["url"], timeout=20).json()
    assert [layer["type"] for layer in document["layers"]] == ["circle", "symbol"] and "sprite" not in document
