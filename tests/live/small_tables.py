"""Small GeoPackages, made by GDAL: every kind of geometry, two systems, names that have to change."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Dict

from osgeo import ogr, osr

KINDS = {
    "points": (ogr.wkbPoint, "POINT ({x} {y})"),
    "lines": (ogr.wkbLineString, "LINESTRING ({x} {y}, {u} {y}, {u} {v})"),
    "areas": (ogr.wkbPolygon, "POLYGON (({x} {y}, {u} {y}, {u} {v}, {x} {v}, {x} {y}))"),
}


def make_table(file: Path, number: int, features: int = 0) -> Dict[str, int]:
    """Write a GeoPackage with one or two tables, different for each number; return the features of each table.

    A number of `features` makes each table so large instead of 20 to 400 features.
    """
    chance = random.Random(number)
    metric = number % 2 == 1
    system = osr.SpatialReference()
    system.ImportFromEPSG(2154 if metric else 4326)
    west, south, size = (600_000, 6_600_000, 50) if metric else (2.0, 48.0, 0.001)
    counts: Dict[str, int] = {}
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(file))
    for kind in list(KINDS)[number % 3 :][: 1 + number % 2]:
        geometry_type, form = KINDS[kind]
        table = source.CreateLayer(f"{kind} n° {number}", system, geometry_type)
        table.CreateField(ogr.FieldDefn("Nom d'usage", ogr.OFTString))
        table.CreateField(ogr.FieldDefn("height", ogr.OFTReal))
        counts[table.GetName()] = features or chance.randint(20, 400)
        table.StartTransaction()
        for index in range(counts[table.GetName()]):
            x, y = west + chance.random() * size * 100, south + chance.random() * size * 100
            feature = ogr.Feature(table.GetLayerDefn())
            feature.SetField(0, f"objet {index} é")
            feature.SetField(1, index / 3)
            feature.SetGeometryDirectly(ogr.CreateGeometryFromWkt(form.format(x=x, y=y, u=x + size, v=y + size)))
            table.CreateFeature(feature)
        table.CommitTransaction()
    source.FlushCache()
    return counts
