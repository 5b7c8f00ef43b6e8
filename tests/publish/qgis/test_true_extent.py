"""Zoom levels are proposed from where the features are, not from where a file says that they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from osgeo import ogr, osr
from qgis.core import QgsVectorLayer
from qgis.PyQt import sip

from geopub_plugin.publish.layer_detail import layer_levels
from geopub_plugin.publish.true_extent import true_extent

VILLAGE = (2.30, 48.80, 2.32, 48.81)


def village(file: Path, count: int, index: bool) -> QgsVectorLayer:
    """Return a layer of points of a village whose file states the whole world."""
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(file))
    layer = source.CreateLayer("wells", srs, ogr.wkbPoint, [f"SPATIAL_INDEX={'YES' if index else 'NO'}"])
    west, south, east, north = VILLAGE
    layer.StartTransaction()
    for number in range(count):
        feature = ogr.Feature(layer.GetLayerDefn())
        x, y = west + (east - west) * number / (count - 1), south + (north - south) * (number * 7 % count) / (count - 1)
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({x} {y})"))
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    del feature, layer, source
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE gpkg_contents SET min_x = -180, min_y = -90, max_x = 180, max_y = 90")
        connection.commit()
    return QgsVectorLayer(f"{file}|layername=wells", "Wells", "ogr")


@pytest.mark.parametrize("count, index, known", [(5000, True, True), (150, False, True), (5000, False, False)])
def test_a_village_whose_file_states_the_world(qgis_new_project, tmp_path, count, index, known):
    layer = village(tmp_path / "wells.gpkg", count, index)
    assert layer.extent().width() == 360
    found = true_extent(layer)
    if index:
        bounds = (found.xMinimum(), found.yMinimum(), found.xMaximum(), found.yMaximum())
        assert bounds == pytest.approx(VILLAGE, abs=1e-5)
        assert bounds[0] <= VILLAGE[0] and bounds[3] >= VILLAGE[3], "rounded outwards"
    top, _bottom = layer_levels(layer)
    assert top >= 10 if known else top == 0
    if index:
        layer.setSubsetString("fid < 0")
        assert true_extent(layer) == layer.extent(), "what is filtered is not what the index holds"
    sip.delete(layer)


@pytest.mark.parametrize("root", [None, "text", b"", b"\0\0\0\1"], ids=["NULL", "text", "empty", "cut off"])
def test_a_damaged_index_is_not_looked_at(qgis_new_project, tmp_path, root):
    layer = village(tmp_path / "wells.gpkg", 300, True)
    with closing(sqlite3.connect(tmp_path / "wells.gpkg")) as connection:
        connection.execute("UPDATE rtree_wells_geom_node SET data = ? WHERE nodeno = 1", (root,))
        connection.commit()
    assert true_extent(layer) == layer.extent()
    sip.delete(layer)


def test_a_file_that_gdal_alone_reaches_is_as_large_as_it_says(qgis_new_project, tmp_path):
    sip.delete(village(tmp_path / "wells.gpkg", 300, True))
    layer = QgsVectorLayer(f"/vsisubfile/0,{tmp_path / 'wells.gpkg'}|layername=wells", "Wells", "ogr")
    assert layer.featureCount() == 300 and true_extent(layer) == layer.extent()
    sip.delete(layer)
