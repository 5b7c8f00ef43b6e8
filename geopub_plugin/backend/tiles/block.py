"""The work of one block: read, outline, and level by level from the bottom up to bytes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO, Callable, List, Optional, Sequence, Tuple

import numpy as np

from ..features.batch import Batch
from ..features.geopackage import GeoPackageTable
from ..features.projection import Projection
from ..features.ragged import concatenate
from ..features.schema import Bounds, Field, Srs
from .assemble import Content, LevelTiles, assembled
from .blocks import Block, TableShare
from .clip import to_tiles
from .coalesce import attribute_classes, coalesced
from .encode import encoded
from .generalise import at_level
from .grid import Cell
from .layer import LayerName, merged
from .limits import within
from .nodes import load_nodes
from .outline import WGS84, shapes_of
from .plan import EXTENT, PyramidPlan, TablePlan
from .records import Records, records_of
from .remainder import Remainder, save, surviving, together
from .shapes import Shapes
from .stages import Square
from .thinning import thinned


@dataclass(frozen=True)
class BlockTask:
    """One block, or with `remainders` the levels above all blocks; picklable."""

    plan: PyramidPlan
    fields: Tuple[Tuple[Field, ...], ...]  # of each table, those that its tiles carry
    thinning: Tuple[int, ...]  # of each table, see `thinning.thinned`
    block: Block
    levels: Tuple[int, int]  # top and bottom
    area: Optional[Bounds]  # unit square
    output: Path  # contents of all tiles, one after the other
    remainder: Optional[Path]  # folder for what goes up; None when nothing does
    nodes: Tuple[Optional[Path], ...]  # of each table, a file of `nodes.write_nodes`; None where nobody asks for them


@dataclass(frozen=True)
class UpperTask:
    """A square of the levels above, from what squares below have left; picklable."""

    plan: PyramidPlan
    fields: Tuple[Tuple[Field, ...], ...]
    thinning: Tuple[int, ...]
    levels: Tuple[int, int]
    area: Optional[Bounds]
    output: Path
    square: Square
    remainder: Optional[Path]
    claims: Optional[Path] = None  # folder where processes that share the levels say which each of them writes


@dataclass(frozen=True)
class BlockResult:
    """The tiles of a block: by level, from the bottom up, in the order of `output`."""

    output: Path
    levels: Tuple[LevelTiles, ...]
    owned: int  # features
    seconds: Tuple[float, ...]  # of work for each of the levels


@dataclass
class TableState:
    """One table on its way up, losing detail with every level."""

    plan: TablePlan
    records: Records
    shapes: List[Shapes]
    name: LayerName
    thinning: int


def build_block(task: BlockTask) -> BlockResult:
    """Make the tiles of a block and what it hands up."""
    states = [
        read_state(
            share, fields, steps, task.plan, share.plan.bottom_level, None if nodes is None else load_nodes(nodes)
        )
        for share, fields, steps, nodes in zip(task.block.shares, task.fields, task.thinning, task.nodes)
        if len(share.fids)
    ]
    with task.output.open("wb") as output:
        made, seconds = climb(states, task.plan, task.levels, task.block.cell, task.area, output)
    if task.remainder is not None:
        _hand_up(states, [share.owned for share in task.block.shares if len(share.fids)], task.plan, task.remainder)
    owned = sum(int(share.owned.sum()) for share in task.block.shares)
    return BlockResult(task.output, tuple(made), owned, tuple(seconds))


def build_upper(task: UpperTask) -> BlockResult:
    """Make the tiles of levels above the blocks."""
    states, owned = [], []
    for place, (table, fields, steps) in enumerate(zip(task.plan.tables, task.fields, task.thinning)):
        own, beside = ([folder / str(place) for folder in some] for some in (task.square.own, task.square.beside))
        found, is_own = together(own, beside, task.square.box)
        if found is not None:
            name = LayerName.of(table.layer, [field.name for field in fields])
            states.append(TableState(table, found.records, found.shapes, name, steps))
            owned.append(is_own)
    with task.output.open("wb") as output:
        claim = None if task.claims is None else partial(claimed, task.claims)
        made, seconds = climb(states, task.plan, task.levels, task.square.cell, task.area, output, claim=claim)
    if task.remainder is not None:
        _hand_up(states, owned, task.plan, task.remainder)
    return BlockResult(task.output, tuple(made), 0, tuple(seconds))


def claimed(folder: Path, level: int) -> bool:
    """Claim a level for this process; say whether no other one was faster."""
    try:
        (folder / str(level)).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _hand_up(states: Sequence[TableState], owned: Sequence[np.ndarray], plan: PyramidPlan, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for state, own in zip(states, owned):
        save(surviving(Remainder(state.records, state.shapes), own), folder / str(plan.tables.index(state.plan)))


def read_state(
    share: TableShare, fields: Sequence[Field], thinning: int, plan: PyramidPlan, level: int,
    nodes: Optional[np.ndarray],
) -> TableState:  # fmt: skip
    """Read the features of a share with the detail that a level needs; `nodes` are the table's (see `nodes`)."""
    table = share.plan
    with GeoPackageTable(table.data, table.table) as source:
        names = [field.name for field in fields]
        batches: List[Batch] = list(source.batches(columns=names, fids=share.fids.tolist()))
        projection = _to_wgs84(source.schema.srs)
    records = records_of(batches, fields)
    geometries = concatenate([batch.geometries for batch in batches])
    floor = (plan.options.simplification / (EXTENT << level)) ** 2
    shapes = shapes_of(geometries, records.fids, projection, floor, nodes)
    return TableState(table, records, list(shapes.values()), LayerName.of(table.layer, names), thinning)


@lru_cache(maxsize=16)
def _to_wgs84(source: Optional[Srs]) -> Projection:
    """Return the way from a table's system to WGS 84; PROJ takes as long to find one as to go it ten thousand times."""
    return Projection(source or WGS84, WGS84)


def climb(
    states: Sequence[TableState], plan: PyramidPlan, levels: Tuple[int, int], cell: Cell, area: Optional[Bounds],
    output: BinaryIO, turn: Tuple[int, int] = (0, 1), claim: Optional[Callable[[int], bool]] = None,
) -> Tuple[List[LevelTiles], List[float]]:  # fmt: skip
    """Write the tiles of the levels whose turn it is, from the bottom up, and time each.

    Of `turn` (k, n) that are the levels `bottom` - k, and every n-th above, that `claim` grants. The states lose detail
    on the way.
    """
    made: List[LevelTiles] = []
    seconds: List[float] = []
    for level in range(levels[1], levels[0] - 1, -1):
        begun = time.monotonic()
        asked = (levels[1] - level) % turn[1] == turn[0] and (claim is None or claim(level))
        contents = contents_at(states, plan, level, tiles_at(cell, level, area), asked)
        if not asked:
            continue
        tiles, data = assembled(contents, level, plan.budget, plan.options.coalesces_for_room)
        output.write(b"".join(data))
        made.append(tiles)
        seconds.append(time.monotonic() - begun)
    return made, seconds


def contents_at(
    states: Sequence[TableState], plan: PyramidPlan, level: int, tiles: Tuple[int, int, int, int], asked: bool = True
) -> List[Content]:
    """Bring the states up to a level, and return what its tiles hold, from the first column and row to the last.

    Without anything but the states' new detail, where nothing is `asked` for.
    """
    contents = []
    for state in states:
        if level > state.plan.bottom_level:
            continue
        geometries = []
        for place, shapes in enumerate(state.shapes):
            shapes = thinned(shapes, state.plan.bottom_level - level, state.thinning)
            state.shapes[place], paths = at_level(shapes, level, plan.options, level == state.plan.bottom_level)
            if asked and level >= state.plan.top_level:
                pieces = within(to_tiles(paths, shapes.kind, tiles), plan.area, level)
                geometries.append(encoded(pieces, state.shapes[place], level))
        if geometries:
            geometry = merged(geometries)
            if plan.options.coalesce:
                geometry = coalesced(geometry, attribute_classes(state.records))
            contents.append(Content(geometry, state.records, state.name))
    return contents


def tiles_at(cell: Cell, level: int, area: Optional[Bounds]) -> Tuple[int, int, int, int]:
    """Return first column, first row, last column, last row of a cell's tiles that meet the area."""
    west, north, east, south = cell.range_at(level)
    if area is None:
        return west, north, east, south
    side = 1 << level
    return (
        max(west, int(np.floor(area[0] * side))), max(north, int(np.floor(area[1] * side))),
        min(east, int(np.ceil(area[2] * side)) - 1), min(south, int(np.ceil(area[3] * side)) - 1),
    )  # fmt: skip
