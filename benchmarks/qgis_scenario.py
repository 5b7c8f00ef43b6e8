"""Runs inside QGIS: from the right-click on a layer to the layer drawn from the live tiles, and when what happened."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import Dict, List

sys.path.insert(0, json.loads(os.environ["GEOPUB_DESKTOP_TEST"])["here"])

from driver import GIVEN, Driver, Steps
from qgis.core import QgsNetworkAccessManager, QgsNetworkReplyContent, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtNetwork import QNetworkRequest
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface, plugins


def colours(canvas) -> int:
    """Return how many colours a canvas shows."""
    picture = canvas.grab().toImage()
    return len({picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)})


def steps(driver: Driver) -> Steps:
    """Publish with *Express* as fast as hands can, and wait for the tiles."""
    plugin, moments, said = plugins["geopub_plugin"], {}, []
    layer = QgsVectorLayer(GIVEN["source"], "Buildings", "ogr")
    assert layer.isValid()
    QgsProject.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    yield 500
    yield lambda: not iface.mapCanvas().isDrawing()
    yield 1000
    assert plugin.process.state.value == "stopped"
    begun = time.perf_counter()

    def note(name: str) -> None:
        moments.setdefault(name, round(time.perf_counter() - begun, 2))

    plugin.process.ready.connect(lambda _backend: note("engine ready"))
    renders: list = []  # when the panel's map began to be drawn
    plugin.dock.preview.canvas.renderStarting.connect(lambda: renders.append(round(time.perf_counter() - begun, 2)))
    tiles: list = []  # those that QGIS has got, and when
    network = QgsNetworkAccessManager.instance()
    network.finished[QgsNetworkReplyContent].connect(
        lambda reply: _note_tile(tiles, reply, round(time.perf_counter() - begun, 2))
    )
    plugin.menu.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    note("dialog")
    preview = plugin.dock.preview
    preview.shown.connect(lambda kind: note(f"preview of {kind}"))
    yield lambda: plugin.desk.dialog.publish.isEnabled()
    QTest.mouseClick(plugin.desk.dialog.publish, Qt.MouseButton.LeftButton)
    yield lambda: plugin.desk.publications
    note("publish")
    publication = plugin.desk.publications[0]
    ended: list = []
    publication.moved.connect(lambda _share, step: _new_step(said, step, time.perf_counter() - begun))
    publication.live.connect(lambda url: note(f"{url.type} answers"))
    publication.finished.connect(ended.append)
    publication.failed.connect(ended.append)
    yield lambda: ended or "TMS" in preview.layers
    assert not ended or hasattr(ended[0], "urls"), str(ended[0])
    yield lambda: not preview.canvas.isDrawing() and colours(preview.canvas) > 2
    note("drawn")
    driver.results["tiles"] = list(tiles)
    driver.photograph("bench_drawn", iface.mainWindow())
    yield lambda: ended
    note("finished")
    assert hasattr(ended[0], "urls"), str(ended[0])
    driver.results.update(moments=moments, steps=said, features=layer.featureCount(), renders=renders)
    driver.results["times"] = [(step.value, round(seconds, 2)) for step, seconds in ended[0].times]


def _note_tile(tiles: list, reply: QgsNetworkReplyContent, seconds: float) -> None:
    found = re.search(r"/(\d+/\d+/\d+)\.pbf", reply.request().url().path())
    if found:
        status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
        tiles.append((seconds, found.group(1), status))


def _new_step(said: List[Dict[str, object]], words: str, seconds: float) -> None:
    name = words.partition(" – ")[0]
    if not said or said[-1]["step"] != name:
        said.append({"step": name, "at": round(seconds, 2)})


driver = Driver(iface)
driver.play(steps(driver))
