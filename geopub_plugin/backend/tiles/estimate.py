"""How many tiles a pyramid will have, how large it will be and how long it will take, before it is made.

Tiles are counted from the features' boxes. What a feature costs comes from its vertices, and from what is left of them
at each level; constants measured on the dev data turn it into bytes and seconds. A few small blocks, built for the
purpose, then say by how much this is wrong for these data.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..features.ragged import aranges
from ..features.schema import Bounds
from .block import BlockTask, build_block
from .blocks import Spread, cut_of, spreads_of
from .grid import WORLD, Cell
from .options import Generalisation
from .plan import BUFFER, EXTENT, PyramidPlan
from .pyramid import tile_fields
from .thinning import RATE

_PLACED = 3_000_000  # features in tiles that are looked at one by one; beyond, a level is inferred from those above
_TILE_BYTES, _FEATURE_BYTES, _VERTEX_BYTES = 70.0, 9.0, 1.7  # compressed
_TILE_WORK, _FEATURE_WORK = 12.0, 3.0  # as many vertices
_SECONDS = 1.1e-6  # for a vertex at a level
_POINT = 3.0  # vertices that a table's features weigh at most, where they are points
_DUST = 4.0  # square units
_SAMPLE = 40_000  # vertices of a block that is built
_SAMPLES = 3


@dataclass(frozen=True)
class LevelEstimate:
    """One level."""

    level: int
    tiles: int
    bytes: int


@dataclass(frozen=True)
class Estimate:
    """A pyramid that is not there yet."""

    levels: Tuple[LevelEstimate, ...]
    features: int
    tiles: int
    size: int  # bytes
    seconds: float

    def as_json(self) -> Dict[str, Any]:
        """Return the wire form."""
        return asdict(self)


@dataclass(frozen=True)
class _Load:
    """One level of some features."""

    tiles: float
    bytes: float
    work: float  # vertices, tiles and features counted as vertices


def estimate(plan: PyramidPlan, jobs: int = 1, sample: bool = False) -> Estimate:
    """Return the estimate of a pyramid made by so many processes; with `sample`, a few blocks are built for it."""
    area = plan.near
    spreads = spreads_of(plan, area)
    loads = _loads(spreads, plan, WORLD, plan.top_level)
    corrections = _Load(1.0, 1.0, 1.0)
    if sample and any(len(spread.fids) for spread in spreads):
        corrections = _corrections(spreads, plan, area)
    levels = tuple(
        LevelEstimate(level, max(round(load.tiles * corrections.tiles), int(load.tiles > 0)),
                      round(load.bytes * corrections.bytes))
        for level, load in sorted(loads.items())
    )  # fmt: skip
    seconds = sum(load.work for load in loads.values()) * _SECONDS * corrections.work / max(jobs, 1)
    features = sum(len(spread.fids) for spread in spreads)
    tiles, size = sum(level.tiles for level in levels), sum(level.bytes for level in levels)
    return Estimate(levels, features, tiles, size, round(seconds, 1))


def _loads(spreads: Sequence[Spread], plan: PyramidPlan, cell: Cell, top: int) -> Dict[int, _Load]:
    """Return the load of each level from `top` on within a cell."""
    found: Dict[int, _Load] = {}
    counted: List[float] = []  # tiles of the levels so far
    for level in range(top, plan.bottom_level + 1):
        shown = [spread for spread in spreads if spread.plan.top_level <= level <= spread.plan.bottom_level]
        ranges = [_ranges(spread, level, cell) for spread in shown]
        placed = sum(float(counts.sum()) for _, counts in ranges)
        if placed <= _PLACED:
            tiles = float(_distinct(ranges, level, plan))
        else:  # of areas four times as many, of lines twice
            tiles = (
                counted[-1] * min(max(counted[-1] / max(counted[-2], 1.0), 2.0), 4.0) if len(counted) > 1 else placed
            )
        counted.append(tiles)
        placed_whole = ranges if cell == WORLD else [_ranges(spread, level, WORLD) for spread in shown]
        shares = [here / np.maximum(whole, 1) for (_, here), (_, whole) in zip(ranges, placed_whole)]
        found[level] = _load(shown, [counts for _, counts in ranges], shares, level, tiles, plan.options)
    return found


def _ranges(spread: Spread, level: int, cell: Cell) -> Tuple[np.ndarray, np.ndarray]:
    """Return first column, first row, last column, last row (int64 (N, 4)) of the boxes' tiles; how many: (N,)."""
    side, margin = 2.0**level, BUFFER / EXTENT
    west, north, east, south = cell.range_at(level)
    low = np.floor(spread.boxes[:, :2] * side - margin).astype(np.int64)
    high = np.floor(spread.boxes[:, 2:] * side + margin).astype(np.int64)
    low, high = np.maximum(low, (west, north)), np.minimum(high, (east, south))
    return np.concatenate([low, high], axis=1), np.maximum(high - low + 1, 0).prod(axis=1)


def _distinct(ranges: Sequence[Tuple[np.ndarray, np.ndarray]], level: int, plan: PyramidPlan) -> int:
    """Return in how many different tiles the boxes lie."""
    keys = []
    for tiles, counts in ranges:
        wide = np.maximum(tiles[:, 2] - tiles[:, 0] + 1, 1)  # (N,)
        place = aranges(np.zeros(len(counts), np.int64), counts)  # (n,) of the tile among those of its box
        row, column = np.divmod(place, np.repeat(wide, counts))
        row, column = row + np.repeat(tiles[:, 1], counts), column + np.repeat(tiles[:, 0], counts)
        if plan.area is not None:
            inside = plan.area.meets(level, column, row)
            row, column = row[inside], column[inside]
        keys.append(np.unique((row << level) + column))
    return len(np.unique(np.concatenate(keys))) if keys else 0


def _load(
    shown: Sequence[Spread], placed: Sequence[np.ndarray], shares: Sequence[np.ndarray], level: int, tiles: float,
    options: Generalisation,
) -> _Load:  # fmt: skip
    """Return the load of a level: a vertex goes when the next is nearer than the tolerance, a feature when it is dust.

    `placed` says in how many tiles each feature is, `shares` how much of it that is: float64 (N,).
    """
    scale = 2.0**level * EXTENT
    vertices = features = 0.0
    for spread, counts, share in zip(shown, placed, shares):
        size = (spread.boxes[:, 2:] - spread.boxes[:, :2]) * scale  # (N, 2) units
        if spread.weights.max(initial=0) > _POINT:
            seen = np.clip(size.max(axis=1) / _DUST, 0, 1)  # (N,)
        else:
            seen = np.full(len(size), RATE ** -min(spread.plan.bottom_level - level, spread.thinning))
        left = np.minimum(spread.weights, 3 + 2 * size.sum(axis=1) / (options.simplification + 2))  # (N,)
        vertices += float((left * seen * share).sum())
        features += float((counts * seen).sum())
    weight = tiles * _TILE_BYTES + features * _FEATURE_BYTES + vertices * _VERTEX_BYTES
    return _Load(tiles, weight, tiles * _TILE_WORK + features * _FEATURE_WORK + vertices)


def _corrections(spreads: Sequence[Spread], plan: PyramidPlan, area: Optional[Bounds]) -> _Load:
    """Return by what tiles, bytes and seconds of the estimate are to be multiplied, from a few blocks."""
    small = cut_of(spreads, plan, _SAMPLE)
    by_weight = sorted(small.blocks, key=lambda block: block.weight)
    chosen = {round((place + 1) * (len(by_weight) - 1) / (_SAMPLES + 1)) for place in range(_SAMPLES)}
    fields = tuple(tile_fields(table) for table in plan.tables)
    found, expected = np.zeros(3), np.zeros(3)
    with tempfile.TemporaryDirectory() as folder:
        for number in sorted(chosen):
            block, output = by_weight[number], Path(folder) / str(number)
            levels = (small.split_level, plan.bottom_level)
            nodes = (None,) * len(plan.tables)
            result = build_block(BlockTask(plan, fields, small.thinning, block, levels, area, output, None, nodes))
            own = [_part(spread, share.fids) for spread, share in zip(spreads, block.shares)]
            loads = _loads(own, plan, block.cell, small.split_level).values()
            expected += np.sum([(load.tiles, load.bytes, load.work * _SECONDS) for load in loads], axis=0)
            found += np.sum([(len(one.ids), one.sizes[one.content].sum(), 0.0) for one in result.levels], axis=0)
            found[2] += sum(result.seconds)
    tiles, size, seconds = np.divide(found, expected, out=np.ones(3), where=(expected > 0) & (found > 0)).tolist()
    return _Load(tiles, size, seconds)


def _part(spread: Spread, fids: np.ndarray) -> Spread:
    rows = np.flatnonzero(np.isin(spread.fids, fids))
    return spread._replace(fids=spread.fids[rows], boxes=spread.boxes[rows], weights=spread.weights[rows])
