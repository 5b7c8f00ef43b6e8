"""The panel to share a publication: filled when something goes live, and by a layer; its temporary links."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import pytest
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QWidget

from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.embedded_process import EmbeddedProcess
from geopub_plugin.publish.layer_memory import LayerMemory
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.store_source import Stores
from geopub_plugin.publish.targets import Targets
from geopub_plugin.ui.sharing import Sharing


class Desk(QObject):
    """Keeps what it is asked to show."""

    live = pyqtSignal(str, object, str)

    def __init__(self) -> None:
        super().__init__()
        self.shown: list = []

    def open_preview(self, services) -> None:
        self.shown.append(services)

    def add_to_project(self, services) -> None:
        self.shown.append(services)


class Menu(QObject):
    """Hands out what a layer remembers."""

    share_asked = pyqtSignal(object)


@pytest.fixture
def sharing(qgis_new_project, world_map, tmp_path) -> Iterator[Sharing]:
    file = Path(shutil.copy(world_map, tmp_path / "world_map.gpkg"))
    with start_backend(tmp_path / "data") as backend:
        asked = replace(PublicationRequest.proposed(file, ["countries"]), services=("wfs",))
        result = Publication(open_store(backend.api, backend.token), asked).run()
        process = EmbeddedProcess(tmp_path / "data", find=lambda _data: backend)
        stores, window = Stores(Targets(), process), QWidget()
        made = Sharing(stores, Desk(), Menu(), window)
        made.result, made.desk = result, made._desk
        yield made
        made.close()
        process.close()
        sip.delete(window)


def test_what_goes_live_and_what_a_layer_remembers(qtbot, sharing):
    sharing.desk.live.emit("World", sharing.result, "embedded")
    qtbot.waitUntil(sharing.panel.isVisible)
    assert "World" in sharing.panel.heading.text()
    assert [line.text() for line, _button in sharing.panel.addresses.rows] == [u.url for u in sharing.result.urls]
    sharing.show_memory(LayerMemory({"title": "Remembered"}, "embedded", "World", "world", "", (("WFS", "http://h/"),)))
    assert "Remembered" in sharing.panel.heading.text()


def test_a_temporary_link_is_copied_and_previewed(qtbot, sharing):
    sharing.show_result("World", sharing.result, "embedded")
    qtbot.waitUntil(sharing.panel.isVisible)
    sharing.panel.link.click()
    assert not sharing.panel.link.isEnabled()
    qtbot.waitUntil(lambda: bool(sharing.desk.shown), timeout=30_000)
    assert "/preview/" in QGuiApplication.clipboard().text()
    assert [service.kind for service in sharing.desk.shown[0]] == ["WFS"]
    qtbot.waitUntil(sharing.panel.link.isEnabled)
    assert "24 hours" in sharing.panel.said.text()
    sharing.show_memory(LayerMemory({"title": "Gone"}, "embedded", "Gone", "gone", "", (("WFS", "http://h/"),)))
    sharing.panel.link.click()
    qtbot.waitUntil(lambda: "Nothing is published" in sharing.panel.fault.text(), timeout=30_000)
    sharing.show_memory(LayerMemory({"title": "World"}, "removed", "World", "world_map", "", (("WFS", "http://h/"),)))
    sharing.panel.link.click()
    assert "no longer known" in sharing.panel.fault.text(), "a link was made in another store"
