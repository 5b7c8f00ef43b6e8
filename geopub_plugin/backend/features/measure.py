"""Measures of geometries: bounds, areas, and who a vertex belongs to."""

from __future__ import annotations

import numpy as np

from .batch import Geometries


def vertex_path(geometries: Geometries) -> np.ndarray:
    """Return the path of each vertex: int64 (V,)."""
    return np.repeat(np.arange(len(geometries.path_start) - 1), np.diff(geometries.path_start))


def path_feature(geometries: Geometries) -> np.ndarray:
    """Return the feature of each path: int64 (Q,)."""
    first_path = geometries.part_start[geometries.feature_start]  # (N+1,)
    return np.repeat(np.arange(len(geometries)), np.diff(first_path))


def vertex_feature(geometries: Geometries) -> np.ndarray:
    """Return the feature of each vertex: int64 (V,)."""
    return np.repeat(np.arange(len(geometries)), np.diff(first_vertices(geometries)))


def first_vertices(geometries: Geometries) -> np.ndarray:
    """Return the first vertex of each feature, and V: int64 (N+1,)."""
    return geometries.path_start[geometries.part_start[geometries.feature_start]]


def feature_bounds(geometries: Geometries) -> np.ndarray:
    """Return min x, min y, max x, max y of each feature: float64 (N, 4), NaN where there is no vertex."""
    starts = first_vertices(geometries)
    filled = np.flatnonzero(np.diff(starts))
    bounds = np.full((len(geometries), 4), np.nan)  # (N, 4)
    if len(filled):
        at = starts[:-1][filled]  # vertices of features between two filled ones: none, so reduceat is exact
        bounds[filled, 0] = np.minimum.reduceat(geometries.x, at)
        bounds[filled, 1] = np.minimum.reduceat(geometries.y, at)
        bounds[filled, 2] = np.maximum.reduceat(geometries.x, at)
        bounds[filled, 3] = np.maximum.reduceat(geometries.y, at)
    return bounds


def ring_areas(geometries: Geometries) -> np.ndarray:
    """Return the signed area of each path, in square units of the coordinates: float64 (Q,).

    Counter-clockwise is positive (shoelace formula, relative to each path's first vertex so that far coordinates
    lose no precision). Points and lines get what the formula gives; ask only for rings.
    """
    starts = geometries.path_start
    areas = np.zeros(len(starts) - 1)  # (Q,)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled) == 0:
        return areas
    origin = np.repeat(starts[:-1], np.diff(starts))  # (V,)
    x, y = geometries.x - geometries.x[origin], geometries.y - geometries.y[origin]
    cross = np.zeros(len(x))  # (V,) each vertex with the next one of its path
    cross[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    cross[starts[1:][filled] - 1] = 0.0  # the last vertex has no next one
    areas[filled] = np.add.reduceat(cross, starts[:-1][filled]) / 2
    return areas
