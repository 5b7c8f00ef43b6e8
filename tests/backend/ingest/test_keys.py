"""Keys that stay across updates."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from osgeo import gdal, ogr

from geopub_plugin.backend.features.geopackage import GeoPackageTable

from .packages import Table, make

POINTS = tuple(f"POINT ({x} {y})" for x in range(12) for y in range(12))


@pytest.fixture
def revision(integrate, tmp_path):
    """Return a function that integrates a file, as an update of an earlier outcome, into a file of its own."""

    def made(source: Path, name: str, previous=None) -> Path:
        told = {} if previous is None else {"previous": str(previous)}
        return Path(shutil.copyfile(integrate(source, **told)["path"], tmp_path / name))

    return made


def keys_by_place(path: Path):
    """Return the key of each feature by where it is, as GDAL reads it."""
    source = gdal.OpenEx(str(path), gdal.OF_VECTOR)
    layer = source.GetLayerByName("places")
    return {feature.GetGeometryRef().ExportToWkt(): feature.GetFID() for feature in layer if feature.GetGeometryRef()}


def change(path: Path, to: Path, *, delete=(), insert=(), move=None) -> Path:
    """Copy a file and change some of its features."""
    shutil.copyfile(path, to)
    source = ogr.Open(str(to), 1)
    layer = source.GetLayerByName("places")
    for fid in delete:
        layer.DeleteFeature(fid)
    for fid, wkt in (move or {}).items():
        feature = layer.GetFeature(fid)
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        layer.SetFeature(feature)
    for wkt in insert:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        layer.CreateFeature(feature)
    layer = source = None
    return to


def test_what_stays_or_changes_keeps_its_key_and_what_is_new_gets_a_new_one(revision, tmp_path):
    source = make(tmp_path / "a.gpkg", Table(shapes=POINTS))
    first = revision(source, "1.gpkg")
    before = keys_by_place(first)
    new = change(source, tmp_path / "b.gpkg", delete=(5, 70), insert=("POINT (0.5 0.5)",), move={30: "POINT (90 9)"})
    second = revision(new, "2.gpkg", first)
    after = keys_by_place(second)
    gone, moved = set(before) - set(after), set(after) - set(before)
    assert len(gone) == 3 and len(moved) == 2
    assert all(after[place] == key for place, key in before.items() if place in after)
    assert after["POINT (90 9)"] == before[POINTS[29]]
    assert after["POINT (0.5 0.5)"] == len(POINTS) + 1
    with GeoPackageTable(second, "places") as table:  # its index knows the new keys
        (key,) = table.fids_within((89.0, 8.0, 91.0, 10.0))
        assert key == after["POINT (90 9)"] and table.count() == len(POINTS) - 1
    assert sqlite3.connect(second).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_number_is_never_given_again(revision, tmp_path):
    source = make(tmp_path / "a.gpkg", Table(shapes=POINTS[:5]))
    first = revision(source, "1.gpkg")
    second = revision(change(source, tmp_path / "b.gpkg", insert=("POINT (50 5)",)), "2.gpkg", first)
    third = revision(source, "3.gpkg", second)
    fourth = revision(change(source, tmp_path / "c.gpkg", insert=("POINT (60 6)",)), "4.gpkg", third)
    assert keys_by_place(second)["POINT (50 5)"] == 6
    assert keys_by_place(fourth)["POINT (60 6)"] == 7


def test_a_source_that_counts_its_rows_anew_keeps_keys_by_content(revision, tmp_path):
    first = revision(make(tmp_path / "a.gpkg", Table(shapes=POINTS)), "1.gpkg")
    shifted = make(tmp_path / "b.gpkg", Table(shapes=("POINT (99 9)", *POINTS[3:])))
    before, after = keys_by_place(first), keys_by_place(revision(shifted, "2.gpkg", first))
    assert all(after[place] == before[place] for place in POINTS[3:])


def test_twins_keep_their_keys_one_by_one(revision, tmp_path):
    source = make(tmp_path / "a.gpkg", Table(shapes=("POINT (1 1)",) * 4 + POINTS[20:30]))
    first = revision(source, "1.gpkg")
    second = revision(change(source, tmp_path / "b.gpkg", delete=(2,)), "2.gpkg", first)

    def by_source(path):
        return dict(sqlite3.connect(path).execute("SELECT fid, ogc_fid FROM places"))

    before, after = by_source(first), by_source(second)
    assert after == {fid: key for fid, key in before.items() if fid != 2}


def test_the_same_delivery_gives_the_same_rows(revision, tmp_path):
    source = make(tmp_path / "a.gpkg", Table(shapes=POINTS))
    first = revision(source, "1.gpkg")
    second = revision(source, "2.gpkg", first)
    rows = [sqlite3.connect(path).execute("SELECT * FROM places").fetchall() for path in (first, second)]
    assert rows[0] == rows[1]
