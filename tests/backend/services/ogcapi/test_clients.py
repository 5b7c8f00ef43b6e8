"""Clients that people use, against OGC API - Features: GDAL, QGIS, OWSLib."""

from __future__ import annotations

import subprocess
import sys

import pytest
from osgeo import gdal, ogr

gdal.SetConfigOption("GDAL_HTTP_TIMEOUT", "20")


@pytest.mark.parametrize("table", ["grid", "everything", "建築物", "multipolygon", "nothing"])
def test_gdal_reads_what_is_in_the_table(service, catalogue_file, table):
    source = ogr.Open(str(catalogue_file))
    theirs = source.GetLayerByName(table)
    dataset = gdal.OpenEx(f"OAPIF:{service}", gdal.OF_VECTOR)
    layer = dataset.GetLayerByName(f"catalogue:{table}")
    assert layer.GetFeatureCount() == theirs.GetFeatureCount()
    read = {feature.GetFID(): feature.GetGeometryRef() and feature.GetGeometryRef().Clone() for feature in layer}
    assert set(read) == {feature.GetFID() for feature in theirs}
    if theirs.GetSpatialRef().GetAuthorityCode(None) == "4326":
        for feature in theirs:
            expected, geometry = feature.GetGeometryRef(), read[feature.GetFID()]
            if expected is not None and not expected.IsEmpty():
                assert geometry.GetEnvelope() == pytest.approx(expected.GetEnvelope(), abs=1e-7)


def test_gdal_pages_boxes_and_filters(service):
    dataset = gdal.OpenEx(f"OAPIF:{service}", gdal.OF_VECTOR, open_options=["PAGE_SIZE=130"])
    layer = dataset.GetLayerByName("catalogue:grid")
    assert sorted(feature.GetField("number") for feature in layer) == list(range(1000))
    layer.SetSpatialFilterRect(0, 0, 1.5, 2.5)
    assert len([feature.GetFID() for feature in layer]) == 6
    layer.SetSpatialFilter(None)
    layer.SetAttributeFilter("number = 7")
    assert [feature.GetField("number") for feature in layer] == [7]


def test_owslib(service, collections):
    from owslib.ogcapi.features import Features

    api = Features(service)
    assert api.feature_collections() == [one.name for one in collections.types]
    assert {"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"} <= set(api.conformance()["conformsTo"])
    assert api.api()["openapi"] == "3.0.3"
    assert api.collection("catalogue:grid")["id"] == "catalogue:grid"
    assert set(api.collection_queryables("catalogue:grid")["properties"]) == {"geom", "number"}
    found = api.collection_items("catalogue:grid", bbox=[0, 0, 1.5, 2.5], limit=3)
    assert (found["numberMatched"], len(found["features"])) == (6, 3)
    assert api.collection_items("catalogue:grid", filter="number = 7")["numberMatched"] == 1
    assert api.collection_item("catalogue:grid", "5")["id"] == 5


QGIS = """
import os, sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
for table in ("grid", "everything", "建築物", "nothing", "multipolygon"):
    uri = f"url='{sys.argv[1]}' typename='catalogue:{table}' restrictToRequestBBOX='1'"
    layer = QgsVectorLayer(uri, table, "OAPIF")
    request = QgsFeatureRequest(QgsRectangle(0.5, 0.5, 2.5, 3.5))
    print(table, layer.isValid(), layer.crs().authid(), layer.featureCount(), len(list(layer.getFeatures())),
          len(list(layer.getFeatures(request))), flush=True)
os._exit(0)
"""


def test_qgis(service, tmp_path):
    pytest.importorskip("qgis.core")
    environment = {
        "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path),
        "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8", "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", QGIS, service], env=environment, capture_output=True, text=True, timeout=90, check=False
    )
    lines = [line.split() for line in done.stdout.splitlines() if " True " in line or " False " in line]
    assert [line[:2] + line[3:5] for line in lines] == [
        ["grid", "True", "1000", "1000"],
        ["everything", "True", "23", "23"],
        ["建築物", "True", "3", "3"],
        ["nothing", "True", "0", "0"],
        ["multipolygon", "True", lines[-1][3], lines[-1][3]],
    ], done.stderr
    assert lines[0][2] in ("OGC:CRS84", "EPSG:4326") and lines[0][5] == "12" and int(lines[-1][3]) > 0
