"""Scenario: a large layer is published while the GUI thread's pulse is taken; then published again, and cancelled."""

from __future__ import annotations

import json
import os
import sys
import time

sys.path.insert(0, json.loads(os.environ["GEOPUB_DESKTOP_TEST"])["here"])

from driver import GIVEN, Driver, Pulse, Steps
from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QTimer
from qgis.utils import iface, plugins


def steps(driver: Driver) -> Steps:
    """Play the scenario."""
    results, plugin = driver.results, plugins["geopub_plugin"]
    iface.mapCanvas().setRenderFlag(False)  # the user's own map is not what is measured
    layer = QgsVectorLayer(GIVEN["source"], "Big", "ogr")
    assert layer.isValid()
    QgsProject.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    yield 1000

    later = time.monotonic() + 2
    results["idle"] = yield from _pulse(driver, lambda: time.monotonic() > later)
    stalled: list = []
    QTimer.singleShot(100, lambda: stalled.append(time.sleep(0.3) or time.monotonic()))
    results["stalled"] = yield from _pulse(driver, lambda: stalled and time.monotonic() > stalled[0] + 0.2)
    outcomes: list = []
    plugin.actions.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    plugin.desk.dialog.accept()
    publication = plugin.desk.publications[0]
    publication.finished.connect(outcomes.append)
    publication.failed.connect(outcomes.append)
    begun = time.monotonic()
    results["publishing"] = yield from _pulse(driver, lambda: outcomes)
    results["seconds"] = round(time.monotonic() - begun, 1)
    assert hasattr(outcomes[0], "times"), str(outcomes[0])
    results["times"] = [(step.value, round(seconds, 2)) for step, seconds in outcomes[0].times]
    results["updated"] = outcomes[0].updated
    yield lambda: plugin.model.datasheets

    plugin.actions.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    results["button"] = plugin.desk.dialog.publish.text()
    plugin.desk.dialog.accept()
    publication = plugin.desk.publications[0]
    ended: list = []
    publication.cancelled.connect(lambda: ended.append("cancelled"))
    publication.finished.connect(lambda _result: ended.append("finished"))
    publication.failed.connect(lambda error: ended.append(f"{error} {getattr(error, 'faults', ())}"))
    shares: list = []
    publication.moved.connect(lambda share, _step: shares.append(share))
    yield lambda: ended or any(share > 0.35 for share in shares)
    begun = time.monotonic()
    publication.cancel()
    yield lambda: ended
    results["cancel"] = [ended[0], round(time.monotonic() - begun, 2)]
    results["jobs_shown"] = len(plugin.dock.jobs.rows)


def _pulse(driver: Driver, until) -> Steps:
    pulse = driver.pulse = Pulse()
    pulse.start()
    yield until
    return pulse.stop()


driver = Driver(iface)
driver.play(steps(driver))
