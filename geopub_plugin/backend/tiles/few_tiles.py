"""Chosen tiles of several levels, built from the data.

Tiles of neighbouring levels mostly show the same features, so these are read once for all of them, with the detail of
the lowest, and climb. Where the next level shows many times as many, it begins anew with its own detail.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterator, List, Mapping, Sequence, Tuple

import numpy as np

from .area import Area
from .assemble import LevelTiles, assembled
from .block import contents_at, passed
from .grid import Cell, tile_of
from .on_demand import TileSource

_MORE = 3  # times as many vertices as the level below: read again, with less detail
Places = Dict[int, List[Cell]]  # by level


def by_level(numbers: Sequence[int]) -> Places:
    """Return tiles by their level."""
    places: Places = {}
    for number in numbers:
        cell = Cell(*tile_of(number))
        places.setdefault(cell.z, []).append(cell)
    return places


class FewTiles:
    """Tiles to be built, and what has to be read for them."""

    def __init__(self, source: TileSource, places: Mapping[int, Sequence[Cell]]) -> None:
        """Find the features that the tiles show."""
        self._source, self._places = source, places
        self._turns: List[Tuple[List[int], List[np.ndarray]]] = []  # levels, and places of features in each table
        before = 0.0
        for level in sorted(places, reverse=True):
            rows = [self._rows(table, places[level]) for table in range(len(source.spreads))]
            weight = self._weight(rows)
            if not self._turns or weight > _MORE * before:
                self._turns.append(([level], rows))
                before = weight
                continue
            levels, known = self._turns[-1]
            levels.append(level)
            known[:] = [np.union1d(one, other) for one, other in zip(known, rows)]

    @property
    def weight(self) -> float:
        """How many vertices, about, have to be read."""
        return sum(self._weight(rows) for _, rows in self._turns)

    def built(self) -> Iterator[Tuple[LevelTiles, List[bytes]]]:
        """Yield the tiles, level by level, with their contents; tiles that show nothing are left out."""
        plan = self._source.plan
        for levels, rows in self._turns:
            states = [state for table, some in enumerate(rows) for state in self._source.states(table, some, levels[0])]
            for level in range(levels[0], levels[-1] - 1, -1):
                cells = self._places.get(level, ())
                if not cells:
                    passed(states, plan, level)
                    continue
                column, row = np.array([(cell.x, cell.y) for cell in cells], np.int64).T
                limits = (int(column.min()), int(row.min()), int(column.max()), int(row.max()))
                chosen = replace(plan, area=Area.of_tiles({level: (column, row)}))
                contents = contents_at(states, chosen, level, limits)
                yield assembled(contents, level, plan.budget, plan.options.coalesces_for_room)

    def _rows(self, table: int, cells: Sequence[Cell]) -> np.ndarray:
        return np.unique(np.concatenate([self._source.rows(table, cell) for cell in cells]))

    def _weight(self, rows: Sequence[np.ndarray]) -> float:
        return sum(float(spread.weights[some].sum()) for spread, some in zip(self._source.spreads, rows))
