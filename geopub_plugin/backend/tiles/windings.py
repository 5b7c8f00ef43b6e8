"""How often the edges of a polygon wind around a point: those that a ray from it crosses, up less down."""

from __future__ import annotations

from typing import NamedTuple, Optional

import numpy as np

from ..features.ragged import aranges, row_numbers, starts_of

_PAIRS = 1 << 18  # of rays and edges looked at at a time


class Edges(NamedTuple):
    """E edges, those of a polygon in a row."""

    ax: np.ndarray  # int64 (E,)
    ay: np.ndarray  # int64 (E,)
    bx: np.ndarray  # int64 (E,)
    by: np.ndarray  # int64 (E,)
    weight: Optional[np.ndarray] = None  # int64 (E,) how many times each is there; None: once


class Rays(NamedTuple):
    """R rays eastwards from points, each a hair further down than said; what edges they are to meet."""

    x: np.ndarray  # int64 (R,)
    y: np.ndarray  # int64 (R,)
    first: np.ndarray  # int64 (R,) edges from here
    last: np.ndarray  # int64 (R,) to before here
    begin: np.ndarray  # int64 (R,) but not from here
    end: np.ndarray  # int64 (R,) to before here


def windings(edges: Edges, rays: Rays) -> np.ndarray:
    """Return how often edges wind around the point where each ray begins: int64 (R,)."""
    winding = np.zeros(len(rays.x), np.int64)
    sizes = rays.last - rays.first
    pairs = starts_of(sizes)
    stops = np.unique(np.append(np.searchsorted(pairs, np.arange(0, pairs[-1], _PAIRS)), len(sizes)))
    for a, b in zip(stops.tolist(), stops[1:].tolist()):
        ray, edge = row_numbers(sizes[a:b]) + a, aranges(rays.first[a:b], sizes[a:b])
        y = rays.y[ray]
        spans = (edges.ay[edge] > y) != (edges.by[edge] > y)
        spans &= (edge < rays.begin[ray]) | (edge >= rays.end[ray])
        ray, edge, y = ray[spans], edge[spans], y[spans]
        ax, ay, bx, by = edges.ax[edge], edges.ay[edge], edges.bx[edge], edges.by[edge]
        up = by > ay
        crossed = ((bx - ax) * (y - ay) - (by - ay) * (rays.x[ray] - ax) > 0) == up
        turn = np.where(up, 1, -1) if edges.weight is None else np.where(up, edges.weight[edge], -edges.weight[edge])
        winding += np.bincount(ray[crossed], turn[crossed], len(sizes)).astype(np.int64)
    return winding
