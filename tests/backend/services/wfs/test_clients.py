"""Clients that people use, against the server: GDAL, OWSLib, QGIS."""

from __future__ import annotations

import subprocess
import sys

import pytest
from osgeo import gdal, ogr

gdal.SetConfigOption("GDAL_HTTP_TIMEOUT", "10")


def opened(server: str, version: str = "2.0.0"):
    return gdal.OpenEx(f"WFS:{server}/wfs/ows?VERSION={version}", gdal.OF_VECTOR)


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0", "1.0.0"])
def test_gdal_lists_every_type(server, published, version):
    dataset = opened(server, version)
    names = {dataset.GetLayer(place).GetName() for place in range(dataset.GetLayerCount())}
    assert names == {one.name for one in published.types}


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0", "1.0.0"])
@pytest.mark.parametrize("table", ["grid", "everything", "建築物", "multipolygon", "nothing"])
def test_gdal_reads_what_is_in_the_table(server, catalogue_file, version, table):
    source = ogr.Open(str(catalogue_file))
    theirs = source.GetLayerByName(table)
    dataset = opened(server, version)
    ours = dataset.GetLayerByName(f"catalogue:{table}")
    assert ours.GetFeatureCount() == theirs.GetFeatureCount()
    assert ours.GetSpatialRef().GetAuthorityCode(None) == theirs.GetSpatialRef().GetAuthorityCode(None)
    read = [(feature.GetGeometryRef(), feature) for feature in ours]
    assert len(read) == theirs.GetFeatureCount()
    for (geometry, _feature), expected in zip(read, theirs):
        other = expected.GetGeometryRef()
        if geometry is not None and geometry.IsEmpty():
            assert other.IsEmpty()  # their envelopes differ by GDAL's version
        elif geometry is not None:
            assert geometry.GetEnvelope() == pytest.approx(other.GetEnvelope(), abs=1e-3)


def test_gdal_pages_and_boxes(server):
    gdal.SetConfigOption("OGR_WFS_PAGE_SIZE", "300")
    try:
        dataset = opened(server)
        layer = dataset.GetLayerByName("catalogue:grid")
        assert sorted(feature.GetField("number") for feature in layer) == list(range(1000))
        layer.SetSpatialFilterRect(0, 0, 1.5, 2.5)
        assert layer.GetFeatureCount() == 6
        assert len([feature.GetFID() for feature in layer]) == 6
    finally:
        gdal.SetConfigOption("OGR_WFS_PAGE_SIZE", None)


def test_owslib(server, published):
    from owslib.wfs import WebFeatureService

    service = WebFeatureService(f"{server}/wfs/ows", version="2.0.0", timeout=10)
    assert service.identification.title == "GeoPub & co"
    assert set(service.contents) == {one.name for one in published.types}
    grid = service["catalogue:grid"]
    assert grid.boundingBoxWGS84 == (-180.0, -90.0, 180.0, 90.0)
    assert {option.id for option in grid.crsOptions} >= {"urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG::3857"}
    formats = next(one for one in service.operations if one.name == "GetFeature").parameters["outputFormat"]["values"]
    assert formats[:3] == ["application/gml+xml; version=3.2", "application/json", "text/csv"]
    schema = service.get_schema("catalogue:grid")
    assert (schema["properties"], schema["geometry_column"]) == ({"number": "int"}, "geom")
    assert [query.id for query in service.storedqueries] == ["urn:ogc:def:query:OGC-WFS::GetFeatureById"]
    body = service.getfeature(typename=["catalogue:grid"], maxfeatures=2, startindex=3, outputFormat="application/json")
    assert body.read().count(b'"type":"Feature"') == 2
    body = service.getfeature(typename=["catalogue:grid"], bbox=(0, 0, 1.5, 2.5, "urn:ogc:def:crs:EPSG::4326"))
    assert body.read().count(b"<wfs:member>") == 6


QGIS = """
import os, sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
for table in ("grid", "everything", "建築物", "nothing"):
    uri = (
        f"url='{sys.argv[1]}/wfs/ows' version='{sys.argv[2]}' typename='catalogue:{table}' srsname='EPSG:4326' "
        "restrictToRequestBBOX='1' pagingEnabled='true'"
    )
    layer = QgsVectorLayer(uri, table, "WFS")
    request = QgsFeatureRequest(QgsRectangle(0.5, 0.5, 2.5, 3.5))
    print(table, layer.isValid(), layer.crs().authid(), layer.featureCount(), len(list(layer.getFeatures())),
          len(list(layer.getFeatures(request))))
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0", "1.0.0", "auto"])
def test_qgis(server, version, tmp_path):
    pytest.importorskip("qgis.core")
    environment = {
        "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path),
        "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8", "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", QGIS, server, version], env=environment, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if "EPSG" in line]
    if version == "1.0.0":  # which has no hits: QGIS counts what it has fetched
        lines = [" ".join([*line.split()[:3], line.split()[4], *line.split()[4:]]) for line in lines]
    assert [line.split()[:5] for line in lines] == [
        ["grid", "True", "EPSG:4326", "1000", "1000"],
        ["everything", "True", "EPSG:4326", "23", "23"],
        ["建築物", "True", "EPSG:4326", "3", "3"],
        ["nothing", "True", "EPSG:4326", "0", "0"],
    ], done.stderr
    assert lines[0].split()[5] == "12"


def test_many_clients_at_once(server):
    from concurrent.futures import ThreadPoolExecutor

    import requests

    def page(place: int) -> int:
        form = ("application/json", "application/gml+xml; version=3.2")[place % 2]
        asked = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": "catalogue:grid"}
        asked.update(outputFormat=form, count="100", startIndex=str(place % 10 * 100))
        response = requests.get(f"{server}/wfs/ows", params=asked, timeout=30)
        assert response.status_code == 200
        return response.text.count("catalogue.grid.") if place % 2 == 0 else response.text.count("<wfs:member>")

    with ThreadPoolExecutor(16) as clients:
        assert list(clients.map(page, range(64))) == [100] * 64
