"""A layer leaves QGIS as the user sees it, whatever its names, edits and filters."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Dict, List, Tuple

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsVectorLayer
from qgis.PyQt.QtCore import QVariant

from geopub_plugin.backend.errors import GeoPubError, InvalidInput, StorageFull
from geopub_plugin.publish.layer_export import LayerExport, export_error

STRING, INTEGER = QVariant.String, QVariant.Int
KEY = ("ogc_fid", "geom")


def export(qtbot, layer: QgsVectorLayer, folder: Path, **options) -> Path:
    job = LayerExport(layer, "stops", folder, **options)
    problems: List[GeoPubError] = []
    job.failed.connect(problems.append)
    with qtbot.waitSignals([job.finished], timeout=10_000):
        job.start()
    assert not problems
    return job.path


def table(path: Path) -> Tuple[List[str], List[Dict[str, object]]]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute('SELECT * FROM "stops"')]
    columns = [row[1] for row in connection.execute("PRAGMA table_info(stops)")]
    connection.close()
    return columns, rows


def srs_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    (srs,) = connection.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()
    connection.close()
    return srs


@pytest.mark.parametrize(
    "fields, row, columns",
    [
        ([("name", STRING)], ["a"], [*KEY, "name"]),
        ([("fid", INTEGER)], [7], [*KEY, "fid"]),
        ([("fid", STRING)], ["text"], [*KEY, "fid"]),
        ([("ogc_fid", INTEGER)], [7], ["ogc_fid_2", "geom", "ogc_fid"]),
        ([("Geom", STRING)], ["a"], ["ogc_fid", "geom_2", "Geom"]),
        ([("Name", STRING), ("name", STRING)], ["a", "b"], [*KEY, "Name", "name_2"]),
        (
            [("Nom", STRING), ("NOM", STRING), ("nom_2", STRING)],
            list("abc"),
            [*KEY, "Nom", "NOM_3", "nom_2"],
        ),
    ],
)
def test_names_that_a_geopackage_refuses_are_mended(qtbot, points, tmp_path, fields, row, columns):
    path = export(qtbot, points(fields, [row, row]), tmp_path)
    found, rows = table(path)
    assert found == columns
    assert [[r[c] for c in columns[2:]] for r in rows] == [row, row]


def test_clashing_names_keep_edits_that_are_not_saved(qtbot, points, tmp_path):
    layer = points([("Name", STRING), ("name", STRING)], [["a", "b"]])
    layer.startEditing()
    feature = QgsFeature(layer.fields())
    feature.setAttributes(["c", "d"])
    feature.setGeometry(QgsGeometry.fromWkt("POINT(5 5)"))
    assert layer.addFeature(feature)
    _, rows = table(export(qtbot, layer, tmp_path))
    assert sorted((r["Name"], r["name_2"]) for r in rows) == [("a", "b"), ("c", "d")]
    assert layer.isModified()
    layer.rollBack()


def test_the_layer_is_left_as_it_was(qtbot, points, tmp_path):
    layer = points([("Name", STRING), ("name", STRING)], [["a", "b"]])
    export(qtbot, layer, tmp_path)
    assert not any(layer.attributeAliases().values())


def test_the_filter_is_honoured(qtbot, countries, tmp_path):
    countries.setSubsetString("\"NAME\" = 'France'")
    _, rows = table(export(qtbot, countries, tmp_path))
    assert [row["NAME"] for row in rows] == ["France"]


def test_edits_that_are_not_saved_are_exported(qtbot, points, tmp_path):
    layer = points([("name", STRING)], [["a"], ["b"]])
    layer.startEditing()
    layer.changeAttributeValue(next(layer.getFeatures()).id(), 0, "edited")
    assert {row["name"] for row in table(export(qtbot, layer, tmp_path))[1]} == {"edited", "b"}
    layer.rollBack()


def test_a_layer_without_reference_system_gets_the_chosen_one(qtbot, points, tmp_path):
    layer = points([("name", STRING)], [["a"]], crs="")
    layer.setCrs(QgsCoordinateReferenceSystem())
    path = export(qtbot, layer, tmp_path, crs=QgsCoordinateReferenceSystem("EPSG:2154"))
    assert srs_of(path) == 2154
    exported = QgsVectorLayer(str(path), "exported", "ogr")
    assert exported.getFeature(1).geometry().asWkt() == "Point (0 0)"
    del exported


def test_a_layer_with_a_reference_system_of_its_own_is_reprojected(qtbot, points, tmp_path):
    layer = points([("name", STRING)], [["a"]])
    layer.setCrs(QgsCoordinateReferenceSystem.fromProj("+proj=longlat +datum=WGS84 +pm=2 +no_defs"))
    path = export(qtbot, layer, tmp_path, crs=QgsCoordinateReferenceSystem("EPSG:4326"))
    exported = QgsVectorLayer(str(path), "exported", "ogr")
    assert exported.getFeature(1).geometry().asPoint().x() == pytest.approx(2)
    del exported


def test_cancel_leaves_no_file(qtbot, points, tmp_path):
    layer = points([("name", STRING)], [["x" * 200]] * 60_000)
    job = LayerExport(layer, "stops", tmp_path)
    with qtbot.waitSignal(job.cancelled, timeout=10_000):
        job.start()
        job.cancel()
    assert list(tmp_path.iterdir()) == []


def test_a_layer_that_cannot_be_written_says_why(qtbot, points, tmp_path):
    job = LayerExport(points([("name", STRING)], [["a"]]), "stops", tmp_path / "no such folder")
    (tmp_path / "no such folder").mkdir()
    shutil.rmtree(tmp_path / "no such folder")
    tmp_path.joinpath("no such folder").write_text("a file is in the way")
    with qtbot.waitSignal(job.failed, timeout=10_000) as heard:
        job.start()
    error = heard.args[0]
    assert isinstance(error, InvalidInput)
    assert "Stops" in error.what and error.why and error.cure


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 0}))
    error = export_error("Stops", "sqlite3: disk full", tmp_path / "stops.gpkg")
    assert isinstance(error, StorageFull) and str(tmp_path) in error.why
