"""Integration: the result is opened by GDAL and compared with shapely, which know nothing of how it was written."""

from __future__ import annotations

import json
import sqlite3
import zipfile

import numpy as np
import pytest
from osgeo import gdal, ogr

from geopub_plugin.backend.errors import InvalidInput, StorageFull
from geopub_plugin.backend.features.geopackage import GeoPackageTable, feature_tables
from geopub_plugin.backend.features.hilbert import hilbert_keys
from geopub_plugin.backend.ingest import integration, integration_job
from geopub_plugin.backend.ingest.geopackage_writer import GeoPackageWriter
from geopub_plugin.backend.jobs.progress import Silent

from .packages import BOW_TIE, SQUARE, Table, fields, make, opened, rows, run, shapes

POINTS = [f"POINT ({x} {y})" for x in range(20) for y in range(20)]


def test_the_file_is_a_sound_geopackage(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table("a", shapes=POINTS), Table("b", shapes=(SQUARE, None)), Table("c", ()))
    result = integrate(source)
    path = result["path"]
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
    assert connection.execute("PRAGMA user_version").fetchone() == (10300,)
    for table, count in (("a", 400), ("b", 1), ("c", 0)):
        assert connection.execute("SELECT rtreecheck(?)", (f"rtree_{table}_geom",)).fetchone() == ("ok",)
        assert connection.execute(f"SELECT count(*) FROM rtree_{table}_geom").fetchone() == (count,)
    assert result["size"] == path.stat().st_size
    assert [path.name for path in path.parent.iterdir()] == ["data.gpkg"]  # no journal, nothing else
    assert {table.name: table.spatial_index for table in feature_tables(path)} == {
        "a": "rtree_a_geom", "b": "rtree_b_geom", "c": "rtree_c_geom",
    }  # fmt: skip


def test_gdal_opens_it_without_complaint(tmp_path, integrate):
    complaints = []
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=POINTS, type=ogr.wkbPoint, srs=2154)))
    gdal.PushErrorHandler(lambda *what: complaints.append(what))
    try:
        layer = (source := opened(result["path"])).GetLayer(0)
        assert (layer.GetName(), layer.GetFIDColumn(), layer.GetGeometryColumn()) == ("places", "ogc_fid", "geom")
        assert layer.GetGeomType() == ogr.wkbPoint
        assert layer.GetSpatialRef().GetAuthorityCode(None) == "2154"
        assert layer.GetFeatureCount() == 400
        assert layer.GetExtent() == (0, 19, 0, 19)
        assert layer.TestCapability(ogr.OLCFastSpatialFilter)
        layer.SetSpatialFilterRect(2.5, 3.5, 5.5, 4.5)
        assert sorted((f.GetGeometryRef().GetX(), f.GetGeometryRef().GetY()) for f in layer) == [(3, 4), (4, 4), (5, 4)]
        assert source.GetLayerCount() == 1
    finally:
        gdal.PopErrorHandler()
    assert complaints == []


def test_rows_keep_the_order_of_the_source(tmp_path, integrate):
    """Who lies on top of whom is what QGIS shows of the source."""
    shapes = [None, *POINTS[::-1]]
    path = integrate(make(tmp_path / "a.gpkg", Table(shapes=shapes)))["path"]
    assert rows(path, "SELECT ogc_fid, fid FROM places ORDER BY 1") == [(n, n) for n in range(1, len(shapes) + 1)]


@pytest.mark.parametrize("most", [0, 100_000])  # rows that keep the order of the source
def test_leaves_of_the_index_hardly_overlap(most, tmp_path, integrate, monkeypatch):
    monkeypatch.setattr(integration, "_SOURCE_ORDER", most)
    shuffled = [POINTS[place] for place in np.random.default_rng(1).permutation(len(POINTS))]
    path = integrate(make(tmp_path / "a.gpkg", Table(shapes=shuffled)))["path"]
    ((root,),) = rows(path, "SELECT data FROM rtree_places_geom_node WHERE nodeno = 1")
    cells = np.frombuffer(root[4:], [("node", ">i8"), ("box", ">f4", (4,))])[: int.from_bytes(root[2:4], "big")]
    west, east, south, north = cells["box"].T
    assert len(cells) == 8
    assert ((east - west) * (north - south)).sum() < 1.5 * 19 * 19  # by the order of the source: eight times as much


def test_rows_of_a_large_table_lie_along_the_hilbert_curve(tmp_path, integrate, monkeypatch):
    monkeypatch.setattr(integration, "_SOURCE_ORDER", len(POINTS))
    path = integrate(make(tmp_path / "a.gpkg", Table(shapes=[None, *POINTS[::-1]])))["path"]
    with GeoPackageTable(path, "places") as table:
        (batch,) = table.batches()
    assert batch.fids.tolist() == list(range(1, 402))
    keys = hilbert_keys(batch.geometries.x, batch.geometries.y, (0, 0, 19, 19))
    assert (np.diff(keys.astype(np.int64)) > 0).all()
    steps = np.hypot(np.diff(batch.geometries.x), np.diff(batch.geometries.y))
    assert steps.mean() < 1.5  # neighbours on the disk are neighbours on the map
    assert batch.columns["fid"].values[-1] == 1  # rows without geometry are last


def test_the_same_file_gives_the_same_file(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=POINTS))
    sql = "SELECT ogc_fid, geom, fid FROM places ORDER BY 1"
    first = rows(integrate(source)["path"], sql)
    assert rows(integrate(source)["path"], sql) == first


# The job


def test_a_view_is_published_with_all_its_rows(tmp_path, integrate):
    path = make(tmp_path / "a.gpkg", Table(shapes=("POINT (1 2)", "POINT (3 4)")))
    run(path, "CREATE VIEW twice AS SELECT fid, geom FROM places UNION ALL SELECT fid, geom FROM places")
    run(path, "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('twice', 'features', 4326)")
    run(path, "INSERT INTO gpkg_geometry_columns VALUES ('twice', 'geom', 'POINT', 4326, 0, 0)")
    result = integrate(path, tables=["twice"])
    assert rows(result["path"], "SELECT ogc_fid, fid FROM twice ORDER BY 1") == [(1, 1), (2, 2), (3, 1), (4, 2)]


def test_a_table_without_integer_key(tmp_path, integrate):
    path = make(tmp_path / "a.gpkg", Table())
    run(path, "CREATE TABLE named (code TEXT PRIMARY KEY, geom POINT) WITHOUT ROWID")
    run(path, "INSERT INTO named SELECT 'x', geom FROM places")
    run(path, "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('named', 'features', 4326)")
    run(path, "INSERT INTO gpkg_geometry_columns VALUES ('named', 'geom', 'POINT', 4326, 0, 0)")
    result = integrate(path, tables=["named"])
    assert rows(result["path"], "SELECT ogc_fid, code FROM named") == [(1, "x")]
    assert "key.duplicate" in result["ids"]


@pytest.mark.parametrize("declared", ["INT PRIMARY KEY", "TEXT", "INTEGER"])
def test_a_key_that_is_none(declared, tmp_path, integrate):
    path = make(tmp_path / "a.gpkg", Table(shapes=("POINT (1 2)",)))
    run(path, f"CREATE TABLE odd (fid {declared}, rowid TEXT, geom POINT)")
    for fid in ("7", "NULL", "NULL"):
        run(path, f"INSERT INTO odd SELECT {fid}, 'r', geom FROM places")
    run(path, "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('odd', 'features', 4326)")
    run(path, "INSERT INTO gpkg_geometry_columns VALUES ('odd', 'geom', 'POINT', 4326, 0, 0)")
    result = integrate(path, tables=["odd"])
    assert rows(result["path"], "SELECT ogc_fid, CAST(fid AS INTEGER) FROM odd") == [(1, 7), (2, None), (3, None)]


def test_geometry_column_in_another_case(tmp_path, integrate):
    path = make(tmp_path / "a.gpkg", Table(columns={"n": (ogr.OFTInteger, 0, [1])}))
    run(path, "UPDATE gpkg_geometry_columns SET column_name = 'GEOM'")
    assert list(fields(integrate(path)["path"], "places")) == ["fid", "n"]


def test_large_geometries_come_in_small_blocks(tmp_path, integrate, monkeypatch):
    monkeypatch.setattr("geopub_plugin.backend.ingest.source.BLOCK_BYTES", 1000)
    source = make(tmp_path / "a.gpkg", Table(shapes=POINTS * 3))
    result = integrate(source)
    assert result["relations"][0]["count"] == 1200
    assert len(shapes(result["path"], "places")) == 1200


def test_from_an_archive(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=POINTS))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(source, "folder/a.gpkg")
    result = integrate(tmp_path / "a.zip")
    assert result["relations"][0]["count"] == 400
    assert [path.name for path in result["path"].parent.iterdir()] == ["data.gpkg"]


def test_the_result_travels_as_json(tmp_path, integrate):
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=(BOW_TIE, None), columns={
        "n": (ogr.OFTInteger, 0, [1, 2])})))  # fmt: skip
    del result["path"]
    assert json.loads(json.dumps(result)) == result


def test_a_refusal_carries_every_fault_and_leaves_nothing(tmp_path, work):
    source = make(tmp_path / "a.gpkg", Table("A", srs=None, shapes=(BOW_TIE,)), Table("b", srs=None))
    with pytest.raises(InvalidInput) as refused:
        integration_job.run({"files": [str(source)]}, work, Silent())
    assert [fault.id for fault in refused.value.faults][:2] == ["table.no-srs", "table.no-srs"]
    assert "geometry.invalid" in [fault.id for fault in refused.value.faults]
    assert "More errors: 1." in refused.value.why
    assert list(work.iterdir()) == []


def test_a_full_disk(tmp_path, work, monkeypatch):
    begin = GeoPackageWriter.__init__

    def begin_on_a_small_disk(self, path, source=None):
        begin(self, path, source)
        self._connection.execute("PRAGMA max_page_count = 30")

    monkeypatch.setattr(GeoPackageWriter, "__init__", begin_on_a_small_disk)
    source = make(tmp_path / "a.gpkg", Table(shapes=POINTS * 10))
    with pytest.raises(StorageFull):
        integration_job.run({"files": [str(source)]}, work, Silent())
    assert list(work.iterdir()) == []


def test_a_disk_that_is_too_small_from_the_start(tmp_path, work, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(StorageFull):
        integration_job.run({"files": [str(make(tmp_path / "a.gpkg", Table()))]}, work, Silent())


class Listened(Silent):
    def __init__(self):
        self.steps, self.done, self.lines = [], [], []

    def step(self, name, total, unit):
        self.steps.append((name, total, unit))
        self.done.append(0)

    def advance(self, amount):
        self.done[-1] += amount

    def log(self, line):
        self.lines.append(line)


def test_progress_is_told_in_features(tmp_path, work):
    listened = Listened()
    integration_job.run({"files": [str(make(tmp_path / "a.gpkg", Table(shapes=POINTS)))]}, work, listened)
    assert ("Checking places", 400, "features") in listened.steps
    assert ("Integrating places", 400, "features") in listened.steps
    for (_, total, unit), done in zip(listened.steps, listened.done):
        assert unit != "features" or done == total
    assert listened.lines == ["INFO places: 400 features, POINT, EPSG:4326"]
