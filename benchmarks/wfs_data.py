"""The table of the WFS benchmark: polygons of 15 vertices with 8 attributes, in Lambert-93, always the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from osgeo import ogr, osr

TABLE, KEY, SRS = "parcels", "ogc_fid", "EPSG:2154"
CELL = 50.0  # metres: each polygon lies in a square of a grid, so that a box has as many as its area says
_VERTICES = 15
_SEED = 20261123
_COLUMNS = (
    ("code", ogr.OFTString), ("commune", ogr.OFTString), ("usage", ogr.OFTString), ("numero", ogr.OFTInteger),
    ("surface", ogr.OFTReal), ("hauteur", ogr.OFTReal), ("annee", ogr.OFTInteger64), ("maj", ogr.OFTDate),
)  # fmt: skip
_USAGES = ("résidentiel", "agricole", "industriel", "commerce & services", "indifférencié", "religieux")


def columns_of(count: int) -> int:
    """Return how many polygons stand in a row of the grid."""
    return int(np.ceil(np.sqrt(count)))


def corner() -> tuple[float, float]:
    """Return the lower left corner of the grid."""
    return 600_000.0, 6_600_000.0


def parcels(path: Path, count: int, cell: float = CELL) -> None:
    """Write a GeoPackage of `count` polygons in squares of `cell` metres, with GDAL's R-tree."""
    random = np.random.default_rng(_SEED)
    path.unlink(missing_ok=True)
    system = osr.SpatialReference()
    system.ImportFromEPSG(2154)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer(TABLE, system, ogr.wkbMultiPolygon, [f"FID={KEY}", "GEOMETRY_NAME=geom"])
    for name, kind in _COLUMNS:
        layer.CreateField(ogr.FieldDefn(name, kind))
    layer.StartTransaction()
    rings = _rings(random, count, cell)
    numbers = random.integers(0, 10_000, count)
    for place, ring in enumerate(rings):
        layer.CreateFeature(_feature(layer.GetLayerDefn(), place, ring, int(numbers[place])))
    layer.CommitTransaction()
    del layer, source  # GDAL writes the rest now


def _rings(random: np.random.Generator, count: int, cell: float) -> np.ndarray:
    """Return closed rings of 15 vertices around the centres of the grid's squares: float64 (count, 15, 2)."""
    across = columns_of(count)
    place = np.arange(count)
    x, y = corner()
    centres = np.stack([x + (place % across + 0.5) * cell, y + (place // across + 0.5) * cell], axis=1)  # (count, 2)
    angles = np.sort(random.uniform(0, 2 * np.pi, (count, _VERTICES - 1)), axis=1)
    radii = random.uniform(0.2, 0.48, (count, _VERTICES - 1)) * cell
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=2) * radii[:, :, None] + centres[:, None]
    return np.round(np.concatenate([corners, corners[:, :1]], axis=1), 3)


def _feature(definition: ogr.FeatureDefn, place: int, ring: np.ndarray, number: int) -> ogr.Feature:
    head = b"\x01\x06\x00\x00\x00\x01\x00\x00\x00\x01\x03\x00\x00\x00\x01\x00\x00\x00"
    wkb = head + _VERTICES.to_bytes(4, "little") + ring.astype("<f8").tobytes()
    feature = ogr.Feature(definition)
    feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(wkb))
    feature.SetField("code", f"{place % 95 + 1:02d}{place % 907:03d}000{chr(65 + place % 26)}{chr(65 + place % 23)}")
    feature.SetField("commune", f"Saint-Étienne-{place % 907}")
    feature.SetField("usage", _USAGES[place % len(_USAGES)])
    feature.SetField("numero", number)
    feature.SetField("surface", number * 0.37 + 0.25)
    if place % 5:
        feature.SetField("hauteur", number % 400 / 10)
    feature.SetField("annee", 1900 + place % 120)
    feature.SetField("maj", f"20{place % 24:02d}-{place % 12 + 1:02d}-{place % 28 + 1:02d}")
    return feature
