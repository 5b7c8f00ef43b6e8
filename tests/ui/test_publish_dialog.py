"""The dialog: nothing to type, and each fault beside its field."""

from __future__ import annotations

import json

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsVectorLayer

from geopub_plugin.publish.layer_memory import PROPERTY, remember
from geopub_plugin.publish.layer_plan import LayerPlan, remembered_plan
from geopub_plugin.publish.metadata.description import Description
from geopub_plugin.publish.table_plan import TablePlan
from geopub_plugin.ui.publish_dialog import PublishDialog


@pytest.fixture
def dialog(qtbot, lake):
    made = PublishDialog(lake, {"rivers": "Rivers"})
    qtbot.addWidget(made)
    made.show()
    return made


def test_every_default_is_filled_in(dialog):
    plan = dialog.plan
    assert (plan.title, plan.datasheet, plan.layer_name) == ("Étangs & lacs", "Étangs & lacs", "etangs_lacs")
    assert plan.services == ("wfs", "wms", "tms") and plan.styled and plan.srs == ""
    assert 0 <= plan.top_level <= plan.bottom_level <= 14
    assert dialog.publish.isEnabled() and dialog.publish.isDefault()


@pytest.mark.parametrize(
    "name, said",
    [
        ("", "A name is needed"),
        ("9lives", "start with a letter"),
        ("-a", "start with a letter"),
        ("a b", "cannot contain a space"),
        ("été", "cannot contain “é”"),
        ("a" * 81, "81 characters, 80 at most"),
        ("rivers", "already used by the datasheet “Rivers”"),
    ],
)
def test_a_bad_name_is_said_beside_its_field(dialog, name, said):
    dialog.name.line.setText(name)
    assert said in dialog.name.label.text() and dialog.name.label.isVisible()
    assert not dialog.publish.isEnabled()
    dialog.name.line.setText("fine_name-1.2")
    assert not dialog.name.label.isVisible() and dialog.publish.isEnabled()


def test_the_name_follows_the_title_until_it_is_typed(qtbot, dialog):
    dialog.title.clear()
    qtbot.keyClicks(dialog.title, "Mers du Sud")
    assert dialog.name.name == "mers_du_sud"
    dialog.name.line.clear()
    qtbot.keyClicks(dialog.name.line, "seas")
    qtbot.keyClicks(dialog.title, " !")
    assert dialog.plan.layer_name == "seas" and dialog.plan.title == "Mers du Sud !"


def test_a_title_and_a_service_are_needed(dialog):
    dialog.title.clear()
    assert dialog.title_fault.isVisible() and not dialog.publish.isEnabled()
    dialog.title.setText("Lakes")
    for box in dialog.services.boxes.values():
        box.setChecked(False)
    assert "one service" in dialog.services.label.text() and not dialog.publish.isEnabled()


def test_zoom_levels_belong_to_the_tiles(dialog):
    dialog.services.levels = (10, 4)
    assert "first zoom level" in dialog.services.label.text() and not dialog.publish.isEnabled()
    dialog.services.boxes["tms"].setChecked(False)
    assert dialog.publish.isEnabled() and not dialog.services.top.isEnabled()


def test_a_layer_without_reference_system_is_asked_for_one(qtbot, lake):
    lake.setCrs(QgsCoordinateReferenceSystem())
    dialog = PublishDialog(lake)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.crs_fault.isVisible() and not dialog.publish.isEnabled()
    dialog.crs.setCrs(QgsCoordinateReferenceSystem("EPSG:2154"))
    assert not dialog.crs_fault.isVisible() and dialog.publish.isEnabled() and dialog.plan.srs == "EPSG:2154"


def test_what_forbids_publishing_is_shown(qtbot, qgis_new_project):
    dialog = PublishDialog(QgsVectorLayer("Point?crs=EPSG:4326", "Empty", "memory"))
    qtbot.addWidget(dialog)
    dialog.show()
    assert "has no feature" in dialog.notes.text() and dialog.notes.isVisible() and not dialog.publish.isEnabled()


def test_a_published_layer_proposes_an_update(qtbot, lake):
    tables = (TablePlan("ponds", "Ponds", layer=lake.id()),)
    said = Description(abstract="Ponds.")
    plan = LayerPlan("Ponds", "Ponds", "ponds", ("wms", "tms"), 3, 9, "", False, tables, said, flags="-S10")
    remember(lake, plan)
    dialog = PublishDialog(lake, {"ponds": "Ponds"})
    qtbot.addWidget(dialog)
    assert dialog.plan == plan and dialog.publish.text() == "Update" and not dialog.name.isEnabled()
    assert "addresses stay the same" in dialog.where.text()
    dialog.title.setText("Ponds of the South")
    assert (dialog.plan.title, dialog.plan.datasheet) == ("Ponds of the South", "Ponds")


def test_a_title_that_is_published_already_is_said_to_be_updated(qtbot, lake):
    dialog = PublishDialog(lake, {"etangs_lacs": "Étangs & lacs"})
    qtbot.addWidget(dialog)
    assert dialog.publish.isEnabled() and "Updates “Étangs & lacs”" in dialog.where.text()


def test_names_that_are_taken_may_become_known_later(dialog):
    assert dialog.publish.isEnabled()
    dialog.know({"etangs_lacs": "Another"})
    assert "already used by the datasheet “Another”" in dialog.name.label.text() and not dialog.publish.isEnabled()


def test_what_a_layer_remembers_survives_nonsense(lake):
    assert remembered_plan(lake) is None
    plan = {"datasheet": "Ponds", "layer_name": "ponds", "services": ["ftp"], "top_level": "x", "srs": None}
    for kept in ("{", "[]", "{}", json.dumps({"plan": plan}), json.dumps({"layer": "another", "plan": plan})):
        lake.setCustomProperty(PROPERTY, kept)
        assert remembered_plan(lake) is None
    lake.setCustomProperty(PROPERTY, json.dumps({"layer": lake.id(), "plan": plan}))
    assert remembered_plan(lake) == LayerPlan("Ponds", "Ponds", "ponds")
