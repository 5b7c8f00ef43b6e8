"""GML and GeoJSON against GDAL's readers, for every geometry kind and column kind."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from osgeo import gdal, ogr

from geopub_plugin.backend.features import wkb
from geopub_plugin.backend.features.batch import Batch
from geopub_plugin.backend.services.reference_systems import wire_srs
from geopub_plugin.backend.services.wfs.geojson import GeoJsonWriter
from geopub_plugin.backend.services.wfs.names import TypeName

from ...features.catalogue import ALL, EMPTY
from .conftest import KINDS, ROWS

TABLES = ["everything", *map(str.lower, KINDS), "grid"]


@dataclass
class Row:
    """A feature as GDAL read it; GDAL's own objects must not outlive their file."""

    geometry: ogr.Geometry | None
    values: dict
    kinds: dict

    @classmethod
    def of(cls, feature: ogr.Feature) -> Row:
        geometry = feature.GetGeometryRef()
        fields = [feature.GetFieldDefnRef(place) for place in range(feature.GetFieldCount())]
        return cls(
            None if geometry is None else geometry.GetLinearGeometry(),  # GML's types admit curves
            {field.GetName(): feature.GetField(place) for place, field in enumerate(fields)},
            {field.GetName(): field.GetTypeName() for field in fields},
        )


def source(path, table):
    opened = ogr.Open(str(path))
    return {feature.GetFID(): Row.of(feature) for feature in opened.GetLayerByName(table)}


def read(body: bytes, name: str, xsd: bytes | None = None):
    """Read a body with GDAL; give the features by the key in their identifier."""
    path = f"/vsimem/{name}"
    gdal.FileFromMemBuffer(path, body)
    options = []
    if xsd is not None:
        gdal.FileFromMemBuffer(f"{path}.xsd", xsd)
        options = [f"XSD={path}.xsd", "DOWNLOAD_SCHEMA=NO"]
    dataset = gdal.OpenEx(path, gdal.OF_VECTOR, open_options=options)
    rows = [Row.of(feature) for feature in dataset.GetLayer(0)]
    return {int(row.values["gml_id" if xsd is not None else "id"].rpartition(".")[2]): row for row in rows}


def same(ours, theirs, nearness: float) -> bool:
    if ours is None or theirs is None:
        return ours is None and theirs is None
    parts = range(theirs.GetGeometryCount())
    if ours.GetGeometryType() != theirs.GetGeometryType() or ours.GetGeometryCount() != len(parts):
        return False
    if parts:
        return all(same(ours.GetGeometryRef(part), theirs.GetGeometryRef(part), nearness) for part in parts)
    if ours.IsEmpty() or theirs.IsEmpty():
        return ours.IsEmpty() and theirs.IsEmpty()
    points = [np.array(one.GetPoints()) for one in (ours, theirs)]
    return points[0].shape == points[1].shape and np.allclose(*points, rtol=0, atol=nearness)


@pytest.mark.parametrize("table", TABLES)
def test_gml_is_read_back(ask, catalogue_file, table):
    schema = ask("DescribeFeatureType", typeNames=f"catalogue:{table}").data
    found = read(ask("GetFeature", typeNames=f"catalogue:{table}").data, f"{table}.gml", schema)
    expected = source(catalogue_file, table)
    assert found.keys() == expected.keys()
    for fid, row in expected.items():
        geometry = row.geometry
        if geometry is not None and geometry.IsEmpty() and found[fid].geometry is None:
            geometry = None  # GDAL before 3.10 reads no empty geometry from GML
        assert same(found[fid].geometry, geometry, 1e-3 if table in map(str.lower, KINDS) else 1e-7), geometry


@pytest.mark.parametrize("table", TABLES)
def test_geojson_is_read_back(ask, catalogue_file, table):
    asked = {"srsName": "EPSG:2154"} if table in map(str.lower, KINDS) else {}
    body = ask("GetFeature", typeNames=f"catalogue:{table}", outputFormat="application/json", **asked).data
    found = read(body, f"{table}.json")
    expected = source(catalogue_file, table)
    assert found.keys() == expected.keys()
    for fid, row in expected.items():
        if row.geometry is not None and row.geometry.IsEmpty() and found[fid].geometry is None:
            continue  # GDAL reads "coordinates":[] of a point and a polygon so
        assert same(found[fid].geometry, row.geometry, 1e-3 if asked else 1e-7), row


def test_the_catalogue_holds_what_it_promises(catalogue_file):
    kinds = {row.values["label"] for row in source(catalogue_file, "everything").values()}
    assert kinds == {*ALL, "null"}


def test_empty_geometries_and_null(ask):
    body = ask("GetFeature", typeNames="catalogue:everything", outputFormat="geojson").json
    found = {feature["properties"]["label"]: feature["geometry"] for feature in body["features"]}
    for label in EMPTY:
        assert not (found[label].get("coordinates") or found[label].get("geometries"))
    assert found["null"] is None
    text = ask("GetFeature", typeNames="catalogue:everything").text
    assert text.count("<catalogue:everything ") == len(ALL) + 1
    assert text.count("<catalogue:geom>") == len(ALL)


def test_every_column_kind_in_geojson(ask):
    body = ask("GetFeature", typeNames="catalogue:建築物", outputFormat="application/json").json
    assert [feature["id"] for feature in body["features"]] == [f"catalogue.建築物.{fid}" for fid in (3, 13, 23)]
    assert [feature["properties"] for feature in body["features"]] == [
        {
            **ROWS[0], "yes": True, "moment": "2024-02-29T12:34:56.789Z", "photo": "AAH/", "extra": {"a": [1, 2]},
        },
        dict.fromkeys(ROWS[0]),
        {
            **ROWS[2], "yes": False, "moment": "1999-12-31T23:59:59.000Z", "photo": "", "extra": "text",
        },
    ]  # fmt: skip


def test_every_column_kind_in_gml(ask):
    schema = ask("DescribeFeatureType", typeNames="catalogue:建築物").data
    found = read(ask("GetFeature", typeNames="catalogue:建築物").data, "columns.gml", schema)
    first, second = found[3], found[13]
    values = first.values
    assert values["name"] == ROWS[0]["name"]
    assert (values["count"], values["small"], values["yes"]) == (2**62, -7, 1)
    assert (values["height"], values["wide"]) == (0.1, 1e-300)
    assert (values["day"], values["moment"]) == ("2024/02/29", "2024/02/29 12:34:56.789+00")
    assert (values["photo"], values["extra"], values["Größe_2"]) == ("0001FF", '{"a": [1, 2]}', "x")
    assert set(first.kinds.values()) == {"String", "Integer64", "Integer", "Real", "Date", "DateTime"}
    assert {value for name, value in second.values.items() if name != "gml_id"} == {None}


def test_geometry_identifiers_are_unique(ask):
    text = ask("GetFeature", typeNames="catalogue:everything").text
    identifiers = [part.split('"')[0] for part in text.split('gml:id="')[1:]]
    assert len(identifiers) == len(set(identifiers)) > 2 * len(ALL)


def test_axes_in_gml_follow_the_name_of_the_system(ask):
    def first(srs):
        return ask("GetFeature", typeNames="catalogue:建築物", srsName=srs, count=1).text

    assert "<gml:pos>50.5 0</gml:pos>" in first("urn:ogc:def:crs:EPSG::4326")
    assert "<gml:pos>50.5 0</gml:pos>" in first(None)
    assert "<gml:pos>0 50.5</gml:pos>" in first("EPSG:4326")
    assert 'srsName="EPSG:4326"' in first("EPSG:4326")


def test_reprojection(ask, catalogue_file):
    import pyproj

    body = ask("GetFeature", typeNames="catalogue:point", outputFormat="application/json").json
    assert "crs" not in body
    x, y = source(catalogue_file, "point")[1].geometry.GetPoints()[0][:2]
    expected = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform(x, y)
    assert body["features"][0]["geometry"]["coordinates"] == pytest.approx(expected, abs=1e-7)
    body = ask("GetFeature", typeNames="catalogue:point", outputFormat="application/json", srsName="EPSG:2154").json
    assert body["crs"]["properties"]["name"] == "EPSG:2154"
    assert body["features"][0]["geometry"]["coordinates"] == pytest.approx([x, y], abs=1e-3)


def test_a_place_without_coordinates_is_null():
    geometries = wkb.parse(
        [ogr.CreateGeometryFromWkt(wkt).ExportToWkb() for wkt in ("LINESTRING (0 0, 1 1)", "POINT (5 6)")],
        geopackage=False,
    )
    geometries.x[1] = math.inf
    writer = GeoJsonWriter(TypeName("a", "b"), (), wire_srs("EPSG:4326"))
    body = writer.head(2, 2, "", {}) + writer.features(Batch(np.arange(2), geometries, {})) + writer.tail()
    assert [feature["geometry"] for feature in json.loads(body)["features"]] == [
        None, {"type": "Point", "coordinates": [5, 6]},
    ]  # fmt: skip
