"""The data of the tile benchmark: six real sets where they are at hand, else three made ones."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Sequence

import numpy as np
from osgeo import ogr, osr

_CACHE = Path(os.environ.get("GEOPUB_TEST_CACHE", Path.home() / ".cache" / "geopub-tests")) / "data"
REAL = (
    "communes_nord_l93",
    "buildings_tokyo_centre_4326",
    "roads_porto_portland_4326",
    "bano_adresses_a_4326",
    "oa_scotland_27700",
    "contours_nice_25m_l93",
)
_WEST, _SOUTH, _SIDE = 2.0, 48.5, 0.4  # degrees: where made data lie
_SEED = 20261122


@dataclass(frozen=True)
class DataSet:
    """One table in a GeoPackage of its own."""

    name: str
    path: Path
    layer: str
    features: int
    kind: str  # "point", "line" or "polygon"
    real: bool


def data_sets(wanted: Sequence[str], folder: Path) -> List[DataSet]:
    """Return the sets asked for by name, or all; where the real ones are absent, made ones in `folder`."""
    found = {name: _CACHE / f"{name}.gpkg" for name in REAL if (_CACHE / f"{name}.gpkg").exists()}
    real = bool(found)
    if not real:
        found = {name: _made(folder / f"{name}.gpkg", make) for name, make in _MADE.items()}
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise SystemExit(f"no set {', '.join(unknown)}; there are: {', '.join(found)}")
    return [_described(name, path, real) for name, path in found.items() if not wanted or name in wanted]


def _described(name: str, path: Path, real: bool) -> DataSet:
    source = ogr.Open(str(path))
    layer = source.GetLayer(0)
    first = layer.GetNextFeature()  # held, as its geometry is its own
    name_of_kind = first.GetGeometryRef().GetGeometryName().lower()
    kind = next(kind for kind in ("point", "line", "polygon") if kind in name_of_kind)
    return DataSet(name, path, layer.GetName(), layer.GetFeatureCount(), kind, real)


def _made(path: Path, make: Callable[[np.random.Generator], List[str]]) -> Path:
    """Write shapes in WKT into a GeoPackage, each with a number and a name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    system = osr.SpatialReference()
    system.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer(path.stem, system, ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("number", ogr.OFTInteger))
    layer.CreateField(ogr.FieldDefn("name", ogr.OFTString))
    layer.StartTransaction()
    for number, wkt in enumerate(make(np.random.default_rng(_SEED))):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField("number", number % 100)
        feature.SetField("name", f"feature {number}")
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkt(wkt))
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    return path


def _scattered(random: np.random.Generator, count: int) -> np.ndarray:
    """Return places in clusters: float64 (count, 2), degrees."""
    centres = random.uniform(0.1, 0.9, (60, 2))
    spread = random.normal(0, 0.03, (count, 2)) + centres[random.integers(0, len(centres), count)]
    return np.array([_WEST, _SOUTH]) + _SIDE * np.clip(spread, 0, 1)


def _wkt(points: np.ndarray) -> str:
    return ", ".join(f"{x:.7f} {y:.7f}" for x, y in points.tolist())


def _points(random: np.random.Generator) -> List[str]:
    return [f"POINT ({_wkt(place[None])})" for place in _scattered(random, 60_000)]


def _lines(random: np.random.Generator) -> List[str]:
    """Return lines that wander."""
    starts = _scattered(random, 20_000)
    steps = np.cumsum(random.normal(0, 0.0002, (len(starts), 12, 2)), axis=1)
    return [f"LINESTRING ({_wkt(line)})" for line in starts[:, None] + steps]


def _houses(random: np.random.Generator) -> List[str]:
    """Return turned rectangles of 8 to 25 metres."""
    centres = _scattered(random, 40_000)
    half = random.uniform(4, 12.5, (len(centres), 2)) / 111_000
    angle = random.uniform(0, np.pi, len(centres))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])[None] * half[:, None]  # (n, 5, 2)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x = corners[:, :, 0] * cos - corners[:, :, 1] * sin
    y = corners[:, :, 0] * sin + corners[:, :, 1] * cos
    return [f"POLYGON (({_wkt(ring)}))" for ring in centres[:, None] + np.stack([x, y], axis=2)]


_MADE: Dict[str, Callable[[np.random.Generator], List[str]]] = {
    "made_houses": _houses,
    "made_lines": _lines,
    "made_points": _points,
}
