"""Scenario: a right-click on a layer, the dialog, the services live, the preview of all three."""

from __future__ import annotations

import json
import os
import sys
import time

sys.path.insert(0, json.loads(os.environ["GEOPUB_DESKTOP_TEST"])["here"])

from driver import GIVEN, Driver, Pulse, Steps
from qgis.core import QgsApplication, QgsVectorLayer
from qgis.core import QgsProject as Project
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QPushButton
from qgis.utils import iface, plugins

LANGUAGE = GIVEN["language"]
plugin = plugins["geopub_plugin"]
dock = plugin.dock


def colours(canvas) -> int:
    """Return how many colours a canvas shows."""
    picture = canvas.grab().toImage()
    step = 3
    return len({picture.pixel(x, y) for x in range(0, picture.width(), step) for y in range(0, picture.height(), step)})


def steps(driver: Driver) -> Steps:
    """Play the scenario."""
    layer = QgsVectorLayer(GIVEN["source"], GIVEN["name"], "ogr")
    assert layer.isValid()
    Project.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    yield 800
    results = driver.results
    results["backend_before"] = plugin.process.state.value
    results["panel_title"] = dock.windowTitle()
    results["layer_menu"] = layer_menu(driver)
    results["locale"] = QgsApplication.instance().locale()
    yield 300
    pulse = driver.pulse = Pulse()
    pulse.start()
    yield 300
    yield from express(driver)
    results["pulse"] = pulse.stop()
    yield 300
    driver.photograph(f"published_{LANGUAGE}", iface.mainWindow())
    pulse = driver.pulse = Pulse()
    pulse.start()
    yield from previews(driver, pulse)
    results["preview_pulse"] = pulse.stop()
    driver.photograph(f"dock_{LANGUAGE}", dock)
    plugin.actions.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    plugin.desk.dialog.title.setText("")
    yield 300
    driver.photograph(f"dialog_update_{LANGUAGE}", plugin.desk.dialog)
    plugin.desk.dialog.reject()


def express(driver: Driver) -> Steps:
    """Publish as it is proposed, and follow the work until the services are in the panel."""
    results = driver.results
    plugin.menu.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    yield 700
    dialog = plugin.desk.dialog
    driver.photograph(f"dialog_{LANGUAGE}", dialog)
    results["plan"] = [dialog.plan.title, dialog.plan.layer_name, list(dialog.plan.services)]
    begun = time.monotonic()
    QTest.mouseClick(dialog.publish, Qt.MouseButton.LeftButton)
    yield lambda: plugin.desk.publications
    publication = plugin.desk.publications[0]
    ended: list = []
    publication.finished.connect(ended.append)
    publication.failed.connect(ended.append)
    moves: list = []
    publication.moved.connect(lambda share, step: moves.append((share, step)))
    yield lambda: ended or any(share > 0.4 for share, _ in moves)
    driver.photograph(f"progress_{LANGUAGE}", iface.mainWindow())
    yield lambda: ended
    results["seconds"] = round(time.monotonic() - begun, 2)
    results["moves"] = [(round(share, 3), step) for share, step in moves]
    assert hasattr(ended[0], "urls"), str(ended[0])
    results["urls"] = [(url.type, url.url) for url in ended[0].urls]
    results["times"] = [(step.value, round(seconds, 2)) for step, seconds in ended[0].times]
    yield lambda: plugin.model.datasheets


def previews(driver: Driver, pulse: Pulse) -> Steps:
    """Look at each service in the panel."""
    buttons = iface.messageBar().findChildren(QPushButton)
    next(one for one in buttons if one.text() in ("Open preview", "Ouvrir l’aperçu")).click()
    driver.results["previews"] = {}
    for kind in ("WFS", "WMS", "TMS"):
        begun = time.perf_counter()
        shown: list = []
        dock.preview.shown.connect(shown.append)
        if kind != "WFS":
            QTest.mouseClick(dock.preview.switch[kind], Qt.MouseButton.LeftButton)
            yield lambda kind=kind, shown=shown: kind in shown
        yield lambda kind=kind: kind in dock.preview.layers
        yield 600
        yield lambda: not dock.preview.canvas.isDrawing()
        yield lambda: colours(dock.preview.canvas) > 2
        yield 300
        live = dock.preview.layers[kind]
        driver.results["previews"][kind] = {
            "valid": live.isValid(),
            "provider": live.providerType() if hasattr(live, "providerType") else "",
            "features": live.featureCount() if kind == "WFS" else None,
            "colours": colours(dock.preview.canvas),
            "source": live.source(),
            "at": round(begun - pulse.begun, 2),
        }
        driver.photograph(f"preview_{kind.lower()}_{LANGUAGE}", iface.mainWindow())


def layer_menu(driver: Driver) -> list:
    """Return what the menu of a layer offers, from the real menu of the layer tree."""
    menu = iface.layerTreeView().menuProvider().createContextMenu()
    texts = [action.text() for action in menu.actions()]
    menu.popup(iface.layerTreeView().mapToGlobal(QPoint(60, 30)))
    QApplication.processEvents()
    driver.photograph(f"menu_{LANGUAGE}", menu)
    menu.close()
    return texts


driver = Driver(iface)
driver.play(steps(driver))
