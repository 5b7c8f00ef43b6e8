"""Every format that is taken becomes a revision with the same rows; what cannot be read is told."""

from __future__ import annotations

import http.server
import os
import threading
import zipfile
from pathlib import Path

import pytest
import shapely
from osgeo import gdal, ogr

from geopub_plugin.backend.errors import InvalidInput

from .deliveries import exported, geojson, point, shapefile, zipped
from .packages import BOW_TIE, SQUARE, Table, make, rows, shapes

COLUMNS = {
    "name": (ogr.OFTString, 0, ["Été", None, "東京"]),
    "count": (ogr.OFTInteger, 0, [1, None, 3]),
    "height": (ogr.OFTReal, 0, [1.5, None, -2.25]),
    "built": (ogr.OFTDate, 0, ["2024/02/29", None, "1789/07/14"]),
}
TABLE = Table("places", ("POINT (1 2)", "POINT (3 4)", "POINT (5 6)"), 2154, ogr.wkbPoint, COLUMNS)


def values(path: Path, table: str):
    sql = f'SELECT name, count, height, built FROM "{table}" ORDER BY count'
    return rows(path, sql)


EXPECTED = [(None, None, None, None), ("Été", 1, 1.5, "2024-02-29"), ("東京", 3, -2.25, "1789-07-14")]


@pytest.mark.parametrize("suffix", [".fgb", ".zip"])
def test_what_gdal_reads(suffix, tmp_path, integrate):
    if suffix == ".zip":
        path = shapefile(tmp_path / "places.zip", TABLE, layerCreationOptions=["ENCODING=UTF-8"])
    else:
        path = exported(tmp_path / f"places{suffix}", TABLE)
    result = integrate(path)
    (relation,) = result["relations"]
    assert (relation["name"], relation["count"], relation["geometry_type"]) == ("places", 3, "POINT")
    assert result["srs"] == "EPSG:2154"
    found = values(result["path"], "places")
    assert [(*row[:3], row[3] and row[3][:10]) for row in found] == EXPECTED  # FlatGeobuf knows no dates, only moments
    assert list(relation["attributes"]) == ["ogc_fid", "geom", "name", "count", "height", "built"]
    assert rows(result["path"], "SELECT rtreecheck('rtree_places_geom')") == [("ok",)]
    assert [one.name for one in result["path"].parent.iterdir()] == ["data.gpkg"]


def test_geojson(tmp_path, integrate):
    nested = {"type": "Feature", "properties": {"a": {"b": [1]}, "count": None}, "geometry": None}
    path = geojson(tmp_path / "Mes lieux.geojson", point(2, 48, count=7, name="é"), nested)
    result = integrate(path)
    (relation,) = result["relations"]
    assert (relation["name"], relation["count"], result["srs"]) == ("mes_lieux", 2, "EPSG:4326")
    assert rows(result["path"], "SELECT count, name, a FROM mes_lieux") == [
        (7, "é", None),
        (None, None, '{ "b": [ 1 ] }'),
    ]


def test_geojson_of_2008_names_its_system(tmp_path, integrate):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    assert integrate(geojson(tmp_path / "a.geojson", point(652469, 6862035), crs=crs))["srs"] == "EPSG:2154"


def test_mixed_and_invalid_geometries_of_geojson(tmp_path, integrate):
    def polygon(*rings):
        return {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": list(rings)}}

    bow_tie = [[list(pair) for pair in shapely.from_wkt(BOW_TIE).exterior.coords]]
    multi = {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]}
    path = geojson(tmp_path / "a.geojson", polygon(*bow_tie), {"type": "Feature", "properties": {}, "geometry": multi})
    result = integrate(path)
    assert result["ids"]["geometry.invalid"]["count"] == 1
    assert result["relations"][0]["geometry_type"] == "MULTIPOLYGON"


def test_a_shapefile_in_an_older_encoding(tmp_path, integrate):
    columns = {"name": (ogr.OFTString, 0, ["Été"])}
    table = Table("places", ("POINT (1 2)",), 4326, ogr.wkbPoint, columns)
    for encoding in ("ISO-8859-1", "UTF-8"):
        path = shapefile(tmp_path / f"{encoding}.zip", table, layerCreationOptions=[f"ENCODING={encoding}"])
        assert rows(integrate(path)["path"], f"SELECT name FROM {encoding.lower().replace('-', '_')}") == [("Été",)]


def test_several_shapefiles_are_several_tables(tmp_path, integrate):
    files = {}
    for name, wkt in (("A", "POINT (1 2)"), ("b", SQUARE)):
        made = exported(tmp_path / f"{name}.shp", Table(name, (wkt,), 4326))
        files.update({f"data/{one.name}": one for one in tmp_path.glob(f"{made.stem}.*")})
    result = integrate(zipped(tmp_path / "both.zip", files))
    assert {one["name"]: one["geometry_type"] for one in result["relations"]} == {"a": "POINT", "b": "POLYGON"}
    assert result["ids"]["file.merged"]["count"] == 2


def test_the_files_of_a_shapefile_may_be_sent_one_by_one(tmp_path, integrate):
    exported(tmp_path / "a.shp", Table("a", ("POINT (1 2)",), 2154, ogr.wkbPoint))
    result = integrate(*sorted(tmp_path.glob("a.*")))
    assert (result["relations"][0]["name"], result["srs"]) == ("a", "EPSG:2154")


def test_shapefiles_of_one_name_in_two_folders(tmp_path, integrate):
    files = []
    for folder, wkt in (("north", "POINT (1 2)"), ("south", SQUARE)):
        (tmp_path / folder).mkdir()
        exported(tmp_path / folder / "a.shp", Table("a", (wkt,), 2154))
        files += sorted((tmp_path / folder).glob("a.*"))
    result = integrate(*files)
    assert [(one["name"], one["geometry_type"]) for one in result["relations"]] == [("a", "POINT"), ("a_2", "POLYGON")]


@pytest.mark.parametrize(
    ("kept", "missing"),
    [((".shp",), ".shx, .dbf"), ((".shp", ".dbf"), ".shx"), ((".dbf", ".shx"), ".shp")],
)
def test_an_incomplete_shapefile(kept, missing, tmp_path, check):
    exported(tmp_path / "a.shp", Table("a"))
    faults = check(*[tmp_path / f"a{suffix}" for suffix in kept])
    assert list(faults) == ["shapefile.incomplete"]
    assert missing in faults["shapefile.incomplete"]["what"]


def test_a_shapefile_without_system_needs_one(tmp_path, check, integrate):
    exported(tmp_path / "a.shp", Table("a", ("POINT (1 2)",), None))
    assert check(*tmp_path.glob("a.*"))["table.no-srs"]["fixable"]  # older GDAL wrote "undefined"
    (tmp_path / "a.prj").unlink(missing_ok=True)
    files = list(tmp_path.glob("a.*"))
    assert check(*files)["table.no-srs"]["fixable"]
    assert integrate(*files, srs="EPSG:2154")["srs"] == "EPSG:2154"


def test_several_geopackages_are_merged(tmp_path, integrate):
    first = make(tmp_path / "a.gpkg", Table("places", ("POINT (1 2)", BOW_TIE), 4326), Table("rivers", (SQUARE,)))
    second = make(tmp_path / "b.gpkg", Table("Places", ("POINT (652469 6862035)",), 2154))
    result = integrate(first, second)
    assert [one["name"] for one in result["relations"]] == ["places", "rivers", "places_2"]
    assert {"file.merged", "file.two-srs", "geometry.invalid"} <= set(result["ids"])
    found = shapes(result["path"], "places_2")[1]
    assert (found.x, found.y) == pytest.approx((2.35, 48.86), abs=0.01)


def test_several_geopackages_keep_what_is_odd_in_them(tmp_path, integrate):
    curve = Table("curves", ("CURVEPOLYGON (CIRCULARSTRING (0 0, 4 0, 4 4, 0 4, 0 0))",), None, ogr.wkbCurvePolygon)
    result = integrate(make(tmp_path / "a.gpkg", curve), make(tmp_path / "b.gpkg", Table(srs=None)), srs="EPSG:2154")
    assert {"geometry.curved", "table.declared-srs"} <= set(result["ids"])


# Files that are something else


def test_sql_is_never_run(tmp_path, check):
    (tmp_path / "a.sql").write_text("CREATE TABLE a (b integer);")
    assert list(check(tmp_path / "a.sql")) == ["file.sql"]
    assert list(check(zipped(tmp_path / "a.zip", {"a.sql": b"SELECT 1"}))) == ["file.sql"]


@pytest.mark.parametrize("name", ["a.geojson", "a.fgb", "a.shp"])
def test_a_file_that_only_has_the_name(name, tmp_path, check):
    for suffix in (".shx", ".dbf"):
        (tmp_path / f"a{suffix}").write_bytes(b"x" * 200)
    (tmp_path / name).write_bytes(b"Not at all what the name says. " * 20)
    siblings = [tmp_path / "a.shx", tmp_path / "a.dbf"] if name == "a.shp" else []
    faults = check(tmp_path / name, *siblings)
    assert list(faults) == ["file.unreadable"]
    assert str(tmp_path) not in faults["file.unreadable"]["why"]


def test_geojson_that_breaks_off(tmp_path, check):
    path = geojson(tmp_path / "a.geojson", *[point(2, 48, n=n) for n in range(100)])
    path.write_bytes(path.read_bytes()[:-300])
    assert list(check(path)) == ["file.unreadable"]


VRT = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


@pytest.mark.parametrize("name", ["a.geojson", "a.shp", "a.fgb", "a.csv", "a.gpkg", "a.vrt"])
def test_nothing_points_to_other_files(name, tmp_path, check):
    secret = exported(tmp_path / "secret.geojson", Table("a", ("POINT (1 2)",)))
    (tmp_path / name).write_text(VRT.format(secret=secret))
    for sibling in (".shx", ".dbf"):
        (tmp_path / f"a{sibling}").write_bytes(b"x" * 100)
    assert gdal.OpenEx(VRT.format(secret=secret)) is not None  # GDAL would read it
    siblings = [tmp_path / "a.shx", tmp_path / "a.dbf"] if name == "a.shp" else []
    assert set(check(tmp_path / name, *siblings)) <= {"file.unreadable", "file.unknown-format", "csv.no-geometry"}


@pytest.mark.parametrize("no_proxy", ["", "*"])
def test_no_file_makes_gdal_ask_the_network(no_proxy, tmp_path, integrate, monkeypatch):
    asked = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"EPSG:2154")

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("NO_PROXY", no_proxy)
    monkeypatch.setenv("no_proxy", no_proxy)
    link = {"type": "link", "properties": {"href": f"http://127.0.0.1:{server.server_port}/crs", "type": "ogcwkt"}}
    path = geojson(tmp_path / "a.geojson", point(2, 48), crs=link)
    try:
        integrate(path, srs="EPSG:4326")
        assert asked == []
        gdal.OpenEx(str(path), gdal.OF_VECTOR)
        assert asked == ["/crs"]  # GDAL does ask where it can: the test would see it
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert os.environ["NO_PROXY"] == no_proxy


def test_a_bomb_among_the_companions(tmp_path, check):
    exported(tmp_path / "a.shp", Table("a"))
    files = {path.name: path for path in tmp_path.glob("a.*") if path.suffix != ".dbf"}
    archive = zipped(tmp_path / "bomb.zip", {**files, "a.dbf": bytes(60_000_000)})
    assert list(check(archive)) == ["archive.bomb"]


def test_names_in_an_archive_are_never_paths(tmp_path, integrate):
    nasty = 'a"; DROP TABLE x; --.geojson'
    path = geojson(tmp_path / "a.geojson", point(2, 48))
    result = integrate(zipped(tmp_path / "a.zip", {f"..folder/{nasty}": path}))
    assert [one["name"] for one in result["relations"]] == ["a_drop_table_x_"]


def test_everything_in_one_go(tmp_path):
    """All that is wrong with the files is told at once."""
    from geopub_plugin.backend.ingest import check_job
    from geopub_plugin.backend.jobs.progress import Silent

    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "a.csv").write_text("name,value\nx,1\n")
    (tmp_path / "b.csv").write_text("lon,lat\nx,y\n")
    found = check_job.run({"files": [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]}, work, Silent())
    errors = [fault["id"] for fault in found["faults"] if fault["severity"] == "error"]
    assert errors == ["csv.no-geometry", "csv.unreadable-coordinates"]


def test_a_refused_file_is_not_integrated(tmp_path, integrate):
    (tmp_path / "a.csv").write_text("name,value\nx,1\n")
    with pytest.raises(InvalidInput) as refused:
        integrate(tmp_path / "a.csv")
    assert [fault.id for fault in refused.value.faults] == ["csv.no-geometry"]


def test_the_zip_of_the_official_web_application(tmp_path, integrate):
    """MacOS's shadows and a note are beside the data; an archive within stays shut."""
    package = make(tmp_path / "a.gpkg", Table())
    inner = zipped(tmp_path / "inner.zip", {"b.gpkg": package})
    files = {"d/a.gpkg": package, "__MACOSX/d/._a.gpkg": b"x", "d/.DS_Store": b"x", "d/note.txt": b"x", "b.zip": inner}
    result = integrate(zipped(tmp_path / "a.zip", files))
    assert [one["name"] for one in result["relations"]] == ["places"]
    assert result["ids"]["archive.other-entries"]["count"] == 2
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert len(archive.namelist()) == 5
