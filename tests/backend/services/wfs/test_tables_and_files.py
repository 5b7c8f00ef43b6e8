"""Features as CSV, GeoPackage, zipped Shapefile and FlatGeobuf."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from osgeo import gdal, ogr

from .conftest import KINDS, ROWS
from .test_protocol import refused
from .test_writers import same, source

FILES = {
    "application/geopackage+sqlite3": ".gpkg",
    "application/x-shapefile": ".zip",
    "application/flatgeobuf": ".fgb",
}


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, monkeypatch):
    """Have temporary files in a folder of their own, which must be empty in the end."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert list(tmp_path.glob("geopub-wfs-*")) == []


def opened(body: bytes, suffix: str):
    path = f"/vsimem/answer{suffix}"
    gdal.FileFromMemBuffer(path, body)
    return gdal.OpenEx(f"/vsizip/{path}" if suffix == ".zip" else path, gdal.OF_VECTOR)


def lines(response):
    assert response.content_type == "text/csv; charset=UTF-8"
    return list(csv.DictReader(io.StringIO(response.data.decode(), newline="")))


@pytest.mark.parametrize("table", ["everything", *map(str.lower, KINDS)])
def test_csv_geometries(ask, catalogue_file, table):
    response = ask("GetFeature", typeNames=f"catalogue:{table}", outputFormat="csv")
    expected = source(catalogue_file, table)
    found = lines(response)
    assert len(found) == len(expected)
    for line in found:
        row = expected[int(line["id"].rpartition(".")[2])]
        assert line["label"] == row.values["label"]
        ours = ogr.CreateGeometryFromWkt(line["geom"]) if line["geom"] else None
        assert same(ours, row.geometry, 1e-3), line


def test_csv_values(ask):
    response = ask("GetFeature", typeNames="catalogue:建築物", outputFormat="text/csv")
    assert "attachment" in response.headers["Content-Disposition"]
    first, nulls, last = lines(response)
    assert first["name"] == ROWS[0]["name"]
    assert (first["count"], first["height"], first["yes"], first["photo"]) == (str(2**62), "0.1", "true", "0001FF")
    assert last["name"] == ROWS[2]["name"]
    assert b'"",\r\n' not in response.data
    assert {value for name, value in nulls.items() if name not in ("id", "geom")} == {""}
    raw = response.data.split(b"\r\n")
    assert raw[2].endswith(b",,,,,,,,,,,")  # NULL is nothing, an empty text is ""
    assert raw[-2].endswith(b'""')
    assert raw[-1] == b""


def test_csv_pages_filters_and_properties(ask):
    found = lines(
        ask(
            "GetFeature",
            typeNames="catalogue:grid",
            outputFormat="csv",
            propertyName="number",
            sortBy="number D",
            count=2,
        )
    )
    assert [list(line.items()) for line in found] == [
        [("id", f"catalogue.grid.{fid}"), ("number", number)] for fid, number in ((858, "999"), (715, "998"))
    ]
    assert lines(ask("GetFeature", typeNames="catalogue:nothing", outputFormat="csv")) == []


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("table", ["grid", "multipolygon", "建築物", "nothing"])
def test_files_hold_the_table(ask, catalogue_file, form, table):
    response = ask("GetFeature", typeNames=f"catalogue:{table}", outputFormat=form)
    assert response.status_code == 200, response.text
    assert response.content_type == form
    assert FILES[form] in response.headers["Content-Disposition"]
    body = response.data
    response.close()
    layer = (dataset := opened(body, FILES[form])).GetLayer(0)
    theirs = (held := ogr.Open(str(catalogue_file))).GetLayerByName(table)
    assert layer.GetFeatureCount() == theirs.GetFeatureCount()
    assert layer.GetSpatialRef().IsSame(theirs.GetSpatialRef(), ["IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES"])
    ours = sorted(feature.GetGeometryRef().ExportToWkt() for feature in layer)
    assert len(ours) == theirs.GetFeatureCount()
    assert layer.GetLayerDefn().GetFieldIndex("ogc_fid") == -1
    if table == "grid":
        assert sorted(feature.GetField("number") for feature in layer) == list(range(1000))
        if FILES[form] != ".zip":  # whose rings go the other way round
            assert ours == sorted(feature.GetGeometryRef().ExportToWkt() for feature in theirs)
    if table == "建築物" and FILES[form] != ".zip":
        assert {feature.GetField("Größe/2") for feature in layer} == {"x", None, ""}
    del dataset, held


@pytest.mark.parametrize("form", FILES)
def test_files_hold_what_was_asked_for(ask, form):
    response = ask(
        "GetFeature", typeNames="catalogue:grid", outputFormat=form, bbox="0,0,2.5,1.5", sortBy="number D", count=4,
        srsName="EPSG:3857",
    )  # fmt: skip
    body = response.data
    response.close()
    layer = (dataset := opened(body, FILES[form])).GetLayer(0)
    assert {feature.GetField("number") for feature in layer} == {567, 560, 287, 280}
    assert layer.GetSpatialRef().GetAuthorityCode(None) == "3857"
    assert layer.GetExtent()[1] > 100_000
    del dataset


def test_a_shapefile_says_what_its_fields_were(ask):
    response = ask("GetFeature", typeNames="catalogue:建築物", outputFormat="SHAPE-ZIP")
    archive = zipfile.ZipFile(io.BytesIO(response.data))
    response.close()
    told = archive.read("建築物.fields.txt").decode()
    assert "\nname\tname\n" in told
    assert "\nextra\textra\n" in told  # and so does what follows the binary column that is left out
    assert "\tGröße/2\n" in told
    assert "photo" not in told


@pytest.mark.parametrize("form", FILES)
def test_a_client_that_goes_away_leaves_nothing(client, form, tmp_path):
    url = f"/wfs/ows?service=WFS&request=GetFeature&typeNames=catalogue:grid&outputFormat={form.replace('+', '%2B')}"
    response = client.get(url, buffered=False)
    assert len(list(tmp_path.glob("geopub-wfs-*"))) == 1
    response.close()  # nothing of it was read


def test_a_feature_by_its_identifier(ask):
    identifier = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    (line,) = lines(ask("GetFeature", storedQuery_Id=identifier, ID="catalogue.grid.12", outputFormat="csv"))
    assert (line["id"], line["number"]) == ("catalogue.grid.12", "77")


@pytest.mark.parametrize(
    "parameters",
    [
        {"typeNames": "catalogue:everything", "outputFormat": "application/x-shapefile"},
        {"typeNames": "(catalogue:grid)(catalogue:point)", "outputFormat": "csv"},
        {"typeNames": "catalogue:grid", "outputFormat": "gpkg", "resultType": "hits"},
    ],
)
def test_refusals(ask, parameters):
    assert refused(ask("GetFeature", **parameters)) == (400, "InvalidParameterValue", "outputFormat")


def test_capabilities_list_the_formats(ask):
    text = ask("GetCapabilities").text
    assert all(f"<wfs:Format>{form}</wfs:Format>" in text for form in ("text/csv", *FILES))
    assert Path(tempfile.gettempdir()).exists()
