"""Scenario: a layer's badge, its menu and that of a group, its page in the properties, and the panel to share it."""

from __future__ import annotations

import json
import os
import sys
from typing import Callable, Optional

sys.path.insert(0, json.loads(os.environ["GEOPUB_DESKTOP_TEST"])["here"])

from driver import GIVEN, Driver, Steps
from qgis.core import QgsProject as Project
from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import QCoreApplication, QTimer
from qgis.PyQt.QtGui import QColor, QContextMenuEvent
from qgis.PyQt.QtWidgets import QApplication, QMenu, QWidget
from qgis.utils import iface, plugins

LANGUAGE = GIVEN["language"]
plugin = plugins["geopub_plugin"]
view = iface.layerTreeView()


def steps(driver: Driver) -> Steps:
    """Play the scenario."""
    results = driver.results
    layer = QgsVectorLayer(GIVEN["source"], GIVEN["name"], "ogr")
    group = Project.instance().layerTreeRoot().addGroup("Monde")
    Project.instance().addMapLayer(layer, False)
    group.addLayer(layer)
    view.expandAll()
    iface.setActiveLayer(layer)
    yield 800
    results["menu_before"] = visible(view.menuProvider().createContextMenu())
    from geopub_plugin.publish.layer_plan import propose_plan, remembered_plan

    yield from publish(driver, layer, propose_plan(layer))
    results["badge"] = badge(plugin, layer)
    results["menu"] = visible(view.menuProvider().createContextMenu())
    yield from change(driver, layer)
    seen: dict = {}
    once_open(QApplication.activeModalWidget, lambda dialog: look_at_page(driver, dialog, seen))
    iface.showLayerProperties(layer, "GeoPubLayerPage")  # returns when it is closed
    results["page"] = seen
    yield from menu_of(driver, group)
    iface.setActiveLayer(layer)
    yield from publish(driver, layer, remembered_plan(layer))
    results["badge_after"] = badge(plugin, layer)
    yield 500


def publish(driver: Driver, layer: QgsVectorLayer, plan) -> Steps:
    """Publish the layer until its badge says so, and look at the panel to share it."""
    publication = plugin.desk.begin(layer, plan)
    failed: list = []
    publication.failed.connect(lambda error: failed.append(str(error)))
    yield lambda: "published" in badge(plugin, layer) or failed
    assert not failed, failed
    yield lambda: plugin.sharing.panel.isVisible()
    yield 500
    if "shared" not in driver.results:
        driver.photograph(f"share_{LANGUAGE}", plugin.sharing.panel)
        driver.results["shared"] = [line.text() for line, _button in plugin.sharing.panel.addresses.rows]
    plugin.sharing.panel.reject()


def change(driver: Driver, layer: QgsVectorLayer) -> Steps:
    """Give the layer another colour, as the styling panel does."""
    symbol = layer.renderer().symbol().clone()
    symbol.setColor(QColor("#3a7bd5"))
    layer.renderer().setSymbol(symbol)
    layer.triggerRepaint()
    yield lambda: "changed" in badge(plugin, layer)
    driver.results["badge_changed"] = badge(plugin, layer)
    yield 600
    driver.photograph(f"badge_{LANGUAGE}", iface.mainWindow())


def menu_of(driver: Driver, group) -> Steps:
    """Open the menu of a group with the right mouse button."""
    caught: list = []
    view.setCurrentIndex(view.node2index(group))
    once_open(QApplication.activePopupWidget, lambda menu: close_menu(driver, menu, caught))
    place = view.visualRect(view.node2index(group)).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.viewport().mapToGlobal(place))
    QCoreApplication.sendEvent(view.viewport(), event)
    yield lambda: caught
    driver.results["group_menu"] = caught[0]


def badge(plugin, layer) -> list:
    """Return the sign and the words beside a layer."""
    from geopub_plugin.ui.indicators import sign

    node = Project.instance().layerTreeRoot().findLayer(layer.id())
    beside = iface.layerTreeView().indicators(node)
    state = plugin.watch.state(layer)
    return [sign(state) if state else "", *(one.toolTip() for one in beside if "GeoPub" in one.toolTip())]


def visible(menu) -> list:
    """Return what a menu offers."""
    texts = [action.text() for action in menu.actions() if action.isVisible() and action.text()]
    menu.deleteLater()
    return texts


def once_open(opened: Callable[[], Optional[QWidget]], look: Callable[[QWidget], None]) -> None:
    """Look at a window some time after it is open; whoever opens it waits until `look` closes it."""
    window = opened()
    if window is None:
        QTimer.singleShot(100, lambda: once_open(opened, look))
    else:
        QTimer.singleShot(1000, lambda: look(window))


def look_at_page(driver: Driver, dialog: QWidget, seen: dict) -> None:
    """Photograph the open dialog, note what its page says, and close it."""
    from geopub_plugin.ui.layer_page import LayerPage

    for page in dialog.findChildren(LayerPage):
        seen.update(visible=page.isVisible(), state=page.state.text(), formats=page.fidelity.topLevelItemCount())
    driver.photograph(f"page_{LANGUAGE}", dialog)
    dialog.reject()


def close_menu(driver: Driver, menu: QMenu, caught: list) -> None:
    """Photograph the open menu and close it."""
    caught.append([action.text() for action in menu.actions() if action.text()])
    driver.photograph(f"group_menu_{LANGUAGE}", menu)
    menu.close()


driver = Driver(iface)
driver.play(steps(driver))
