"""A right-click on layers or on a group: publish, update, copy a link, as the selection allows."""

from __future__ import annotations

from typing import Iterator

import pytest
from qgis.core import QgsLayerTreeModel, QgsProject, QgsVectorLayer
from qgis.gui import QgsLayerTreeView
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QItemSelectionModel
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QMainWindow, QMenu

from geopub_plugin.publish.layer_memory import Published, remember
from geopub_plugin.publish.layer_plan import LayerPlan
from geopub_plugin.publish.layer_watch import LayerWatch
from geopub_plugin.ui.layer_menu import LayerMenu

PLAN = LayerPlan("Ponds", "Ponds", "ponds")
WHERE = Published("embedded", "ponds", (("WFS", "http://h/wfs?typenames=ponds"), ("TMS", "http://h/tms/1.0.0/ponds")))


class Iface:
    """The part of QGIS's interface that holds the layer tree."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        self.view = QgsLayerTreeView(self.window)
        self.model = QgsLayerTreeModel(QgsProject.instance().layerTreeRoot())
        self.view.setModel(self.model)
        self.offered: list = []

    def mainWindow(self) -> QMainWindow:
        return self.window

    def layerTreeView(self) -> QgsLayerTreeView:
        return self.view

    def addCustomActionForLayerType(self, action, menu, kind, every) -> None:
        self.offered.append(action)

    def removeCustomActionForLayerType(self, action) -> None:
        self.offered.remove(action)


class Desk:
    """Writes down what it is asked for."""

    def __init__(self) -> None:
        self.asked: list = []

    def publish(self, layers) -> None:
        self.asked.append(("publish", [layer.name() for layer in layers]))

    def update(self, layer) -> None:
        self.asked.append(("update", layer.name()))


@pytest.fixture
def iface(qgis_new_project) -> Iterator[Iface]:
    made = Iface()
    yield made
    sip.delete(made.view)
    sip.delete(made.model)
    sip.delete(made.window)


@pytest.fixture
def layers(iface) -> list:
    made = [QgsVectorLayer("Point?crs=EPSG:4326", name, "memory") for name in ("a", "b", "c")]
    root = QgsProject.instance().layerTreeRoot()
    group = root.addGroup("Group")
    QgsProject.instance().addMapLayers(made, False)
    root.insertLayer(0, made[0])
    group.addLayer(made[1])
    group.addLayer(made[2])
    return made


@pytest.fixture
def menu(iface, layers) -> Iterator[LayerMenu]:
    watch = LayerWatch(QgsProject.instance())
    made = LayerMenu(iface, Desk(), watch)
    made.desk = made._desk
    yield made
    made.close()
    watch.close()
    assert iface.offered == []


def select(iface, *nodes) -> None:
    model = iface.view.selectionModel()
    model.clear()
    for node in nodes:
        index = iface.view.node2index(node)
        model.select(index, QItemSelectionModel.SelectionFlag.Select)
        model.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)


def test_one_layer_that_is_not_published(iface, menu, layers):
    iface.view.setCurrentLayer(layers[0])
    assert iface.offered == menu.actions == [menu.publish, menu.update, menu.copy, menu.share]
    assert menu.publish.text() == "Publish layer…"
    assert not menu.update.isVisible() and not menu.copy.isVisible()
    menu.publish.trigger()
    assert menu.desk.asked == [("publish", ["a"])]


def test_a_published_layer_offers_update_and_links(qtbot, iface, menu, layers):
    remember(layers[0], PLAN, WHERE)
    iface.view.setCurrentLayer(layers[0])
    assert menu.update.isVisible() and menu.copy.isVisible()
    assert [action.text() for action in menu.links.actions()] == ["Web page", "WFS address", "TMS address"]
    menu.links.actions()[0].trigger()
    assert QGuiApplication.clipboard().text() == "http://h/view/ponds"
    menu.links.actions()[2].trigger()
    assert QGuiApplication.clipboard().text() == "http://h/tms/1.0.0/ponds"
    menu.update.trigger()
    assert menu.desk.asked == [("update", "a")]
    with qtbot.waitSignal(menu.share_asked) as asked:
        menu.share.trigger()
    assert asked.args[0].addresses == WHERE.addresses
    iface.view.setCurrentLayer(layers[1])
    assert not menu.update.isVisible()
    remember(layers[1], PLAN, WHERE)  # while it is the current one
    qtbot.waitUntil(menu.update.isVisible)


def test_several_layers_and_a_group(iface, menu, layers):
    root = QgsProject.instance().layerTreeRoot()
    group = root.findGroup("Group")
    iface.view.expandAll()
    select(iface, root.findLayer(layers[0].id()), root.findLayer(layers[2].id()))
    assert menu.publish.text() == "Publish 2 layers…"
    menu.publish.trigger()
    select(iface, group)
    opened = QMenu()
    menu._complete(opened)
    assert [action.text() for action in opened.actions() if action.text()] == ["Publish group…"]
    menu.publish_group.trigger()
    assert [sorted(names) for _what, names in menu.desk.asked] == [["a", "c"], ["b", "c"]]


def test_a_group_offers_nothing_for_layers_outside_it(iface, menu, layers):
    select(iface, QgsProject.instance().layerTreeRoot().findLayer(layers[0].id()))
    opened = QMenu()
    menu._complete(opened)
    assert opened.actions() == []


def test_the_menu_of_a_badge(qtbot, iface, menu, layers):
    remember(layers[0], PLAN, WHERE)
    iface.view.setCurrentLayer(layers[0])
    shown = menu.menu()
    texts = [action.text() for action in shown.actions() if action.isVisible() and action.text()]
    assert texts == ["Publish layer…", "Update publication", "Copy link", "Share…", "Styles and publication…"]
    shown.deleteLater()
