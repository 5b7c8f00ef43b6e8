"""What layers remember of a publication that has come to its end: each its own table, whoever brought it there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QVariant

from geopub_plugin.publish.client.stored_data import Relation, StoredData
from geopub_plugin.publish.layer_marks import marks
from geopub_plugin.publish.layer_memory import memory
from geopub_plugin.publish.layer_plan import propose_plan
from geopub_plugin.publish.publication import LiveUrl, PublicationRequest, PublicationResult
from geopub_plugin.publish.result_memory import remember_result
from geopub_plugin.publish.resumed_publication import ResumedPublication
from geopub_plugin.publish.store_source import StoreSource
from geopub_plugin.publish.targets import this_computer
from geopub_plugin.publish.unfinished import Note, Unfinished

FIELDS = [("name", QVariant.String)]
RELATIONS = (Relation("bus_stops_2", "TABLE", {}, native="bus_stops"), Relation("trees", "TABLE", {}, native="trees"))
DATA = StoredData("1", "town", "VECTOR-DB", "GENERATED", "EPSG:4326", {}, RELATIONS)
RESULT = PublicationResult("Town", "town", False, (LiveUrl("wfs", "WFS", "http://h/wfs"),), DATA, (), ())


def test_each_layer_remembers_its_table(points):
    stops, trees = points(FIELDS, [["a"]], name="Bus stops"), points(FIELDS, [["b"]], name="Trees")
    plan = replace(propose_plan([stops, trees]), datasheet="Town", layer_name="town")
    gone = points(FIELDS, [["c"]])
    sip.delete(gone)
    remember_result([stops, gone], [marks(stops)] * 2, plan, "embedded", RESULT)
    remember_result([None, trees], [marks(trees)] * 2, plan, "embedded", RESULT)
    assert [memory(one).table for one in (stops, trees)] == ["bus_stops_2", "trees"]
    assert memory(trees).address("WFS") == "http://h/wfs"


def test_so_it_does_when_the_publication_was_resumed(points, tmp_path, monkeypatch):
    stops, trees = points(FIELDS, [["a"]], name="Bus stops"), points(FIELDS, [["b"]], name="Trees")
    QgsProject.instance().addMapLayers([stops, trees], False)
    plan = replace(propose_plan([stops, trees]), datasheet="Town", layer_name="town")
    request = PublicationRequest(Path(tmp_path / "town.gpkg"), "Town", "Town", "town")
    note = Note("embedded", request, plan, (stops.id(), trees.id()), (marks(stops), marks(trees)))
    resumed = ResumedPublication(Unfinished(tmp_path, note), StoreSource(this_computer()))
    monkeypatch.setattr(resumed, "_end", lambda: None)
    resumed._published(RESULT)
    assert [memory(one).table for one in (stops, trees)] == ["bus_stops_2", "trees"]
    resumed._folder.remove()
