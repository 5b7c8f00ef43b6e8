"""The GeoPub page in the properties of a layer: state, addresses, styles checked and saved."""

from __future__ import annotations

import json
from typing import Iterator

import pytest
from qgis.core import (
    QgsFillSymbol,
    QgsRasterLayer,
    QgsShapeburstFillSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt import sip
from qgis.PyQt.QtGui import QGuiApplication

from geopub_plugin.publish.layer_memory import Published, remember
from geopub_plugin.publish.layer_plan import LayerPlan
from geopub_plugin.publish.style_formats import StyleFormat
from geopub_plugin.ui.layer_page import LayerPage, LayerPageFactory

PLAN = LayerPlan("Lakes", "Lakes", "lakes")
WHERE = Published("embedded", "lakes", (("WFS", "http://h/wfs?typenames=lakes"), ("TMS", "http://h/tms/1.0.0/lakes")))


@pytest.fixture
def page(qtbot, lake) -> Iterator[LayerPage]:
    both = QgsFillSymbol.createSimple({"color": "blue"})
    both.appendSymbolLayer(QgsShapeburstFillSymbolLayer())
    lake.setRenderer(QgsSingleSymbolRenderer(both))
    made = LayerPage(lake, None)
    made.resize(640, 560)
    yield made
    sip.delete(made)


def test_what_can_be_published_has_the_page(lake):
    factory = LayerPageFactory()
    assert factory.supportLayerPropertiesDialog() and factory.supportsLayer(lake)
    assert not factory.supportsLayer(QgsVectorLayer("None?field=a:string", "table", "memory"))
    assert not factory.supportsLayer(QgsRasterLayer())


def test_a_layer_that_is_not_published(page):
    page.show()
    assert "not published" in page.state.text() and not page.badge.isVisible() and not page.addresses.isVisible()


def test_a_published_layer_shows_state_and_addresses(page, lake):
    remember(lake, PLAN, WHERE)
    page.tell()
    page.show()
    assert "Published by GeoPub as “lakes”" in page.state.text()
    assert [line.text() for line, _button in page.addresses.rows] == [url for _kind, url in WHERE.addresses]
    page.addresses.rows[1][1].click()
    assert QGuiApplication.clipboard().text() == "http://h/tms/1.0.0/lakes"
    lake.setOpacity(0.5)
    page.tell()
    assert "style has changed" in page.state.text() and "Update publication" in page.state.text()


def test_styles_are_checked_when_seen_and_saved_where_chosen(page, lake, tmp_path):
    assert page.files == {}
    page.show()
    assert page.fidelity.topLevelItemCount() == 4
    assert page.fidelity.topLevelItem(1).text(0) == "SLD 1.1.0 – lost: 1"
    page.fidelity.setCurrentItem(page.fidelity.topLevelItem(2).child(0))
    assert page.chosen is StyleFormat.SLD10 and page.save_button.isEnabled()
    page.save(tmp_path / "lakes.sld")
    assert b'version="1.0.0"' in (tmp_path / "lakes.sld").read_bytes() and "lakes.sld" in page.saved.text()
    page.fidelity.setCurrentItem(page.fidelity.topLevelItem(3))
    page.save(tmp_path / "lakes.json")
    assert json.loads((tmp_path / "lakes.json").read_bytes())["version"] == 8
    page.save(tmp_path / "missing" / "lakes.json")
    assert "could not be written" in page.fault.text()


def test_what_cannot_be_written_cannot_be_saved(page, lake):
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, QgsShapeburstFillSymbolLayer())
    lake.setRenderer(QgsSingleSymbolRenderer(symbol))
    page.show()
    page.fidelity.setCurrentItem(page.fidelity.topLevelItem(2))
    assert not page.save_button.isEnabled()
