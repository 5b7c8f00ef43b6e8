"""PMTiles archives, read: mapped into memory, safe for any number of threads, without a lock."""

from __future__ import annotations

import gzip
import json
import mmap
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Optional, Tuple

import numpy as np
from pmtiles.tile import Compression, MagicNumberNotFound, SpecVersionUnsupported, deserialize_header

from ..errors import InvalidInput
from ..features.schema import Bounds
from ..translation import tr
from .directory import Entries, read
from .grid import tile_id, tile_of

_LEAVES = 256  # kept in memory at most
_HEADER = 127


class Archive:
    """One archive, open. Its tiles are handed out as they are stored."""

    def __init__(self, path: Path) -> None:
        """Open an archive; raise InvalidInput for a file that is none."""
        try:
            with path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._header = deserialize_header(self._data[:_HEADER])
            self._root = read(self._slice(self._header["root_offset"], self._header["root_length"]))
        except (ValueError, IndexError, MagicNumberNotFound, SpecVersionUnsupported) as error:
            raise InvalidInput(
                tr("The file {file} is not a PMTiles archive.", file=path.name),
                tr("Its header or its directory cannot be read."),
                tr("Build the pyramid again."),
            ) from error
        self._leaf: Callable[[int, int], Entries] = lru_cache(maxsize=_LEAVES)(self._read_leaf)

    @property
    def levels(self) -> Tuple[int, int]:
        """Top and bottom level."""
        return self._header["min_zoom"], self._header["max_zoom"]

    @property
    def bounds(self) -> Bounds:
        """Bounds in longitude and latitude."""
        names = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
        west, south, east, north = (self._header[name] / 1e7 for name in names)  # type: ignore[literal-required]
        return west, south, east, north

    @property
    def gzipped(self) -> bool:
        """Whether tiles are stored as gzip."""
        return bool(self._header["tile_compression"] == Compression.GZIP)

    @property
    def tile_count(self) -> int:
        """The number of tiles, those with the same content included."""
        return self._header["addressed_tiles_count"]

    def metadata(self) -> Dict[str, Any]:
        """Return what the archive says of itself: name, vector_layers and more."""
        stored = self._slice(self._header["metadata_offset"], self._header["metadata_length"])
        told: Dict[str, Any] = json.loads(gzip.decompress(stored))
        return told

    def tile(self, level: int, column: int, row: int) -> Optional[bytes]:
        """Return a tile as stored, None where there is none; column and row are counted from the north-west."""
        return self.numbered(tile_id(level, column, row))

    def numbered(self, number: int) -> Optional[bytes]:
        """Return the tile of a number (PMTiles v3 §4.1.1) as stored, None where there is none."""
        entries = self._root
        while True:
            place = int(np.searchsorted(entries.tile, number, "right")) - 1
            if place < 0:
                return None
            first, run = int(entries.tile[place]), int(entries.run[place])
            offset, length = int(entries.offset[place]), int(entries.length[place])
            if run == 0:
                entries = self._leaf(offset, length)
            elif number < first + run:
                return self._slice(self._header["tile_data_offset"] + offset, length)
            else:
                return None

    def tiles(self) -> Iterator[Tuple[Tuple[int, int, int], bytes]]:
        """Yield (level, column, row) and the stored bytes of every tile, in the order of their numbers."""
        for first, run, offset, length in self.runs():
            data = self.content(offset, length)
            for number in range(first, first + run):
                yield tile_of(number), data

    def runs(self) -> Iterator[Tuple[int, int, int, int]]:
        """Yield runs of tiles with the same content: first number, count, offset and length of the content."""
        for entries in self._all_entries():
            yield from zip(
                entries.tile.tolist(), entries.run.tolist(), entries.offset.tolist(), entries.length.tolist()
            )

    def directory(self) -> Entries:
        """Return all entries, as one."""
        several = list(self._all_entries())
        return Entries(
            *(np.concatenate([getattr(one, name) for one in several]) for name in ("tile", "run", "offset", "length"))
        )

    def content(self, offset: int, length: int) -> bytes:
        """Return stored bytes of a tile by their place."""
        return self._slice(self._header["tile_data_offset"] + offset, length)

    def ends(self, offsets: np.ndarray) -> np.ndarray:
        """Return the eight bytes before each offset (int64 (n,)) of the tile data, as numbers: uint64 (n,)."""
        stored = np.frombuffer(self._data, np.uint8)
        places = self._header["tile_data_offset"] + offsets[:, None] + np.arange(-8, 0)
        return stored[places].view(np.uint64)[:, 0]

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. No other thread may read from it any more."""
        self._data.close()

    def _all_entries(self) -> Iterator[Entries]:
        if len(self._root) and int(self._root.run[0]) == 0:
            for offset, length in zip(self._root.offset.tolist(), self._root.length.tolist()):
                yield self._read_leaf(offset, length)
        else:
            yield self._root

    def _read_leaf(self, offset: int, length: int) -> Entries:
        return read(self._slice(self._header["leaf_directory_offset"] + offset, length))

    def _slice(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]
