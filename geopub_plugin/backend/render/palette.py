"""Reduction of a picture to 256 colours, for 8-bit PNG."""

from __future__ import annotations

from typing import Tuple

import numpy as np

_FREQUENT, _SPREAD = 192, 64  # colours of the palette: the most frequent ones, and some that stand for the rest
_BINS = 1 << 18


def reduce_colours(pixels: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return indices uint8 (height, width) and palette uint8 (colours, 4) for RGBA pixels uint8 (height, width, 4).

    Colours are counted in bins of 5 bits for red, green and blue and 3 for alpha. The fullest bins become their mean
    colours (popularity algorithm, Heckbert 1982); those that are left are counted again in bins of 3 bits and 1, so
    that gradients keep their range. Every bin takes the nearest colour.
    """
    flat = pixels.reshape(-1, 4).astype(np.int32)  # (P, 4)
    key = (flat[:, 0] >> 3) << 13 | (flat[:, 1] >> 3) << 8 | (flat[:, 2] >> 3) << 3 | flat[:, 3] >> 5  # (P,)
    counts = np.bincount(key, minlength=_BINS)
    used = np.flatnonzero(counts)  # (B,) bins that occur
    sums = [np.bincount(key, weights=flat[:, sample], minlength=_BINS)[used] for sample in range(4)]
    means = np.stack(sums, axis=1) / counts[used, None]  # (B, 4)
    colours = _chosen(means, counts[used])  # (K, 4)
    index_of_bin = np.zeros(_BINS, np.uint8)
    index_of_bin[used] = _nearest(means, colours)
    return index_of_bin[key].reshape(pixels.shape[:2]), np.rint(colours).astype(np.uint8)


def _chosen(means: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return at most 256 colours (K, 4) for bins of mean colours (B, 4) and so many pixels (B,)."""
    if len(counts) <= _FREQUENT + _SPREAD:
        return means
    order = np.argsort(-counts, kind="stable")
    rest = order[_FREQUENT:]
    coarse = means[rest].astype(np.int32) >> np.array([5, 5, 5, 7])  # (R, 4)
    key = coarse @ np.array([128, 16, 2, 1])  # (R,)
    weights = np.bincount(key, weights=counts[rest], minlength=1024)
    sums = [np.bincount(key, weights=means[rest, sample] * counts[rest], minlength=1024) for sample in range(4)]
    fullest = np.argsort(-weights, kind="stable")[:_SPREAD]
    fullest = fullest[weights[fullest] > 0]
    spread = np.stack(sums, axis=1)[fullest] / weights[fullest, None]
    return np.concatenate([means[order[:_FREQUENT]], spread])


def _nearest(colours: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Return for each colour (B, 4) the row of the palette (K, 4) that is nearest in RGBA."""
    distance = (colours**2).sum(axis=1)[:, None] - 2 * colours @ palette.T + (palette**2).sum(axis=1)[None, :]  # (B, K)
    return distance.argmin(axis=1)
