"""Scenario: the plugin is unloaded while its backend runs, leaves nothing behind, and is loaded again."""

from __future__ import annotations

import json
import os
import sys

sys.path.insert(0, json.loads(os.environ["GEOPUB_DESKTOP_TEST"])["here"])

from driver import GIVEN, Driver, Steps
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
from qgis.PyQt.QtWidgets import QAction, QDockWidget
from qgis.utils import iface, loadPlugin, plugins, startPlugin, unloadPlugin

NAME = "geopub_plugin"


def traces() -> dict:
    """Return what of the plugin can be found in QGIS."""
    window = iface.mainWindow()
    menu = iface.layerTreeView().menuProvider().createContextMenu()
    return {
        "docks": [dock.objectName() for dock in window.findChildren(QDockWidget) if "GeoPub" in dock.objectName()],
        "actions": [action.text() for action in window.findChildren(QAction) if "GeoPub" in action.objectName()],
        "layer_menu": [action.text() for action in menu.actions() if action.text() == "Publish layer…"],
        "help_menu": [action.text() for action in iface.pluginHelpMenu().actions() if action.text() == "GeoPub"],
        "web_menu": [action.text() for action in iface.webMenu().actions() if action.text() == "GeoPub"],
    }


def steps(driver: Driver) -> Steps:
    """Play the scenario."""
    layer = QgsVectorLayer(GIVEN["source"], "Countries", "ogr")
    QgsProject.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    yield 300
    results = driver.results
    results["loaded"] = traces()
    process = plugins[NAME].process
    process.start()
    yield lambda: process.backend is not None
    results["pid"] = pid = process.backend.pid
    plugins[NAME].publish_current()
    yield lambda: plugins[NAME].desk.dialog is not None
    plugins[NAME].desk.dialog.accept()
    yield lambda: plugins[NAME].desk.publications[0]._export is not None
    results["unloading"] = unloadPlugin(NAME)
    yield 500
    results["unloaded"] = traces()
    results["alive"] = os.path.exists(f"/proc/{pid}")
    loadPlugin(NAME)
    startPlugin(NAME)
    yield 300
    results["again"] = traces()
    reloaded = plugins[NAME]
    reloaded.process.start()
    yield lambda: reloaded.process.backend is not None and not QgsApplication.taskManager().countActiveTasks()


driver = Driver(iface)
driver.play(steps(driver))
