"""PMTiles archives, written: clustered, identical tiles stored once (PMTiles v3)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Dict, Iterable, List, Optional, Tuple, Type

import numpy as np
from pmtiles.tile import Compression, TileType, serialize_header

from ..features.schema import Bounds
from .assemble import LevelTiles
from .directory import root_and_leaves, run_lengths

_DATA = 16_384  # where tiles begin: header and root directory come before, leaves and metadata after


class ArchiveWriter:
    """An archive being written: levels from the top down, blocks in the order of the Hilbert curve."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("wb")
        self._file.write(bytes(_DATA))
        self._end = 0  # of the tile data, counted from _DATA
        self._known: Dict[Tuple[int, int, int], int] = {}  # digest and size -> offset
        self._contents = 0  # of another archive
        self._tiles: List[np.ndarray] = []
        self._offsets: List[np.ndarray] = []
        self._lengths: List[np.ndarray] = []

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._file.close()

    def add(self, tiles: LevelTiles, contents: BinaryIO) -> None:
        """Append the tiles of a level in a block, whose contents follow one another in `contents` from here on."""
        start = contents.tell()
        sizes = tiles.sizes.tolist()
        keys = zip(tiles.digests[:, 0].tolist(), tiles.digests[:, 1].tolist(), sizes)
        offsets: List[int] = []
        first = at = start  # contents[first:at] are new and not copied yet
        for key, size in zip(keys, sizes):
            known = self._known.get(key)
            if known is None:
                self._known[key] = known = self._end + at - first
                at += size
            else:
                self._copy(contents, first, at)
                at += size
                first = at
            offsets.append(known)
        self._copy(contents, first, at)
        contents.seek(at)
        self._tiles.append(tiles.ids)
        self._offsets.append(np.array(offsets, np.int64)[tiles.content])
        self._lengths.append(tiles.sizes[tiles.content])

    def _copy(self, contents: BinaryIO, first: int, last: int) -> None:
        contents.seek(first)
        left = last - first
        while left > 0:
            data = contents.read(min(left, 1 << 22))
            if not data:
                raise EOFError("the contents of a block end too early")
            self._file.write(data)
            self._end += len(data)
            left -= len(data)

    def take(self, ids: np.ndarray, content: np.ndarray, sizes: np.ndarray, pieces: Iterable[bytes]) -> None:
        """Write all tiles at once: T tiles (int64 (T,) each), n different contents (sizes: int64 (n,)) in pieces."""
        for piece in pieces:
            self._file.write(piece)
        self._end, self._contents = int(sizes.sum()), len(sizes)
        self._tiles.append(ids)
        self._offsets.append((np.cumsum(sizes) - sizes)[content])
        self._lengths.append(sizes[content])

    def finish(self, levels: Tuple[int, int], bounds: Bounds, metadata: Dict[str, Any]) -> None:
        """Write directories, metadata and header."""
        none = [np.zeros(0, np.int64)]
        tiles, offsets, lengths = (np.concatenate(column or none) for column in (
            self._tiles, self._offsets, self._lengths
        ))  # fmt: skip
        entries = run_lengths(tiles, offsets, lengths)
        root, leaves = root_and_leaves(entries)
        packed = gzip.compress(json.dumps(metadata, ensure_ascii=False).encode(), mtime=0)
        self._file.write(packed + leaves)
        west, south, east, north = (round(value * 1e7) for value in bounds)
        header = serialize_header({
            "version": 3, "root_offset": 127, "root_length": len(root),
            "metadata_offset": _DATA + self._end, "metadata_length": len(packed),
            "leaf_directory_offset": _DATA + self._end + len(packed), "leaf_directory_length": len(leaves),
            "tile_data_offset": _DATA, "tile_data_length": self._end,
            "addressed_tiles_count": len(tiles), "tile_entries_count": len(entries),
            "tile_contents_count": self._contents or len(self._known), "clustered": True,
            "internal_compression": Compression.GZIP, "tile_compression": Compression.GZIP,
            "tile_type": TileType.MVT, "min_zoom": levels[0], "max_zoom": levels[1],
            "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
            "center_zoom": levels[0], "center_lon_e7": (west + east) // 2, "center_lat_e7": (south + north) // 2,
        })  # fmt: skip
        self._file.seek(0)
        self._file.write(header + root)
