"""What is published, in the Browser panel and in the locator, from the real engine."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Iterator, List

import pytest
from osgeo import ogr, osr
from qgis.core import (
    QgsApplication,
    QgsBrowserModel,
    QgsFeedback,
    QgsLayerItem,
    QgsLocatorContext,
    QgsLocatorFilter,
    QgsProject,
    QgsSettings,
    QgsVectorLayer,
)
from qgis.PyQt import sip

from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded_process import EmbeddedProcess
from geopub_plugin.publish.known_datasheets import KnownDatasheets
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.store_source import Stores
from geopub_plugin.publish.targets import Target, TargetKind, Targets
from geopub_plugin.ui.browser import BrowserProvider
from geopub_plugin.ui.locator import PublicationsLocator


def geopackage(path: Path) -> Path:
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("etangs", srs, ogr.wkbPoint)
    for number in range(5):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({2 + number / 50} 48)"))
        layer.CreateFeature(feature)
    return path


@pytest.fixture(scope="module")
def engine(qgis_app, tmp_path_factory) -> Iterator[EmbeddedProcess]:
    folder = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPUB_PYTHON", sys.executable)
        made = EmbeddedProcess(folder / "data")
        made.file = geopackage(folder / "etangs.gpkg")
        yield made
        made.close()


@pytest.fixture
def known(qtbot, engine) -> Iterator[KnownDatasheets]:
    """Return what is known, the engine serving “Étangs” with a WFS and tiles."""
    QgsSettings().remove("geopub")
    targets = Targets()
    stores = Stores(targets, engine)
    made = KnownDatasheets(stores)
    made.kept = (targets, stores)
    if engine.backend is None:
        with qtbot.waitSignal(engine.ready, timeout=30_000):
            engine.start()
        store = open_store(engine.backend.api, engine.backend.token)
        asked = replace(PublicationRequest.proposed(engine.file), datasheet="Étangs", services=("wfs", "tms"))
        Publication(store, replace(asked, top_level=2, bottom_level=6)).run()
    yield made
    made.close()
    QgsSettings().remove("geopub")


def names(model: QgsBrowserModel, index) -> List[str]:
    return [model.data(model.index(row, 0, index)) for row in range(model.rowCount(index))]


def test_from_the_target_to_a_layer(qtbot, known):
    provider = BrowserProvider(known)
    QgsApplication.dataItemProviderRegistry().addProvider(provider)
    model = QgsBrowserModel()
    model.initialize()

    def below(parent, name):
        row = names(model, parent).index(name)
        found = model.index(row, 0, parent)
        if model.canFetchMore(found):
            model.fetchMore(found)
        return found

    root = below(model.index(-1, -1), "GeoPub")
    qtbot.waitUntil(lambda: names(model, root) == ["This computer"], timeout=10_000)
    here = below(root, "This computer")
    qtbot.waitUntil(lambda: names(model, here) == ["Étangs"], timeout=20_000)
    sheet = below(here, "Étangs")
    qtbot.waitUntil(lambda: len(names(model, sheet)) == 2, timeout=20_000)
    items = {}
    for row in range(2):
        item = model.dataItem(model.index(row, 0, sheet))
        uri = item.mimeUris()[0] if hasattr(item, "mimeUris") else item.mimeUri()
        items[item.providerKey()] = uri
    assert set(items) == {"WFS", "vectortile"}
    layer = QgsVectorLayer(items["WFS"].uri, "x", "WFS")
    assert layer.isValid() and layer.featureCount() == 5
    sip.delete(layer)
    assert "zmin=2" in items["vectortile"].uri and "zmax=6" in items["vectortile"].uri

    (shown,) = known.of("embedded")
    closed = tuple(replace(service, open=False) for service in shown.services)
    known.know("embedded", (replace(shown, services=closed),))

    def restricted() -> list:
        there = names(model, below(root, "This computer"))
        inside = below(below(root, "This computer"), "Étangs") if there else model.index(-1, -1)
        shown = [model.dataItem(model.index(row, 0, inside)) for row in range(model.rowCount(inside))] if there else []
        return [item for item in shown if "Restricted" in item.toolTip()]

    qtbot.waitUntil(lambda: len(restricted()) == 2, timeout=20_000)
    assert not any(isinstance(item, QgsLayerItem) or item.hasDragEnabled() for item in restricted())

    known.stores.targets.put(Target("far", TargetKind.SERVER, "Far", "http://127.0.0.1:9/api"))
    qtbot.waitUntil(lambda: set(names(model, root)) == {"This computer", "Far"}, timeout=10_000)
    far = below(root, "Far")
    qtbot.waitUntil(lambda: any("does not answer" in name for name in names(model, far)), timeout=20_000)
    QgsApplication.dataItemProviderRegistry().removeProvider(provider)


def found_by(locator: PublicationsLocator, text: str) -> list:
    results: list = []
    other = locator.clone()
    other.prepare(text, QgsLocatorContext())
    other.resultFetched.connect(results.append)
    other.fetchResults(text, QgsLocatorContext(), QgsFeedback())
    return results


def test_locator_finds_and_adds(qtbot, known):
    added: list = []
    before = set(QgsProject.instance().mapLayers())
    locator = PublicationsLocator(known, added.extend)
    assert locator.prefix() == "gp" and found_by(locator, "etang") == []  # asked for only now
    assert locator.flags() & QgsLocatorFilter.Flag.FlagFast, "searched in a thread, where Python makes QGIS wait"
    qtbot.waitUntil(lambda: known.of("embedded") is not None, timeout=20_000)
    assert {result.displayString for result in found_by(locator, "ETANG")} == {"Étangs (WFS)", "Étangs (TMS)"}
    assert found_by(locator, "rivers") == []
    (wfs,) = (result for result in found_by(locator, "étangs") if "WFS" in result.displayString)
    locator.triggerResult(wfs)
    assert added[0].kind == "WFS" and added[0].url == wfs.description
    ended = QgsFeedback()
    ended.cancel()
    results: list = []
    locator.prepare("", QgsLocatorContext())
    locator.resultFetched.connect(results.append)
    locator.fetchResults("", QgsLocatorContext(), ended)
    assert results == [] and set(QgsProject.instance().mapLayers()) == before
