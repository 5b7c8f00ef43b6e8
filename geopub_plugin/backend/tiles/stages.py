"""The levels above the blocks: in stages upwards, each a few squares that hold what squares below have left.

As with the blocks, a stage's squares have a bounded number of vertices, and the result does not depend on them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..features.schema import Bounds
from .blocks import DEEP, hilbert_quarters, margin_at
from .grid import WORLD, Cell
from .plan import PyramidPlan
from .remainder import extent_of


class Left(NamedTuple):
    """What one square has left for the levels above: a folder with a remainder for each table."""

    cell: Cell
    folder: Path
    weight: float  # vertices, about
    bounds: Optional[Bounds]  # unit square


class Square(NamedTuple):
    """One square of a stage, and what it reads."""

    cell: Cell
    box: Bounds  # unit square, with its margin
    own: Tuple[Path, ...]  # folders of the squares within it, whose features it hands up
    beside: Tuple[Path, ...]  # folders of others that reach into it


class Stage(NamedTuple):
    """Squares in the order of the Hilbert curve, and the levels that they make."""

    levels: Tuple[int, int]  # top and bottom
    squares: Tuple[Square, ...]


def left_of(cell: Cell, folder: Path) -> Left:
    """Return what a square has left in a folder."""
    extents = [extent_of(path) for path in sorted(folder.iterdir())]
    boxes = [extent.bounds for extent in extents if extent.bounds is not None]
    bounds = None
    if boxes:
        bounds = (
            min(box[0] for box in boxes), min(box[1] for box in boxes),
            max(box[2] for box in boxes), max(box[3] for box in boxes),
        )  # fmt: skip
    return Left(cell, folder, sum(extent.weight for extent in extents), bounds)


def stage(left: Sequence[Left], bottom: int, plan: PyramidPlan, limit: int) -> Stage:
    """Return the next stage upwards, whose greatest level is `bottom`."""
    cells = list(_cells(WORLD, [one for one in left if one.bounds is not None], bottom, limit))
    top = max(plan.top_level, max(cell.z for cell in cells))
    margin = margin_at(top, plan)
    squares = [_square(cell, left, margin) for cell in cells]
    return Stage((top, bottom), tuple(one for one in squares if one.own or one.beside))


def _cells(cell: Cell, own: Sequence[Left], bottom: int, limit: int) -> Iterator[Cell]:
    """Yield the cell, or its quarters if it is too heavy; empty ones too, for what crosses them.

    What lies in one cell of the greatest level is one square in any case: it is not cut, so that it makes all levels.
    """
    whole = cell.z >= bottom or any(one.cell.z <= cell.z for one in own)
    light = sum(one.weight for one in own) <= limit or _lie_in_one(own, bottom)
    if whole or (light and cell.z >= bottom - DEEP) or not own:
        yield cell
        return
    for x, y in hilbert_quarters(cell):
        quarter = Cell(cell.z + 1, x, y)
        yield from _cells(quarter, [one for one in own if _within(one.cell, quarter)], bottom, limit)


def _lie_in_one(own: Sequence[Left], level: int) -> bool:
    """Say whether all these squares lie in the same cell of a level."""
    cells = [one.cell for one in own]
    if min((cell.z for cell in cells), default=-1) < level:
        return False
    return len({(cell.x >> (cell.z - level), cell.y >> (cell.z - level)) for cell in cells}) == 1


def _within(cell: Cell, square: Cell) -> bool:
    shift = cell.z - square.z
    return shift >= 0 and cell.x >> shift == square.x and cell.y >> shift == square.y


def _square(cell: Cell, left: Sequence[Left], margin: float) -> Square:
    side = 2.0**-cell.z
    box = (
        cell.x * side - margin, cell.y * side - margin, (cell.x + 1) * side + margin, (cell.y + 1) * side + margin,
    )  # fmt: skip
    own: List[Path] = []
    beside: List[Path] = []
    for one in left:
        if one.bounds is None:
            continue
        if _within(one.cell, cell):
            own.append(one.folder)
        elif _meet(one.bounds, box):
            beside.append(one.folder)
    return Square(cell, box, tuple(own), tuple(beside))


def _meet(one: Bounds, other: Bounds) -> bool:
    return one[2] >= other[0] and one[0] <= other[2] and one[3] >= other[1] and one[1] <= other[3]
