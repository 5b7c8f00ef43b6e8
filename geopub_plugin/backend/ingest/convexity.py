"""Polygons that are seen to be valid without asking the geometry engine: one ring that turns one way, once around.

A ring whose turns all have one sign and that goes around once is convex, and so it is simple (OGC 06-103r4 §6.1.11.1
asks no more of a polygon without holes). Most buildings and parcels are such rings, and looking at their arrays costs
a twentieth of a call.
"""

from __future__ import annotations

from typing import Tuple

import numpy as np

from ..features.batch import POLYGON, Geometries
from ..features.measure import vertex_path
from ..features.ragged import starts_of

_CERTAIN = 1e-14  # of a turn's two products: a greater difference has the right sign in float64


def convex_features(geometries: Geometries) -> np.ndarray:
    """Return which features are certainly one or several convex polygons that do not meet: bool (N,).

    Of multiple polygons only those of one part are looked at.
    """
    features, ring = single_rings(geometries)
    found = np.zeros(len(geometries), bool)  # (N,)
    if len(ring) == 0:
        return found
    start, end = geometries.path_start[ring], geometries.path_start[ring + 1]
    closed = (end - start >= 4) & (geometries.x[start] == geometries.x[end - 1])
    closed &= geometries.y[start] == geometries.y[end - 1]
    whole = np.zeros(len(geometries.path_start) - 1, bool)  # (Q,)
    whole[ring[closed]] = True
    convex = whole & _convex_paths(geometries)  # (Q,)
    found[features] = convex[ring]
    return found


def single_rings(geometries: Geometries) -> Tuple[np.ndarray, np.ndarray]:
    """Return the features that are one part, a polygon, of one ring, and these rings: features, paths int64 (n,)."""
    parts = np.diff(geometries.feature_start)  # (N,)
    found = parts == 1
    part = geometries.feature_start[:-1][found]
    found[found] = (geometries.part_kind[part] == POLYGON) & (np.diff(geometries.part_start)[part] == 1)
    features = np.flatnonzero(found)
    return features, geometries.part_start[geometries.feature_start[features]]


def _convex_paths(geometries: Geometries) -> np.ndarray:
    """Return which paths, taken as closed, turn one way and once around: bool (Q,)."""
    starts = geometries.path_start
    path = vertex_path(geometries)  # (V,)
    edge = np.ones(len(path), bool)  # (V,) an edge leaves every vertex but the last of its path
    filled = np.diff(starts) > 0
    edge[starts[1:][filled] - 1] = False
    at = np.flatnonzero(edge)  # (E,)
    dx, dy = geometries.x[at + 1] - geometries.x[at], geometries.y[at + 1] - geometries.y[at]
    edges = np.bincount(path[at], minlength=len(starts) - 1)  # (Q,)
    first = starts_of(edges)
    following = np.arange(1, len(at) + 1)  # (E,) the next edge of the ring, the first after the last
    turning = edges > 0
    following[first[1:][turning] - 1] = first[:-1][turning]
    left, right = dx * dy[following], dy * dx[following]
    turn, certain = left - right, _CERTAIN * (np.abs(left) + np.abs(right))
    ahead = (dx > 0) | ((dx == 0) & (dy > 0))  # (E,)
    convex = np.zeros(len(edges), bool)  # (Q,)
    if len(at):
        begin = first[:-1][turning]
        one_way = np.logical_and.reduceat(turn > certain, begin) | np.logical_and.reduceat(turn < -certain, begin)
        changes = np.add.reduceat((ahead != ahead[following]).astype(np.int64), begin)
        convex[turning] = one_way & (changes == 2)
    return convex
