"""Polygons of one small ring that are seen to be valid without asking the geometry engine.

A ring is simple when no two of its edges meet but neighbours, and these only in their common vertex; a polygon of one
simple ring is valid (OGC 06-103r4 §6.1.11.1). Two edges certainly do not meet when both ends of one lie on one side of
the line through the other. All edges of all rings with the same number of edges are looked at together. Whatever is
doubtful in float64 is left to the engine.
"""

from __future__ import annotations

import numpy as np

from ..features.batch import Geometries
from .convexity import convex_features, single_rings

MOST_EDGES = 16  # of a ring: its work grows with the square
_CERTAIN = 1e-14  # of the two products of a cross product: a greater difference has the right sign in float64


def simple_features(geometries: Geometries) -> np.ndarray:
    """Return which features are certainly one valid polygon without holes: bool (N,)."""
    found = convex_features(geometries)  # (N,)
    features, rings = single_rings(geometries)
    doubtful = ~found[features]
    features, rings = features[doubtful], rings[doubtful]
    start = geometries.path_start[rings]
    edges = geometries.path_start[rings + 1] - start - 1  # (n,)
    for count in range(3, MOST_EDGES + 1):
        those = np.flatnonzero(edges == count)
        if len(those):
            at = start[those, None] + np.arange(count + 1)  # (k, m+1)
            found[features[those]] = _simple(geometries.x[at], geometries.y[at])
    return found


def _simple(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return which of k rings of m edges, float64 (k, m+1), are closed and simple: bool (k,)."""
    closed = (x[:, 0] == x[:, -1]) & (y[:, 0] == y[:, -1])
    dx, dy = np.diff(x, axis=1), np.diff(y, axis=1)  # (k, m)
    side = _sides(x, y, dx, dy)  # (k, m, m): of vertex v (last axis) seen from edge e
    apart = side * np.roll(side, -1, axis=2) > 0  # (k, m, m) edge v lies on one side of the line through edge e
    apart |= apart.transpose(0, 2, 1)
    count = dx.shape[1]
    steps = np.abs(np.arange(count)[:, None] - np.arange(count))
    near = (steps <= 1) | (steps == count - 1)  # an edge, and its neighbours
    turning = side[:, np.arange(count), (np.arange(count) + 2) % count] != 0  # the next edge leaves the line
    ahead = dx * np.roll(dx, -1, axis=1) + dy * np.roll(dy, -1, axis=1) > 0
    length = (dx != 0) | (dy != 0)
    flat = ~turning.any(axis=1)  # all on one line
    return closed & (apart | near).all(axis=(1, 2)) & (turning | ahead).all(axis=1) & length.all(axis=1) & ~flat


def _sides(x: np.ndarray, y: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Return on which side of each edge's line each vertex certainly lies: int8 (k, m, m), 0 in doubt."""
    left = dx[:, :, None] * (y[:, None, :-1] - y[:, :-1, None])  # (k, m, m)
    right = dy[:, :, None] * (x[:, None, :-1] - x[:, :-1, None])  # (k, m, m)
    cross = left - right
    certain = np.abs(cross) > _CERTAIN * (np.abs(left) + np.abs(right))
    return np.where(certain, np.sign(cross), 0).astype(np.int8)
