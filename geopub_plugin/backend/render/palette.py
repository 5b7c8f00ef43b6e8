"""Reduction of a picture to 256 colours, for 8-bit PNG."""

from __future__ import annotations

from typing import Tuple

import numpy as np

_COLOURS = 256


def reduce_colours(pixels: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return indices uint8 (height, width) and palette uint8 (colours, 4) for RGBA pixels uint8 (height, width, 4).

    Colours are counted in bins of 5 bits for red, green and blue and 3 for alpha; the 256 fullest bins become their
    mean colours (popularity algorithm, Heckbert 1982) and every other bin takes the nearest of them.
    """
    flat = pixels.reshape(-1, 4).astype(np.int32)  # (P, 4)
    key = (flat[:, 0] >> 3) << 13 | (flat[:, 1] >> 3) << 8 | (flat[:, 2] >> 3) << 3 | flat[:, 3] >> 5  # (P,)
    counts = np.bincount(key, minlength=1 << 18)
    used = np.flatnonzero(counts)  # (B,) bins that occur
    sums = [np.bincount(key, weights=flat[:, sample], minlength=1 << 18)[used] for sample in range(4)]
    means = np.stack(sums, axis=1) / counts[used, None]  # (B, 4)
    kept = np.sort(np.argsort(counts[used], kind="stable")[-_COLOURS:])  # bins that become colours
    palette = np.rint(means[kept]).astype(np.uint8)
    index_of_bin = np.zeros(1 << 18, np.uint8)
    index_of_bin[used] = _nearest(means, means[kept])
    return index_of_bin[key].reshape(pixels.shape[:2]), palette


def _nearest(colours: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Return for each colour (B, 4) the row of the palette (K, 4) that is nearest in RGBA."""
    distance = (colours**2).sum(axis=1)[:, None] - 2 * colours @ palette.T + (palette**2).sum(axis=1)[None, :]  # (B, K)
    return distance.argmin(axis=1)
