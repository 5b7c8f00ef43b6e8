"""A published layer tells what of it has changed since: its data, its style, its schema."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from qgis.core import (
    QgsFeature,
    QgsField,
    QgsGeometry,
    QgsMapLayer,
    QgsProject,
    QgsReadWriteContext,
    QgsSingleSymbolRenderer,
    QgsSymbol,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerJoinInfo,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QVariant
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument

from geopub_plugin.publish.layer_marks import marks, same_style
from geopub_plugin.publish.layer_memory import (
    EMBEDDED,
    PROPERTY,
    LayerChanges,
    Published,
    changes,
    complete,
    forget,
    memory,
    remember,
    withdraw,
    withdraw_service,
)
from geopub_plugin.publish.layer_plan import LayerPlan
from geopub_plugin.publish.shown_versions import published_version, replace_style, show_style, show_version

PLAN = LayerPlan("Stops", "Stops", "stops", ("wfs", "tms"), 3, 9)
STRING, INT = QVariant.String, QVariant.Int


@pytest.fixture
def stops(points):
    layer = points([("name", STRING), ("size", INT)], [["a", 1], ["b", 2], ["c", 3]])
    remember(layer, PLAN)
    return layer


@pytest.fixture
def stored(stops, tmp_path: Path):
    """Return the same layer in a GeoPackage, published."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = "stops"
    path = tmp_path / "stops.gpkg"
    QgsVectorFileWriter.writeAsVectorFormatV3(stops, str(path), QgsProject.instance().transformContext(), options)
    layer = QgsVectorLayer(f"{path}|layername=stops", "Stops", "ogr")
    remember(layer, PLAN)
    yield layer
    sip.delete(layer)


def changed(layer) -> LayerChanges:
    return changes(layer, memory(layer))


def one_more(layer) -> QgsFeature:
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt("POINT(5 5)"))
    return feature


def test_what_is_remembered(stops):
    addresses = (("WFS", "http://h/wfs?typenames=stops:stops"), ("TMS", "http://h/tms/1.0.0/stops"))
    remember(stops, PLAN, Published("team", "stops", addresses))
    kept = memory(stops)
    assert (kept.target, kept.table, kept.addresses) == ("team", "stops", addresses)
    assert (kept.datasheet, kept.layer_name, kept.plan["bottom_level"]) == ("Stops", "stops", 9)
    assert kept.address("TMS") == "http://h/tms/1.0.0/stops" and kept.address("WMS") == ""
    assert kept.marks == marks(stops) and kept.published.endswith("+00:00")
    assert changed(stops) == LayerChanges() and not changed(stops)


def test_a_layer_forgets(stops):
    forget(stops)
    assert memory(stops) is None and memory(None) is None


def test_what_was_taken_off_is_not_offered_any_more(stops):
    wfs, tms = "http://h/wfs?typenames=stops:stops", "http://h/tms/1.0.0/stops"
    remember(stops, PLAN, Published("team", "stops", (("WFS", wfs), ("TMS", tms))))
    withdraw_service([stops], "embedded", "wfs", {wfs})
    assert len(memory(stops).addresses) == 2, "of another target"
    withdraw_service([stops], "team", "wfs", {wfs})
    assert memory(stops).addresses == (("TMS", tms),) and "wfs" not in memory(stops).plan["services"]
    withdraw_service([stops], "team", "tms", {tms})
    assert memory(stops) is None
    remember(stops, PLAN, Published("team", "stops", (("TMS", tms),)))
    withdraw([stops], "team", "Others")
    assert memory(stops) is not None
    withdraw([stops], "team", "Stops")
    assert memory(stops) is None


def test_a_completed_sample_is_one_no_more(stops):
    remember(stops, replace(PLAN, area="POLYGON((0 0, 1 0, 1 1, 0 0))"), Published("team", "stops", ()))
    complete([stops], "embedded", "stops")
    assert memory(stops).plan["area"], "of another target"
    complete([stops], "team", "stops")
    assert memory(stops).plan["area"] == "" and memory(stops).plan["title"] == PLAN.title


def test_a_copy_remembers_nothing(stops):
    assert memory(stops.clone()) is None
    other = QgsVectorLayer("Point?crs=EPSG:4326", "Other", "memory")
    document = QDomDocument()
    stops.exportNamedStyle(document, QgsReadWriteContext(), QgsMapLayer.StyleCategory.CustomProperties)
    other.importNamedStyle(document)
    assert other.customProperty(PROPERTY) and memory(other) is None


def test_a_memory_without_marks_claims_no_change(stops):
    kept = json.loads(stops.customProperty(PROPERTY))
    stops.setCustomProperty(PROPERTY, json.dumps({**kept, "marks": {"data": 5}}))
    assert memory(stops).target == EMBEDDED and changed(stops) == LayerChanges()


def recolour(layer) -> None:
    symbol = QgsSymbol.defaultSymbol(layer.geometryType())
    symbol.setColor(QColor("#123456"))
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))


STYLE = LayerChanges(style=True)
DATA = LayerChanges(data=True)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (recolour, STYLE),
        (lambda layer: layer.setOpacity(0.5), STYLE),
        (lambda layer: layer.setLabelsEnabled(not layer.labelsEnabled()), STYLE),
        (lambda layer: layer.dataProvider().deleteFeatures([1]), DATA),
        (lambda layer: layer.dataProvider().changeAttributeValues({1: {0: "x"}}), DATA),
        (lambda layer: layer.dataProvider().addFeatures([one_more(layer)]), DATA),
        (lambda layer: layer.setSubsetString('"size" > 1'), DATA),
        (lambda layer: layer.setName("Other"), LayerChanges()),
        (lambda layer: layer.setCustomProperty("other/plugin", 1), LayerChanges()),
        (lambda layer: layer.addExpressionField('"size" * 2', QgsField("twice", INT)), LayerChanges(True, False, True)),
    ],
)
def test_changes_of_a_memory_layer(stops, change, expected):
    change(stops)
    if expected.data and stops.subsetString() and stops.featureCount() == 3:
        pytest.skip("memory layers of this QGIS know no filter")
    assert changed(stops) == expected


def test_edits_not_saved_yet_count_and_undoing_takes_them_back(stops):
    stops.startEditing()
    stops.changeAttributeValue(1, 0, "x")
    assert changed(stops) == DATA
    stops.rollBack()
    assert not changed(stops)


def test_a_field_more(stops):
    stops.dataProvider().addAttributes([QgsField("more", STRING)])
    stops.updateFields()
    assert changed(stops).schema


def test_a_geopackage_that_is_only_opened_has_not_changed(stored):
    assert not changed(stored)
    again = QgsVectorLayer(stored.source(), "again", "ogr")
    assert [f["name"] for f in again.getFeatures()] == ["a", "b", "c"]
    sip.delete(again)
    assert not changed(stored)


def test_edits_of_a_geopackage(stored):
    time.sleep(0.002)  # its time stamps have milliseconds
    stored.startEditing()
    stored.changeAttributeValue(1, stored.fields().indexOf("name"), "x")
    assert changed(stored) == DATA
    assert stored.commitChanges()
    assert changed(stored) == DATA
    remember(stored, PLAN)
    assert not changed(stored)


def test_another_program_changes_the_file(stored):
    before = marks(stored)
    other = QgsVectorLayer(stored.source(), "other", "ogr")
    other.dataProvider().addFeatures([one_more(other)])
    sip.delete(other)
    assert marks(stored).data != before.data


def test_a_join_belongs_to_the_data(stops, points):
    other = points([("key", STRING), ("colour", STRING)], [["a", "red"]], name="Other")
    QgsProject.instance().addMapLayers([stops, other])
    join = QgsVectorLayerJoinInfo()
    join.setJoinLayer(other)
    join.setJoinFieldName("key")
    join.setTargetFieldName("name")
    stops.addJoin(join)
    assert changed(stops) == LayerChanges(data=True, schema=True)
    remember(stops, PLAN)
    other.dataProvider().changeAttributeValues({1: {1: "blue"}})
    assert changed(stops) == DATA


def test_a_large_memory_layer_is_told_by_its_number_of_features(points):
    layer = points([("name", STRING)], [["a"]] * 2_500)
    remember(layer, PLAN)
    assert not changed(layer)
    layer.dataProvider().deleteFeatures([7])
    assert changed(layer) == DATA


def test_styles_of_two_versions_of_qgis_are_not_compared():
    assert same_style("3.22:aa", "3.40:bb") and not same_style("3.22:aa", "3.22:bb")


@pytest.mark.parametrize("part, name", [("data", "stops"), ("style", "stops_stops"), ("metadata", "Stops")])
def test_a_former_version_in_the_services_is_a_change_until_the_newest_is_back(stops, part, name):
    remember(stops, PLAN, Published(table="stops", layer_name="stops"))
    show_version([stops], EMBEDDED, part, "other", False, 4)
    show_version([stops], "elsewhere", part, name, False, 4)
    assert not changed(stops) and published_version([stops], EMBEDDED, part, name) == 0
    for _twice in range(2):
        show_version([stops], EMBEDDED, part, name, False, 4)
        assert changed(stops) == LayerChanges(**{part: True}) and published_version([stops], EMBEDDED, part, name) == 4
    show_version([stops], EMBEDDED, part, name, True)
    assert not changed(stops) and published_version([stops], EMBEDDED, part, name) == 0


def test_publishing_shows_the_newest_of_what_it_publishes(stops):
    where = Published(table="stops", layer_name="stops")
    remember(stops, PLAN, where)
    for part, name in (("data", "stops"), ("style", "stops_stops"), ("metadata", "Stops")):
        show_version([stops], EMBEDDED, part, name, False, 2)
    remember(stops, PLAN, where, parts=("style",))
    assert changed(stops) == LayerChanges(data=True, metadata=True) and memory(stops).versions == {
        "data": 2, "metadata": 2,
    }  # fmt: skip
    remember(stops, PLAN, where)
    assert not changed(stops) and not memory(stops).versions


def test_another_style_of_a_service_is_told_and_publishing_does_not_change_it(stops):
    addresses = (("WMS", "http://h/wms?layers=stops"), ("TMS", "http://h/tms/1.0.0/stops"))
    where = Published(table="stops", addresses=addresses, layer_name="stops")
    remember(stops, PLAN, where)
    show_style([stops], EMBEDDED, "others", "wms", False)
    assert not changed(stops)
    for kind in ("wms", "tms"):
        show_style([stops], EMBEDDED, "stops", kind, False)
    assert changed(stops) == LayerChanges(drawn=True) and not changed(stops).published
    remember(stops, PLAN, where)
    assert changed(stops).drawn, "whichever a person has chosen stays the current one"
    withdraw_service([stops], EMBEDDED, "tms", {"http://h/tms/1.0.0/stops"})
    assert changed(stops).drawn
    show_style([stops], EMBEDDED, "stops", "wms", True)
    assert not changed(stops)


def test_other_files_behind_the_published_style_are_a_change_until_it_is_published_again(stops):
    where = Published(table="stops", layer_name="stops")
    remember(stops, PLAN, where)
    replace_style([stops], EMBEDDED, "stops", "wms", "trees", 1)
    assert not changed(stops)
    replace_style([stops], EMBEDDED, "stops", "wms", "stops", 1)
    assert changed(stops) == STYLE and published_version([stops], EMBEDDED, "style", "stops_stops") == 1
    show_version([stops], EMBEDDED, "style", "stops_stops", True)
    assert not changed(stops), "brought back"
    replace_style([stops], EMBEDDED, "stops", "tms", "")
    remember(stops, PLAN, where, parts=("data",))
    assert changed(stops) == STYLE
    remember(stops, PLAN, where, parts=("style",))
    assert not changed(stops)
