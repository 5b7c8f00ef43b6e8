"""The work of one block: read, outline, and level by level from the bottom up to bytes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Callable, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..features.batch import Batch
from ..features.geopackage import GeoPackageTable
from ..features.ragged import concatenate
from ..features.schema import Bounds, Field
from .assemble import Content, LevelTiles, assembled
from .blocks import Block, TableShare
from .clip import to_tiles
from .coalesce import attribute_classes, coalesced
from .encode import encoded
from .generalise import GridPaths, at_level
from .grid import Cell
from .layer import LayerName, merged
from .limits import within
from .nodes import load_nodes
from .outline import shapes_of
from .plan import EXTENT, PyramidPlan, TablePlan
from .records import Records, records_of
from .remainder import Remainder, save, surviving, together
from .shapes import Shapes
from .stages import Square
from .thinning import thinned
from .unit_square import to_wgs84


class BlockTask(NamedTuple):
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


class UpperTask(NamedTuple):
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


class BlockResult(NamedTuple):
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
        projection = to_wgs84(source.schema.srs)
    records = records_of(batches, fields)
    geometries = concatenate([batch.geometries for batch in batches])
    floor = (plan.options.simplification / (EXTENT << level)) ** 2
    shapes = shapes_of(geometries, records.fids, projection, floor, nodes)
    return TableState(table, records, list(shapes.values()), LayerName.of(table.layer, names), thinning)


def climb(
    states: Sequence[TableState], plan: PyramidPlan, levels: Tuple[int, int], cell: Cell, area: Optional[Bounds],
    output: BinaryIO, claim: Optional[Callable[[int], bool]] = None,
) -> Tuple[List[LevelTiles], List[float]]:  # fmt: skip
    """Write the tiles of the levels that `claim` grants, or of all, from the bottom up, and time each.

    The states lose detail on the way.
    """
    made: List[LevelTiles] = []
    seconds: List[float] = []
    for level in range(levels[1], levels[0] - 1, -1):
        begun = time.monotonic()
        if claim is not None and not claim(level):
            passed(states, plan, level)
            continue
        contents = contents_at(states, plan, level, tiles_at(cell, level, area))
        tiles, data = assembled(contents, level, plan.budget, plan.options.coalesces_for_room)
        output.write(b"".join(data))
        made.append(tiles)
        seconds.append(time.monotonic() - begun)
    return made, seconds


def contents_at(
    states: Sequence[TableState], plan: PyramidPlan, level: int, tiles: Tuple[int, int, int, int]
) -> List[Content]:
    """Bring the states up to a level, and return what its tiles hold, from the first column and row to the last."""
    contents = []
    for state in states:
        paths = brought_up(state, plan, level)
        if not paths or level < state.plan.top_level:
            continue
        geometries = []
        for own, shapes in zip(paths, state.shapes):
            pieces = within(to_tiles(own, shapes.kind, tiles), plan.area, level)
            geometries.append(encoded(pieces, shapes, level))
        geometry = merged(geometries)
        if plan.options.coalesce:
            geometry = coalesced(geometry, attribute_classes(state.records))
        contents.append(Content(geometry, state.records, state.name))
    return contents


def brought_up(state: TableState, plan: PyramidPlan, level: int) -> List[GridPaths]:
    """Take from a table what a level does not show; return the paths of its shapes there, none below its levels."""
    above = state.plan.bottom_level - level
    if above < 0:
        return []
    every = []
    for place, shapes in enumerate(state.shapes):
        shapes = thinned(shapes, above, state.thinning)
        state.shapes[place], paths = at_level(shapes, level, plan.options, above == 0)
        every.append(paths)
    return every


def passed(states: Sequence[TableState], plan: PyramidPlan, level: int) -> None:
    """Go on to the levels above without the tiles of this one."""
    if plan.options.step_by_step:
        for state in states:
            brought_up(state, plan, level)


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
