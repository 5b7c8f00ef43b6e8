"""What bad input gets: every kind of it, and the faults that name it."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import zipfile
from pathlib import Path

import pytest
from osgeo import ogr

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.faults import Fault, blocking
from geopub_plugin.backend.ingest.catalogue import CATALOGUE, EXAMPLES
from geopub_plugin.backend.locations import shipped
from geopub_plugin.backend.translation import use_language

from .packages import BOW_TIE, SQUARE, Table, make, run

LOCAL = 'LOCAL_CS["a building site",UNIT["metre",1]]'
UNDEFINED = (
    'LOCAL_CS["Undefined SRS",LOCAL_DATUM["unknown",32767],UNIT["unknown",0],AXIS["Easting",EAST],'
    'AXIS["Northing",NORTH]]'
)
CUSTOM = (
    'PROJCS["Chantier",GEOGCS["RGF93",DATUM["Reseau_Geodesique_Francais_1993",'
    'SPHEROID["GRS 1980",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["latitude_of_origin",44],PARAMETER["central_meridian",4.321],PARAMETER["scale_factor",1],'
    'PARAMETER["false_easting",1000],PARAMETER["false_northing",2000],UNIT["metre",1]]'
)
CURVE = "CURVEPOLYGON (CIRCULARSTRING (0 0, 4 0, 4 4, 0 4, 0 0))"
BAD_BLOB = b"GP\x00\x01\xe6\x10\x00\x00\x01\x03\x00\x00\x00\xff"
NAN_BLOB = b"GP\x00\x01\xe6\x10\x00\x00" + ogr.CreateGeometryFromWkt("LINESTRING (0 0, 1 1)").ExportToWkb()[:-8] + (
    b"\x00\x00\x00\x00\x00\x00\xf8\x7f"
)  # fmt: skip

TABLES = {
    "sound": (Table(), set()),
    "no srs": (Table(srs=None), {"table.no-srs"}),
    "no srs and nothing to place": (Table(srs=None, shapes=(None,)), {"geometry.null"}),
    "no srs, as GDAL 3.9 says it": (Table(srs=UNDEFINED), {"table.no-srs"}),
    "degrees that are none": (Table(shapes=("POINT (650000 6860000)",)), {"table.implausible-srs"}),
    "no code": (Table(srs=CUSTOM, shapes=("POINT (1000 2000)",)), {"table.unknown-srs"}),
    "a system of its own": (Table(srs=LOCAL), {"table.local-srs"}),
    "empty table": (Table(shapes=()), {"table.empty"}),
    "name": (Table("Mes données"), {"table.name"}),
    "NULL": (Table(shapes=("POINT (2 48)", None)), {"geometry.null"}),
    "empty": (Table(shapes=("POLYGON EMPTY", SQUARE)), {"geometry.empty"}),
    "empty point": (Table(shapes=("POINT EMPTY", "POINT (1 2)")), {"geometry.empty"}),
    "invalid": (Table(shapes=(BOW_TIE, SQUARE)), {"geometry.invalid", "geometry.mixed"}),  # two triangles and a square
    "invalid, multiple": (Table(shapes=(BOW_TIE,), type=ogr.wkbMultiPolygon), {"geometry.invalid"}),
    "collapsed": (Table(shapes=("POLYGON ((0 0, 1 1, 2 2, 0 0))", SQUARE)), {"geometry.collapsed"}),
    "curve": (Table(shapes=(CURVE,), type=ogr.wkbCurvePolygon), {"geometry.curved"}),
    "curve in a collection": (
        Table(shapes=("GEOMETRYCOLLECTION (CIRCULARSTRING (0 0, 1 1, 2 0))",)),
        {"geometry.curved"},
    ),
    "cut-off blob": (Table(shapes=(BAD_BLOB, SQUARE)), {"geometry.malformed"}),
    "text as geometry": (Table(shapes=(b"POINT (1 2)", SQUARE)), {"geometry.malformed"}),
    "not a number": (Table(shapes=(NAN_BLOB, "LINESTRING (0 0, 1 1)")), {"geometry.malformed"}),
    "no readable geometry": (Table(shapes=(BAD_BLOB, BAD_BLOB)), {"geometry.all-malformed"}),
    "single and multiple": (
        Table(shapes=(SQUARE, "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"), type=ogr.wkbPolygon),
        {"geometry.mixed"},
    ),
    "kinds": (Table(shapes=(SQUARE, "POINT (1 1)")), {"geometry.kinds"}),
    "measures": (Table(shapes=("LINESTRING M (0 0 5, 1 1 6)",)), {"geometry.measures"}),
    "column names": (
        Table(columns=
              {"Numéro": (ogr.OFTString, 0, ["a"]), "numero": (ogr.OFTString, 0, ["b"])}),
        {"field.name"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_tables(case, tmp_path, check):
    table, ids = TABLES[case]
    faults = check(make(tmp_path / "a.gpkg", table))
    assert set(faults) == ids
    for fault in faults.values():
        assert fault["what"]
        assert fault["table"] == table.name
        assert "{" not in Fault.from_json(fault).sentence


def test_everything_is_found_in_one_go(tmp_path, check):
    path = make(
        tmp_path / "a.gpkg",
        Table("A B", shapes=(BOW_TIE, None, "POLYGON EMPTY", BAD_BLOB, CURVE), srs=2154),
        Table("C", shapes=(), srs=4326),
        Table("d", srs=None),
    )
    assert set(check(path)) == {
        "table.name", "geometry.invalid", "geometry.null", "geometry.empty", "geometry.malformed", "geometry.curved",
        "geometry.mixed", "table.empty", "table.no-srs", "file.two-srs",
    }  # fmt: skip


def test_examples_are_keys_and_few(tmp_path, check):
    path = make(tmp_path / "a.gpkg", Table(shapes=(SQUARE, *[BOW_TIE] * 15)))
    fault = check(path)["geometry.invalid"]
    assert fault["count"] == 15
    assert fault["examples"] == [str(key) for key in range(2, 2 + EXAMPLES)]


# Reference systems


@pytest.mark.parametrize("srs", [None, UNDEFINED, LOCAL])
def test_declared_srs_is_taken_where_the_file_has_none(srs, tmp_path, check):
    assert set(check(make(tmp_path / "a.gpkg", Table(srs=srs)), srs="EPSG:4326")) == {"table.declared-srs"}


def test_declared_srs_other_than_the_files(tmp_path, check):
    path = make(tmp_path / "a.gpkg", Table())
    assert set(check(path, srs="EPSG:4326")) == set()
    fault = check(path, srs="EPSG:2154")["srs.mismatch"]
    assert fault["severity"] == "warning"
    assert "EPSG:2154" in fault["why"]


def test_declared_srs_overrides_implausible_degrees(tmp_path, check):
    path = make(tmp_path / "a.gpkg", Table(shapes=("POINT (650000 6860000)",)))
    assert set(check(path, srs="EPSG:2154")) == {"srs.overridden"}
    assert set(check(path, srs="EPSG:4171")) == {"table.implausible-srs"}


def test_unknown_declared_srs(tmp_path, check):
    with pytest.raises(InvalidInput, match="EPSG:999999"):
        check(make(tmp_path / "a.gpkg", Table()), srs="EPSG:999999")


def test_srs_that_proj_cannot_read(tmp_path, check):
    path = make(tmp_path / "a.gpkg", Table(srs=CUSTOM))
    run(path, "UPDATE gpkg_spatial_ref_sys SET definition = 'nonsense' WHERE srs_id > 4326")
    assert set(check(path)) == {"table.unreadable-srs"}


def test_two_srs_are_a_warning_that_names_the_target(tmp_path, check):
    path = make(tmp_path / "a.gpkg", Table("a"), Table("b", srs=2154), Table("c", srs=2154))
    fault = check(path)["file.two-srs"]
    assert fault["severity"] == "warning"
    assert "EPSG:2154" in fault["why"]  # that of most tables
    assert check(path, target_srs="EPSG:3857") == {}


# Which tables


def test_tables_that_are_not_there(tmp_path, check):
    faults = check(make(tmp_path / "a.gpkg", Table("a"), Table("b")), tables=["b", "c"])
    assert set(faults) == {"table.missing"}
    assert "a, b" in faults["table.missing"]["why"]


def test_tables_that_are_not_wanted_are_not_looked_at(tmp_path, check):
    assert check(make(tmp_path / "a.gpkg", Table("a"), Table("b", srs=None)), tables=["a"]) == {}


def test_attributes_only(tmp_path, check):
    table = Table("names", shapes=(None,), type=ogr.wkbNone, srs=None)
    assert set(check(make(tmp_path / "a.gpkg", table))) == {"file.no-vector-table", "table.attributes-only"}
    assert set(check(make(tmp_path / "b.gpkg", Table("places"), table))) == {"table.attributes-only"}


def test_raster(tmp_path, check):
    path = make(tmp_path / "a.gpkg", Table())
    tiles = "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('photo', 'tiles', 4326)"
    run(path, tiles)
    assert set(check(path)) == {"file.raster-left-out"}
    for table in ("gpkg_contents", "gpkg_geometry_columns"):
        run(path, f"DELETE FROM {table} WHERE table_name = 'places'")
    assert set(check(path)) == {"file.raster-only"}


def test_view(tmp_path, check):
    path = make(tmp_path / "a.gpkg", Table(shapes=("POINT (1 2)", "POINT (3 4)")))
    run(path, "CREATE VIEW twice AS SELECT fid, geom FROM places UNION ALL SELECT fid, geom FROM places")
    run(path, "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('twice', 'features', 4326)")
    run(path, "INSERT INTO gpkg_geometry_columns VALUES ('twice', 'geom', 'POINT', 4326, 0, 0)")
    assert set(check(path)) == {"table.view"}


def test_values_of_another_type(tmp_path, check):
    path = make(tmp_path / "a.gpkg", Table(columns={"floors": (ogr.OFTInteger, 0, [3])}))
    run(path, "UPDATE places SET floors = 'three'")
    fault = check(path)["field.values"]
    assert fault["examples"] == ["floors: MEDIUMINT → TEXT"]


# Files


def broken_middle(path: Path) -> Path:
    make(path, Table(shapes=[f"POINT ({i} {i})" for i in range(80)], columns={
        "text": (ogr.OFTString, 0, ["x" * 3000] * 80)}))  # fmt: skip
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 40_000] = b"\xab" * 40_000
    path.write_bytes(data)
    return path


def cut(path: Path) -> Path:
    make(path, Table())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def sqlite_only(path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    return path


def holding(content: bytes):
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


FILES = {
    "zero bytes": (holding(b""), "file.empty", ""),
    "cut off": (cut, "file.damaged", "bytes are missing"),
    "cut off in the header": (holding(b"SQLite format 3\0" + b"\x10\x00"), "file.damaged", "first 100 bytes"),
    "no header": (holding(b"SQLite format 3\0" + bytes(200)), "file.damaged", "page size"),
    "broken in the middle": (broken_middle, "file.damaged", "SQLite says"),
    "a database": (sqlite_only, "file.unknown-format", "SQLite database"),
    "GeoJSON": (holding(b'{"type": "FeatureCollection", "features": []}'), "file.unknown-format", "GeoJSON"),
    "a shapefile": (holding(b"\x00\x00\x27\x0a" + bytes(96)), "file.unknown-format", "shapefile"),
    "KML": (holding(b'<?xml version="1.0"?><kml/>'), "file.unknown-format", "KML"),
    "a text": (holding("Été".encode()), "file.unknown-format", "a text"),
    "noise": (holding(bytes(range(256))), "file.unknown-format", "unknown kind"),
}


@pytest.mark.parametrize("case", FILES)
def test_files(case, tmp_path, check):
    write, id_, word = FILES[case]
    faults = check(write(tmp_path / "a.gpkg"))
    assert list(faults) == [id_]
    assert word in faults[id_]["why"]
    assert "a.gpkg" in faults[id_]["what"]
    assert faults[id_]["cure"]


def test_missing_file(tmp_path, check):
    assert list(check(tmp_path / "a.gpkg")) == ["file.missing"]
    assert list(check()) == ["file.missing"]


def test_digests(tmp_path, check):
    path = make(tmp_path / "a.gpkg", Table())
    digest = hashlib.md5(path.read_bytes()).hexdigest()
    assert check(path, md5={"a.gpkg": digest}) == {}
    assert check(path, md5={"a.gpkg": digest.upper() + " "}) == {}
    assert list(check(path, md5={"a.gpkg": "0" * 32})) == ["file.digest"]
    assert list(check(path, md5={"data/a.gpkg": digest})) == ["file.missing"]
    assert check(path, md5={"a.gpkg": "0" * 32}, check="vector") == {}


def test_several_files(tmp_path, check):
    first, second = make(tmp_path / "a.gpkg", Table()), make(tmp_path / "b.gpkg", Table())
    assert list(check(first, second)) == ["file.merged"]
    notes, ignored = tmp_path / "notes.txt", tmp_path / "__ignored.gpkg"
    notes.write_text("-")
    shutil.copy(second, ignored)
    assert list(check(first, notes, ignored)) == ["file.other-files"]


def test_archives(tmp_path, check, work):
    path = make(tmp_path / "a.gpkg", Table(srs=None))
    for name, entries in {"one.zip": ["a.gpkg"], "two.zip": ["a.gpkg", "b.gpkg"], "none.zip": []}.items():
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for entry in entries:
                archive.write(path, entry)
    assert list(check(tmp_path / "one.zip")) == ["table.no-srs"]
    assert set(check(tmp_path / "two.zip")) == {"file.merged", "table.no-srs"}
    assert list(check(tmp_path / "none.zip")) == ["archive.no-data"]
    assert list(work.iterdir()) == []


def test_limits_of_archives_are_those_of_the_settings(tmp_path, check):
    path = make(tmp_path / "a.gpkg", Table())
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "a.gpkg")
    limits = {"entries": 10, "entry_bytes": path.stat().st_size - 1, "ratio": 100}
    assert list(check(tmp_path / "a.zip", limits=limits)) == ["archive.entry-too-large"]


@pytest.mark.parametrize(("which", "ids"), [("standard", set()), ("vector", {"table.no-srs"}), ("", {"table.no-srs"})])
def test_the_two_checks(which, ids, tmp_path, check):
    assert set(check(make(tmp_path / "a.gpkg", Table(srs=None)), check=which)) == ids


# The catalogue


def test_every_check_says_what_why_and_how_to_mend():
    for id_, check in CATALOGUE.items():
        assert check.title, id_
        assert check.what, id_
        assert check.why, id_
        assert check.cure or check.severity.value != "error", id_


def test_every_template_has_a_french_text():
    pending = shipped("i18n", "pending", "ingest.tsv")
    merged = shipped("i18n", "geopub_fr.ts")
    known = pending.read_text(encoding="utf-8") if pending.exists() else merged.read_text(encoding="utf-8")
    for check in CATALOGUE.values():
        for text in (check.title, check.what, check.why, check.cure):
            assert text in known or text == "{reason}"


def test_faults_speak_the_language_of_the_moment():
    use_language("en")
    assert CATALOGUE["file.empty"].fault(name="a.gpkg").what == "The file “a.gpkg” is empty."


def test_only_errors_block():
    blocked = {id_ for id_, check in CATALOGUE.items() if blocking([check.fault(**_anything())])}
    assert blocked == {id_ for id_, check in CATALOGUE.items() if check.severity.value == "error"}


def _anything() -> dict:
    names = (
        "name found expected guess reason limit entry known definition srs west south east north type target declared "
        "kinds format missing columns example family"
    )
    return dict.fromkeys(names.split(), "x")
