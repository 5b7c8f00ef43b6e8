"""Pictures read, written and compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from osgeo import gdal

from geopub_plugin.backend.render.png import write_png

_ALIKE = 24  # of 255: two renderers blend an edge with different rounding


def decoded(png: bytes) -> np.ndarray:
    """Return the pixels of a PNG: uint8 (height, width, bands)."""
    gdal.FileFromMemBuffer("/vsimem/look.png", png)
    picture = gdal.Open("/vsimem/look.png")
    table = picture.GetRasterBand(1).GetColorTable()
    array = np.moveaxis(np.atleast_3d(picture.ReadAsArray().T).T, 0, 2)
    if table is not None:
        colours = np.array([table.GetColorEntry(i) for i in range(table.GetCount())], np.uint8)
        array = colours[array[:, :, 0]]
    gdal.Unlink("/vsimem/look.png")
    return array


def save(picture: np.ndarray, place: Path) -> None:
    """Write uint8 (height, width, 3) as a PNG."""
    place.write_bytes(write_png(np.ascontiguousarray(picture[:, :, :3])))


def unequal(one: np.ndarray, other: np.ndarray) -> float:
    """Return the share of pixels that differ at all."""
    return float((one != other).any(axis=2).mean())


def differing(one: np.ndarray, other: np.ndarray) -> float:
    """Return the share of pixels whose colour does not lie among those of the nine at their place in the other.

    So lines may be one pixel wider or stand one pixel aside, and edges may be blended: what is left is another colour,
    another width, or something that only one of them draws.
    """
    return max(_missed(one, other), _missed(other, one))


def _missed(one: np.ndarray, other: np.ndarray) -> float:
    around = np.pad(other.astype(np.int16), ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = one.shape[:2]
    near = np.stack([around[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)])  # (9, h, w, 3)
    value = one.astype(np.int16)
    inside = (value >= near.min(axis=0) - _ALIKE) & (value <= near.max(axis=0) + _ALIKE)
    return float((~inside.all(axis=2)).mean())


def is_empty(picture: np.ndarray) -> bool:
    """Tell whether nothing was drawn on the white ground."""
    return bool((picture[:, :, :3] == 255).all())
