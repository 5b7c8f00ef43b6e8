"""GeoPackages that GDAL wrote, read by us."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import shapely
from osgeo import ogr, osr

from geopub_plugin.backend.errors import InvalidInput, NotFound
from geopub_plugin.backend.features.geopackage import GeoPackageTable, feature_tables, is_geopackage, quoted
from geopub_plugin.backend.features.measure import feature_bounds, ring_areas
from geopub_plugin.backend.features.schema import ColumnKind

from .catalogue import EMPTY, VALID
from .oracle import same

WKTS = [*VALID.values(), *EMPTY.values(), None]
FIELDS = {
    "entier": (ogr.OFTInteger64, ColumnKind.INTEGER, [1, None, -(2**60)]),
    "réel": (ogr.OFTReal, ColumnKind.REAL, [1.5, None, -1e300]),
    "texte": (ogr.OFTString, ColumnKind.TEXT, ["é & <b>", None, ""]),
    "jour": (ogr.OFTDate, ColumnKind.DATE, ["2024/02/29", None, "1789/07/14"]),
    "instant": (ogr.OFTDateTime, ColumnKind.DATETIME, ["2024/02/29 12:30:15+00", None, "2000/01/01 00:00:00+00"]),
    "octets": (ogr.OFTBinary, ColumnKind.BLOB, [b"\x00\x01", None, b"x"]),
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gpkg") / "catalogue “des” genres.gpkg"
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    made = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = made.CreateLayer('des "genres"', srs, ogr.wkbUnknown, ["FID=clé"])
    for name, (kind, _, _) in FIELDS.items():
        layer.CreateField(ogr.FieldDefn(name, kind))
    for row, wkt in enumerate(WKTS):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetFID(10 * row + 5)
        for name, (kind, _, values) in FIELDS.items():
            value = values[row % 3]
            if value is not None:
                feature.SetFieldBinaryFromHexString(name, value.hex()) if kind == ogr.OFTBinary else feature.SetField(
                    name, value
                )
        feature.SetGeometry(None if wkt is None else ogr.CreateGeometryFromWkt(wkt))
        layer.CreateFeature(feature)
    made.CreateLayer("vide", srs, ogr.wkbPoint)
    del layer, made
    return path


def test_the_schema_is_what_gdal_wrote(file: Path) -> None:
    table, empty = feature_tables(file)
    assert (table.name, table.fid, table.geometry_type, table.srs.name) == (
        'des "genres"',
        "clé",
        "GEOMETRY",
        "EPSG:4326",
    )
    assert {f.name: f.kind for f in table.fields} == {name: kind for name, (_, kind, _) in FIELDS.items()}
    assert empty.name == "vide"


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_geometries_and_values_arrive_in_order(file: Path, size: int) -> None:
    with GeoPackageTable(file, 'des "genres"') as table:
        batches = list(table.batches(size=size))
    assert np.concatenate([b.fids for b in batches]).tolist() == [10 * row + 5 for row in range(len(WKTS))]
    expected = [None if w is None else shapely.from_wkt(w) for w in WKTS]
    done = 0
    for batch in batches:
        same(batch.geometries, expected[done : done + len(batch)])
        for row in range(len(batch)):
            for name, (kind, _, values) in FIELDS.items():
                column, value = batch.columns[name], values[(done + row) % 3]
                null = column.null is not None and column.null[row]
                assert null == (value is None), name
                if value is not None and kind not in (ogr.OFTDate, ogr.OFTDateTime):
                    assert column.values[row] == value
                elif value is not None:
                    assert column.values[row].startswith(value[:10].replace("/", "-"))
        done += len(batch)


def test_offset_limit_columns_and_keys_choose_rows(file: Path) -> None:
    with GeoPackageTable(file, 'des "genres"') as table:
        (batch,) = table.batches(columns=["texte"], offset=2, limit=3, geometry=False)
        assert batch.fids.tolist() == [25, 35, 45]
        assert list(batch.columns) == ["texte"]
        assert batch.geometries.kind.tolist() == [0, 0, 0]
        (batch,) = table.batches(fids=[45, 5, 7])
        assert batch.fids.tolist() == [5, 45]


def test_an_empty_table_has_no_batch(file: Path) -> None:
    with GeoPackageTable(file, "vide") as table:
        assert (list(table.batches()), table.count(), table.bounds()) == ([], 0, None)


@pytest.mark.parametrize("indexed", [True, False], ids=["with R-tree", "without"])
def test_a_box_finds_what_brute_force_finds(tmp_path: Path, indexed: bool) -> None:
    rng = np.random.default_rng(7)
    points = rng.uniform(-1, 1, (3000, 2)).round(4)
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    made = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "p.gpkg"))
    layer = made.CreateLayer("p", srs, ogr.wkbPoint, [f"SPATIAL_INDEX={'YES' if indexed else 'NO'}"])
    layer.StartTransaction()
    for x, y in points:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({x} {y})"))
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    del layer, made
    with GeoPackageTable(tmp_path / "p.gpkg", "p") as table:
        for _ in range(20):
            west, east = np.sort(rng.choice(points[:, 0], 2))  # edges exactly on points: the float32 trap
            south, north = np.sort(rng.choice(points[:, 1], 2))
            inside = (points[:, 0] >= west) & (points[:, 0] <= east) & (points[:, 1] >= south) & (points[:, 1] <= north)
            box = (west, south, east, north)
            assert table.fids_within(box).tolist() == (np.flatnonzero(inside) + 1).tolist()
            found = [fid for batch in table.batches(bounds=box, size=100) for fid in batch.fids]
            assert found == (np.flatnonzero(inside) + 1).tolist()


def test_a_box_beside_a_point_does_not_find_it(tmp_path: Path) -> None:
    """SQLite stores this x two steps of float32 too large."""
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(2154)
    made = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "p.gpkg"))
    layer = made.CreateLayer("p", srs, ogr.wkbPoint)
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (-217979.68681465363 0)"))
    layer.CreateFeature(feature)
    del feature, layer, made
    with GeoPackageTable(tmp_path / "p.gpkg", "p") as table:
        assert table.fids_within((-217979.68, -1, 0, 1)).tolist() == []
        assert table.fids_within((-217979.69, -1, 0, 1)).tolist() == [1]


def test_a_foreign_value_in_a_column_is_converted_or_null(tmp_path: Path) -> None:
    path = tmp_path / "odd.gpkg"
    made = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = made.CreateLayer("odd", None, ogr.wkbPoint, ["SPATIAL_INDEX=NO"])
    layer.CreateField(ogr.FieldDefn("n", ogr.OFTInteger))
    layer.CreateField(ogr.FieldDefn("t", ogr.OFTString))
    del layer, made
    with sqlite3.connect(path) as connection:
        rows = [("12", 5), ("twelve", b"bytes"), (3.0, "text"), (None, None)]
        connection.executemany("INSERT INTO odd (n, t) VALUES (?, ?)", rows)
        connection.execute("INSERT INTO odd (t) VALUES (CAST(x'ff41' AS TEXT))")
    connection.close()
    with GeoPackageTable(path, "odd") as table:
        (batch,) = table.batches()
    assert batch.columns["n"].values[[0, 2]].tolist() == [12, 3]
    assert batch.columns["n"].null.tolist() == [False, True, False, True, True]
    assert batch.columns["t"].values.tolist() == ["5", "bytes", "text", "", "�A"]


@pytest.mark.parametrize("place", [0, 3, 9])
def test_a_row_that_is_not_utf8_is_read_once(tmp_path: Path, place: int) -> None:
    """Python before 3.11 fetches a row with the statement, and resets a statement again when its cursor goes."""
    path = tmp_path / "odd.gpkg"
    made = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = made.CreateLayer("odd", None, ogr.wkbPoint, ["SPATIAL_INDEX=NO"])
    layer.CreateField(ogr.FieldDefn("t", ogr.OFTString))
    del layer, made
    with sqlite3.connect(path) as connection:
        texts = [(b"\xff" if number == place else b"a",) for number in range(10)]
        connection.executemany("INSERT INTO odd (t) VALUES (CAST(? AS TEXT))", texts)
        connection.execute("UPDATE odd SET t = x'61' WHERE fid = 5")  # so that SQLite is asked, not the pages
    connection.close()
    with GeoPackageTable(path, "odd") as table:
        (batch,) = table.batches()
    assert batch.fids.tolist() == list(range(1, 11))
    assert batch.columns["t"].values.tolist() == ["\N{REPLACEMENT CHARACTER}" if n == place else "a" for n in range(10)]


def test_what_is_no_geopackage_is_told(tmp_path: Path, file: Path) -> None:
    text = tmp_path / "text.gpkg"
    text.write_text("hello")
    assert (is_geopackage(text), is_geopackage(file), is_geopackage(tmp_path / "none")) == (False, True, False)
    with pytest.raises(InvalidInput):
        feature_tables(text)
    with pytest.raises(NotFound):
        feature_tables(tmp_path / "none.gpkg")
    with pytest.raises(InvalidInput):
        GeoPackageTable(file, "nothing like it")


def test_a_damaged_table_is_told_in_words(tmp_path: Path, world_map: Path) -> None:
    whole = world_map.read_bytes()
    damaged = tmp_path / "damaged.gpkg"
    damaged.write_bytes(whole[:200_000] + bytes(300_000) + whole[500_000:])
    with pytest.raises(InvalidInput) as caught:
        for table in feature_tables(damaged):
            with GeoPackageTable(damaged, table.name) as opened:
                list(opened.batches())
    assert "damaged.gpkg" in caught.value.what and caught.value.cure


def test_reading_leaves_no_trace(file: Path) -> None:
    before = file.stat().st_mtime_ns, sorted(p.name for p in file.parent.iterdir())
    with GeoPackageTable(file, 'des "genres"') as table:
        list(table.batches())
    assert (file.stat().st_mtime_ns, sorted(p.name for p in file.parent.iterdir())) == before


@pytest.mark.parametrize("name, sql", [("a", '"a"'), ('a"b', '"a""b"'), ("a; DROP TABLE b", '"a; DROP TABLE b"')])
def test_identifiers_are_quoted(name: str, sql: str) -> None:
    assert quoted(name) == sql


def test_bounds_and_areas_agree_with_shapely(file: Path) -> None:
    with GeoPackageTable(file, 'des "genres"') as table:
        (batch,) = table.batches()
    boxes = feature_bounds(batch.geometries)
    for row, wkt in enumerate(WKTS):
        if wkt is None or "EMPTY" in wkt:
            assert np.isnan(boxes[row]).all()
        else:
            assert tuple(boxes[row]) == shapely.from_wkt(wkt).bounds
    g = batch.geometries
    holes = WKTS.index(VALID["polygon with holes"])
    first = g.part_start[g.feature_start[holes]]
    assert ring_areas(g)[first : first + 3].tolist() == [100.0, 1.0, 2.0]


def test_a_view_without_a_key_is_numbered(tmp_path: Path, world_map: Path) -> None:
    path = Path(shutil.copy(world_map, tmp_path / "view.gpkg"))
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE VIEW far AS SELECT NAME AS name, geom FROM countries ORDER BY NAME DESC")
        connection.execute("INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('far', 'features', 4326)")
        connection.execute("INSERT INTO gpkg_geometry_columns VALUES ('far', 'geom', 'MULTIPOLYGON', 4326, 0, 0)")
    connection.close()
    with GeoPackageTable(path, "far") as table:
        assert table.count() == 240
        assert [fid for batch in table.batches(size=100) for fid in batch.fids] == list(range(1, 241))
        (first,) = table.batches(fids=[2, 1])
        assert first.columns["name"].values.tolist() == ["Åland", "eSwatini"]


def test_heavy_geometries_make_small_batches(tmp_path):
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "heavy.gpkg"))
    layer = source.CreateLayer("heavy", None, ogr.wkbLineString)
    layer.StartTransaction()
    for place in range(300):
        feature = ogr.Feature(layer.GetLayerDefn())
        line = ogr.Geometry(ogr.wkbLineString)
        for vertex in range(2000 if 100 <= place < 200 else 2):  # 32 kB each in the middle
            line.AddPoint_2D(vertex, place)
        feature.SetGeometryDirectly(line)
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    del layer, source
    with GeoPackageTable(tmp_path / "heavy.gpkg", "heavy") as table:
        batches = list(table.batches(size=250, heaviest=500_000))
        assert np.concatenate([batch.fids for batch in batches]).tolist() == list(range(1, 301))
        assert max(len(batch.geometries.x) for batch in batches) * 16 < 500_000 + 128 * 16 * 2000 / 8
        assert len(batches) > 3 and [len(batch) for batch in table.batches(size=250)] == [250, 50]
        keys = list(range(300, 0, -1))
        picked = list(table.batches(size=250, heaviest=500_000, fids=keys))
        assert np.concatenate([batch.fids for batch in picked]).tolist() == list(range(1, 301))


@pytest.mark.parametrize("gap", [False, True])
def test_far_pages_hold_the_rows_that_offsets_name(tmp_path, gap):
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "far.gpkg"))
    layer = source.CreateLayer("far", None, ogr.wkbPoint)
    layer.StartTransaction()
    for place in range(5000):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetFID(100 + place + (1 if gap and place > 2500 else 0))
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkt(f"POINT({place} 0)"))
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    del layer, source
    with GeoPackageTable(tmp_path / "far.gpkg", "far") as table:
        whole = np.concatenate([batch.fids for batch in table.batches()])
        for offset, limit in ((0, 10), (1999, 3), (2000, 700), (2499, 3), (4998, 10), (6000, 10), (3000, None)):
            found = [batch.fids for batch in table.batches(offset=offset, limit=limit, size=300)]
            expected = whole[offset:] if limit is None else whole[offset : offset + limit]
            assert np.concatenate([np.zeros(0, np.int64), *found]).tolist() == expected.tolist()
