"""Paths split at nodes into arcs, so that all features that share an arc simplify it in the same way.

An arc is measured from the lesser of its ends to the greater (by x, then y), whatever way a ring runs along it: the
same numbers in the same order give the same significance to the last bit. Nodes stay at every tolerance.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..features.batch import POLYGON
from ..features.ragged import aranges, starts_of
from .shapes import Shapes
from .significance import significances


def measured_arcs(shapes: Shapes, node: np.ndarray, floor: float) -> Shapes:
    """Return lines or closed rings with the significance of their vertices, `node` (bool (V,)) having infinity.

    Rings begin at one of their nodes; those without any (an island, an enclave and its hole) at their least vertex.
    """
    if shapes.kind == POLYGON:
        order = _begun_at_nodes(shapes, node)
        shapes, node = replace(shapes, x=shapes.x[order], y=shapes.y[order]), node[order]
    x, y, starts = shapes.x, shapes.y, shapes.path_start
    stops = node.copy()
    filled = shapes.counts > 0
    stops[starts[:-1][filled]] = stops[starts[1:][filled] - 1] = True
    at = np.flatnonzero(stops)
    ends = np.zeros(len(x), bool)
    ends[starts[1:][filled] - 1] = True
    goes_on = np.flatnonzero(~ends[at])
    first, last = at[goes_on], at[goes_on + 1] if len(goes_on) else at[:0]  # (A,) vertices
    counts = last - first + 1
    backward = _before(x, y, last, first) | (_same(x, y, last, first) & _before(x, y, last - 1, first + 1))
    place = aranges(np.zeros(len(first), np.int64), counts)  # (W,) within the arc
    vertex = np.repeat(np.where(backward, last, first), counts) + np.repeat(np.where(backward, -1, 1), counts) * place
    loop = _same(x, y, last, first) & (shapes.kind == POLYGON)
    significance = np.full(len(x), np.inf)
    for rings in (False, True):
        of_these = np.repeat(loop == rings, counts)
        own = vertex[of_these]
        significance[own] = significances(x[own], y[own], starts_of(counts[loop == rings]), rings, floor)
    return replace(shapes, x=x, y=y, significance=significance)


def _begun_at_nodes(shapes: Shapes, node: np.ndarray) -> np.ndarray:
    """Return the order of vertices (int64 (V,)) in which each ring begins at a node, or else at its least vertex."""
    starts, counts = shapes.path_start, shapes.counts
    order = np.arange(len(shapes.x))
    turning = np.flatnonzero(counts > 1)
    ring = np.repeat(np.arange(len(counts)), counts)  # (V,)
    begin = starts[:-1].copy()  # (Q,)
    at = np.flatnonzero(node)[::-1]
    begin[ring[at]] = at  # the first one, written last
    has_node = np.zeros(len(counts), bool)
    has_node[ring[at]] = True
    without = np.flatnonzero(~has_node & (counts > 1))
    if len(without):
        vertices = aranges(starts[without], counts[without])
        sorted_ = vertices[np.lexsort((shapes.y[vertices], shapes.x[vertices], ring[vertices]))]
        begin[without] = sorted_[starts_of(counts[without])[:-1]]
    steps = counts[turning] - 1  # different vertices of the closed ring
    place = aranges(np.zeros(len(turning), np.int64), counts[turning])
    shift = np.repeat((begin[turning] - starts[turning]) % steps, counts[turning])
    order[aranges(starts[turning], counts[turning])] = np.repeat(starts[turning], counts[turning]) + (
        place + shift
    ) % np.repeat(steps, counts[turning])
    return order


def _before(x: np.ndarray, y: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (x[one] < x[other]) | ((x[one] == x[other]) & (y[one] < y[other]))


def _same(x: np.ndarray, y: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (x[one] == x[other]) & (y[one] == y[other])
