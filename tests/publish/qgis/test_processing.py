"""The algorithms of GeoPub, run by Processing against the real backend."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import pytest
import requests
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QTimer, QVariant

from geopub_plugin.backend.translation import language, use_language
from geopub_plugin.publish.embedded_process import EmbeddedProcess
from geopub_plugin.publish.layer_memory import Published, changes, memory, remember
from geopub_plugin.publish.layer_plan import propose_plan
from geopub_plugin.publish.processing.provider import ALGORITHMS, GeoPubProvider
from geopub_plugin.publish.store_source import Stores
from geopub_plugin.publish.targets import Targets

STRING = QVariant.String


@pytest.fixture(scope="module")
def provider(qgis_app, tmp_path_factory) -> Iterator[GeoPubProvider]:
    """Return the provider, registered, over a backend of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPUB_PYTHON", sys.executable)
        process = EmbeddedProcess(tmp_path_factory.mktemp("processing") / "data")
        stores = Stores(Targets(), process)
        made = GeoPubProvider(lambda: stores)
        QgsApplication.processingRegistry().addProvider(made)
        yield made
        QgsApplication.processingRegistry().removeProvider(made)
        process.close()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = language()
    use_language("en")
    yield
    use_language(before)


@pytest.fixture
def run(provider):
    """Return what runs an algorithm by its id and keeps its log."""

    def call(name: str, feedback=None, **parameters):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"geopub:{name}")
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        call.feedback = feedback or QgsProcessingFeedback()
        results, done = algorithm.run(parameters, context, call.feedback, {}, False)
        assert done
        call.context = context
        return results

    return call


@pytest.fixture
def stops(points) -> QgsVectorLayer:
    layer = points([("Name", STRING)], [["a"], ["b"]], name="Arrêts de bus")
    QgsProject.instance().addMapLayer(layer)
    return layer


def test_every_algorithm_can_be_made_and_says_what_it_does(provider):
    assert [algorithm.name() for algorithm in provider.algorithms()] == sorted(a(None).name() for a in ALGORITHMS)
    for algorithm in provider.algorithms():
        made = algorithm.create()
        assert made.displayName() and len(made.shortHelpString()) > 80 and not made.icon().isNull()
        assert made.parameterDefinitions() and made.outputDefinitions(), made.name()
        assert int(made.flags()) & int(algorithm.flags()) == int(algorithm.flags())


def test_levels_that_are_given_count_for_tables_that_had_their_own(run, stops):
    plan = propose_plan(stops)
    remember(stops, replace(plan, tables=tuple(replace(one, top_level=5, bottom_level=9) for one in plan.tables)))
    live = run("publish", INPUT=stops, SERVICES=[2], TOP_LEVEL=1, BOTTOM_LEVEL=3)
    about = requests.get(f"{live['TMS']}/metadata.json", timeout=20).json()
    assert (int(about["minzoom"]), int(about["maxzoom"])) == (1, 3)
    run("unpublish", INPUT=stops, DELETE_DATASHEET=True)


def test_publish_update_and_unpublish(run, stops):
    live = run("publish", INPUT=stops, SERVICES=[0, 2], TITLE="Bus stops")
    assert live["DATASHEET"] == "Bus stops" and live["LAYER_NAME"] == "bus_stops" and "WMS" not in live
    assert requests.get(live["WFS"], timeout=20).ok
    assert requests.get(f"{live['TMS']}/metadata.json", timeout=20).ok
    kept = memory(stops)
    assert kept.layer_name == "bus_stops" and not changes(stops, kept)

    feature = QgsFeature(stops.fields())
    feature.setGeometry(QgsGeometry.fromWkt("POINT(3 3)"))
    stops.dataProvider().addFeatures([feature])
    assert run("update", INPUT=stops)["WFS"] == live["WFS"]
    hits = requests.get(live["WFS"] + "&outputFormat=application/json", timeout=20).json()
    assert len(hits["features"]) == 3 and not changes(stops, memory(stops))

    assert run("unpublish", INPUT=stops)["COUNT"] == 2
    assert memory(stops) is None
    assert requests.get(live["WFS"], timeout=20).status_code >= 400 or "Exception" in requests.get(live["WFS"]).text
    with pytest.raises(QgsProcessingException, match="Nothing is published as"):
        run("unpublish", NAME="bus_stops")


def test_a_layer_of_a_server_that_is_gone_is_looked_for_nowhere_else(run, stops):
    """What has its name in the current target is somebody else's, and must not be replaced or deleted for it."""
    remember(stops, propose_plan(stops), Published("removed"))
    for algorithm in ("update", "unpublish"):
        with pytest.raises(QgsProcessingException, match="no longer known"):
            run(algorithm, INPUT=stops)


def test_a_file_that_remembers_nothing_is_updated_by_name(run, stops, points):
    live = run("publish", INPUT=stops, SERVICES=[0], NAME="by_name")
    other = points([("Name", STRING)], [["x"]] * 5, name="Another")
    with pytest.raises(QgsProcessingException, match="remembers no publication"):
        run("update", INPUT=other)
    again = run("update", INPUT=other, NAME="by_name", PARTS=[0, 1])
    assert again["WFS"] == live["WFS"] and again["DATASHEET"] == live["DATASHEET"]
    hits = requests.get(live["WFS"] + "&outputFormat=application/json", timeout=20).json()
    assert len(hits["features"]) == 5
    assert run("unpublish", NAME="by_name", DELETE_DATASHEET=True)["COUNT"] == 1


def test_what_cannot_be_published_is_refused_with_the_reason(run, points, qgis_new_project):
    empty = QgsVectorLayer("Point?crs=EPSG:4326", "Empty", "memory")
    with pytest.raises(QgsProcessingException, match="cannot be published"):
        run("publish", INPUT=empty)
    nowhere = points([("a", STRING)], [["b"]])
    nowhere.setCrs(QgsCoordinateReferenceSystem())
    with pytest.raises(QgsProcessingException, match="where it lies"):
        run("publish", INPUT=nowhere)
    with pytest.raises(QgsProcessingException, match="cannot contain"):
        run("publish", INPUT=nowhere, NAME="a b")
    with pytest.raises(QgsProcessingException, match="no target"):
        run("publish", INPUT=points([("a", STRING)], [["b"]]), TARGET="moon")


def test_cancelling_ends_the_work(run, points):
    layer = points([("name", STRING)], [["x" * 100]] * 20_000, name="Cancelled")
    feedback = QgsProcessingFeedback()
    feedback.progressChanged.connect(lambda percent: percent > 5 and QTimer.singleShot(0, feedback.cancel))
    with pytest.raises(QgsProcessingException, match="cancelled"):
        run("publish", feedback, INPUT=layer)
    assert memory(layer) is None


def test_styles_as_files(run, stops, tmp_path):
    made = run("exportstyles", INPUT=stops, OUTPUT=str(tmp_path / "styles"))
    names = sorted(Path(line).name for line in made["FILES"].splitlines())
    base = "arrets_de_bus"
    assert names == [f"{base}.1.1.sld", f"{base}.json", f"{base}.qml", f"{base}.sld"]
    assert json.loads((tmp_path / "styles" / f"{base}.json").read_bytes())["version"] == 8
    assert "SLD 1.0.0:" in run.feedback.textLog() and made["LOST"] == 0


def test_tiles_as_a_file(run, stops, tmp_path):
    made = run("generatetiles", INPUT=stops, TOP_LEVEL=0, BOTTOM_LEVEL=5, OUTPUT=str(tmp_path / "t" / "stops.pmtiles"))
    content = Path(made["OUTPUT"]).read_bytes()
    assert content.startswith(b"PMTiles\x03") and made["SIZE"] == len(content)
    assert (content[100], content[101]) == (0, 5)  # levels, in the archive's header
    assert list((tmp_path / "t").iterdir()) == [tmp_path / "t" / "stops.pmtiles"]


def test_checks_list_every_fault(run, qgis_new_project, tmp_path):
    layer = QgsVectorLayer("Polygon?crs=EPSG:2154&field=name:string", "Bow ties", "memory")
    for wkt in ("POLYGON((0 0, 10 10, 10 0, 0 10, 0 0))", "POLYGON((20 0, 30 0, 30 10, 20 0))"):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        layer.dataProvider().addFeatures([feature])
    out = tmp_path / "faults.gpkg"
    made = run("checklayer", INPUT=layer, OUTPUT=str(out))
    assert made["ERRORS"] == 0
    faults = QgsVectorLayer(str(out), "faults", "ogr")
    rows = {row["id"]: row for row in faults.getFeatures()}
    assert any("geometr" in identifier for identifier in rows), rows
    assert all(row["what"] and row["severity"] for row in rows.values())
    sip.delete(faults)
    empty = QgsVectorLayer("Point?crs=EPSG:4326", "Empty", "memory")
    assert run("checklayer", INPUT=empty)["ERRORS"] == 1
    with pytest.raises(QgsProcessingException):
        run("checklayer", INPUT=empty, FAIL_ON_ERRORS=True)
