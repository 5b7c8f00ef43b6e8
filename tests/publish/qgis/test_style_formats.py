"""A layer's style in four formats, each with what it keeps, approximates and loses."""

from __future__ import annotations

import json

import pytest
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsMarkerSymbol,
    QgsRendererCategory,
    QgsShapeburstFillSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QVariant

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.safe_xml import parse
from geopub_plugin.backend.styles.fidelity import Fate
from geopub_plugin.publish.layer_memory import Published, remember
from geopub_plugin.publish.layer_plan import LayerPlan
from geopub_plugin.publish.style_export import export_style
from geopub_plugin.publish.style_formats import NOWHERE, StyleFormat, style_files

TILES = "http://127.0.0.1:8123/tms/1.0.0/pays"


def by_format(layer, tiles=""):
    return {file.format: file for file in style_files(layer, "pays", tiles)}


def simple(colour):
    return QgsFillSymbol.createSimple({"color": colour})


def test_a_plain_style_is_kept_by_all(countries, ogc_schemas):
    countries.setRenderer(QgsSingleSymbolRenderer(simple("red")))
    files = by_format(countries, TILES)
    assert list(files) == list(StyleFormat) and all(file.content for file in files.values())
    assert [file.report.target for file in files.values()] == ["QML", "SLD 1.1.0", "SLD 1.0.0", "Mapbox"]
    assert all(not file.report.of(Fate.LOST) for file in files.values())
    assert parse(files[StyleFormat.QML].content, doctype=True).tag == "qgis"
    assert parse(files[StyleFormat.SLD11].content).get("version") == "1.1.0"
    assert ogc_schemas.faults(files[StyleFormat.SLD10].content, "sld/1.0.0/StyledLayerDescriptor.xsd") == []
    document = json.loads(files[StyleFormat.MAPBOX].content)
    assert document["sources"] == {"tiles": {"type": "vector", "url": f"{TILES}/metadata.json"}}
    assert {layer["source-layer"] for layer in document["layers"]} == {"pays"}


def test_each_format_says_what_it_loses(countries):
    both = simple("red")
    both.appendSymbolLayer(QgsShapeburstFillSymbolLayer())
    countries.setRenderer(QgsSingleSymbolRenderer(both))
    files = by_format(countries)
    assert files[StyleFormat.QML].report.faithful
    for one in (StyleFormat.SLD11, StyleFormat.SLD10):
        (lost,) = files[one].report.of(Fate.LOST)
        assert "ShapeburstFill" in lost.what
    assert any(NOWHERE in finding.what for finding in files[StyleFormat.MAPBOX].report.of(Fate.APPROXIMATED))


def test_a_format_in_which_nothing_is_left_cannot_be_saved(countries, tmp_path):
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, QgsShapeburstFillSymbolLayer())
    countries.setRenderer(QgsSingleSymbolRenderer(symbol))
    file = by_format(countries)[StyleFormat.SLD10]
    assert file.content is None and file.report.of(Fate.LOST)
    with pytest.raises(InvalidInput, match=r"SLD 1\.0\.0"):
        file.save(tmp_path / "x.sld")


def test_names_and_kinds_of_attributes_are_those_of_the_tiles(points, style_validator, tmp_path):
    layer = points([("Désignation", QVariant.String), ("Size", QVariant.Int)], [["a", 5]], name="Stops")
    classes = [QgsRendererCategory(5, QgsMarkerSymbol.createSimple({"name": "circle"}), "five")]
    layer.setRenderer(QgsCategorizedSymbolRenderer("Size", classes))
    (written,) = by_format(layer, TILES)[StyleFormat.MAPBOX].save(tmp_path / "stops.json")
    assert json.loads(written.read_bytes())["layers"][0]["filter"] == ["==", ["get", "size"], 5]
    assert style_validator(written) == ""


def test_pictures_lie_beside_the_style(points, tmp_path):
    layer = points([("name", QVariant.String)], [["a"]], name="Stops")
    layer.setRenderer(QgsSingleSymbolRenderer(QgsMarkerSymbol.createSimple({"name": "star", "size": "6"})))
    file = by_format(layer, TILES)[StyleFormat.MAPBOX]
    written = file.save(tmp_path / "stops.json")
    assert [path.name for path in written] == [
        "stops.json", "stops-sprite.json", "stops-sprite.png", "stops-sprite@2x.json", "stops-sprite@2x.png",
    ]  # fmt: skip
    assert (tmp_path / "stops-sprite.png").read_bytes().startswith(b"\x89PNG")
    assert set(json.loads((tmp_path / "stops-sprite.json").read_bytes())) == {
        layer["layout"]["icon-image"] for layer in json.loads(file.content)["layers"]
    }


def test_a_style_does_not_tell_where_its_layer_is_published(countries, tmp_path):
    secret = Published("team", "t", (("WFS", "https://intranet.example/secret"),))
    remember(countries, LayerPlan("Pays", "Pays", "pays"), secret)
    countries.setCustomProperty("other/plugin", "stays")
    qml = export_style(countries, "pays", tmp_path).qml
    assert b"intranet" not in qml.read_bytes() and b"other/plugin" in qml.read_bytes()
    twin = QgsVectorLayer("MultiPolygon?crs=EPSG:4326", "twin", "memory")
    assert twin.loadNamedStyle(str(qml))[1] and twin.customProperty("other/plugin") == "stays"
