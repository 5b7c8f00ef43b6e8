"""The area of rings of integer coordinates."""

from __future__ import annotations

import numpy as np


def doubled_areas(x: np.ndarray, y: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return twice the signed area of rings (int64 (Q,)) by the surveyor's formula; rings may be empty."""
    areas = np.zeros(len(starts) - 1, np.int64)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled) == 0:
        return areas
    first, last = starts[:-1][filled], starts[1:][filled] - 1
    crossed = np.empty_like(x)  # (V,) of each edge, by its first vertex
    np.multiply(x[:-1], y[1:], out=crossed[:-1])
    crossed[:-1] -= x[1:] * y[:-1]
    crossed[last] = x[last] * y[first] - x[first] * y[last]
    areas[filled] = np.add.reduceat(crossed, first)
    return areas
