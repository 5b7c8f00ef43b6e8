"""Finished tiles taken apart again into features, as the arrays that they were made of.

Only tiles of our own are read: fields follow one another as `layer` writes them, and each number is a varint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

import numpy as np

from ..features.ragged import aranges, starts_of
from .encode import Geometry
from .layer import HEAD, MIDDLE, TAIL
from .records import Records, values_numbered
from .varint import read_varints

_LAYER, _FEATURE, _KEY, _VALUE = 0x1A, 0x12, 0x1A, 0x22  # tags (MVT 2.1, 4.1)
_MORE = 0x80


@dataclass(frozen=True)
class TileRows:
    """K features in the same layer of T tiles, ordered as there."""

    geometry: Geometry  # without importance, which tiles do not tell
    records: Records  # one for each of the geometries


def layers_in(tile: bytes) -> Dict[bytes, bytes]:
    """Return the layers of a tile by how they begin (see `layer.LayerName`), each without tag and length."""
    found: Dict[bytes, bytes] = {}
    at = 0
    while at < len(tile):
        if tile[at] != _LAYER:
            raise ValueError("not a tile of layers alone")
        length, at = _varint(tile, at + 1)
        body = tile[at : at + length]
        size, first = _varint(body, 1)
        found[body[: first + size]] = body
        at += length
    return found


def feature_count(tile: bytes) -> int:
    """Return how many features a tile holds."""
    return sum(len(_Body(head, body).starts) - 1 for head, body in layers_in(tile).items())


def rows_of(head: bytes, bodies: Sequence[bytes], tiles: np.ndarray) -> TileRows:
    """Return the features of one layer in several tiles, whose numbers `tiles` (int64 (T,)) ascend."""
    read = [_Body(head, body) for body in bodies]
    counts = np.array([len(one.starts) - 1 for one in read], np.int64)  # (T,)
    shifts = np.cumsum([0] + [one.starts[-1] - one.starts[0] for one in read])
    first = np.concatenate([np.array(one.starts[:-1]) - one.starts[0] + shift for one, shift in zip(read, shifts)])
    data = b"".join([one.body[one.starts[0] : one.starts[-1]] for one in read])
    numbers = read_varints(data)  # (S,)
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) < _MORE)
    place = np.concatenate([[0], ends + 1])  # (S+1,) byte at which each number begins
    slot = np.searchsorted(place, first)  # (K,) of each feature's tag, then length, tag, length, tags …
    tags = slot + HEAD
    middle = np.searchsorted(place, place[tags] + numbers[tags - 1].astype(np.int64))  # tag, type, tag, length, …
    commands = middle + MIDDLE
    last = np.append(slot[1:], len(numbers)) - TAIL  # tag, id
    command_counts = last - commands
    tag_counts = (middle - tags) // 2
    at = np.repeat(tags, tag_counts) + 2 * aranges(np.zeros(len(tags), np.int64), tag_counts)
    tile = np.repeat(np.arange(len(read)), counts)  # (K,)
    values, known = values_numbered([one.values for one in read])
    value_first = starts_of(np.array([len(one.values) for one in read], np.int64))[:-1]
    local = numbers[at + 1].astype(np.int64) + np.repeat(value_first[tile], tag_counts)
    geometry = Geometry(
        kind=numbers[middle + 1].astype(np.int64),
        tiles=tiles,
        tile=tile,
        feature=np.arange(len(tile)),
        importance=np.zeros(len(tile)),
        command_start=starts_of(command_counts),
        commands=numbers[aranges(commands, command_counts)].astype(np.uint32),
    )
    records = Records(
        numbers[last + 1].astype(np.int64), starts_of(tag_counts), numbers[at].astype(np.int64), known[local], *values
    )
    return TileRows(geometry, records)


class _Body:
    """One layer of one tile: where its features begin (and the last one ends), and its values."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.body = body
        self.starts: List[int] = [len(head)]
        at = len(head)
        while body[at] == _FEATURE:
            length, at = _varint(body, at + 1)
            at += length
            self.starts.append(at)
        while body[at] == _KEY:
            length, at = _varint(body, at + 1)
            at += length
        self.values: List[bytes] = []
        while body[at] == _VALUE:
            length, end = _varint(body, at + 1)
            end += length
            self.values.append(body[at:end])
            at = end


def _varint(data: bytes, at: int) -> Tuple[int, int]:
    """Return the varint at a place, and the place behind it."""
    value = data[at]
    if value < _MORE:
        return value, at + 1
    value &= _MORE - 1
    shift = 7
    while True:
        at += 1
        octet = data[at]
        value |= (octet & (_MORE - 1)) << shift
        if octet < _MORE:
            return value, at + 1
        shift += 7
