"""Scenario in two runs: QGIS dies in the middle of a publication; started again, it offers to go on, and does."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, json.loads(os.environ["GEOPUB_DESKTOP_TEST"])["here"])

from driver import GIVEN, Driver, Steps
from qgis.core import QgsProject, QgsVectorLayer
from qgis.utils import iface, plugins

plugin = plugins["geopub_plugin"]
PROJECT = GIVEN["project"]


def steps(driver: Driver) -> Steps:
    """Play the run that is asked for."""
    iface.mainWindow().showNormal()
    iface.mainWindow().setGeometry(0, 0, 1200, 760)
    return dies(driver) if GIVEN["dies_at"] else goes_on(driver)


def dies(driver: Driver) -> Steps:
    """Publish, and be killed once so much of it is done."""
    from geopub_plugin.publish.layer_plan import propose_plan

    layer = QgsVectorLayer(GIVEN["source"], "Provinces", "ogr")
    QgsProject.instance().addMapLayer(layer)
    assert QgsProject.instance().write(PROJECT)
    yield 300
    publication = plugin.desk.begin(layer, propose_plan(layer))
    done: list = []
    publication.moved.connect(lambda share, step: done.append((share, step)))
    publication.failed.connect(lambda error: done.append((2.0, str(error))))
    yield lambda: any(share >= GIVEN["dies_at"] for share, _step in done)
    told = {"share": done[-1][0], "step": done[-1][1], "engine": plugin.process.backend.pid}
    Path(GIVEN["results"]).write_text(json.dumps(told), "utf-8")
    os.kill(os.getpid(), signal.SIGKILL)


def goes_on(driver: Driver) -> Steps:
    """Open the project again and accept the offer of the panel."""
    assert QgsProject.instance().read(PROJECT)
    (layer,) = QgsProject.instance().mapLayers().values()
    dock, results = plugin.dock, driver.results
    dock.setUserVisible(True)
    yield lambda: dock.jobs.offers
    (offer,) = dock.jobs.offers
    results["offer"] = offer.text.text()
    yield 500
    driver.photograph(f"resume_{GIVEN['language']}", iface.mainWindow())
    offer.resume.click()
    (publication,) = plugin.desk.publications
    ended: list = []
    publication.finished.connect(ended.append)
    publication.failed.connect(ended.append)
    yield lambda: ended
    assert hasattr(ended[0], "urls"), str(ended[0])
    address = {url.type: url.url for url in ended[0].urls}
    results["kinds"] = sorted(address)
    results["features"] = hits(address["WFS"])
    results["tile"] = len(got(f"{address['TMS']}/0/0/0.pbf"))
    yield lambda: plugin.watch.state(layer) is not None
    results["changed"] = bool(plugin.watch.state(layer).changes)
    results["sheets"] = 0
    yield lambda: plugin.model.datasheets
    results["sheets"] = len(plugin.model.datasheets)
    from geopub_plugin.publish.unfinished import root

    results["left"] = [folder.name for folder in root().iterdir()]
    yield 300


def hits(url: str) -> int:
    """Return how many features a WFS has."""
    return int(got(f"{url}&resultType=hits").decode("utf-8").partition('numberMatched="')[2].partition('"')[0])


def got(url: str) -> bytes:
    """Return what an address gives."""
    with urlopen(url, timeout=60) as answer:
        return answer.read()


driver = Driver(iface)
driver.play(steps(driver))
