"""What a change makes of features that did not change: vertices that they share with it become nodes, or no longer are.

Only what lies near a change has to be looked at. Whether a vertex is a node depends on the features that have it, and
these all have it in their boxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Tuple

import numpy as np

from ..features.batch import Geometries
from ..features.boxes import feature_boxes
from ..features.geopackage import GeoPackageTable
from .blocks import Spread
from .changes import Changes
from .nodes import are_nodes, nodes_among
from .options import Generalisation

_SIDE = 1024  # cells of the grid on which boxes are compared


@dataclass(frozen=True)
class Neighbours:
    """What the changes of a table do to the rest of it."""

    remade: np.ndarray  # int64 (n,) keys of features that stayed, but have other nodes than before
    before: np.ndarray  # uint64 (m,) ascending: the nodes of everything changed or remade, as they were
    after: np.ndarray  # uint64 (m,) as they are


@dataclass(frozen=True)
class _Boxes:
    """Where all the features of a table lie, in its own system, whatever the plan leaves out."""

    data: Path
    table: str
    fids: np.ndarray  # int64 (N,) ascending
    boxes: np.ndarray  # float64 (N, 4)

    @classmethod
    def of(cls, spread: Spread) -> _Boxes:
        with GeoPackageTable(spread.plan.data, spread.plan.table) as source:
            return cls(spread.plan.data, spread.plan.table, *feature_boxes(source))

    def some(self, fids: np.ndarray) -> np.ndarray:
        """Return the boxes of these features, as far as they have any: float64 (n, 4)."""
        return self.boxes[np.isin(self.fids, fids)]

    def near(self, marks: np.ndarray) -> np.ndarray:
        """Return the features that may meet boxes: int64 (n,) keys, ascending."""
        return self.fids[near_any(self.boxes, marks)]

    def shapes(self, fids: np.ndarray) -> Iterator[Tuple[np.ndarray, Geometries]]:
        """Yield keys and geometries, a batch at a time."""
        with GeoPackageTable(self.data, self.table) as source:
            for batch in source.batches(columns=(), fids=fids.tolist()):
                yield batch.fids, batch.geometries


def neighbours_of(old: Spread, new: Spread, changes: Changes, options: Generalisation) -> Neighbours:
    """Find what else is not as it was; `changes` tells what moved, whether it is shown or not."""
    was, now = _Boxes.of(old), _Boxes.of(new)
    around = np.concatenate([was.some(changes.moved), now.some(changes.moved)])
    beside = np.setdiff1d(now.near(around), changes.moved)  # stayed, so the same in both
    other = np.setxor1d(
        _nodes(was, changes.moved, now, beside, options), _nodes(now, changes.moved, now, beside, options)
    )
    remade = [fids[_with_node(geometries, other)] for fids, geometries in now.shapes(beside)]
    several = np.sort(np.concatenate([np.zeros(0, np.int64), *remade]))
    shown = np.unique(np.concatenate([changes.before, changes.after, changes.moved, several]))
    around = np.concatenate([was.some(shown), now.some(shown)])
    beside = np.setdiff1d(now.near(around), changes.moved)
    return Neighbours(
        several, _nodes(was, changes.moved, now, beside, options), _nodes(now, changes.moved, now, beside, options)
    )


def _nodes(one: _Boxes, moved: np.ndarray, other: _Boxes, beside: np.ndarray, options: Generalisation) -> np.ndarray:
    """Return the nodes of what moved, in one revision, with what stayed beside it: uint64 (n,)."""
    return nodes_among(
        (shapes for source, fids in ((one, moved), (other, beside)) for _, shapes in source.shapes(fids)), options
    )


def _with_node(geometries: Geometries, nodes: np.ndarray) -> np.ndarray:
    """Return which features have one of the nodes among their vertices: bool (N,)."""
    hits = np.concatenate([[0], np.cumsum(are_nodes(nodes, geometries.x, geometries.y))])  # (V+1,)
    start = geometries.path_start[geometries.part_start[geometries.feature_start]]  # (N+1,) vertices
    return np.asarray(hits[start[1:]] > hits[start[:-1]])


def near_any(boxes: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Return which boxes (float64 (N, 4)) meet one of the marks (float64 (M, 4)), and some that nearly do: bool (N,).

    On a grid over the marks: cells that a mark touches count, and a summed-area table (Crow 1984) tells of each box how
    many of them it touches.
    """
    if len(marks) == 0 or len(boxes) == 0:
        return np.zeros(len(boxes), bool)
    low, high = marks[:, :2].min(axis=0), marks[:, 2:].max(axis=0)
    scale = _SIDE / np.where(high > low, high - low, 1.0)
    meets = ((boxes[:, :2] <= high) & (boxes[:, 2:] >= low)).all(axis=1)
    first, last = _cells(marks, low, scale)
    counts = np.zeros((_SIDE + 1, _SIDE + 1), np.int64)
    for x, y, sign in (
        (first[:, 0], first[:, 1], 1), (last[:, 0] + 1, first[:, 1], -1),
        (first[:, 0], last[:, 1] + 1, -1), (last[:, 0] + 1, last[:, 1] + 1, 1),
    ):  # fmt: skip
        np.add.at(counts, (x, y), sign)
    marked = counts.cumsum(axis=0).cumsum(axis=1)[:_SIDE, :_SIDE] > 0
    sums = np.zeros((_SIDE + 1, _SIDE + 1), np.int64)
    sums[1:, 1:] = marked.cumsum(axis=0).cumsum(axis=1)
    first, last = _cells(boxes[meets], low, scale)
    (x, y), (x2, y2) = first.T, last.T + 1
    meets[meets] = sums[x2, y2] - sums[x, y2] - sums[x2, y] + sums[x, y] > 0
    return np.asarray(meets)


def _cells(boxes: np.ndarray, low: np.ndarray, scale: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the first and the last cell of each box: int64 (n, 2) column and row."""
    first, last = ((edge - low) * scale for edge in (boxes[:, :2], boxes[:, 2:]))
    return tuple(np.clip(np.floor(one), 0, _SIDE - 1).astype(np.int64) for one in (first, last))  # type: ignore[return-value]
