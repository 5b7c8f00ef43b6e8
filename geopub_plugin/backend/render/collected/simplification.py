"""What QGIS makes of geometries before it draws them: vertices closer to the last one than about a pixel are left out.

Source: QGIS, `QgsMapToPixelSimplifier` ("Distance"), which measures in float32. To the vertex what QGIS makes, so that
the pixels are the same.
"""

from __future__ import annotations

from typing import List, NamedTuple

import numpy as np

from ...features.batch import POLYGON, Geometries
from ...features.ragged import aranges, starts_of

_SPARED = {True: 6, False: 3}  # vertices up to which nothing is left out, of polygons and of lines
_SHORTEST = {True: 4, False: 2}  # vertices of a ring and of a line that is left
_APART = 2.0  # tolerances that vertices lie apart on the average, from which on nothing is left out
_TOGETHER = 128  # paths that are walked side by side; fewer are walked one by one
_ENDS = 2  # vertices at the end of a line that stay
_DOUBT = 1e-6  # of a squared distance, which float32 may move to the other side
_CORNERS = np.array([[0, 1], [2, 1], [2, 3], [0, 3], [0, 1]])  # of bounds, as a ring: places of x and y


def simplified(geometries: Geometries, tolerance: float) -> Geometries:
    """Return lines or polygons as QGIS draws them at a tolerance in units of their coordinates."""
    g = geometries
    polygons = bool(len(g.part_kind)) and int(g.part_kind[0]) == POLYGON
    alone = len(g.part_start) == len(g.path_start)  # each path is a part
    walked = np.diff(g.path_start) > (_SPARED if alone else _SHORTEST)[polygons]  # (Q,)
    if not alone:
        walked &= ~_spared_paths(g, tolerance, polygons)
    kept = np.ones(len(g.x), bool)  # (V,)
    _walk(_Walk(g, polygons, tolerance, alone), np.flatnonzero(walked), kept)
    return g if kept.all() else _left(g, kept, walked, polygons)


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


class _Walk(NamedTuple):
    """What is walked over, and how."""

    g: Geometries
    polygons: bool
    tolerance: float
    alone: bool  # each path is a part, of which those with vertices far apart stay as they are

    @property
    def squared(self) -> float:
        return self.tolerance * self.tolerance

    @property
    def ends(self) -> int:
        """Return how many vertices stay at the end of a path, and beside its first one."""
        return 0 if self.polygons else _ENDS

    def spares(self, x: np.ndarray, y: np.ndarray, count: np.ndarray) -> np.ndarray:
        """Return which paths of `count` vertices stay as they are, from the coordinates of each (…, n): bool (n,)."""
        if not self.alone:
            return np.zeros(len(count), bool)
        size = np.maximum(x.max(axis=0) - x.min(axis=0), y.max(axis=0) - y.min(axis=0))
        return size / count > self.tolerance * _APART


def _walk(walk: _Walk, paths: np.ndarray, kept: np.ndarray) -> None:
    """Mark what is left out of some paths in `kept` (V,): each vertex near the last one that was kept.

    Of lines the first two and the last two stay. Paths of about one length are walked side by side.
    """
    start = walk.g.path_start
    size = np.frexp(start[paths + 1] - start[paths] - 1)[1]  # (n,) powers of two
    for power in np.flatnonzero(np.bincount(size)).tolist():
        some = paths[size == power]
        (_walk_together if len(some) >= _TOGETHER else _walk_apart)(walk, some, kept)


def _walk_together(walk: _Walk, paths: np.ndarray, kept: np.ndarray) -> None:
    """Mark what is left out of some paths, all of them a vertex on at a time."""
    g, limit = walk.g, _below(walk.squared)
    first, count = g.path_start[paths], g.path_start[paths + 1] - g.path_start[paths]  # (n,)
    steps = np.arange(int(count.max()))[:, None]
    here = np.minimum(first + steps, first + count - 1)  # (steps, n) the last vertex again, when they are through
    x, y = g.x[here], g.y[here]
    last_x, last_y = x[0].copy(), y[0].copy()  # (n,) the last vertex kept
    stays = np.ones(here.shape, bool)
    for step in range(1, len(here)):
        stay = _apart(x[step], y[step], last_x, last_y, limit)
        if walk.ends:
            stay |= (step == 1) | (step >= count - walk.ends)
        stays[step] = stay
        np.copyto(last_x, x[step], where=stay)
        np.copyto(last_y, y[step], where=stay)
    stays |= walk.spares(x, y, count) | (steps >= count)
    kept[here[~stays]] = False


def _below(squared: float) -> np.float32:
    """Return the largest float32 up to a number: what is greater than one is greater than the other."""
    near = np.float32(squared)
    return near if near <= squared else np.nextafter(near, np.float32(-np.inf))


def _apart(x: np.ndarray, y: np.ndarray, last_x: np.ndarray, last_y: np.ndarray, limit: np.float32) -> np.ndarray:
    """Return which points lie farther apart than the root of `limit`, as float32 has it: bool (n,)."""
    wide, high = (x - last_x).astype(np.float32), (y - last_y).astype(np.float32)
    return wide * wide + high * high > limit


def _walk_apart(walk: _Walk, paths: np.ndarray, kept: np.ndarray) -> None:
    """Mark what is left out of some paths, one after the other; most of the long ones have vertices far apart."""
    g, limit = walk.g, _below(walk.squared)
    for begin, end in zip(g.path_start[paths].tolist(), g.path_start[paths + 1].tolist()):
        x, y = g.x[begin:end], g.y[begin:end]
        near = not _apart(x[1:], y[1:], x[:-1], y[:-1], limit).all()
        if near and not walk.spares(x[:, None], y[:, None], np.array([end - begin]))[0]:
            kept[begin:end] = _walk_one(x.tolist(), y.tolist(), walk.squared, walk.ends)


def _walk_one(x: List[float], y: List[float], squared: float, ends: int) -> np.ndarray:
    """Return which vertices of a path are kept: bool (n,)."""
    low, high = squared * (1 - _DOUBT), squared * (1 + _DOUBT)
    kept = np.ones(len(x), bool)
    left_out: List[int] = []
    last_x, last_y = x[0], y[0]
    for at, (to_x, to_y) in enumerate(zip(x, y)):
        wide, tall = to_x - last_x, to_y - last_y
        distance = wide * wide + tall * tall
        stays = distance > high
        if not stays and distance >= low:
            single, other = np.float32(wide), np.float32(tall)
            stays = float(single * single + other * other) > squared
        if stays or at == 0 or (ends and (at == 1 or at >= len(x) - ends)):
            last_x, last_y = to_x, to_y
        else:
            left_out.append(at)
    kept[left_out] = False
    return kept


def _left(g: Geometries, kept: np.ndarray, walked: np.ndarray, polygons: bool) -> Geometries:
    """Return what is kept of all paths: rings are closed again, or are their bounds where too little is left."""
    before = np.diff(g.path_start)  # (Q,)
    count = np.diff(starts_of(kept)[g.path_start])
    if not polygons:
        at = np.flatnonzero(kept)
        return _with_paths(g, g.x[at], g.y[at], count)
    bounded = walked & (count == 1)  # nothing of them is longer than the tolerance
    whole = walked & (count > 1) & (count < _SHORTEST[True])  # QGIS would rather draw too much than a false bound
    for paths, stays in ((whole, True), (bounded, False)):
        kept[aranges(g.path_start[:-1][paths], before[paths])] = stays
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
