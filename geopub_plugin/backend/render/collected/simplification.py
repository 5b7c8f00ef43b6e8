"""What QGIS makes of geometries before it draws them: vertices closer to the last one than about a pixel are left out.

Source: QGIS, `QgsMapToPixelSimplifier` ("Distance"), which measures in float32. To the vertex what QGIS makes, so that
the pixels are the same.
"""

from __future__ import annotations

from typing import List, Tuple

import numpy as np

from ...features.batch import POLYGON, Geometries
from ...features.ragged import aranges, starts_of

_SPARED = {True: 6, False: 3}  # vertices up to which nothing is left out, of polygons and of lines
_SHORTEST = {True: 4, False: 2}  # vertices of a ring and of a line that is left
_APART = 2.0  # tolerances that vertices lie apart on the average, from which on nothing is left out
_TOGETHER = 128  # paths that are walked side by side; fewer are walked one by one
_DOUBT = 1e-6  # of a squared distance, which float32 may move to the other side
_CORNERS = np.array([[0, 1], [2, 1], [2, 3], [0, 3], [0, 1]])  # of bounds, as a ring: places of x and y


def simplified(geometries: Geometries, tolerance: float) -> Geometries:
    """Return lines or polygons as QGIS draws them at a tolerance in units of their coordinates."""
    g = geometries
    polygons = bool(len(g.part_kind)) and int(g.part_kind[0]) == POLYGON
    count = np.diff(g.path_start)  # (Q,)
    walked = ~_spared_paths(g, tolerance, polygons) & (count > _SHORTEST[polygons])  # (Q,)
    squared = tolerance * tolerance
    near = _near(g, squared)  # (V,)
    walked &= _counted(near, g) > 0
    if not walked.any():
        return g
    kept = np.ones(len(g.x), bool)  # (V,)
    _walk(g, np.flatnonzero(walked), kept, squared, polygons)
    return _left(g, kept, walked, polygons)


def _spared_paths(g: Geometries, tolerance: float, polygons: bool) -> np.ndarray:
    """Return which paths belong to a part that stays as it is, being small or its vertices far apart: bool (Q,)."""
    count = np.diff(g.path_start[g.part_start])  # (P,)
    spared = count <= _SPARED[polygons]
    spared |= part_sizes(g).max(axis=1) / np.maximum(count, 1) > tolerance * _APART
    return np.repeat(spared, np.diff(g.part_start))


def part_sizes(g: Geometries) -> np.ndarray:
    """Return width and height of each part, or of its outer ring: float64 (P, 2); 0 without vertices."""
    sizes = np.zeros((len(g.part_kind), 2))
    filled = np.flatnonzero(np.diff(g.part_start))
    filled = filled[np.diff(g.path_start)[g.part_start[:-1][filled]] > 0]
    outer = g.part_start[:-1][filled]  # (n,) paths
    edges = np.stack([g.path_start[outer], g.path_start[outer + 1]], axis=1).ravel()  # (2n,)
    edges = edges[: np.searchsorted(edges, len(g.x))]  # the last ring may end with the vertices
    for axis, values in enumerate((g.x, g.y)):
        if len(edges):
            sizes[filled, axis] = np.maximum.reduceat(values, edges)[::2] - np.minimum.reduceat(values, edges)[::2]
    return sizes


def _near(g: Geometries, squared: float) -> np.ndarray:
    """Return which vertices lie within the tolerance of the one before them in their path: bool (V,)."""
    near = np.zeros(len(g.x), bool)
    if len(near):
        near[1:] = ~_apart(g.x[1:], g.y[1:], g.x[:-1], g.y[:-1], squared)
        near[g.path_start[:-1]] = False
    return near


def _apart(x: np.ndarray, y: np.ndarray, last_x: np.ndarray, last_y: np.ndarray, squared: float) -> np.ndarray:
    """Return which points lie farther apart than the root of `squared`, as float32 has it: bool (n,)."""
    wide, high = (x - last_x).astype(np.float32), (y - last_y).astype(np.float32)
    return (wide * wide + high * high).astype(np.float64) > squared


def _counted(marks: np.ndarray, g: Geometries) -> np.ndarray:
    """Return how many vertices of each path are marked: int64 (Q,)."""
    return np.diff(starts_of(marks)[g.path_start])


def _walk(g: Geometries, paths: np.ndarray, kept: np.ndarray, squared: float, polygons: bool) -> None:
    """Mark what is left out of some paths in `kept` (V,): each vertex near the last one that was kept.

    Of lines the first two and the last two stay.
    """
    count = g.path_start[paths + 1] - g.path_start[paths]
    order = np.argsort(-count, kind="stable")
    first, count = g.path_start[paths][order], count[order]  # (n,) the longest first
    x, y = g.x[first], g.y[first]  # of the last vertex kept
    ends = 0 if polygons else 2
    step = 0
    while True:
        step += 1
        rest = int(np.searchsorted(-count, -step, "left"))  # paths with more vertices than this
        if rest < _TOGETHER:
            break
        here = first[:rest] + step
        stays = _apart(g.x[here], g.y[here], x[:rest], y[:rest], squared)
        if not polygons:
            stays |= (step == 1) | (step >= count[:rest] - ends)
        kept[here] = stays
        np.copyto(x[:rest], g.x[here], where=stays)
        np.copyto(y[:rest], g.y[here], where=stays)
    for place in range(rest):
        begin, end = int(first[place]), int(first[place] + count[place])
        last = (float(x[place]), float(y[place]))
        _walk_one(g, (begin + step, end), begin, last, kept, squared, ends)


def _walk_one(
    g: Geometries, rest: Tuple[int, int], begin: int, last: Tuple[float, float], kept: np.ndarray, squared: float,
    ends: int,
) -> None:  # fmt: skip
    """Mark what is left out of the rest of one path."""
    low, high = squared * (1 - _DOUBT), squared * (1 + _DOUBT)
    last_x, last_y = last
    left_out: List[int] = []
    start, end = rest
    for at, x, y in zip(range(start, end), g.x[start:end].tolist(), g.y[start:end].tolist()):
        wide, tall = x - last_x, y - last_y
        distance = wide * wide + tall * tall
        stays = distance > high
        if not stays and distance >= low:
            single, other = np.float32(wide), np.float32(tall)
            stays = float(single * single + other * other) > squared
        if stays or (ends and (at == begin + 1 or at >= end - ends)):
            last_x, last_y = x, y
        else:
            left_out.append(at)
    kept[left_out] = False


def _left(g: Geometries, kept: np.ndarray, walked: np.ndarray, polygons: bool) -> Geometries:
    """Return what is kept of all paths: rings are closed again, or are their bounds where too little is left."""
    before = np.diff(g.path_start)  # (Q,)
    count = _counted(kept, g)
    if not polygons:
        at = np.flatnonzero(kept)
        return _with_paths(g, g.x[at], g.y[at], count)
    bounded = walked & (count == 1)  # nothing of them is longer than the tolerance
    whole = walked & (count > 1) & (count < _SHORTEST[True])  # QGIS would rather draw too much than a false bound
    kept |= np.repeat(whole, before)
    kept &= ~np.repeat(bounded, before)
    count = np.where(whole, before, np.where(bounded, 0, count))
    at = np.flatnonzero(kept)  # (K,)
    starts = starts_of(count)
    opened = np.zeros(len(count), bool)  # (Q,) the last vertex was left out
    filled = np.flatnonzero(walked & (count > 0))
    begin, end = g.path_start[:-1][filled], at[starts[1:][filled] - 1]
    opened[filled] = (g.x[begin] != g.x[end]) | (g.y[begin] != g.y[end])
    return _closed(g, at, count, opened, np.flatnonzero(bounded))


def _closed(g: Geometries, at: np.ndarray, count: np.ndarray, opened: np.ndarray, bounded: np.ndarray) -> Geometries:
    """Return rings of the vertices `at` (K,), `count` (Q,) of each, and the first again where they are `opened`."""
    total = count + opened
    total[bounded] = len(_CORNERS)
    starts = starts_of(total)
    x, y = np.empty(starts[-1]), np.empty(starts[-1])
    to = aranges(starts[:-1], count)  # (K,) as `at` has them
    x[to], y[to] = g.x[at], g.y[at]
    again, last = g.path_start[:-1][opened], starts[1:][opened] - 1
    x[last], y[last] = g.x[again], g.y[again]
    if len(bounded):
        corners = _bounds(g, bounded)[:, _CORNERS]  # (n, 5, 2)
        to = starts[bounded][:, None] + np.arange(len(_CORNERS))
        x[to], y[to] = corners[:, :, 0], corners[:, :, 1]
    return _with_paths(g, x, y, total)


def _bounds(g: Geometries, paths: np.ndarray) -> np.ndarray:
    """Return min x, min y, max x, max y of some paths: float64 (n, 4)."""
    count = g.path_start[paths + 1] - g.path_start[paths]
    vertices = aranges(g.path_start[paths], count)
    at = starts_of(count)[:-1]
    return np.stack(
        [low.reduceat(axis[vertices], at) for low in (np.minimum, np.maximum) for axis in (g.x, g.y)], axis=1
    )


def _with_paths(g: Geometries, x: np.ndarray, y: np.ndarray, count: np.ndarray) -> Geometries:
    return Geometries(x, y, starts_of(count), g.part_start, g.part_kind, g.feature_start, g.kind)
