"""GeoPackages made on the spot by GDAL, with whatever a test needs to be in them, and looked at with GDAL."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Tuple, Union

import shapely
from osgeo import gdal, ogr, osr

Shape = Union[str, bytes, None]  # WKT, a blob to put in as it is, NULL

SQUARE = "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))"
BOW_TIE = "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))"


@dataclass(frozen=True)
class Table:
    """What one table is to hold."""

    name: str = "places"
    shapes: Sequence[Shape] = ("POINT (2 48)",)
    srs: Union[int, str, None] = 4326  # an EPSG code, a WKT, or none
    type: int = ogr.wkbUnknown
    columns: Dict[str, Tuple[int, int, Sequence[Any]]] = field(default_factory=dict)  # OGR type, subtype, values
    options: Tuple[str, ...] = ()


def make(path: Path, *tables: Table) -> Path:
    """Write a GeoPackage with these tables, without spatial index, and return its path."""
    options = ["ADD_GPKG_OGR_CONTENTS=NO"]
    source = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown, options)
    for table in tables:
        _write(source, table)
    del source
    for table in tables:
        for row, shape in enumerate(table.shapes, 1):
            if isinstance(shape, bytes):
                run(path, f'UPDATE "{table.name}" SET geom = ? WHERE fid = ?', (shape, row))
    return path


def _write(source: gdal.Dataset, table: Table) -> None:
    layer = source.CreateLayer(table.name, _srs(table.srs), table.type, ["SPATIAL_INDEX=NO", *table.options])
    for name, (kind, subtype, _) in table.columns.items():
        definition = ogr.FieldDefn(name, kind)
        definition.SetSubType(subtype)
        layer.CreateField(definition)
    for row, shape in enumerate(table.shapes):
        feature = ogr.Feature(layer.GetLayerDefn())
        if isinstance(shape, str):
            feature.SetGeometry(ogr.CreateGeometryFromWkt(shape))
        for place, (_, _, values) in enumerate(table.columns.values()):
            if values[row] is not None:
                feature.SetField(place, values[row])
        layer.CreateFeature(feature)


def _srs(said: Union[int, str, None]) -> Optional[osr.SpatialReference]:
    if said is None:
        return None
    srs = osr.SpatialReference()
    if isinstance(said, int):
        srs.ImportFromEPSG(said)
    else:
        srs.ImportFromWkt(said)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return srs


def run(path: Path, sql: str, values: Sequence[Any] = ()) -> None:
    """Change a GeoPackage behind GDAL's back."""
    connection = sqlite3.connect(path)
    connection.execute(sql, values)
    connection.commit()
    connection.close()


def rows(path: Path, sql: str) -> list:
    """Ask a GeoPackage."""
    connection = sqlite3.connect(path)
    found = connection.execute(sql).fetchall()
    connection.close()
    return found


def opened(path: Path) -> gdal.Dataset:
    """Return GDAL's dataset; keep it as long as you use its layers, or GDAL crashes."""
    source = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_READONLY)
    assert source is not None
    return source


def shapes(path: Path, table: str, key: str = "fid") -> Dict[Any, Any]:
    """Return shapely geometries by the source's key."""
    source = opened(path)
    layer = source.GetLayerByName(table)
    found = {}
    for feature in layer:
        geometry = feature.GetGeometryRef()
        found[feature.GetField(key)] = None if geometry is None else shapely.from_wkb(bytes(geometry.ExportToIsoWkb()))
    return found


def fields(path: Path, table: str) -> Dict[str, Tuple[int, int]]:
    """Return the types and subtypes of the columns, by name."""
    source = opened(path)
    definition = source.GetLayerByName(table).GetLayerDefn()
    every = [definition.GetFieldDefn(i) for i in range(definition.GetFieldCount())]
    return {field.GetName(): (field.GetType(), field.GetSubType()) for field in every}
