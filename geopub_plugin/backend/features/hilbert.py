"""The Hilbert curve: neighbours in the plane become neighbours in a file."""

from __future__ import annotations

import numpy as np

from .schema import Bounds


def hilbert_distance(column: np.ndarray, row: np.ndarray, order: int) -> np.ndarray:
    """Return the distance along the Hilbert curve of cells of a 2**order grid: uint64 (n,).

    The bitwise transform of Skilling (2004), "Programming the Hilbert curve", for two dimensions.
    """
    x, y = column.astype(np.uint64), row.astype(np.uint64)
    distance = np.zeros(len(x), np.uint64)  # (n,)
    side = np.uint64(1 << order)
    one = np.uint64(1)
    for level in range(order - 1, -1, -1):
        s = np.uint64(level)
        rx, ry = (x >> s) & one, (y >> s) & one  # (n,)
        distance = (distance << np.uint64(2)) | ((np.uint64(3) * rx) ^ ry)
        turned = ry == 0
        mirrored = turned & (rx == 1)
        x, y = np.where(mirrored, side - one - x, x), np.where(mirrored, side - one - y, y)
        x, y = np.where(turned, y, x), np.where(turned, x, y)
    return distance


def hilbert_keys(x: np.ndarray, y: np.ndarray, bounds: Bounds, order: int = 16) -> np.ndarray:
    """Return the Hilbert distance of points within bounds: uint64 (n,); the greatest of all where x or y is NaN."""
    cells = (1 << order) - 1
    width, height = bounds[2] - bounds[0] or 1.0, bounds[3] - bounds[1] or 1.0
    known = np.isfinite(x) & np.isfinite(y)
    column = np.clip(np.where(known, (x - bounds[0]) / width, 0.0) * cells, 0, cells)  # (n,)
    row = np.clip(np.where(known, (y - bounds[1]) / height, 0.0) * cells, 0, cells)  # (n,)
    keys = hilbert_distance(column, row, order)
    keys[~known] = np.iinfo(np.uint64).max
    return keys
