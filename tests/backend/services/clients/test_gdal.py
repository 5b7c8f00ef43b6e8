"""GDAL's two drivers read each table as it is in the file: keys, attributes, geometries to the precision written."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional

import pytest
from osgeo import gdal, ogr, osr

from geopub_plugin.backend.features.schema import ColumnKind
from geopub_plugin.backend.services.wfs.gml import element_names

from .served import Served, value

gdal.SetConfigOption("GDAL_HTTP_TIMEOUT", "60")
MOST = 1500  # features compared one by one; all are counted


def same_value(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, float) and isinstance(ours, float):
        return ours == theirs or (math.isnan(ours) and math.isnan(theirs))
    if isinstance(theirs, str) and isinstance(ours, str):
        return "".join(ours.split()) == "".join(theirs.split())  # readers of XML put blanks in order
    if isinstance(theirs, list) and isinstance(ours, list):
        return ours[:5] == theirs[:5] and abs(ours[5] - theirs[5]) < 0.002
    if isinstance(theirs, list) and isinstance(ours, str):
        return ours.replace("/", "-").startswith("{:04d}-{:02d}-{:02d}".format(*theirs))
    return ours == theirs


def same_place(ours: Optional[ogr.Geometry], theirs: Optional[ogr.Geometry], tolerance: float) -> bool:
    if theirs is None or theirs.IsEmpty():
        return ours is None or ours.IsEmpty()
    if ours is None:
        return False
    mine, other = coordinates(ours), coordinates(theirs)
    return len(mine) == len(other) and all(
        abs(a - b) <= tolerance for one, two in zip(mine, other) for a, b in zip(one, two)
    )


def coordinates(geometry: ogr.Geometry) -> List[tuple]:
    if geometry.GetGeometryCount():
        return [point for part in geometry for point in coordinates(part)]
    return [(geometry.GetX(place), geometry.GetY(place)) for place in range(geometry.GetPointCount())]


def compared(table: Served, layer: ogr.Layer, names: Dict[str, str], keys: bool, tolerance: float) -> None:
    """Hold a layer of a client to the file; `names` are the client's for the columns."""
    assert layer is not None, table.name
    assert layer.GetFeatureCount() == table.count, table.name
    theirs = table.features(MOST)
    kinds = {field.name: field.kind for field in table.schema.fields}
    for place, expected in enumerate(theirs):
        feature = layer.GetNextFeature()
        where = (table.name, expected.GetFID())
        assert feature is not None, (*where, place)
        if keys:
            assert feature.GetFID() == expected.GetFID(), where
        assert same_place(feature.GetGeometryRef(), expected.GetGeometryRef(), tolerance), where
        for name, wanted in table.values(expected).items():
            at = feature.GetFieldIndex(names[name])
            known = at >= 0 and feature.IsFieldSetAndNotNull(at)
            found = value(feature, at, kinds[name]) if known else None
            if kinds[name] in (ColumnKind.BLOB, ColumnKind.JSON):
                continue  # GDAL tells no bytes from texts, in GML or GeoJSON, and unpacks JSON: see test_others
            if kinds[name] is ColumnKind.TIME or (wanted == "" and found is None):
                continue
            assert same_value(found, wanted), (*where, name, found, wanted)


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_wfs(served: List[Served], version: str) -> None:
    dataset = gdal.OpenEx(f"WFS:{served[0].wfs}?VERSION={version}", gdal.OF_VECTOR)
    for table in served:
        if version == "1.1.0" and table.count > 20_000:
            continue
        _geometry, elements = element_names(table.schema)
        layer = dataset.GetLayerByName(table.name)
        if table.in_own_system or table.schema.srs is None:
            compared(table, layer, elements, keys=False, tolerance=table.tolerance)
        else:
            assert layer.GetFeatureCount() == table.count
            _near(table, layer)


def test_api(served: List[Served]) -> None:
    dataset = gdal.OpenEx(f"OAPIF:{served[0].api}", gdal.OF_VECTOR)
    for table in served:
        layer = dataset.GetLayerByName(table.name)
        names = {field.name: field.name for field in table.schema.fields}
        if table.schema.srs is None or (table.in_own_system and table.srs.longitude_latitude):
            compared(table, layer, names, keys=True, tolerance=table.tolerance)
            continue
        assert layer.GetFeatureCount() == table.count
        _near(table, layer)


def _near(table: Served, layer: ogr.Layer) -> None:
    """Hold geometries in CRS84 to those of the file, brought there by GDAL."""
    source, target = osr.SpatialReference(), osr.SpatialReference()
    assert source.SetFromUserInput(table.schema.srs.text) == 0 and target.ImportFromEPSG(4326) == 0
    for either in (source, target):
        either.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    way = osr.CoordinateTransformation(source, target)
    for expected in table.features(200):
        feature = layer.GetNextFeature()
        theirs = expected.GetGeometryRef()
        if theirs is not None:
            theirs.Transform(way)
        assert same_place(feature.GetGeometryRef(), theirs, 2e-6), (table.name, expected.GetFID())
