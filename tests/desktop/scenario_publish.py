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


def colours(canvas) -> int:
    """Return how many colours a canvas shows."""
    picture = canvas.grab().toImage()
    step = 3
    return len({picture.pixel(x, y) for x in range(0, picture.width(), step) for y in range(0, picture.height(), step)})


def steps(driver: Driver) -> Steps:
    """Play the scenario."""
    language, results = GIVEN["language"], driver.results
    plugin = plugins["geopub_plugin"]
    dock = plugin.dock
    layer = QgsVectorLayer(GIVEN["source"], GIVEN["name"], "ogr")
    assert layer.isValid()
    Project.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    yield 800
    results["backend_before"] = plugin.process.state.value
    results["panel_title"] = dock.windowTitle()
    results["layer_menu"] = _layer_menu(driver, language)
    yield 300

    pulse = driver.pulse = Pulse()
    pulse.start()
    yield 300
    plugin.menu.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    yield 700
    dialog = plugin.desk.dialog
    driver.photograph(f"dialog_{language}", dialog)
    results["plan"] = [dialog.plan.title, dialog.plan.layer_name, list(dialog.plan.services)]
    begun = time.monotonic()
    QTest.mouseClick(dialog.publish, Qt.MouseButton.LeftButton)
    yield lambda: plugin.desk.publications
    publication = plugin.desk.publications[0]
    ended: list = []
    publication.finished.connect(lambda result: ended.append(result))
    publication.failed.connect(lambda error: ended.append(error))
    moves: list = []
    publication.moved.connect(lambda share, step: moves.append((share, step)))
    yield lambda: ended or any(share > 0.4 for share, _ in moves)
    driver.photograph(f"progress_{language}", iface.mainWindow())
    yield lambda: ended
    results["seconds"] = round(time.monotonic() - begun, 2)
    results["moves"] = [(round(share, 3), step) for share, step in moves]
    assert hasattr(ended[0], "urls"), str(ended[0])
    results["urls"] = [(url.type, url.url) for url in ended[0].urls]
    results["times"] = [(step.value, round(seconds, 2)) for step, seconds in ended[0].times]
    yield lambda: plugin.model.datasheets
    results["pulse"] = pulse.stop()
    yield 300
    driver.photograph(f"published_{language}", iface.mainWindow())

    preview_pulse = driver.pulse = Pulse()
    preview_pulse.start()
    (button,) = (
        b for b in iface.messageBar().findChildren(QPushButton) if b.text() in ("Open preview", "Ouvrir l’aperçu")
    )
    button.click()
    results["previews"] = {}
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
        results["previews"][kind] = {
            "valid": live.isValid(),
            "provider": live.providerType() if hasattr(live, "providerType") else "",
            "features": live.featureCount() if kind == "WFS" else None,
            "colours": colours(dock.preview.canvas),
            "source": live.source(),
            "at": round(begun - preview_pulse.begun, 2),
        }
        driver.photograph(f"preview_{kind.lower()}_{language}", iface.mainWindow())
    results["preview_pulse"] = preview_pulse.stop()
    driver.photograph(f"dock_{language}", dock)
    plugin.actions.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    plugin.desk.dialog.title.setText("")
    yield 300
    driver.photograph(f"dialog_update_{language}", plugin.desk.dialog)
    plugin.desk.dialog.reject()
    results["locale"] = QgsApplication.instance().locale()


def _layer_menu(driver: Driver, language: str) -> list:
    """Return what the menu of a layer offers, from the real menu of the layer tree."""
    menu = iface.layerTreeView().menuProvider().createContextMenu()
    texts = [action.text() for action in menu.actions()]
    menu.popup(iface.layerTreeView().mapToGlobal(QPoint(60, 30)))
    QApplication.processEvents()
    driver.photograph(f"menu_{language}", menu)
    menu.close()
    return texts


driver = Driver(iface)
driver.play(steps(driver))
