"""The area of rings of integer coordinates."""

from __future__ import annotations

import numpy as np


def doubled_areas(x: np.ndarray, y: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return twice the signed area of rings (int64 (Q,)) by the surveyor's formula; rings may be empty."""
    areas = np.zeros(len(starts) - 1, np.int64)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled) == 0:
        return areas
    after = np.arange(1, len(x) + 1)  # (V,) the next vertex of the ring
    after[starts[1:][filled] - 1] = starts[:-1][filled]
    areas[filled] = np.add.reduceat(x * y[after] - x[after] * y, starts[:-1][filled])
    return areas
