"""What tile archives hold, read apart from the engine: PMTiles by its reference library, MBTiles by SQLite."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterator, List, Optional, Tuple

from pmtiles.reader import MmapSource, Reader, all_tiles

Tile = Tuple[Tuple[int, int, int], bytes]  # (level, column, row from the north), content as stored


class TileArchive:
    """An open archive."""

    def tiles(self) -> Iterator[Tile]:
        """Yield all tiles, as stored."""
        raise NotImplementedError

    def tile(self, level: int, column: int, row: int) -> Optional[bytes]:
        """Return one tile as stored, None where there is none."""
        raise NotImplementedError

    def metadata(self) -> Dict[str, Any]:
        """Return what the archive says of itself."""
        raise NotImplementedError


class _PMTiles(TileArchive):
    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        self._bytes = MmapSource(self._file)
        self._reader = Reader(self._bytes)

    def tiles(self) -> Iterator[Tile]:
        yield from all_tiles(self._bytes)

    def tile(self, level: int, column: int, row: int) -> Optional[bytes]:
        found: Optional[bytes] = self._reader.get(level, column, row)
        return found

    def metadata(self) -> Dict[str, Any]:
        told: Dict[str, Any] = self._reader.metadata()
        return told


class _MBTiles(TileArchive):
    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = sqlite3.connect(path)

    def tiles(self) -> Iterator[Tile]:
        with closing(sqlite3.connect(self._path)) as database:
            rows = database.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles")
            for level, column, row, data in rows:
                yield (level, column, (1 << level) - 1 - row), data

    def tile(self, level: int, column: int, row: int) -> Optional[bytes]:
        asked = (level, column, (1 << level) - 1 - row)
        sql = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        found = self._database.execute(sql, asked).fetchone()
        return found[0] if found else None

    def metadata(self) -> Dict[str, Any]:
        return dict(self._database.execute("SELECT name, value FROM metadata").fetchall())


def opened(path: Path) -> TileArchive:
    """Open an archive."""
    return _PMTiles(path) if path.suffix == ".pmtiles" else _MBTiles(path)


@dataclass
class LevelContents:
    """One level; a feature counts once for every tile that holds it."""

    tiles: int = 0
    features: int = 0
    size: int = 0  # bytes, identical tiles counted once
    largest: int = 0  # bytes


def contents_of(archive: TileArchive) -> Dict[int, LevelContents]:
    """Count what an archive holds, by level."""
    found: Dict[int, LevelContents] = {}
    known: Dict[bytes, int] = {}
    for (level, _, _), data in archive.tiles():
        of_level = found.setdefault(level, LevelContents())
        count = known.get(data)
        if count is None:
            count = known[data] = sum(len(layer) for layer in layers(raw(data)))
            of_level.size += len(data)
        of_level.tiles += 1
        of_level.features += count
        of_level.largest = max(of_level.largest, len(data))
    return dict(sorted(found.items()))


def dropped(archive: TileArchive) -> Dict[int, int]:
    """Return, by level, how many features tippecanoe says it left out to keep to a rate or to the size of tiles."""
    told = archive.metadata().get("strategies", "[]")
    strategies = json.loads(told) if isinstance(told, str) else told
    return {
        level: sum(count for name, count in one.items() if name.startswith(("dropped", "coalesced", "truncated")))
        for level, one in enumerate(strategies)
    }


def raw(data: bytes) -> bytes:
    """Return a tile that is stored compressed, or not."""
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def layers(tile: bytes) -> List[List[bytes]]:
    """Return the features of each layer of a tile, as messages (MVT 2.1, 4.1: field 2 of field 3)."""
    return [
        [one for number, one in _messages(layer) if number == 2] for number, layer in _messages(tile) if number == 3
    ]


def geometry(feature: bytes) -> Tuple[int, bytes]:
    """Return the kind of a feature (1 point, 2 line, 3 polygon) and its packed commands."""
    kind, commands, at = 0, b"", 0
    while at < len(feature):
        key = feature[at]
        value, at = _varint(feature, at + 1)
        if key & 7 == 2:
            if key == 0x22:
                commands = feature[at : at + value]
            at += value
        elif key == 0x18:
            kind = value
    return kind, commands


def _messages(data: bytes) -> List[Tuple[int, bytes]]:
    """Return (number, content) of the fields of a message that have a length; others are passed over."""
    found, at, end = [], 0, len(data)
    while at < end:
        key = data[at]
        size, at = _varint(data, at + 1)
        if key & 7 == 2:
            found.append((key >> 3, data[at : at + size]))
            at += size
    return found


def _varint(data: bytes, at: int) -> Tuple[int, int]:
    value = data[at]
    at += 1
    if value < 0x80:
        return value, at
    value &= 0x7F
    shift = 7
    while True:
        octet = data[at]
        at += 1
        value |= (octet & 0x7F) << shift
        if octet < 0x80:
            return value, at
        shift += 7
