"""How the work is cut: blocks of tiles with a bounded number of vertices, and one split level above them.

A block is a square of the quadtree. It makes all its tiles from the split level down, and leaves what its features
still are above. Where everything is in one square, blocks are slices of its features instead, which make no tiles: all
levels are above them. The result does not depend on the cut: what becomes of a feature in a tile depends on the two
alone.
"""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..errors import TooLarge
from ..features.boxes import feature_boxes, geometry_bytes
from ..features.geopackage import GeoPackageTable
from ..features.projection import Projection
from ..features.schema import Bounds
from ..translation import tr
from .grid import WORLD, Cell, tile_id
from .plan import BUFFER, EXTENT, PyramidPlan, TablePlan
from .row_filter import condition_of
from .thinning import thinning_steps
from .unit_square import to_wgs84, unit_square
from .wide_boxes import reach_poles

VERTEX_BYTES = 16
DEEP = 10  # levels at most below a block's square: a million tiles
_SLACK = 0.05  # of a box's size, for borders that reprojection bends
_MOST_TILES = 50_000_000
_WHOLE, _READ = 2, 1.25  # a square so many times too heavy is not cut where its blocks would read so many times as much
_ALONG = (0.0, 0.5, 1.0)


class TableShare(NamedTuple):
    """The features of one table that a block reads."""

    plan: TablePlan
    fids: np.ndarray  # int64 (n,) ascending
    owned: np.ndarray  # bool (n,) those that this block hands up; each feature has one owner


class Block(NamedTuple):
    """One square of the quadtree and what it reads."""

    cell: Cell
    shares: Tuple[TableShare, ...]
    weight: float  # vertices, about


class Cut(NamedTuple):
    """Blocks in the order of the Hilbert curve, and the level from which they make their tiles."""

    split_level: int
    blocks: Tuple[Block, ...]
    features: int
    thinning: Tuple[int, ...]  # of each table, see `thinning.thinned`
    bounds: Optional[Bounds]  # of all features in the unit square, None without any


class Spread(NamedTuple):
    """Where the features of one table lie, and what they weigh."""

    plan: TablePlan
    fids: np.ndarray  # int64 (N,)
    boxes: np.ndarray  # float64 (N, 4) unit square
    weights: np.ndarray  # float64 (N,) vertices
    thinning: int


class _Placed(NamedTuple):
    """The features of all tables in a row."""

    boxes: np.ndarray  # float64 (N, 4) unit square
    centres: np.ndarray  # float64 (N, 2)
    weights: np.ndarray  # float64 (N,) vertices
    extent: np.ndarray  # float64 (2, 2) the least and the greatest x and y of a centre


_Square = Tuple[Cell, np.ndarray]  # and the rows whose centres are in it


def cut(plan: PyramidPlan, limit: int, area: Optional[Bounds] = None) -> Cut:
    """Cut a pyramid into blocks of at most about `limit` vertices; `area` is in the unit square."""
    return cut_of(spreads_of(plan, area), plan, limit)


def spreads_of(plan: PyramidPlan, area: Optional[Bounds]) -> List[Spread]:
    """Return where the features of each table lie that are near the area (in the unit square)."""
    return [_spread(table, area) for table in plan.tables]


def cut_of(spreads: Sequence[Spread], plan: PyramidPlan, limit: int) -> Cut:
    """Cut features into blocks of at most about `limit` vertices."""
    boxes = np.concatenate([spread.boxes for spread in spreads])
    if len(boxes) == 0:
        return Cut(plan.top_level, (), 0, (0,) * len(spreads), None)
    centres = np.clip((boxes[:, :2] + boxes[:, 2:]) / 2, 0, 1 - 1e-12)  # (N, 2)
    weights = np.concatenate([spread.weights for spread in spreads])
    placed = _Placed(boxes, centres, weights, np.stack([centres.min(axis=0), centres.max(axis=0)]))
    found = _descend(WORLD, np.arange(len(boxes)), placed, limit, plan)
    squares = [square for square, _ in found]
    split = max(plan.top_level, max(square.z for square in squares))
    return Cut(
        split,
        tuple(_blocks(found, boxes, spreads, margin_at(split, plan))),
        len(boxes),
        tuple(spread.thinning for spread in spreads),
        bounds_of(boxes),
    )


def sliced(whole: Cut, spreads: Sequence[Spread], plan: PyramidPlan, limit: int) -> Cut:
    """Return a cut with a single square that owns features as one into slices of at most about `limit` vertices.

    So several processes can read them, and afterwards share the levels. Other cuts are returned as they are.
    """
    owners = [block for block in whole.blocks if any(share.owned.any() for share in block.shares)]
    if len(owners) != 1 or owners[0].weight <= limit:
        return whole
    (square,) = owners  # that owns all features
    count = int(-(-square.weight // limit))
    edges = []  # of each table, the first feature of every slice
    for spread in spreads:
        share_of_all = spread.weights.sum() * np.arange(1, count) / count
        inner = np.searchsorted(np.cumsum(spread.weights), share_of_all)
        edges.append([0, *inner.tolist(), len(spread.fids)])
    slices = []
    for number in range(count):
        shares = [
            TableShare(share.plan, share.fids[at[number] : at[number + 1]], share.owned[at[number] : at[number + 1]])
            for share, at in zip(square.shares, edges)
        ]
        slices.append(Block(square.cell, tuple(shares), square.weight / count))
    return whole._replace(split_level=plan.bottom_level + 1, blocks=tuple(slices))


def _descend(cell: Cell, rows: np.ndarray, placed: _Placed, limit: int, plan: PyramidPlan) -> List[_Square]:
    """Return the cell and its features (int64 (n,), ascending), or what its quarters return if it is too heavy.

    A cell that is too heavy by no more than a factor of two stays whole where most of it would be read several times.
    Empty squares are returned too, for what crosses them.
    """
    deepest = plan.bottom_level
    weight = float(placed.weights[rows].sum())
    too_deep = cell.z < deepest - DEEP
    if (not too_deep and (cell.z == deepest or weight <= limit)) or len(rows) == 0:
        return [(cell, rows)]
    squares: List[_Square] = []
    for quarter, own in _quarters(cell, rows, placed):
        squares += _descend(quarter, own, placed, limit, plan)
    if not too_deep and weight <= _WHOLE * limit:
        boxes, weights = placed.boxes[rows], placed.weights[rows]
        limits = (limits_of(square, margin_at(square.z, plan)) for square, _ in squares)
        read = sum(float(weights[boxes_meet(boxes, limit)].sum()) for limit in limits)
        if read > _READ * weight:
            return [(cell, rows)]
    return squares


def _quarters(cell: Cell, rows: np.ndarray, placed: _Placed) -> Iterator[_Square]:
    """Yield a cell's quarters with their features, in the order of the Hilbert curve."""
    side = 2.0 ** (cell.z + 1)
    if len(rows) == len(placed.boxes):  # often all of them lie in one quarter, and in one of that, and so on
        first, last = placed.extent * side >= (2 * cell.x + 1, 2 * cell.y + 1)  # bool (2,) each: east, south
        if (first == last).all():
            for x, y in hilbert_quarters(cell):
                yield Cell(cell.z + 1, x, y), rows if (x & 1, y & 1) == tuple(last) else rows[:0]
            return
    east = placed.centres[rows, 0] * side >= 2 * cell.x + 1  # bool (n,)
    south = placed.centres[rows, 1] * side >= 2 * cell.y + 1
    for x, y in hilbert_quarters(cell):
        yield Cell(cell.z + 1, x, y), rows[(east == (x & 1)) & (south == (y & 1))]


def hilbert_quarters(cell: Cell) -> Sequence[Tuple[int, int]]:
    """Return columns and rows of a cell's four quarters, in the order of the Hilbert curve."""
    quarters = [(2 * cell.x + i, 2 * cell.y + j) for i in (0, 1) for j in (0, 1)]
    return sorted(quarters, key=lambda quarter: tile_id(cell.z + 1, *quarter))


def margin_at(level: int, plan: PyramidPlan) -> float:
    """Return how far beyond its tiles of a level, and those below, a square has to read (unit square)."""
    return 2.0**-level * (BUFFER + plan.options.reach) / EXTENT


def _blocks(found: Sequence[_Square], boxes: np.ndarray, spreads: Sequence[Spread], margin: float) -> Iterator[Block]:
    """Yield the blocks that have something to read; `boxes` (float64 (N, 4)) are those of all spreads in a row."""
    limits = np.array([limits_of(square, margin) for square, _ in found])  # (M, 4) of squares with their margin
    owner = np.empty(len(boxes), np.int64)  # (N,) square
    for number, (_, rows) in enumerate(found):
        owner[rows] = number
    west, north, east, south = limits.T + np.array([[2], [2], [-2], [-2]]) * margin  # (M,) what no other square sees
    crosses = (boxes[:, 0] < west.take(owner)) | (boxes[:, 1] < north.take(owner))  # (N,)
    crosses |= (boxes[:, 2] > east.take(owner)) | (boxes[:, 3] > south.take(owner))
    crossing = np.flatnonzero(crosses)
    crossing_boxes, crossing_owner = boxes[crossing], owner[crossing]
    first = np.cumsum([0] + [len(spread.fids) for spread in spreads])
    for number, (square, rows) in enumerate(found):
        guests = crossing[boxes_meet(crossing_boxes, limits[number]) & (crossing_owner != number)]
        here = np.sort(np.concatenate([rows, guests]))
        if len(here) == 0:
            continue
        edges = np.searchsorted(here, first).tolist()
        weight, shares = 0.0, []
        for place, spread in enumerate(spreads):
            own = here[edges[place] : edges[place + 1]]
            weight += float(spread.weights[own - first[place]].sum())
            shares.append(TableShare(spread.plan, spread.fids[own - first[place]], owner[own] == number))
        yield Block(square, tuple(shares), weight)


def bounds_of(boxes: np.ndarray) -> Optional[Bounds]:
    """Return the bounds of boxes (float64 (N, 4)), None where there is none."""
    if len(boxes) == 0:
        return None
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def limits_of(cell: Cell, margin: float) -> Bounds:
    """Return the bounds of a square with its margin."""
    side = 2.0**-cell.z
    return cell.x * side - margin, cell.y * side - margin, (cell.x + 1) * side + margin, (cell.y + 1) * side + margin


def boxes_meet(boxes: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Return which boxes (float64 (n, 4)) meet the limits (float64 (4,)), over the antimeridian too: bool (n,)."""
    meets = (boxes[:, 2] >= limits[0]) & (boxes[:, 0] <= limits[2])
    meets |= (boxes[:, 2] - 1 >= limits[0]) | (boxes[:, 0] + 1 <= limits[2])
    meets &= (boxes[:, 3] >= limits[1]) & (boxes[:, 1] <= limits[3])
    return meets


def _spread(table: TablePlan, area: Optional[Bounds]) -> Spread:
    with GeoPackageTable(table.data, table.table) as source:
        fids, boxes = feature_boxes(source)
        condition = condition_of(table.filter, source.schema)
        if condition is not None:
            chosen = np.isin(fids, source.fids_where(condition))
            fids, boxes = fids[chosen], boxes[chosen]
        weights = geometry_bytes(source, fids) / VERTEX_BYTES  # headers weigh, too: as much as a feature's attributes
        geometry_type = source.schema.geometry_type
        boxes = _unit_boxes(boxes, to_wgs84(source.schema.srs))
        boxes = reach_poles(source, fids, boxes)
    thinning = thinning_steps(len(fids))  # of the whole table: a sample's tiles are the pyramid's
    if area is not None:
        near = (boxes[:, 2] >= area[0]) & (boxes[:, 0] <= area[2]) & (boxes[:, 3] >= area[1]) & (boxes[:, 1] <= area[3])
        fids, boxes, weights = fids[near], boxes[near], weights[near]
    refuse_too_many(table, geometry_type, boxes, area)
    return Spread(table, fids, boxes, weights, thinning)


def refuse_too_many(table: TablePlan, geometry_type: str, boxes: np.ndarray, area: Optional[Bounds]) -> None:
    """Raise TooLarge where polygons would fill more tiles than any disk is meant for."""
    if not ("POLYGON" in geometry_type or "SURFACE" in geometry_type) or len(boxes) == 0:
        return
    west, north, east, south = area or (0.0, 0.0, 1.0, 1.0)
    low = np.maximum(boxes[:, :2], (west, north))
    high = np.minimum(boxes[:, 2:], (east, south))
    covered = float(np.clip(high - low, 0, None).prod(axis=1).sum())
    tiles = int(min(covered, (east - west) * (south - north)) * 4.0**table.bottom_level)
    if tiles > _MOST_TILES:
        raise TooLarge(
            tr("The pyramid of “{table}” would have about {count} million tiles.", table=table.table,
               count=tiles // 1_000_000),
            tr("Its polygons cover that much at level {level}.", level=table.bottom_level),
            tr("Choose a bottom level that is smaller by a few, or a smaller area."),
        )  # fmt: skip


def _unit_boxes(boxes: np.ndarray, projection: Projection) -> np.ndarray:
    """Return boxes of a reference system in the unit square, a little too large: float64 (N, 4).

    A box that PROJ cannot follow, or that spans a pole or half the world, becomes the whole square.
    """
    at = [(i, j) for i in _ALONG for j in _ALONG if (i, j) != (0.5, 0.5)]
    if projection.same:  # parallels and meridians stay straight
        at = [(0.0, 0.0), (1.0, 1.0)]
    x = np.concatenate([boxes[:, 0] + i * (boxes[:, 2] - boxes[:, 0]) for i, _ in at])  # (k N,)
    y = np.concatenate([boxes[:, 1] + j * (boxes[:, 3] - boxes[:, 1]) for _, j in at])
    x, y = unit_square(projection, x, y)
    x, y = x.reshape(len(at), -1), y.reshape(len(at), -1)  # (k, N)
    made = np.stack([x.min(axis=0), y.min(axis=0), x.max(axis=0), y.max(axis=0)], axis=1)  # (N, 4)
    slack = _SLACK * (made[:, 2:] - made[:, :2]) + 1e-9
    made[:, :2] -= slack
    made[:, 2:] += slack
    unknown = ~np.isfinite(made).all(axis=1)
    if not projection.same:
        unknown |= made[:, 2] - made[:, 0] > 0.5
    made[unknown] = (0.0, 0.0, 1.0, 1.0)
    return made
