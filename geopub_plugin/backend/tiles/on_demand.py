"""One tile by itself, with the bytes that the pyramid of the same plan holds.

What becomes of a feature in a tile depends on the two alone, so a tile is a block of one cell: the features whose boxes
meet it are read and generalised for its level. Most of a large table is too small to be seen at a high level: what
certainly leaves nothing there is not read at all. The rest is read a piece at a time, and each piece keeps only what
the level shows of it before the next one is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from ..errors import Unavailable
from ..features.boxes import feature_boxes
from ..features.geopackage import GeoPackageTable, feature_tables
from ..features.schema import Bounds, Field
from ..translation import tr
from .assemble import LevelTiles
from .block import TableState, brought_up, climb, read_state
from .blocks import Spread, TableShare, bounds_of, boxes_meet, limits_of, margin_at, refuse_too_many, spreads_of
from .grid import Cell
from .nodes import nodes_among
from .plan import PyramidPlan, TablePlan
from .pyramid import bounds_told, tile_fields, vector_layers
from .remainder import Remainder, surviving, united
from .visibility import may_be_seen

PIECE = 1_500_000  # vertices that are read at a time: some 400 MB, and most tiles are one piece
MOST = 8_000_000  # vertices of one tile: six to twenty seconds


class TileNotYet(Unavailable):
    """The tile holds too much to be built while somebody waits for it; the finished pyramid will have it."""


@dataclass(frozen=True)
class _Boxes:
    """Where all the features of a table lie, in its own system, whatever the plan leaves out."""

    fids: np.ndarray  # int64 (N,) ascending
    boxes: np.ndarray  # float64 (N, 4)


class Places:
    """Where the features of one GeoPackage lie, found before anybody has said what is to be made of it."""

    def __init__(self, data: Path) -> None:
        """Look at every table.

        Raises:
            InvalidInput: the file cannot be read.
        """
        self._data = data
        tables = [TablePlan(data, schema.name, schema.name, 0, 0) for schema in feature_tables(data)]
        self._known = {table.table: spreads_of(PyramidPlan((table,)), None)[0] for table in tables}

    def spreads(self, plan: PyramidPlan) -> Optional[List[Spread]]:
        """Return what `blocks.spreads_of` would find for a plan, None where that has to look for itself."""
        tables = plan.tables
        if plan.near is not None or any(table.data != self._data or table.filter for table in tables):
            return None
        if any(table.table not in self._known for table in tables):
            return None
        spreads = [self._known[table.table]._replace(plan=table) for table in tables]
        for spread in spreads:
            refuse_too_many(spread.plan, _geometry_type(spread), spread.boxes, None)
        return spreads


class TileSource:
    """A plan made ready to build any of its tiles; what it keeps in memory is about 80 bytes a feature."""

    def __init__(
        self, plan: PyramidPlan, piece: int = PIECE, most: int = MOST, places: Optional[Places] = None
    ) -> None:
        """Find where the features lie; `piece` and `most` are vertices read at a time, and in all for one tile.

        `places` are those of the plan's file, or of another, if they are known.

        Raises:
            InvalidInput: the plan names an attribute or a table that is not there.
            TooLarge: the pyramid would have too many tiles.
        """
        self.plan = plan
        self._piece, self._most = piece, most
        self.fields: Tuple[Tuple[Field, ...], ...] = tuple(tile_fields(table) for table in plan.tables)
        known = places.spreads(plan) if places is not None else None
        self.spreads: List[Spread] = known or spreads_of(plan, plan.near)
        self._types = [_geometry_type(spread) for spread in self.spreads]
        self._every: Dict[int, _Boxes] = {}

    @property
    def bounds(self) -> Bounds:
        """The bounds in longitude and latitude, as the pyramid tells them."""
        return bounds_told(bounds_of(np.concatenate([spread.boxes for spread in self.spreads])), self.plan)

    @property
    def vector_layers(self) -> List[Dict[str, Any]]:
        """The layers and their attributes, as the pyramid tells them."""
        return vector_layers(self.plan, self.fields)

    def tile(self, z: int, x: int, y: int) -> Optional[bytes]:
        """Return a tile compressed with gzip, None where the pyramid has none.

        Raises:
            TileNotYet: it shows too many features to be built at once.
        """
        if not self.plan.top_level <= z <= self.plan.bottom_level or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        cell = Cell(z, x, y)
        if self.weight(cell) > self._most:
            raise _too_much(cell)
        return self.made(cell)[1] or None

    def weight(self, cell: Cell) -> float:
        """Return how many vertices, about, have to be read for a tile."""
        rows = [self.rows(place, cell) for place in range(len(self.spreads))]
        return sum(float(spread.weights[some].sum()) for spread, some in zip(self.spreads, rows))

    def made(self, cell: Cell) -> Tuple[LevelTiles, bytes]:
        """Build a tile, whatever it weighs; return what is to be said of it, and its bytes."""
        shares = [(place, self.rows(place, cell)) for place in range(len(self.spreads))]
        states = [state for place, rows in shares for state in self.states(place, rows, cell.z)]
        output = BytesIO()
        (tiles,), _ = climb(states, self.plan, (cell.z, cell.z), cell, self.plan.near, output)
        return tiles, output.getvalue()

    def rows(self, place: int, cell: Cell) -> np.ndarray:
        """Return the features of a table that may show something in a tile: int64 (n,) places, ascending."""
        spread = self.spreads[place]
        if not spread.plan.top_level <= cell.z <= spread.plan.bottom_level:
            return np.zeros(0, np.int64)
        near = np.flatnonzero(boxes_meet(spread.boxes, limits_of(cell, margin_at(cell.z, self.plan))))
        return near[may_be_seen(spread, near, self._types[place], cell.z, self.plan.options)]

    def states(self, place: int, rows: np.ndarray, z: int) -> List[TableState]:
        """Return the table with these features (see `rows`) for a level; nothing where nothing is left of them."""
        if len(rows) == 0:
            return []
        spread, fields = self.spreads[place], self.fields[place]
        fids = spread.fids[rows]
        nodes = self._nodes(place, fids) if self.plan.options.needs_nodes else None
        edges = np.flatnonzero(np.diff(np.cumsum(spread.weights[rows]) // self._piece)) + 1
        several = []
        for some in np.split(fids, edges):
            share = TableShare(spread.plan, some, np.ones(len(some), bool))
            level = self._read_level(spread, z)
            state = read_state(share, fields, spread.thinning, self.plan, level, nodes)
            if level > z or len(edges):
                for below in range(level, z - 1, -1):
                    brought_up(state, self.plan, below)
            if not len(edges):
                return [state]
            left = surviving(Remainder(state.records, state.shapes), np.ones(len(some), bool))
            several.append((left, True))
        merged, _ = united(several)
        if merged is None:
            return []
        return [TableState(spread.plan, merged.records, merged.shapes, state.name, spread.thinning)]

    def _read_level(self, spread: Spread, z: int) -> int:
        """Return the level for which features are read: the one asked for, unless it depends on those below."""
        return spread.plan.bottom_level if self.plan.options.step_by_step else z

    def _nodes(self, place: int, fids: np.ndarray) -> np.ndarray:
        """Return the nodes of some features: those that they have in common with each other and with all others."""
        if place not in self._every:
            self._every[place] = _every_box(self.spreads[place])
        every = self._every[place]
        own = every.boxes[np.searchsorted(every.fids, fids)]
        around = np.append(own[:, :2].min(axis=0), own[:, 2:].max(axis=0))
        meets = (every.boxes[:, :2] <= around[2:]).all(axis=1) & (every.boxes[:, 2:] >= around[:2]).all(axis=1)
        table = self.spreads[place].plan
        with GeoPackageTable(table.data, table.table) as source:
            batches = source.batches(columns=(), fids=every.fids[meets].tolist())
            return nodes_among((batch.geometries for batch in batches), self.plan.options)


def _every_box(spread: Spread) -> _Boxes:
    with GeoPackageTable(spread.plan.data, spread.plan.table) as source:
        return _Boxes(*feature_boxes(source))


def _geometry_type(spread: Spread) -> str:
    with GeoPackageTable(spread.plan.data, spread.plan.table) as source:
        return source.schema.geometry_type


def _too_much(cell: Cell) -> TileNotYet:
    return TileNotYet(
        tr("The tile {z}/{x}/{y} is not there yet.", z=cell.z, x=cell.x, y=cell.y),
        tr("It shows too many features to be built before the pyramid is finished."),
        tr("Zoom in, or ask again when the pyramid is finished."),
    )
