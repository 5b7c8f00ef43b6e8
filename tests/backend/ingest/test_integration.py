"""Integration: the result is opened by GDAL and compared with shapely, which know nothing of how it was written."""

from __future__ import annotations

import json
import sqlite3
import zipfile

import numpy as np
import pytest
import shapely
from osgeo import gdal, ogr

from geopub_plugin.backend.errors import InvalidInput, StorageFull
from geopub_plugin.backend.features.geopackage import GeoPackageTable, feature_tables
from geopub_plugin.backend.features.hilbert import hilbert_keys
from geopub_plugin.backend.ingest import integration_job
from geopub_plugin.backend.ingest.geopackage_writer import GeoPackageWriter
from geopub_plugin.backend.jobs.progress import Silent

from ..features.catalogue import EMPTY, VALID, WITH_Z
from .packages import BOW_TIE, SQUARE, Table, make, rows, run
from .test_checks import BAD_BLOB, CURVE, CUSTOM

POINTS = [f"POINT ({x} {y})" for x in range(20) for y in range(20)]


def opened(path):
    """Return GDAL's dataset; keep it as long as you use its layers, or GDAL crashes."""
    source = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_READONLY)
    assert source is not None
    return source


def shapes(path, table, key="fid"):
    """Return shapely geometries by the source's key."""
    source = opened(path)
    layer = source.GetLayerByName(table)
    found = {}
    for feature in layer:
        geometry = feature.GetGeometryRef()
        found[feature.GetField(key)] = None if geometry is None else shapely.from_wkb(bytes(geometry.ExportToIsoWkb()))
    return found


@pytest.mark.parametrize("case", [*VALID, *WITH_Z, *EMPTY])
def test_geometries_come_through(case, tmp_path, integrate):
    wkt = {**VALID, **WITH_Z, **EMPTY}[case]
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=(wkt, None))))
    found = shapes(result["path"], "places")
    assert found[1].equals_exact(shapely.from_wkt(wkt), 0)
    assert shapely.has_z(found[1]) == (case in WITH_Z)
    assert found[2] is None


def mixed_line(first: str, second: str) -> bytes:
    """Return a GeoPackage blob of a multiple line of those dimensions, the first line's, whose second has others."""
    lines = [ogr.CreateGeometryFromWkt(wkt) for wkt in (first, second)]
    whole = ogr.ForceToMultiLineString(lines[0].Clone())
    head = bytes(whole.ExportToIsoWkb())[:5] + (2).to_bytes(4, "little")
    box = np.array([0.0, 3.0, 0.0, 3.0]).tobytes()  # what the two lines have
    return (
        b"GP\0\3" + (4326).to_bytes(4, "little") + box + head + b"".join(bytes(line.ExportToIsoWkb()) for line in lines)
    )


@pytest.mark.parametrize("first", ["LINESTRING Z (0 0 7, 1 1 7)", "LINESTRING (0 0, 1 1)"])
def test_parts_of_other_dimensions_are_made_alike(first, tmp_path, integrate):
    flat, high = "LINESTRING (2 2, 3 3)", "LINESTRING Z (2 2 7, 3 3 7)"
    blob = mixed_line(first, flat if "Z" in first else high)
    path = integrate(make(tmp_path / "a.gpkg", Table(shapes=(blob,))))["path"]
    line = shapes(path, "places")[1]
    assert shapely.force_2d(line).wkt == "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))"
    with GeoPackageTable(path, "places") as table:
        assert next(table.batches()).geometries.x.tolist() == [0, 1, 2, 3]


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


def test_rows_lie_along_the_hilbert_curve(tmp_path, integrate):
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


# Attributes

COLUMNS = {
    "integer": (ogr.OFTInteger, 0, [1, None, -(2**31)]),
    "long": (ogr.OFTInteger64, 0, [2**62, None, -(2**62)]),
    "short": (ogr.OFTInteger, ogr.OFSTInt16, [7, None, -7]),
    "boolean": (ogr.OFTInteger, ogr.OFSTBoolean, [1, None, 0]),
    "real": (ogr.OFTReal, 0, [0.1, None, -1e300]),
    "single": (ogr.OFTReal, ogr.OFSTFloat32, [0.5, None, -2.25]),
    "text": (ogr.OFTString, 0, ["Été 東京 'x' \"y\"", None, ""]),
    "date": (ogr.OFTDate, 0, ["2024/02/29", None, "1789/07/14"]),
    "moment": (ogr.OFTDateTime, 0, ["2024/02/29 12:34:56.789+00", None, "1999/12/31 23:59:59+00"]),
    "json": (ogr.OFTString, ogr.OFSTJSON, ['{"a": [1, null]}', None, "{}"]),
}
PG_TYPES = {
    "ogc_fid": "bigint", "geom": "geometry(Geometry,4326)", "fid": "bigint", "integer": "integer", "long": "bigint",
    "short": "smallint", "boolean": "boolean", "real": "double precision", "single": "real",
    "text": "character varying", "date": "date", "moment": "timestamp with time zone", "json": "json",
}  # fmt: skip


def records(path, table):
    source = opened(path)
    layer = source.GetLayerByName(table)
    names = [layer.GetLayerDefn().GetFieldDefn(i).GetName() for i in range(layer.GetLayerDefn().GetFieldCount())]
    return {
        feature.GetFID() if "fid" not in names else feature["fid"]: [
            feature.GetFieldAsString(name) if feature.IsFieldSetAndNotNull(name) else None
            for name in names
            if name != "fid"
        ]
        for feature in layer
    }  # fmt: skip


def fields(path, table):
    source = opened(path)
    definition = source.GetLayerByName(table).GetLayerDefn()
    every = [definition.GetFieldDefn(i) for i in range(definition.GetFieldCount())]
    return {field.GetName(): (field.GetType(), field.GetSubType()) for field in every}


def test_columns_of_every_type(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=["POINT (1 2)", SQUARE, None], columns=COLUMNS))
    result = integrate(source)
    assert records(result["path"], "places") == records(source, "places")
    expected = {"fid": (ogr.OFTInteger64, 0), **{name: (kind, subtype) for name, (kind, subtype, _) in COLUMNS.items()}}
    assert fields(result["path"], "places") == expected
    assert result["relations"][0]["attributes"] == PG_TYPES


def test_binary_columns(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(columns={"photo": (ogr.OFTBinary, 0, [None])}))
    run(source, "UPDATE places SET photo = x'00ff10'")
    assert rows(integrate(source)["path"], "SELECT photo FROM places") == [(b"\x00\xff\x10",)]


def test_titles_and_descriptions_come_through(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(columns={"Nom": (ogr.OFTString, 0, ["a"])}))
    run(source, "UPDATE gpkg_contents SET identifier = 'Lieux', description = 'Tous les lieux'")
    run(source, "CREATE TABLE gpkg_data_columns (table_name TEXT, column_name TEXT, name TEXT, title TEXT, "
                "description TEXT, mime_type TEXT, constraint_name TEXT)")  # fmt: skip
    run(source, "INSERT INTO gpkg_data_columns VALUES ('places', 'Nom', NULL, 'Nom usuel', NULL, NULL, NULL)")
    result = integrate(source)
    (schema,) = feature_tables(result["path"])
    assert (schema.title, schema.abstract) == ("Lieux", "Tous les lieux")
    assert schema.field("nom").title == "Nom usuel"
    assert result["relations"][0]["title"] == "Lieux"


def test_two_tables_of_one_title(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table("a", options=("IDENTIFIER=Lieux",)), Table("b"))
    run(source, "CREATE TABLE c AS SELECT * FROM gpkg_contents")  # a file that breaks the rule of unique identifiers
    run(source, "DROP TABLE gpkg_contents")
    run(source, "ALTER TABLE c RENAME TO gpkg_contents")
    run(source, "UPDATE gpkg_contents SET identifier = 'Lieux'")
    assert [table.title for table in feature_tables(integrate(source)["path"])] == ["Lieux", "Lieux (b)"]


def test_names_are_standard_and_the_map_is_kept(tmp_path, integrate):
    text = (ogr.OFTString, 0, ["x"])
    columns = {"Numéro": text, "numero": text, "ogc_fid": text, "GEOM_": text, "Code INSEE": text}
    result = integrate(make(tmp_path / "a.gpkg", Table("Bâti léger", columns=columns)))
    assert result["names"] == {
        "Bâti léger": {
            "name": "bati_leger",
            "fields": {"fid": "fid", "Numéro": "numero_2", "numero": "numero", "ogc_fid": "ogc_fid_2",
                       "GEOM_": "geom_", "Code INSEE": "code_insee"},
        }
    }  # fmt: skip
    assert list(fields(result["path"], "bati_leger")) == [
        "fid", "numero_2", "numero", "ogc_fid_2", "geom_", "code_insee",
    ]  # fmt: skip
    assert result["relations"][0]["native"] == "Bâti léger"


@pytest.mark.parametrize(("name", "kept"), [("fid", "fid"), ("OBJECTID", "objectid"), ("ogc_fid", None)])
def test_the_sources_key_stays_a_column(name, kept, tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=("POINT (1 1)", "POINT (0 0)"), options=(f"FID={name}",)))
    path = integrate(source)["path"]
    assert list(fields(path, "places")) == ([kept] if kept else [])
    if kept:
        assert rows(path, f"SELECT ogc_fid, {kept} FROM places ORDER BY 1") == [(1, 2), (2, 1)]


def test_values_of_another_type_are_kept(tmp_path, integrate):
    columns = {"floors": (ogr.OFTInteger, 0, [3, 4, None]), "height": (ogr.OFTInteger, 0, [1, 2, None])}
    source = make(tmp_path / "a.gpkg", Table(shapes=["POINT (0 0)"] * 3, columns=columns))
    run(source, "UPDATE places SET floors = 'three' WHERE fid = 1")
    run(source, "UPDATE places SET height = 2.5 WHERE fid = 2")
    path = integrate(source)["path"]
    assert rows(path, "SELECT floors, height FROM places ORDER BY fid") == [("three", 1), ("4", 2.5), (None, None)]
    assert fields(path, "places")["floors"][0] == ogr.OFTString
    assert fields(path, "places")["height"][0] == ogr.OFTReal


def test_text_that_is_not_utf8(tmp_path, integrate):
    columns = {"name": (ogr.OFTString, 0, ["a", "Œuvre", "b"])}
    source = make(tmp_path / "a.gpkg", Table(shapes=["POINT (0 0)"] * 3, columns=columns))
    run(source, "UPDATE places SET name = CAST(x'c974e9' AS TEXT) WHERE fid = 1")
    result = integrate(source)
    assert rows(result["path"], "SELECT name FROM places ORDER BY fid") == [("Été",), ("Œuvre",), ("b",)]
    assert result["ids"]["field.encoding"]["count"] == 1


# Geometry


def test_invalid_polygons_are_repaired(tmp_path, integrate):
    hole_outside = "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0), (5 5, 6 5, 6 6, 5 5))"
    spike = "POLYGON ((0 0, 4 0, 4 4, 8 8, 4 4, 0 4, 0 0))"
    unclosed = ogr.CreateGeometryFromWkt("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 1))")  # GDAL's WKT reader leaves it open
    z = "POLYGON Z ((0 0 1, 2 2 1, 2 0 1, 0 2 1, 0 0 1))"
    source = make(tmp_path / "a.gpkg", Table(shapes=(BOW_TIE, hole_outside, spike, unclosed.ExportToWkt(), SQUARE, z)))
    result = integrate(source)
    found = shapes(result["path"], "places")
    assert result["ids"]["geometry.invalid"]["count"] == 5
    assert all(shape.is_valid and shape.geom_type == "MultiPolygon" for shape in found.values())
    assert [round(found[key].area, 6) for key in range(1, 7)] == [2, 1.5, 16, 16, 16, 2]


def test_of_a_repaired_polygon_only_polygons_stay(tmp_path, integrate):
    with_a_tail = "POLYGON ((0 0, 1 1, 2 2, 2 3, 2 2, 3 0, 0 0))"
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=(with_a_tail,))))
    (shape,) = shapes(result["path"], "places").values()
    assert shape.geom_type == "Polygon"
    assert result["relations"][0]["geometry_type"] == "POLYGON"


def test_collapsed_polygons_leave_their_feature(tmp_path, integrate):
    line = "POLYGON ((0 0, 1 1, 2 2, 0 0))"
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=(line, SQUARE))))
    assert shapes(result["path"], "places")[1] is None
    assert result["ids"]["geometry.collapsed"]["examples"] == ["1"]


def test_curves_become_straight(tmp_path, integrate):
    nested = "GEOMETRYCOLLECTION (CIRCULARSTRING (0 0, 1 1, 2 0), POINT (9 9))"
    surfaces = "MULTISURFACE (CURVEPOLYGON (CIRCULARSTRING (0 0, 4 0, 4 4, 0 4, 0 0)), ((9 9, 10 9, 10 10, 9 9)))"
    source = make(
        tmp_path / "a.gpkg",
        Table("a", shapes=(CURVE,), type=ogr.wkbCurvePolygon),
        Table("b", shapes=(nested,)),
        Table("c", shapes=(surfaces,), type=ogr.wkbMultiSurface),
    )
    result = integrate(source)
    types = [relation["geometry_type"] for relation in result["relations"]]
    assert types == ["POLYGON", "GEOMETRYCOLLECTION", "MULTIPOLYGON"]
    circle = np.pi * 8
    assert shapes(result["path"], "a")[1].area == pytest.approx(circle, rel=1e-2)
    assert shapely.get_parts(shapes(result["path"], "b")[1])[0].length == pytest.approx(np.pi, rel=1e-2)
    assert shapes(result["path"], "c")[1].area == pytest.approx(circle + 0.5, rel=1e-2)


def test_unreadable_geometries_leave_their_feature(tmp_path, integrate):
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=("POINT (1 2)", BAD_BLOB, "POINT (3 4)"))))
    found = shapes(result["path"], "places")
    assert found[2] is None
    assert (found[1].x, found[3].x) == (1, 3)


MULTI = "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"
TYPES = [
    ((SQUARE,), ogr.wkbUnknown, [], "POLYGON"),
    ((SQUARE,), ogr.wkbPolygon, [], "POLYGON"),
    ((SQUARE,), ogr.wkbPolygon, ["places"], "MULTIPOLYGON"),
    ((SQUARE,), ogr.wkbMultiPolygon, [], "MULTIPOLYGON"),
    ((SQUARE, MULTI), ogr.wkbPolygon, [], "MULTIPOLYGON"),
    ((SQUARE, "POINT (1 1)"), ogr.wkbUnknown, ["places"], "GEOMETRY"),
    (("POINT (1 1)", "MULTIPOINT (1 1, 2 2)"), ogr.wkbUnknown, [], "MULTIPOINT"),
    (("LINESTRING (0 0, 1 1)", "MULTILINESTRING ((0 0, 1 1))"), ogr.wkbUnknown, [], "MULTILINESTRING"),
    ((), ogr.wkbMultiSurface, [], "MULTIPOLYGON"),
    ((None,), ogr.wkbUnknown, [], "GEOMETRY"),
]


@pytest.mark.parametrize(("wkts", "declared", "multigeom", "published"), TYPES)
def test_type_of_the_published_table(wkts, declared, multigeom, published, tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=wkts, type=declared))
    result = integrate(source, multigeom_layers=multigeom)
    assert result["relations"][0]["geometry_type"] == published
    found = shapes(result["path"], "places")
    if published != "GEOMETRY":
        assert {shape.geom_type.upper() for shape in found.values()} <= {published}
    assert all(found[row].equals(shapely.from_wkt(wkt)) for row, wkt in enumerate(wkts, 1) if wkt)


def test_heights_stay_and_measures_go(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=("POINT ZM (1 2 3 4)", "POINT (5 6)")))
    result = integrate(source)
    found = shapes(result["path"], "places")
    assert shapely.get_coordinates(found[1], include_z=True).tolist() == [[1, 2, 3]]
    assert shapely.get_coordinates(found[2], include_z=True).tolist() == [[5, 6, 0]]
    assert result["relations"][0]["attributes"]["geom"] == "geometry(PointZ,4326)"


# Reference systems


def test_reprojection(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=("POINT (652469.02 6862035.26)",), srs=2154))
    result = integrate(source, target_srs="EPSG:4326")
    point = shapes(result["path"], "places")[1]
    assert (point.x, point.y) == pytest.approx((2.3522, 48.8566), abs=1e-3)  # Paris
    assert result["srs"] == "EPSG:4326"
    west, south, east, north = result["bounds"]
    assert (west, south) == (east, north) == (point.x, point.y)


def test_two_srs_become_one(tmp_path, integrate):
    paris = (Table("a", ("POINT (2.3522 48.8566)",)), Table("b", ("POINT (652469 6862035)",), srs=2154),
             Table("c", ("POINT (652469 6862035)",), srs=2154))  # fmt: skip
    result = integrate(make(tmp_path / "a.gpkg", *paris))
    assert result["srs"] == "EPSG:2154"
    first, second = shapes(result["path"], "a")[1], shapes(result["path"], "b")[1]
    assert first.distance(second) < 50
    assert (second.x, second.y) == (652469, 6862035)


def test_srs_without_a_code_is_published_in_degrees(tmp_path, integrate):
    result = integrate(make(tmp_path / "a.gpkg", Table(srs=CUSTOM, shapes=("POINT (1000 2000)",))))
    point = shapes(result["path"], "places")[1]
    assert result["srs"] == "EPSG:4326"
    assert (point.x, point.y) == pytest.approx((4.321, 44.0), abs=1e-6)  # the origin of the projection


def test_srs_of_ign_gets_its_epsg_code(real_data, integrate):
    assert integrate(real_data / "urba_200011781_PLUi_20180101.gpkg")["srs"] == "EPSG:2154"


def test_places_that_the_target_does_not_know(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=("POINT (2 48)", "POINT (2 90)", "LINESTRING (0 0, 0 -90)")))
    result = integrate(source, target_srs="EPSG:2154")
    found = shapes(result["path"], "places")
    lost = [int(key) for key in result["ids"]["geometry.outside"]["examples"]]
    assert 1 not in lost
    assert lost
    assert all(found[key] is None for key in lost)


def test_bounds_of_nothing_are_the_world(tmp_path, integrate):
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=(), srs=2154)))
    assert result["bounds"] == [-180, -90, 180, 90]
    assert result["relations"][0]["count"] == 0


# The job


def test_a_view_is_published_with_all_its_rows(tmp_path, integrate):
    path = make(tmp_path / "a.gpkg", Table(shapes=("POINT (1 2)", "POINT (3 4)")))
    run(path, "CREATE VIEW twice AS SELECT fid, geom FROM places UNION ALL SELECT fid, geom FROM places")
    run(path, "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('twice', 'features', 4326)")
    run(path, "INSERT INTO gpkg_geometry_columns VALUES ('twice', 'geom', 'POINT', 4326, 0, 0)")
    result = integrate(path, tables=["twice"])
    assert rows(result["path"], "SELECT ogc_fid, fid FROM twice ORDER BY 1") == [(1, 1), (2, 1), (3, 2), (4, 2)]


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
