"""The data of the ingestion benchmark: polygons in any number, repeated from real buildings or made."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import List, Optional, Tuple

import numpy as np
from osgeo import ogr, osr

_CACHE = Path(os.environ.get("GEOPUB_TEST_CACHE", Path.home() / ".cache" / "geopub-tests")) / "data"
_REAL = _CACHE / "buildings_tokyo_centre_4326.gpkg"
_TABLE = "buildings"
_COLUMNS = (("osm_id", ogr.OFTString), ("name", ogr.OFTString), ("kind", ogr.OFTString), ("height", ogr.OFTReal))
_SHIFT = 0.3  # degrees between two repetitions
_SEED = 20261123

Row = Tuple[bytes, str, Optional[str], str, Optional[float]]


def polygons(path: Path, count: int) -> str:
    """Write a GeoPackage of `count` buildings in EPSG:4326, with GDAL's R-tree; say where they are from."""
    real = _REAL.exists()
    rows = _real_rows() if real else _made_rows(min(count, 200_000))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    system = osr.SpatialReference()
    system.ImportFromEPSG(4326)
    system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer(_TABLE, system, ogr.wkbMultiPolygon)
    for name, kind in _COLUMNS:
        layer.CreateField(ogr.FieldDefn(name, kind))
    layer.StartTransaction()
    for number in range(count):
        layer.CreateFeature(_feature(layer, rows[number % len(rows)], number // len(rows) * _SHIFT, number))
    layer.CommitTransaction()
    del layer, source  # GDAL writes the rest now
    return "buildings of central Tokyo (OpenStreetMap), repeated side by side" if real else "made buildings"


def _feature(layer: ogr.Layer, row: Row, shift: float, number: int) -> ogr.Feature:
    wkb, identifier, name, kind, height = row
    feature = ogr.Feature(layer.GetLayerDefn())
    geometry = ogr.CreateGeometryFromWkb(wkb)
    if shift:
        _move(geometry, shift)
    feature.SetGeometryDirectly(ogr.ForceToMultiPolygon(geometry))
    feature.SetField("osm_id", f"{identifier}/{number}")
    feature.SetField("kind", kind)
    if name is not None:
        feature.SetField("name", name)
    if height is not None:
        feature.SetField("height", height)
    return feature


def _move(geometry: ogr.Geometry, shift: float) -> None:
    for index in range(geometry.GetGeometryCount()):
        _move(geometry.GetGeometryRef(index), shift)
    for index in range(geometry.GetPointCount()):
        x, y = geometry.GetX(index), geometry.GetY(index)
        geometry.SetPoint_2D(index, x + shift, y)


def _real_rows() -> List[Row]:
    """Return the buildings of the real data."""
    connection = sqlite3.connect(_REAL)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    table, geometry = connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchone()
    columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    texts = [name for name in columns if name not in (geometry, columns[0])]
    id_, name, kind = (texts + texts[-1:] * 3)[:3]
    rows = connection.execute(f'SELECT "{geometry}", "{id_}", "{name}", "{kind}" FROM "{table}"').fetchall()
    connection.close()
    return [
        (_wkb(blob), str(identifier), None if name is None else str(name), str(kind), number % 40 + 0.5)
        for number, (blob, identifier, name, kind) in enumerate(rows)
    ]


def _wkb(blob: bytes) -> bytes:
    return blob[8 + (0, 32, 48, 48, 64)[blob[3] >> 1 & 7] :]


def _made_rows(count: int) -> List[Row]:
    """Return turned rectangles of 8 to 25 metres."""
    random = np.random.default_rng(_SEED)
    centres = random.uniform(0, 0.25, (count, 2)) + np.array([2.2, 48.7])
    half = random.uniform(4, 12.5, (count, 2)) / 111_000
    angle = random.uniform(0, np.pi, count)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])[None] * half[:, None]  # (n, 5, 2)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x = corners[:, :, 0] * cos - corners[:, :, 1] * sin
    y = corners[:, :, 0] * sin + corners[:, :, 1] * cos
    rings = (centres[:, None] + np.stack([x, y], axis=2)).astype("<f8")  # (n, 5, 2)
    head = b"\x01\x03\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00\x00"
    return [
        (head + ring.tobytes(), f"way/{number}", None, "house", number % 40 + 0.5) for number, ring in enumerate(rings)
    ]
