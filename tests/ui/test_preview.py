"""The preview: tiles with their published style, on a base map, compared with the layer they were made of."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Dict, Iterator

import pytest
from qgis.core import QgsFillSymbol, QgsProject, QgsRasterLayer, QgsSettings, QgsSingleSymbolRenderer, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QLabel, QSplitter

from geopub_plugin.publish.base_maps import BaseMap, connections, of_project, set_default, set_for_project
from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.layer_memory import Published, remember
from geopub_plugin.publish.layer_plan import LayerPlan
from geopub_plugin.publish.live_layers import LiveService, live_layer
from geopub_plugin.publish.map_style import TileStyling, keep_map_style
from geopub_plugin.publish.proposal import TableStyle
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.style_annexe import keep_slds
from geopub_plugin.publish.style_export import export_style
from geopub_plugin.ui import preview as preview_module
from geopub_plugin.ui.preview import Preview
from geopub_plugin.ui.preview_choices import BaseMapButton
from geopub_plugin.ui.publications_model import live_services

PATIENCE = 60_000  # ms
RED = "#c81e3c"


@pytest.fixture(scope="module")
def services(world_map, qgis_app, tmp_path_factory) -> Iterator[tuple]:
    """Return the three services of the countries, published in red."""
    folder = tmp_path_factory.mktemp("preview")
    file = Path(shutil.copy(world_map, folder / "world_map.gpkg"))
    layer = QgsVectorLayer(f"{file}|layername=countries", "Countries", "ogr")
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({"color": RED, "outline_style": "no"})))
    exported = export_style(layer, "countries", folder)
    style = TableStyle.read("countries", exported.qml)
    sip.delete(layer)
    with start_backend(folder / "data") as backend:
        store = open_store(backend.api, backend.token)
        asked = replace(PublicationRequest.proposed(file, ["countries"]), top_level=0, bottom_level=3, styles=(style,))
        result = Publication(store, asked).run()
        keep_map_style(store, "World", result, TileStyling(asked.styles))
        keep_slds(store, asked.datasheet, asked.layer_name, exported)
        (sheet,) = store.datasheets.list()
        yield tuple(replace(live, title="World") for live in live_services(sheet))


@pytest.fixture
def preview(qtbot, qgis_new_project, services) -> Iterator[Preview]:
    made = Preview()
    made.resize(420, 420)
    made.show()
    yield made
    made.clear()
    sip.delete(made)
    QgsProject.instance().clear()


def share_of(picture, name: str) -> float:
    """Return the share of the pixels that have about one colour."""
    wanted = tuple(int(name[at : at + 2], 16) for at in (1, 3, 5))
    places = [(x, y) for x in range(0, picture.width(), 5) for y in range(0, picture.height(), 5)]
    colours = (picture.pixelColor(x, y) for x, y in places)
    near = [all(abs(part - want) < 12 for part, want in zip((c.red(), c.green(), c.blue()), wanted)) for c in colours]
    return sum(near) / len(near)


def drawn(qtbot, preview: Preview):
    """Return what the canvas shows, once it shows something red."""
    qtbot.waitUntil(lambda: share_of(preview.canvas.grab().toImage(), RED) > 0.05, timeout=PATIENCE)
    return preview.canvas.grab().toImage()


def test_features_are_drawn_with_their_published_style(qtbot, preview, services):
    with qtbot.waitSignal(preview.shown, timeout=PATIENCE):
        preview.open(services, "WFS")
    assert preview.services["WFS"].sld_url.endswith(".sld") and preview.services["WFS"].sld
    drawn(qtbot, preview)


def test_where_a_style_is_may_be_learned_later(qtbot, preview, services):
    """A publication shows its features at once, while their style is still on its way to the store."""
    with qtbot.waitSignal(preview.shown, timeout=PATIENCE):
        preview.open(tuple(replace(one, sld_url="") for one in services), "WFS")
    plain = preview.layers["WFS"].renderer().symbol().color().name()
    assert plain != RED
    preview.learn(services)
    drawn(qtbot, preview)
    assert preview.layers["WFS"].renderer().symbol().color().name() == RED


@pytest.mark.parametrize("content", [b"", b"<not XML", b"<sld/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_features_without_a_style_that_can_be_read_are_drawn_plainly(qtbot, preview, services, content, tmp_path):
    (features,) = (one for one in services if one.kind == "WFS")
    assert live_layer(replace(features, sld=content)).isValid()


def test_tiles_are_drawn_with_their_published_style(qtbot, preview, services):
    with qtbot.waitSignal(preview.shown, timeout=PATIENCE):
        preview.open(services, "TMS")
    assert preview.services["TMS"].style is not None and preview.services["TMS"].levels == (0, 3)
    drawn(qtbot, preview)


@pytest.fixture
def ground(tmp_path) -> QgsRasterLayer:
    """Return a raster that is green all over the world."""
    from osgeo import gdal, osr

    path = tmp_path / "ground.tif"
    made = gdal.GetDriverByName("GTiff").Create(str(path), 8, 8, 3)
    made.SetGeoTransform((-2e7, 5e6, 0, 2e7, 0, -5e6))
    system = osr.SpatialReference()
    system.ImportFromEPSG(3857)
    made.SetProjection(system.ExportToWkt())
    for band, value in enumerate((20, 200, 20), 1):
        made.GetRasterBand(band).Fill(value)
    made = None
    layer = QgsRasterLayer(str(path), "Ground", "gdal")
    QgsProject.instance().addMapLayer(layer)
    return layer


def test_a_base_map_of_the_project_lies_below(qtbot, preview, services, ground):
    set_for_project(ground.id())
    with qtbot.waitSignal(preview.shown, timeout=PATIENCE):
        preview.open(services, "WMS")
    assert preview.canvas.layers()[-1] is ground
    qtbot.waitUntil(lambda: share_of(preview.canvas.grab().toImage(), "#14c814") > 0.2, timeout=PATIENCE)
    preview.base.menu().aboutToShow.emit()
    assert [(one.text(), one.isChecked()) for one in preview.base.menu().actions()] == [
        ("No base map", False),
        ("Ground", True),
    ]
    preview.base.menu().actions()[0].trigger()
    assert of_project() == "" and len(preview.canvas.layers()) == 1


def test_compared_with_my_layer(qtbot, preview, services, world_map):
    mine = QgsVectorLayer(f"{world_map}|layername=countries", "Mine", "ogr")
    mine.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({"color": "#1e3cc8", "outline_style": "no"})))
    QgsProject.instance().addMapLayer(mine)
    remember(mine, LayerPlan("World", "World", "world"), Published())
    preview.open(services, "WMS")
    drawn(qtbot, preview)
    assert list(preview.compare.choices().values()) == [
        "Do not compare", "My layer “Mine”", "Features (WFS)", "Maps (WMS)", "Vector tiles (TMS)",
    ]  # fmt: skip
    with qtbot.waitSignal(preview.swipe.drawn, timeout=PATIENCE):
        preview.compare.choose(f"layer:{mine.id()}")
    assert preview.line.isVisible() and share_of(preview.swipe.picture, "#1e3cc8") > 0.05
    preview.line.setValue(0)
    qtbot.waitUntil(lambda: share_of(preview.canvas.grab().toImage(), RED) == 0)
    preview.line.setValue(1000)
    qtbot.waitUntil(lambda: share_of(preview.canvas.grab().toImage(), RED) > 0.05)
    QgsProject.instance().removeMapLayer(mine.id())
    preview.canvas.refresh()
    preview.compare.choose("")
    assert not preview.line.isVisible() and not preview.swipe.open


def test_a_service_that_did_not_answer_is_asked_again(qtbot, preview, services, monkeypatch):
    maps = next(service for service in services if service.kind == "WMS")
    with monkeypatch.context() as silent:
        silent.setattr(preview_module, "live_layer", lambda service: QgsRasterLayer("", service.title, "wms"))
        preview.open((maps,))
    assert preview.message.isVisible() and "does not answer" in preview.message.text() and not preview.layers
    preview.switch["WMS"].click()
    assert not preview.message.isVisible()
    drawn(qtbot, preview)


def test_one_service_beside_another(qtbot, preview, services):
    preview.open(services, "WMS")
    drawn(qtbot, preview)
    with qtbot.waitSignal(preview.swipe.drawn, timeout=PATIENCE):
        preview.compare.choose("TMS")  # of which levels and style are asked for first
    qtbot.waitUntil(lambda: share_of(preview.swipe.picture, RED) > 0.05, timeout=PATIENCE)


def test_services_join_the_preview_as_they_go_live(preview, services, qtbot):
    by_kind = {service.kind: service for service in services}
    with qtbot.waitSignal(preview.shown, timeout=PATIENCE):
        preview.join(by_kind["TMS"])
    preview.join(by_kind["WFS"])
    preview.join(LiveService("WMS", "Something else", by_kind["WMS"].url))
    assert set(preview.services) == {"TMS", "WFS"}, "another datasheet took the preview"
    assert preview.switch["WFS"].isEnabled() and not preview.switch["WMS"].isEnabled()
    assert preview.switch["TMS"].isChecked(), "what is looked at was changed"


def test_tiles_are_drawn_anew_with_the_style_that_came_later(preview, services, qtbot):
    tiles = next(service for service in services if service.kind == "TMS")
    with qtbot.waitSignal(preview.shown, timeout=PATIENCE):
        preview.join(replace(tiles, levels=(0, 3), style=None))  # as before the style is kept
    before = preview.layers["TMS"]
    with qtbot.waitSignal(preview.shown, timeout=PATIENCE):
        preview.renew("World")
    assert preview.layers["TMS"] is not before and preview.services["TMS"].style is not None


def test_tiles_that_are_shown_as_they_are_published_are_not_drawn_twice(preview, services, qtbot):
    tiles = next(service for service in services if service.kind == "TMS")
    with qtbot.waitSignal(preview.shown, timeout=PATIENCE):
        preview.open((tiles,))
    before, known = preview.layers["TMS"], preview.services["TMS"]
    drawn(qtbot, preview)
    again: list = []
    preview.shown.connect(again.append)
    preview.renew("World", other_data=False)
    qtbot.waitUntil(lambda: preview.services["TMS"] is not known, timeout=PATIENCE)
    assert preview.layers["TMS"] is before and again == []
    with qtbot.waitSignal(preview.shown, timeout=PATIENCE):
        preview.renew("World")  # as after an update
    assert preview.layers["TMS"] is not before


def test_room_is_made_before_anything_answers(qtbot, qgis_new_project, services):
    """A map whose size changes is drawn twice."""
    panel, preview = QSplitter(Qt.Orientation.Vertical), Preview()
    panel.addWidget(QLabel("above"))
    panel.addWidget(preview)
    preview.hide()
    panel.resize(420, 700)
    panel.show()
    preview.expect("World")
    assert preview.isVisible() and not preview.services
    preview.expect("Rivers")
    preview.expect_no_more("World")
    assert preview.isVisible() and preview.title.text() == "Preview of “Rivers”", "another one is on its way"
    preview.expect_no_more("Rivers")
    assert not preview.isVisible(), "nothing came"
    preview.expect("World")
    qtbot.waitUntil(lambda: preview.canvas.height() > 300)
    before = preview.canvas.size()
    tiles = next(service for service in services if service.kind == "TMS")
    preview.join(replace(tiles, levels=(0, 3), bounds=(-180.0, -80.0, 180.0, 80.0)))
    assert set(preview.layers) == {"TMS"}, "what is known was asked for"
    drawn_once = []
    preview.canvas.renderStarting.connect(lambda: drawn_once.append(preview.canvas.size()))
    with qtbot.waitSignal(preview.canvas.mapCanvasRefreshed, timeout=PATIENCE):
        pass
    assert drawn_once == [before] and preview.canvas.size() == before
    preview.expect("Something else")
    preview.expect_no_more("Something else")
    assert preview.isVisible() and preview.title.text() == "Preview of “World”", "what is looked at stays"
    preview.clear()
    sip.delete(panel)


@pytest.fixture
def plan_ign(qgis_app) -> Iterator[str]:
    """Return the name of an XYZ connection of QGIS's."""
    for room in ("qgis/connections-xyz", "connections/xyz/items"):  # QGIS 3.22, QGIS 3.30 and later
        QgsSettings().setValue(f"{room}/Plan IGN/url", "https://tiles.example.org/{z}/{x}/{y}.png")
    yield "Plan IGN"
    for room in ("qgis/connections-xyz", "connections/xyz/items"):
        QgsSettings().remove(f"{room}/Plan IGN")
    QgsSettings().remove("geopub")


def test_a_base_map_of_the_settings_is_that_of_projects_that_say_nothing(qtbot, qgis_new_project, plan_ign):
    ground = BaseMap()
    assert plan_ign in connections() and ground.layer() is None
    set_default(plan_ign)
    layer = ground.layer()
    assert layer.isValid() and layer.name() == plan_ign and ground.layer() is layer
    button = BaseMapButton()
    qtbot.addWidget(button)

    def offered() -> Dict[str, bool]:
        button.menu().aboutToShow.emit()
        return {action.text(): action.isChecked() for action in button.menu().actions() if action.isEnabled()}

    assert offered() == {"No base map": False, "Plan IGN (as in the settings)": True}
    button.menu().actions()[0].trigger()
    assert ground.layer() is None and offered()["No base map"], "of this project"
    button.menu().actions()[1].trigger()
    assert ground.layer() is layer and of_project() == ""
    set_default("gone")
    assert ground.layer() is None
    ground.clear()
