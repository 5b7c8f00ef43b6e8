"""Scenario in three runs: install the zip and publish; come back and upgrade; come back, uninstall."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, json.loads(os.environ["GEOPUB_DESKTOP_TEST"])["here"])

from driver import GIVEN, Driver, Steps
from qgis.core import QgsProject as Project
from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface, plugins

NAME, LANGUAGE, PROJECT = "geopub_plugin", GIVEN["language"], GIVEN["project"]
KINDS = ("WFS", "WMS", "TMS")
WORLD = "&bbox=-90,-180,90,180&crs=EPSG:4326&width=200&height=100&format=image/png&styles="


def steps(driver: Driver) -> Steps:
    """Play the run that is asked for."""
    iface.mainWindow().showNormal()
    iface.mainWindow().setGeometry(0, 0, 1200, 760)
    return {"install": installs, "return": returns, "leave": leaves}[GIVEN["part"]](driver)


def installs(driver: Driver) -> Steps:
    """Install the zip as the plugin manager does, and publish a layer by hand."""
    assert NAME not in plugins
    yield from install(GIVEN["zip"])
    plugin, results = plugins[NAME], driver.results
    results["version"] = version()
    layer = QgsVectorLayer(GIVEN["source"], GIVEN["name"], "ogr")
    Project.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    yield 500
    driver.photograph(f"newcomer_installed_{LANGUAGE}", iface.mainWindow())
    plugin.menu.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    QTest.mouseClick(plugin.desk.dialog.publish, Qt.MouseButton.LeftButton)
    yield lambda: plugin.sharing.panel.isVisible()
    plugin.sharing.panel.reject()
    yield lambda: badge(layer)
    results["badge"] = badge(layer)
    results["urls"] = addresses(layer)
    assert Project.instance().write(PROJECT)
    yield 300


def returns(driver: Driver) -> Steps:
    """Open the project again, and find everything as it was; then upgrade while the engine runs."""
    results, plugin = driver.results, plugins[NAME]
    layer = opened()
    results["panel"] = plugin.dock.isVisible()
    yield lambda: plugin.process.backend is not None and plugin.model.datasheets
    yield lambda: badge(layer)
    yield 500
    driver.photograph(f"newcomer_returned_{LANGUAGE}", iface.mainWindow())
    results["badge"], results["live"] = badge(layer), live(GIVEN["urls"])
    results["urls"] = addresses(layer)
    engine = plugin.process.backend.pid
    yield from install(GIVEN["upgrade"])
    assert plugins[NAME] is not plugin
    results["outlived"] = os.path.exists(f"/proc/{engine}")
    plugin = plugins[NAME]
    yield lambda: plugin.process.backend is not None and plugin.model.datasheets
    yield lambda: badge(layer)
    yield 500
    driver.photograph(f"newcomer_upgraded_{LANGUAGE}", iface.mainWindow())
    results["upgraded"] = version()
    results["engine"] = json.loads((plugin.process.data / "server.json").read_text("utf-8"))["version"]
    results["badge_upgraded"], results["live_upgraded"] = badge(layer), live(GIVEN["urls"])
    plugin.dock.setUserVisible(False)
    yield 300


def leaves(driver: Driver) -> Steps:
    """Come back with the panel closed: the services are live all the same; then uninstall while the engine runs."""
    results, plugin = driver.results, plugins[NAME]
    layer = opened()
    results["panel"] = plugin.dock.isVisible()
    yield lambda: badge(layer)
    results["badge"] = badge(layer)
    yield lambda: plugin.process.backend is not None and plugin.model.datasheets
    results["live"] = live(GIVEN["urls"])
    engine, data = plugin.process.backend.pid, plugin.process.data
    from pyplugin_installer import instance

    instance().uninstallPlugin(NAME, quiet=True)
    yield 500
    results["outlived"] = os.path.exists(f"/proc/{engine}")
    told = [item.text() for item in iface.messageBar().items() if "GeoPub" in item.title()]
    results["left"] = [NAME] * (NAME in plugins) + [text for text in (badge(layer), *told) if text]
    results["data_kept"] = (data / "catalogue.sqlite").is_file()
    driver.photograph(f"newcomer_uninstalled_{LANGUAGE}", iface.mainWindow())


def install(archive: str) -> Steps:
    """Install a zip by the plugin manager."""
    from pyplugin_installer import instance

    instance().installFromZipFile(archive)
    yield lambda: NAME in plugins
    yield 500


def opened() -> QgsVectorLayer:
    """Open the project and return its layer."""
    assert Project.instance().read(PROJECT)
    (layer,) = Project.instance().mapLayers().values()
    iface.setActiveLayer(layer)
    return layer


def version() -> str:
    """Return the version of the code that runs."""
    from geopub_plugin.backend.about import __version__

    return __version__


def addresses(layer: QgsVectorLayer) -> dict:
    """Return where the layer remembers to be published."""
    from geopub_plugin.publish.layer_memory import memory

    kept = memory(layer)
    return {kind: kept.address(kind) for kind in KINDS}


def badge(layer: QgsVectorLayer) -> str:
    """Return the words of the badge beside the layer."""
    node = Project.instance().layerTreeRoot().findLayer(layer.id())
    return next((one.toolTip() for one in iface.layerTreeView().indicators(node) if "GeoPub" in one.toolTip()), "")


def live(urls: dict) -> list:
    """Return which services answer with something at their addresses."""
    asked = {"WFS": f"{urls['WFS']}&count=9", "WMS": urls["WMS"] + WORLD, "TMS": f"{urls['TMS']}/0/0/0.pbf"}
    return [kind for kind, url in asked.items() if len(got(url)) > 900]


def got(url: str) -> bytes:
    """Return what an address gives, nothing where nobody answers."""
    try:
        with urlopen(url, timeout=60) as answer:
            return answer.read()
    except OSError:
        return b""


Path(PROJECT).parent.mkdir(exist_ok=True)
driver = Driver(iface)
driver.play(steps(driver))
