"""From geometries of any reference system to shapes in the unit square of Web Mercator."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Optional, Tuple

import numpy as np

from ..features.batch import LINE, POINT, POLYGON, Geometries
from ..features.measure import path_feature, ring_areas
from ..features.projection import Projection
from ..features.ragged import aranges, starts_of
from .arcs import measured_arcs
from .nodes import are_nodes
from .shapes import Shapes, chances
from .significance import significances
from .unit_square import unit_square

_WIDE = 0.5  # of the world: an edge longer than this went the short way round, over the antimeridian


def shapes_of(
    geometries: Geometries, fids: np.ndarray, projection: Projection, floor: float, nodes: Optional[np.ndarray] = None
) -> Dict[int, Shapes]:
    """Return the shapes of N features by kind of part: POINT, LINE, POLYGON; kinds that do not occur are left out.

    `projection` leads to WGS 84. Vertices nearer than the square root of `floor` (units of the square) to the line
    between their neighbours are not told apart. `nodes` are the hashes of the vertices that stay at every level (see
    `nodes.write_nodes`).
    """
    node = np.zeros(0, bool) if nodes is None else are_nodes(nodes, geometries.x, geometries.y)  # (V,)
    x, y = unit_square(projection, geometries.x, geometries.y)  # (V,)
    counts = np.diff(geometries.path_start)
    part = np.repeat(np.arange(len(geometries.part_kind)), np.diff(geometries.part_start))  # (Q,)
    kind = geometries.part_kind[part]
    feature = path_feature(geometries)
    sound = _sound_parts(geometries, part, np.isfinite(x) & np.isfinite(y), counts)
    place = part - geometries.feature_start[feature]  # of the part within its feature
    outer = np.ones(len(part), bool)
    outer[1:] = (part[1:] != part[:-1]) | (kind[1:] != POLYGON)
    told = x if nodes is None else node.astype(np.float64)
    found: Dict[int, Shapes] = {}
    for one in (POINT, LINE, POLYGON):
        paths = np.flatnonzero((kind == one) & sound[part] & (counts > 0))
        if len(paths) == 0:
            continue
        whole = len(paths) == len(counts)
        vertices = slice(None) if whole else aranges(geometries.path_start[paths], counts[paths])
        shapes = Shapes(
            kind=one, x=x[vertices], y=y[vertices], significance=told[vertices], path_start=starts_of(counts[paths]),
            feature=feature[paths], part=part[paths], outer=outer[paths], size=np.zeros(len(paths)),
            chance=chances(fids[feature[paths]], place[paths] if one == POLYGON else np.zeros(1)),
        )  # fmt: skip
        shapes = _around_the_world(_closed(shapes), projection.same or bool(projection.source.is_geographic))
        found[one] = _measured(shapes, floor, nodes is not None)
    return found


def _sound_parts(geometries: Geometries, part: np.ndarray, finite: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return which parts have coordinates that can be shown, all of them: bool (P,)."""
    sound = np.ones(len(geometries.part_kind), bool)
    if not finite.all():
        sound[np.repeat(part, counts)[~finite]] = False
    return sound


def _closed(shapes: Shapes) -> Shapes:
    """Return the shapes with every ring closed."""
    if shapes.kind != POLYGON:
        return shapes
    first, last = shapes.path_start[:-1], shapes.path_start[1:] - 1
    open_ = (shapes.x[first] != shapes.x[last]) | (shapes.y[first] != shapes.y[last])
    if not open_.any():
        return shapes
    at = last[open_] + 1
    return replace(
        shapes, x=np.insert(shapes.x, at, shapes.x[first[open_]]), y=np.insert(shapes.y, at, shapes.y[first[open_]]),
        significance=np.insert(shapes.significance, at, shapes.significance[first[open_]]),
        path_start=starts_of(shapes.counts + open_),
    )  # fmt: skip


def _around_the_world(shapes: Shapes, geographic: bool) -> Shapes:
    """Return the shapes so that none smears over the world, and what sticks out on one side is shown on the other."""
    shapes = _unwrapped(shapes, geographic)
    low, high = _x_range(shapes)
    if len(low) == 0 or (low.min() >= 0 and high.max() <= 1):
        return replace(shapes, x=np.clip(shapes.x, -0.5, 1.5))
    places, shifts = [np.arange(len(shapes))], [np.zeros(len(shapes))]
    parts = shapes.part
    for beyond, shift in ((high > 1, -1.0), (low < 0, 1.0)):
        copied = np.flatnonzero(np.isin(parts, parts[beyond]))
        places.append(copied)
        shifts.append(np.full(len(copied), shift))
    place, shift = np.concatenate(places), np.concatenate(shifts)
    order = np.lexsort((place, shift, parts[place]))
    several = shapes.with_paths(place[order])
    changed = np.ones(len(order), bool)
    changed[1:] = np.diff(several.part) != 0
    changed[1:] |= np.diff(shift[order]) != 0
    x = several.x + np.repeat(shift[order], several.counts)
    return replace(several, x=np.clip(x, -0.5, 1.5), part=np.cumsum(changed) - 1)


def _x_range(shapes: Shapes) -> Tuple[np.ndarray, np.ndarray]:
    if len(shapes) == 0:
        return shapes.size, shapes.size
    first = shapes.path_start[:-1]
    return np.minimum.reduceat(shapes.x, first), np.maximum.reduceat(shapes.x, first)


def _unwrapped(shapes: Shapes, geographic: bool) -> Shapes:
    """Return the shapes with paths that jump over the antimeridian made continuous.

    In a geographic system an edge along a parallel may truly be that long (a box, the pole's edge). A ring that goes
    once round the world has the nearer pole inside: it is closed along the edge of the map.
    """
    step = np.diff(shapes.x, prepend=shapes.x[:1])  # (V,)
    step[shapes.path_start[:-1]] = 0
    if shapes.kind == POINT or not (np.abs(step) > _WIDE).any():
        return shapes
    turn = np.where(np.abs(step) > _WIDE, -np.sign(step), 0.0)
    if geographic:
        turn[np.diff(shapes.y, prepend=shapes.y[:1]) == 0] = 0
    turns = np.cumsum(turn)
    turns -= np.repeat(turns[shapes.path_start[:-1]], shapes.counts)
    if shapes.kind != POLYGON:
        return replace(shapes, x=shapes.x + turns)
    left = np.abs(turns[shapes.path_start[1:] - 1])  # (Q,) turns of the whole ring
    turns[np.repeat(left > 1, shapes.counts)] = 0
    shapes = replace(shapes, x=shapes.x + turns)
    return _over_the_pole(shapes, left == 1) if (left == 1).any() else shapes


def _over_the_pole(shapes: Shapes, around: np.ndarray) -> Shapes:
    """Return the rings with those `around` the world (bool (Q,), their ends one world apart) closed along its edge."""
    first, end = shapes.path_start[:-1][around], shapes.path_start[1:][around]
    middle = np.add.reduceat(shapes.y, shapes.path_start[:-1])[around] / (end - first)
    pole = np.where(middle < 0.5, 0.0, 1.0)
    x = np.stack([shapes.x[end - 1], shapes.x[first], shapes.x[first]], axis=1)  # (n, 3) vertices to add
    y = np.stack([pole, pole, shapes.y[first]], axis=1)
    at = np.repeat(end, 3)
    return replace(
        shapes, x=np.insert(shapes.x, at, x.ravel()), y=np.insert(shapes.y, at, y.ravel()),
        significance=np.insert(shapes.significance, at, 0.0), path_start=starts_of(shapes.counts + 3 * around),
    )  # fmt: skip


def _measured(shapes: Shapes, floor: float, with_nodes: bool) -> Shapes:
    """Return the shapes with their sizes and the significance of their vertices, whose field told the nodes so far."""
    if shapes.kind == POINT:
        return replace(shapes, significance=np.full(len(shapes.x), np.inf))
    if with_nodes:
        shapes = measured_arcs(shapes, shapes.significance.astype(bool), floor)
    else:
        significance = significances(shapes.x, shapes.y, shapes.path_start, shapes.kind == POLYGON, floor)
        shapes = replace(shapes, significance=significance)
    if shapes.kind == LINE:
        length = np.hypot(np.diff(shapes.x, prepend=0), np.diff(shapes.y, prepend=0))  # (V,)
        length[shapes.path_start[:-1]] = 0
        size = np.add.reduceat(length, shapes.path_start[:-1])
    else:
        none = np.zeros(0, np.uint8)
        areas = ring_areas(Geometries(shapes.x, shapes.y, shapes.path_start, none, none, none, none))
        size = np.abs(areas)
        shapes = _holes_turned(shapes, areas > 0)
    return replace(shapes, size=size)


def _holes_turned(shapes: Shapes, positive: np.ndarray) -> Shapes:
    """Return the rings with each inner one run through the other way round than its outer one.

    `positive` (bool (Q,)) tells the sign of their areas.
    """
    own_outer = np.maximum.accumulate(np.where(shapes.outer, np.arange(len(shapes)), 0))  # (Q,)
    wrong = np.flatnonzero(~shapes.outer & (positive == positive[own_outer]))
    if len(wrong) == 0:
        return shapes
    first, counts = shapes.path_start[wrong], shapes.counts[wrong]
    place = np.arange(len(shapes.x))  # (V,)
    place[aranges(first, counts)] = np.repeat(2 * first + counts - 1, counts) - aranges(first, counts)
    return replace(shapes, x=shapes.x[place], y=shapes.y[place], significance=shapes.significance[place])
