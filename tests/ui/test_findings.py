"""The checks before anything is sent: found here as in the store, shown on the map, mended with a click."""

from __future__ import annotations

import sys

import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt import sip
from qgis.PyQt.QtWidgets import QPushButton

from geopub_plugin.publish.layer_mend import LayerMend, mend_title
from geopub_plugin.ui.findings_dialog import FindingsDialog
from geopub_plugin.ui.publish_dialog import PublishDialog

SQUARE = "POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))"
BOW = "POLYGON((5 5, 6 6, 6 5, 5 6, 5 5))"


@pytest.fixture
def shapes(qgis_new_project, monkeypatch) -> QgsVectorLayer:
    monkeypatch.setenv("GEOPUB_PYTHON", sys.executable)
    layer = QgsVectorLayer("Polygon?crs=EPSG:4326&field=name:string", "Shapes", "memory")
    features = []
    for wkt in (SQUARE, SQUARE, SQUARE, BOW, "", SQUARE):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(wkt) if wkt else QgsGeometry())
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.dataProvider().deleteFeatures([2])  # so that ids and places differ
    layer.updateExtents()
    return layer


def checked(qtbot, layer, canvas=None) -> FindingsDialog:
    dialog = FindingsDialog([layer], ["shapes"], canvas=canvas)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.again.isEnabled(), timeout=60_000)
    return dialog


def button(dialog: FindingsDialog, text: str) -> QPushButton:
    return next(one for one in dialog.area.widget().findChildren(QPushButton) if one.text() == text)


def test_findings_lead_to_the_feature_and_are_mended(qtbot, shapes):
    canvas = QgsMapCanvas()
    qtbot.addWidget(canvas)
    dialog = checked(qtbot, shapes, canvas)
    found = {finding.fault.id: finding for finding in dialog.findings}
    assert set(found) >= {"geometry.invalid", "geometry.empty"} and "Nothing forbids" in dialog.summary.text()
    assert found["geometry.invalid"].feature_ids() == (4,)
    button(dialog, "Zoom to the features").click()
    assert shapes.selectedFeatureIds() and set(shapes.selectedFeatureIds()) <= {4, 5}

    button(dialog, "Repair the shapes").click()
    qtbot.waitUntil(lambda: not dialog.again.isEnabled(), timeout=10_000)
    qtbot.waitUntil(lambda: dialog.again.isEnabled(), timeout=60_000)
    left = {finding.fault.id for finding in dialog.findings}
    assert "geometry.invalid" not in left and "layer.unsaved-edits" in left
    assert shapes.getFeature(4).geometry().isGeosValid() and shapes.isModified()
    shapes.undoStack().undo()
    assert not shapes.getFeature(4).geometry().isGeosValid()
    shapes.rollBack()


def test_features_without_shape_can_be_deleted_and_edits_saved(qtbot, shapes):
    dialog = checked(qtbot, shapes)
    button(dialog, "Delete these features").click()
    qtbot.waitUntil(lambda: not dialog.again.isEnabled(), timeout=10_000)
    qtbot.waitUntil(lambda: dialog.again.isEnabled(), timeout=60_000)
    assert shapes.featureCount() == 4 and "geometry.empty" not in {it.fault.id for it in dialog.findings}
    button(dialog, "Save the edits").click()
    qtbot.waitUntil(lambda: dialog.again.isEnabled() and not shapes.isModified(), timeout=60_000)


def test_closing_while_something_is_mended_leaves_one_step_to_undo(qtbot, shapes):
    shapes.dataProvider().addFeatures([QgsFeature(next(shapes.getFeatures("$id = 4"))) for _ in range(2_000)])
    dialog = checked(qtbot, shapes)
    mend = button(dialog, "Repair the shapes")
    mend.click()
    assert not dialog.area.isEnabled() and not dialog.again.isEnabled(), "two would get into each other's step"
    qtbot.waitUntil(shapes.isModified, timeout=10_000)
    dialog.reject()
    assert shapes.undoStack().count() == 1
    left = sum(not feature.geometry().isGeosValid() for feature in shapes.getFeatures())
    qtbot.wait(100)
    assert sum(not feature.geometry().isGeosValid() for feature in shapes.getFeatures()) == left
    shapes.deleteFeature(1)
    assert shapes.undoStack().count() == 2
    shapes.rollBack()


def test_what_cannot_be_mended_offers_nothing(shapes):
    assert mend_title("geometry.curved", shapes) == "" and mend_title("geometry.invalid", None) == ""


def test_closing_ends_the_check(qtbot, shapes):
    dialog = PublishDialog(shapes)
    qtbot.addWidget(dialog)
    dialog.show()
    checks = dialog.open_checks()
    checks.reject()
    assert checks.check.ended


def test_mending_ends_where_the_layer_is_removed_meanwhile(qtbot, qgis_app):
    layer = QgsVectorLayer("Polygon?crs=EPSG:4326", "Gone", "memory")
    bow_tie = QgsFeature()
    bow_tie.setGeometry(QgsGeometry.fromWkt("POLYGON((0 0,1 1,1 0,0 1,0 0))"))
    layer.dataProvider().addFeatures([QgsFeature(bow_tie) for _ in range(2_000)])
    mend = LayerMend("geometry.invalid", layer)
    with qtbot.waitSignal(mend.failed, timeout=10_000) as told:
        mend.start()
        sip.delete(layer)
    assert "cannot be edited" in told.args[0]
