"""One layer of all the tiles of a level, as bytes (MVT 2.1, 4.1 and 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import List, Sequence, Tuple

import numpy as np

from ..features.ragged import aranges, row_numbers, starts_of
from .encode import Geometry
from .plan import EXTENT
from .records import Records
from .varint import varint, varint_sizes, varints

_HEAD = 6  # of a feature: tag, length, tag of id, id, tag of tags, length of tags
_MIDDLE = 4  # between tags and geometry: tag of type, type, tag of geometry, its length
_PIECE = 1 << 18  # varints encoded at a time: arrays that stay near the processor
_NONE = np.zeros(0, np.int64)
_DENSE = 1 << 23  # cells of a table that numbers values by (tile, value); above, they are sorted


@dataclass(frozen=True)
class LayerName:
    """What every tile of a layer begins and ends with."""

    head: bytes  # name
    keys: bytes  # keys, in the order of the attributes

    @classmethod
    def of(cls, name: str, attributes: Sequence[str]) -> LayerName:
        """Encode the name and the keys of a layer."""
        texts = [name.encode(), *(attribute.encode() for attribute in attributes)]
        fields = [(b"\x0a" if i == 0 else b"\x1a") + varint(len(text)) + text for i, text in enumerate(texts)]
        return cls(fields[0], b"".join(fields[1:]))


_TAIL = b"\x28" + varint(EXTENT) + b"\x78\x02"  # extent, version


@dataclass(frozen=True)
class Layer:
    """One layer in T tiles, with K features in all."""

    geometry: Geometry
    feature_start: np.ndarray  # int64 (T+1,) first feature of each tile
    sizes: np.ndarray  # int64 (K,) bytes of each feature, with the values that it is the first in its tile to use
    bytes_start: np.ndarray  # int64 (T+1,) of `features`
    features: bytes
    values_start: np.ndarray  # int64 (T+1,) of `values`
    values: bytes
    name: LayerName

    def messages(self) -> List[bytes]:
        """Return the layer of each tile: T of them."""
        made = []
        edges, value_edges = self.bytes_start.tolist(), self.values_start.tolist()
        for place in range(len(edges) - 1):
            body = b"".join((
                self.name.head, self.features[edges[place] : edges[place + 1]], self.name.keys,
                self.values[value_edges[place] : value_edges[place + 1]], _TAIL,
            ))  # fmt: skip
            made.append(message(body))
        return made


def message(body: bytes) -> bytes:
    """Return a layer as a tile holds it."""
    return b"\x1a" + varint(len(body)) + body


def merged(geometries: Sequence[Geometry]) -> Geometry:
    """Return the geometries of several kinds of one table as one, ordered by tile, feature and kind."""
    filled = [one for one in geometries if len(one.tile)]
    if len(filled) < 2:
        return filled[0] if filled else geometries[0]
    tiles = np.unique(np.concatenate([one.tiles for one in filled]))
    tile = np.concatenate([np.searchsorted(tiles, one.tiles)[one.tile] for one in filled])  # (K,)
    feature = np.concatenate([one.feature for one in filled])
    kind = np.concatenate([np.full(len(one.tile), one.kind) for one in filled])
    order = np.lexsort((kind, feature, tile))
    counts = np.concatenate([np.diff(one.command_start) for one in filled])
    starts = starts_of(counts)
    return Geometry(
        kind=kind[order],
        tiles=tiles,
        tile=tile[order],
        feature=feature[order],
        importance=np.concatenate([one.importance for one in filled])[order],
        command_start=starts_of(counts[order]),
        commands=np.concatenate([one.commands for one in filled])[aranges(starts[order], counts[order])],
    )


def kept(geometry: Geometry, keep: np.ndarray) -> Geometry:
    """Return the geometries where `keep` (bool (K,)) holds; tiles left empty go."""
    rows = np.flatnonzero(keep)
    counts = np.diff(geometry.command_start)[rows]
    used, tile = np.unique(geometry.tile[rows], return_inverse=True)
    return replace(
        geometry,
        kind=geometry.kind[rows] if isinstance(geometry.kind, np.ndarray) else geometry.kind,
        tiles=geometry.tiles[used],
        tile=tile,
        feature=geometry.feature[rows],
        importance=geometry.importance[rows],
        command_start=starts_of(counts),
        commands=geometry.commands[aranges(geometry.command_start[rows], counts)],
    )


def layer_of(geometry: Geometry, records: Records, name: LayerName) -> Layer:
    """Encode the features of a table in all tiles of a level, a few tiles at a time."""
    tiles = len(geometry.tiles)
    feature_start = np.searchsorted(geometry.tile, np.arange(tiles + 1))
    weight = 2 * np.diff(records.tag_start)[geometry.feature] + np.diff(geometry.command_start) + _HEAD + _MIDDLE
    load = starts_of(weight)[feature_start]  # (T+1,) varints up to each tile
    edges = np.unique(np.searchsorted(load, np.arange(0, load[-1], _PIECE, np.int64)))
    edges = np.append(edges, tiles)
    made = [_piece(geometry, records, a, b, feature_start) for a, b in zip(edges.tolist(), edges[1:].tolist())]
    sizes = np.concatenate([one.sizes for one in made] or [_NONE])  # (K,)
    value_sizes = np.concatenate([one.value_sizes for one in made] or [_NONE])
    return Layer(
        geometry=geometry,
        feature_start=feature_start,
        sizes=sizes + value_sizes,
        bytes_start=starts_of(sizes)[feature_start],
        features=b"".join([one.features for one in made]),
        values_start=starts_of(value_sizes)[feature_start],
        values=b"".join([one.values for one in made]),
        name=name,
    )


@dataclass(frozen=True)
class _Piece:
    """The features of a few tiles in a row."""

    features: bytes
    sizes: np.ndarray  # int64 (K',) bytes of each feature
    values: bytes
    value_sizes: np.ndarray  # int64 (K',) bytes of the values that each feature is the first in its tile to use


def _piece(geometry: Geometry, records: Records, low: int, high: int, feature_start: np.ndarray) -> _Piece:
    """Encode the features of the tiles from low to high - 1."""
    a, b = int(feature_start[low]), int(feature_start[high])
    start = geometry.command_start[a : b + 1]
    part = replace(
        geometry,
        kind=geometry.kind[a:b] if isinstance(geometry.kind, np.ndarray) else geometry.kind,
        tile=geometry.tile[a:b] - low,
        feature=geometry.feature[a:b],
        command_start=start - start[0],
        commands=geometry.commands[start[0] : start[-1]],
    )
    tag_counts = np.diff(records.tag_start)[part.feature]  # (K',)
    tags = aranges(records.tag_start[part.feature], tag_counts)  # (T',) every tag of every feature
    tag_owner = row_numbers(tag_counts)
    value = records.tag_value[tags]
    number, first = _numbered(part.tile[tag_owner], value, high - low, len(records.value_start) - 1)
    used = value[first]  # (D,) the values of each tile, in the order of their first use
    value_sizes = records.value_start[used + 1] - records.value_start[used]
    features, sizes = _features(part, records, tag_counts, records.tag_key[tags], number)
    return _Piece(
        features=features.tobytes(),
        sizes=sizes,
        values=records.value_bytes[aranges(records.value_start[used], value_sizes)].tobytes(),
        value_sizes=np.bincount(tag_owner[first], value_sizes, b - a).astype(np.int64),
    )


def _numbered(tile: np.ndarray, value: np.ndarray, tiles: int, values: int) -> Tuple[np.ndarray, np.ndarray]:
    """Return the number of each value within its tile (int64 (n,), by first use), and where each is used first.

    `tile` (n,) ascends.
    """
    if len(value) == 0:
        return value, value
    pair = tile * values + value
    place = np.arange(len(pair))
    if tiles * values <= _DENSE:
        table = np.empty(tiles * values, np.int64)  # read only where it was written
        table[pair[::-1]] = place[::-1]  # the last one written, so the first one used, stays
        earliest = table[pair]  # (n,)
    else:
        _, at, inverse = np.unique(pair, return_index=True, return_inverse=True)
        earliest = at[inverse]
    is_first = earliest == place
    rank = np.cumsum(is_first) - 1  # (n,) over all tiles
    first = np.flatnonzero(is_first)
    before = np.searchsorted(tile[first], np.arange(tiles))  # (T,)
    return rank[earliest] - before[tile], first


def _features(
    geometry: Geometry, records: Records, tag_counts: np.ndarray, key: np.ndarray, number: np.ndarray
) -> Tuple[np.ndarray, np.ndarray]:
    """Return the features one after the other (uint8) and the bytes of each (int64 (K,))."""
    fids = records.fids[geometry.feature]
    commands = np.diff(geometry.command_start)  # (K,)
    slots = starts_of(_HEAD + 2 * tag_counts + _MIDDLE + commands)  # (K+1,) one slot a varint
    wide = int(fids.max(initial=0)) >= 1 << 32 or int(fids.min(initial=0)) < 0
    slot = np.empty(slots[-1], np.uint64 if wide else np.uint32)  # (S,)
    at = slots[:-1]
    slot[at], slot[at + 1], slot[at + 2], slot[at + 3] = 0x12, 0, 0x08, fids.astype(slot.dtype)
    slot[at + 4], slot[at + 5] = 0x12, 0
    tag_at = (at + _HEAD - 2 * starts_of(tag_counts)[:-1]).take(row_numbers(tag_counts)) + 2 * np.arange(len(key))
    slot[tag_at], slot[tag_at + 1] = key, number
    middle = at + _HEAD + 2 * tag_counts
    slot[middle], slot[middle + 1], slot[middle + 2], slot[middle + 3] = 0x18, geometry.kind, 0x22, 0
    shift = (middle + _MIDDLE - geometry.command_start[:-1]).take(row_numbers(commands))
    slot[shift + np.arange(len(geometry.commands))] = geometry.commands
    size = varint_sizes(slot)  # (S,) those of the three lengths, still 0, come next
    edge = starts_of(size)
    tag_bytes = edge[middle] - edge[at + _HEAD]
    geometry_bytes = edge[slots[1:]] - edge[middle + _MIDDLE]
    for place, length in ((at + 5, tag_bytes), (middle + 3, geometry_bytes)):
        slot[place], size[place] = length, varint_sizes(length.astype(np.uint64))
    body = tag_bytes + geometry_bytes + 5  # five tags and the type, less this length's own tag: each one byte
    body += size[at + 3].astype(np.int64) + size[at + 5] + size[middle + 3]
    slot[at + 1], size[at + 1] = body, varint_sizes(body.astype(np.uint64))
    return varints(slot, size), 1 + size[at + 1].astype(np.int64) + body
