"""Pictures by GDAL: its MVT driver reads the tiles, its rasterizer draws them."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path
from typing import Any, List, Sequence

import numpy as np
from osgeo import gdal, osr
from pmtiles.reader import MmapSource, Reader

from .views import LINE, POINT, POLYGON, SIDE, View

_LAYERS = (("polygons", POLYGON), ("lines", LINE), ("points", POINT))


def drawn(archive: Path, views: Sequence[View]) -> List[np.ndarray]:
    """Return the classes of the pixels of each view: uint8 (512, 512)."""
    with archive.open("rb") as file:
        reader = Reader(MmapSource(file))
        return [_picture(reader, view) for view in views]


def _picture(reader: Reader, view: View) -> np.ndarray:
    picture = np.zeros((SIDE, SIDE), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        for column, row in view.tiles:
            tile = reader.get(view.level, column, row)
            if tile:
                place = Path(folder) / str(view.level) / str(column)
                place.mkdir(parents=True, exist_ok=True)
                (place / f"{row}.pbf").write_bytes(gzip.decompress(tile))
        if not any(Path(folder).iterdir()):
            return picture
        options = ["METADATA_FILE=", "CLIP=NO"]  # buffers lie over their neighbours, in the same colours
        source = gdal.OpenEx(f"MVT:{folder}/{view.level}", gdal.OF_VECTOR, open_options=options)
        for name, value in _LAYERS:
            layer = source.GetLayerByName(name)
            if layer is None:
                continue
            if value == LINE:  # GDAL's are one pixel wide: of a raster half a pixel aside, each makes two by two
                wide = _burnt(layer, view, -0.5, SIDE + 1)
                picture[wide[:-1, :-1] | wide[1:, :-1] | wide[:-1, 1:] | wide[1:, 1:]] = value
            else:
                burnt = _burnt(layer, view)
                picture[_wider(burnt) if value == POINT else burnt] = value
        del source
    return picture


def _burnt(layer: Any, view: View, aside: float = 0.0, side: int = SIDE) -> np.ndarray:
    """Return the pixels that a layer's shapes fill: bool (side, side)."""
    west, _, east, north = view.bounds
    pixel = (east - west) / SIDE
    target = gdal.GetDriverByName("MEM").Create("", side, side, 1)
    target.SetGeoTransform((west + aside * pixel, pixel, 0, north - aside * pixel, 0, -pixel))
    system = osr.SpatialReference()
    system.ImportFromEPSG(3857)
    target.SetProjection(system.ExportToWkt())
    gdal.RasterizeLayer(target, [1], layer, burn_values=[1])
    return target.ReadAsArray() > 0


def _wider(burnt: np.ndarray) -> np.ndarray:
    """Return the pixels and their neighbours: a point of GDAL's is one pixel."""
    padded = np.pad(burnt, 1)
    height, width = burnt.shape
    return np.any([padded[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)], axis=0)
