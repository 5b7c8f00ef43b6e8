"""Small GeoPackages made by GDAL, and pyramids of them decoded by the checker."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import pytest
from osgeo import ogr, osr

from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build

from .mvt_checker import CheckedLayer, checked

Row = Tuple[Optional[str], Dict[str, Any]]  # WKT and attributes
Tiles = Dict[Tuple[int, int, int], List[CheckedLayer]]

FIELD_TYPES = {
    int: ogr.OFTInteger64,
    float: ogr.OFTReal,
    str: ogr.OFTString,
    bool: ogr.OFTInteger,
    bytes: ogr.OFTBinary,
    "date": ogr.OFTDate,
    "datetime": ogr.OFTDateTime,
}


def write_table(path: Path, name: str, rows: Sequence[Row], fields: Dict[str, type], epsg: int = 4326) -> Path:
    """Write rows into a table of a GeoPackage (made if it is not there), with a spatial index."""
    driver = ogr.GetDriverByName("GPKG")
    source = driver.Open(str(path), 1) if path.exists() else driver.CreateDataSource(str(path))
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(epsg)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    layer = source.CreateLayer(name, srs, ogr.wkbUnknown)
    for field, kind in fields.items():
        definition = ogr.FieldDefn(field, FIELD_TYPES[kind])
        if kind is bool:
            definition.SetSubType(ogr.OFSTBoolean)
        layer.CreateField(definition)
    layer.StartTransaction()
    for wkt, values in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        if wkt is not None:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        for field, value in values.items():
            if isinstance(value, bytes):
                feature.SetFieldBinaryFromHexString(field, value.hex())
            elif value is not None:
                feature.SetField(field, value)
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    return path


@pytest.fixture
def tiles_of(tmp_path: Path) -> Callable[..., Tiles]:
    """Return a function that builds a pyramid of rows and returns its tiles, each checked against the specification."""

    def made(
        rows: Sequence[Row], levels: Tuple[int, int], fields: Optional[Dict[str, type]] = None, epsg: int = 4326,
        options: str = "", **settings: Any,
    ) -> Tiles:  # fmt: skip
        data = tmp_path / f"data-{len(list(tmp_path.iterdir()))}.gpkg"
        write_table(data, "things", rows, fields or {}, epsg)
        plan = PyramidPlan((TablePlan(data, "things", "things", *levels),), parse_options(options), **settings)
        build(plan, data.with_suffix(".pmtiles"))
        return all_tiles(data.with_suffix(".pmtiles"))

    return made


def all_tiles(path: Path) -> Tiles:
    """Return every tile of an archive, checked."""
    return {place: checked(data) for place, data in Archive(path).tiles()}
