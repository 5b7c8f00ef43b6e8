"""What no tile engine can do without: reading the table, compressing the tiles, writing the archive."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Tuple

from tile_archives import TileArchive, raw

from geopub_plugin.backend.tiles.assemble import gzipped

_PIECE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bytes, and the seconds that one processor takes for them."""

    read: int
    reading: float
    compressed: int  # bytes before compression, identical tiles once
    compressing: float
    written: int
    writing: float


def limits_of(data: Path, layer: str, archive: TileArchive, path: Path) -> Limits:
    """Measure reading all rows of a table, compressing all tiles of an archive, and copying the archive."""
    reading, read = _read(data, layer)
    compressing, compressed = _compress(archive)
    return Limits(read, reading, compressed, compressing, path.stat().st_size, _write(path))


def _read(data: Path, layer: str) -> Tuple[float, int]:
    begun = time.perf_counter()
    with closing(sqlite3.connect(data)) as database:
        for _ in database.execute('SELECT * FROM "{}"'.format(layer.replace('"', '""'))):
            pass
    return time.perf_counter() - begun, data.stat().st_size


def _compress(archive: TileArchive) -> Tuple[float, int]:
    taken, size = 0.0, 0
    for stored in {data for _, data in archive.tiles()}:
        tile = raw(stored)
        begun = time.perf_counter()
        gzipped(tile)
        taken += time.perf_counter() - begun
        size += len(tile)
    return taken, size


def _write(path: Path) -> float:
    copy = path.with_suffix(".copy")
    begun = time.perf_counter()
    with path.open("rb") as source, copy.open("wb") as target:
        while True:
            piece = source.read(_PIECE)
            if not piece:
                break
            target.write(piece)
    taken = time.perf_counter() - begun
    copy.unlink()
    return taken
