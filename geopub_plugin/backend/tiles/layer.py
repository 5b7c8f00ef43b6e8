"""One layer of all the tiles of a level, as bytes (MVT 2.1, 4.1 and 4.2)."""

from __future__ import annotations

from typing import List, NamedTuple, Sequence, Tuple

import numpy as np

from ..features.ragged import aranges, row_numbers, starts_of
from .encode import Geometry
from .plan import EXTENT
from .records import Records
from .varint import varint, varint_sizes, varints

LAYOUT = 4  # of the tiles, counted up with every change: what was made with another one is not built upon
HEAD = 4  # of a feature: tag, length, tag of tags, length of tags
MIDDLE = 4  # between tags and geometry: tag of type, type, tag of geometry, its length
TAIL = 2  # tag of id, id: last, where it parts nothing that is alike from feature to feature (4 % of a tile's bytes)
_ONE_BYTE = 128  # values whose numbers all take one byte are numbered by first use alone
_PIECE = 1 << 18  # varints encoded at a time: arrays that stay near the processor
_NONE = np.zeros(0, np.int64)
_DENSE = 1 << 22  # cells of a table that numbers values by (tile, value); above, they are sorted


class LayerName(NamedTuple):
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


class Layer(NamedTuple):
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
    return geometry._replace(
        kind=geometry.kind[rows] if isinstance(geometry.kind, np.ndarray) else geometry.kind,
        tiles=geometry.tiles[used],
        tile=tile,
        feature=geometry.feature[rows],
        importance=geometry.importance[rows],
        command_start=starts_of(counts),
        commands=geometry.commands[aranges(geometry.command_start[rows], counts)],
    )


def varints_of(geometry: Geometry, records: Records) -> np.ndarray:
    """Return how many varints each feature takes: int64 (K,)."""
    return 2 * np.diff(records.tag_start)[geometry.feature] + np.diff(geometry.command_start) + HEAD + MIDDLE + TAIL


def layer_of(geometry: Geometry, records: Records, name: LayerName) -> Layer:
    """Encode the features of a table in all tiles of a level, a few tiles at a time."""
    tiles = len(geometry.tiles)
    feature_start = np.searchsorted(geometry.tile, np.arange(tiles + 1))
    load = starts_of(varints_of(geometry, records))[feature_start]  # (T+1,) varints up to each tile
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


class _Piece(NamedTuple):
    """The features of a few tiles in a row."""

    features: bytes
    sizes: np.ndarray  # int64 (K',) bytes of each feature
    values: bytes
    value_sizes: np.ndarray  # int64 (K',) bytes of the values that each feature is the first in its tile to use


def _piece(geometry: Geometry, records: Records, low: int, high: int, feature_start: np.ndarray) -> _Piece:
    """Encode the features of the tiles from low to high - 1."""
    a, b = int(feature_start[low]), int(feature_start[high])
    start = geometry.command_start[a : b + 1]
    part = geometry._replace(
        kind=geometry.kind[a:b] if isinstance(geometry.kind, np.ndarray) else geometry.kind,
        tile=geometry.tile[a:b] - low,
        feature=geometry.feature[a:b],
        command_start=start - start[0],
        commands=geometry.commands[start[0] : start[-1]],
    )
    tag_counts = np.diff(records.tag_start)[part.feature]  # (K',)
    tags = aranges(records.tag_start[part.feature], tag_counts)  # (T',) every tag of every feature
    tag_owner = row_numbers(tag_counts)
    value, key = records.tag_value.take(tags), records.tag_key.take(tags)
    number, first = _numbered(part.tile.take(tag_owner), key, value, high - low, len(records.value_start) - 1)
    used = value[first]  # (D,) the values of each tile, by number
    value_sizes = records.value_start[used + 1] - records.value_start[used]
    features, sizes = _features(part, records, tag_counts, key, number)
    return _Piece(
        features=features.tobytes(),
        sizes=sizes,
        values=records.value_bytes.take(aranges(records.value_start[used], value_sizes)).tobytes(),
        value_sizes=np.bincount(tag_owner[first], value_sizes, b - a).astype(np.int64),
    )


def _numbered(
    tile: np.ndarray, key: np.ndarray, value: np.ndarray, tiles: int, values: int
) -> Tuple[np.ndarray, np.ndarray]:
    """Return the number of each value within its tile: int64 (n,), and where each is used first, by tile and number.

    `tile` (n,) ascends. Numbers go by first use; in tiles with more than 128 values by key before, that with the fewest
    values first: frequent values get short numbers, and what is alike lies together (7 % of the bytes of roads).
    """
    if len(value) == 0:
        return value, value
    used = np.zeros(values, bool)
    used[value] = True
    values = int(np.count_nonzero(used))
    pair = tile * values + (np.cumsum(used) - 1).take(value)
    place = np.arange(len(pair))
    if tiles * values <= _DENSE:
        table = np.empty(tiles * values, np.int32)  # read only where it was written
        table[pair[::-1]] = place[::-1]  # the last one written, so the first one used, stays
        earliest = table.take(pair)  # (n,)
    else:
        _, at, inverse = np.unique(pair, return_index=True, return_inverse=True)
        earliest = at[inverse]
    first = np.flatnonzero(earliest == place)  # (D,)
    before = np.searchsorted(tile[first], np.arange(tiles + 1))  # (T+1,)
    first = _by_key(first, tile[first], key[first], np.diff(before))
    rank = np.empty(len(place), np.int64)  # read only where a value is used first
    rank[first] = np.arange(len(first))
    return rank.take(earliest) - before.take(tile), first


def _by_key(first: np.ndarray, tile: np.ndarray, key: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return first uses (int64 (D,), with their tiles and keys) ordered by key where a tile's count (T,) is large."""
    full = counts > _ONE_BYTE
    if not full.any():
        return first
    own = np.flatnonzero(full[tile])  # (D',) uses in full tiles
    keys = int(key.max()) + 1
    row = np.cumsum(full) - 1  # (T,)
    group = row[tile[own]] * keys + key[own]
    sizes = np.bincount(group, minlength=int(full.sum()) * keys).reshape(-1, keys)
    order = np.argsort(sizes, axis=1, kind="stable")  # (T', A) keys, that with the fewest values first
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(keys)[None], axis=1)
    turn = group - key[own] + place.ravel()[group]
    ordered = first.copy()
    if sizes.size <= 1 << 16:
        turn = turn.astype(np.uint16)  # sorted by its digits: a fifth of the time
    ordered[own] = first[own[np.argsort(turn, kind="stable")]]
    return ordered


def _features(
    geometry: Geometry, records: Records, tag_counts: np.ndarray, key: np.ndarray, number: np.ndarray
) -> Tuple[np.ndarray, np.ndarray]:
    """Return the features one after the other (uint8) and the bytes of each (int64 (K,))."""
    fids = records.fids[geometry.feature]
    commands = np.diff(geometry.command_start)  # (K,)
    slots = starts_of(HEAD + 2 * tag_counts + MIDDLE + commands + TAIL)  # (K+1,) one slot a varint
    wide = int(fids.max(initial=0)) >= 1 << 32 or int(fids.min(initial=0)) < 0
    slot = np.empty(slots[-1], np.uint64 if wide else np.uint32)  # (S,)
    at = slots[:-1]
    slot[at], slot[at + 1], slot[at + 2], slot[at + 3] = 0x12, 0, 0x12, 0
    tag_at = (at + HEAD - 2 * starts_of(tag_counts)[:-1]).take(row_numbers(tag_counts)) + 2 * np.arange(len(key))
    slot[tag_at], slot[tag_at + 1] = key, number
    middle = at + HEAD + 2 * tag_counts
    slot[middle], slot[middle + 1], slot[middle + 2], slot[middle + 3] = 0x18, geometry.kind, 0x22, 0
    shift = (middle + MIDDLE - geometry.command_start[:-1]).take(row_numbers(commands))
    slot[shift + np.arange(len(geometry.commands))] = geometry.commands
    last = slots[1:] - TAIL
    slot[last], slot[last + 1] = 0x08, fids.astype(slot.dtype)
    size = varint_sizes(slot)  # (S,) those of the three lengths, still 0, come next
    edge = starts_of(size)
    tag_bytes = edge[middle] - edge[at + HEAD]
    geometry_bytes = edge[last] - edge[middle + MIDDLE]
    for place, length in ((at + 3, tag_bytes), (middle + 3, geometry_bytes)):
        slot[place], size[place] = length, varint_sizes(length.astype(np.uint64))
    body = tag_bytes + geometry_bytes + 5  # five tags and the type, less this length's own tag: each one byte
    body += size[last + 1].astype(np.int64) + size[at + 3] + size[middle + 3]
    slot[at + 1], size[at + 1] = body, varint_sizes(body.astype(np.uint64))
    return varints(slot, size), 1 + size[at + 1].astype(np.int64) + body
