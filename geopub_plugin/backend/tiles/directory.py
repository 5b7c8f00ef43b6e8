"""Directories of a PMTiles archive: where each tile lies (PMTiles v3 §4), as columns of numbers."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import List, Tuple

import numpy as np

from .varint import read_varints, varint_sizes, varints

_ROOT_ROOM = 16_384 - 127  # bytes: header and root directory share the first 16 KiB
_LEAF = 4096  # entries


@dataclass(frozen=True)
class Entries:
    """n entries, ascending by tile; in a directory of directories `run` is 0 and the rest tells of a leaf."""

    tile: np.ndarray  # int64 (n,)
    run: np.ndarray  # int64 (n,) tiles in a row that share the content
    offset: np.ndarray  # int64 (n,)
    length: np.ndarray  # int64 (n,)

    def __len__(self) -> int:
        return len(self.tile)

    def part(self, first: int, last: int) -> Entries:
        """Return the entries from first to last - 1."""
        return Entries(*(column[first:last] for column in (self.tile, self.run, self.offset, self.length)))


def run_lengths(tile: np.ndarray, offset: np.ndarray, length: np.ndarray) -> Entries:
    """Return one entry for each run of neighbouring tiles with the same content."""
    new = np.ones(len(tile), bool)
    new[1:] = (tile[1:] != tile[:-1] + 1) | (offset[1:] != offset[:-1])
    first = np.flatnonzero(new)
    return Entries(tile[first], np.diff(np.append(first, len(tile))), offset[first], length[first])


def written(entries: Entries) -> bytes:
    """Return one directory, compressed."""
    offset = entries.offset + 1
    if len(entries):
        follows = entries.offset[1:] == entries.offset[:-1] + entries.length[:-1]
        offset[1:][follows] = 0
    numbers = np.concatenate([[len(entries)], np.diff(entries.tile, prepend=0), entries.run, entries.length, offset])
    numbers = numbers.astype(np.uint64)
    return gzip.compress(varints(numbers, varint_sizes(numbers)).tobytes(), mtime=0)


def read(data: bytes) -> Entries:
    """Read one compressed directory; raise ValueError where it is none."""
    try:
        numbers = read_varints(gzip.decompress(data)).astype(np.int64)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("not a compressed directory") from error
    count = int(numbers[0]) if len(numbers) else -1
    if len(numbers) != 4 * count + 1:
        raise ValueError("a directory of the wrong length")
    tile, run, length, offset = (numbers[1 + i * count : 1 + (i + 1) * count] for i in range(4))
    return Entries(np.cumsum(tile), run, _offsets(offset, length), length)


def _offsets(stored: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Return offsets where 0 stands for "right after the one before"."""
    given = np.flatnonzero(stored)  # the first always is
    before = np.concatenate([[0], np.cumsum(length)])[:-1]  # (n,)
    anchor = given[np.searchsorted(given, np.arange(len(stored)), "right") - 1]
    return stored[anchor] - 1 + before - before[anchor] if len(stored) else stored


def root_and_leaves(entries: Entries) -> Tuple[bytes, bytes]:
    """Return the root directory, small enough for its place, and the leaves it points to, one after the other."""
    root = written(entries)
    if len(root) <= _ROOT_ROOM:
        return root, b""
    size = _LEAF
    while True:
        firsts = range(0, len(entries), size)
        leaves: List[bytes] = [written(entries.part(first, first + size)) for first in firsts]
        lengths = np.array([len(leaf) for leaf in leaves], np.int64)
        tiles = entries.tile[np.arange(0, len(entries), size)]
        root = written(Entries(tiles, np.zeros(len(leaves), np.int64), np.cumsum(lengths) - lengths, lengths))
        if len(root) <= _ROOT_ROOM:
            return root, b"".join(leaves)
        size *= 2
