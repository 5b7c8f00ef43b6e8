"""Attributes of what was integrated, as GDAL sees them: types, names, titles, keys, values of other types."""

from __future__ import annotations

import pytest
from osgeo import ogr

from geopub_plugin.backend.features.geopackage import feature_tables

from .packages import SQUARE, Table, fields, make, opened, rows, run

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
    run(source, f"UPDATE places SET {name} = 7 WHERE {name} = 2")
    path = integrate(source)["path"]
    assert list(fields(path, "places")) == ([kept] if kept else [])
    if kept:
        assert rows(path, f"SELECT ogc_fid, {kept} FROM places ORDER BY 1") == [(1, 1), (2, 7)]


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
