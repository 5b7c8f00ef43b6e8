"""What a pyramid turned out to be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Dict, Iterable, List, Tuple

import numpy as np

from ..features.schema import Bounds
from .assemble import LevelTiles
from .block import BlockResult
from .grid import tile_of

_LARGEST = 5


@dataclass(frozen=True)
class LargeTile:
    """One of the largest tiles of a level."""

    z: int
    x: int
    y: int
    bytes: int
    path: str  # to be joined to the address of the tile service


@dataclass(frozen=True)
class LevelReport:
    """One level; a feature counts once for every tile that holds it."""

    level: int
    tiles: int
    features: int
    dropped: int  # left out for the sake of the byte budget
    bytes: int  # compressed, identical tiles counted each time
    seconds: float  # of work, summed over the processes
    largest: Tuple[LargeTile, ...]


@dataclass(frozen=True)
class PyramidReport:
    """The whole pyramid."""

    levels: Tuple[LevelReport, ...]
    features: int  # read
    tiles: int
    size: int  # bytes of the archive
    bounds: Bounds  # longitude and latitude
    seconds: float  # from beginning to end
    copied: int = 0  # tiles that are as they were in the previous pyramid

    @property
    def rebuilt(self) -> int:
        """Tiles that were made."""
        return self.tiles - self.copied

    @property
    def dropped(self) -> int:
        """Features left out of single tiles, summed over all of them."""
        return sum(level.dropped for level in self.levels)

    def as_json(self) -> Dict[str, Any]:
        """Return the wire form."""
        return {**asdict(self), "rebuilt": self.rebuilt}


def level_report(level: int, blocks: Iterable[BlockResult]) -> LevelReport:
    """Sum up one level over all blocks; none has it where nothing is left of what an area shows below."""
    found: List[LevelTiles] = []
    seconds = 0.0
    for block in blocks:
        for tiles, time in zip(block.levels, block.seconds):
            if tiles.level == level:
                found.append(tiles)
                seconds += time
    none = np.zeros(0, np.int64)
    ids = np.concatenate([none, *(tiles.ids for tiles in found)])
    sizes = np.concatenate([none, *(tiles.sizes[tiles.content] for tiles in found)])
    features, dropped = (sum(getattr(tiles, name) for tiles in found) for name in ("features", "dropped"))
    return level_report_of(level, ids, sizes, features, dropped, seconds)


def level_report_of(
    level: int, ids: np.ndarray, sizes: np.ndarray, features: int, dropped: int, seconds: float
) -> LevelReport:
    """Describe a level by its T tiles: their numbers and sizes, int64 (T,) each."""
    order = np.argsort(-sizes, kind="stable")[:_LARGEST]
    return LevelReport(
        level=level,
        tiles=len(ids),
        features=features,
        dropped=dropped,
        bytes=int(sizes.sum()),
        seconds=round(seconds, 3),
        largest=tuple(_large(int(ids[place]), int(sizes[place])) for place in order),
    )


def _large(number: int, size: int) -> LargeTile:
    level, column, row = tile_of(number)
    return LargeTile(level, column, row, size, f"{level}/{column}/{row}.pbf")
