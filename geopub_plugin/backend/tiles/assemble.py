"""Tiles of a level: layers put together, compressed, and held within the byte budget."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from .encode import Geometry
from .layer import Layer, LayerName, kept, layer_of
from .records import Records

_COMPRESSION = 6  # measured on the dev data: 9 gains 1 % for twice the time, 1 loses 15 %
_HOPELESS = 8  # times the budget: a tile larger than this is cut before it is compressed for the first time
_MARGIN = 0.98
_SMALL = 4096  # bytes: only tiles smaller than this have twins worth looking for before compression
_ATTEMPTS = 8


class Content(NamedTuple):
    """One tile of one table, before it is bytes."""

    geometry: Geometry
    records: Records
    name: LayerName


@dataclass(frozen=True)
class LevelTiles:
    """T tiles of a level, holding n different contents."""

    level: int
    ids: np.ndarray  # int64 (T,) ascending
    content: np.ndarray  # int64 (T,) place of the tile's content
    sizes: np.ndarray  # int64 (n,) bytes of each content
    digests: np.ndarray  # uint64 (n, 2) of each content
    features: int  # in all tiles together
    dropped: int  # left out so that tiles keep to their budget


def gzipped(data: bytes) -> bytes:
    """Return data as gzip (RFC 1952), without a time, so that the same data always gives the same bytes."""
    packer = zlib.compressobj(_COMPRESSION, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def assembled(contents: Sequence[Content], level: int, budget: int) -> Tuple[LevelTiles, List[bytes]]:
    """Return the tiles of a level and their contents, compressed, in the order of their first tile."""
    layers = [layer_of(*one) for one in contents if len(one.geometry.tiles)]
    ids, raw = _tiles(layers)
    features = sum(len(layer.sizes) for layer in layers)
    within: Dict[int, bytes] = {}
    heavy = np.array([number for number, tile in zip(ids, raw) if len(tile) > budget], np.int64)
    dropped = 0
    if len(heavy):
        within, remaining = _within_budget(layers, contents, heavy, budget)
        dropped = features - remaining
    packed: List[bytes] = []
    place: List[int] = []
    seen: Dict[bytes, int] = {}
    for number, tile in zip(ids, raw):
        known = seen.get(tile, -1) if len(tile) < _SMALL else -1
        if known < 0:
            known = len(packed)
            packed.append(within.get(number) or gzipped(tile))
            if len(tile) < _SMALL:
                seen[tile] = known
        place.append(known)
    digests = b"".join([hashlib.blake2b(data, digest_size=16).digest() for data in packed])
    outcome = LevelTiles(
        level=level,
        ids=np.array(ids, np.int64),
        content=np.array(place, np.int64),
        sizes=np.fromiter(map(len, packed), np.int64, len(packed)),
        digests=np.frombuffer(digests, np.uint64).reshape(-1, 2),
        features=features - dropped,
        dropped=dropped,
    )
    return outcome, packed


def _tiles(layers: Sequence[Layer]) -> Tuple[List[int], List[bytes]]:
    """Return the numbers of all tiles, ascending, and the bytes of each: its layers one after the other."""
    if len(layers) == 1:
        return layers[0].geometry.tiles.tolist(), layers[0].messages()
    together: Dict[int, List[bytes]] = {}
    for layer in layers:
        for number, message in zip(layer.geometry.tiles.tolist(), layer.messages()):
            together.setdefault(number, []).append(message)
    ids = sorted(together)
    return ids, [b"".join(together[number]) for number in ids]


def _within_budget(
    layers: Sequence[Layer], contents: Sequence[Content], heavy: np.ndarray, budget: int
) -> Tuple[Dict[int, bytes], int]:
    """Return the heavy tiles (int64, ascending), compressed to the budget, and how many features all tiles hold.

    Each layer of a tile keeps the same share of its bytes, its most important features first.
    """
    filled = [one for one in contents if len(one.geometry.tiles)]
    share = np.ones(len(heavy))  # of each tile's bytes
    done: Dict[int, bytes] = {}
    light = sum(int((~np.isin(layer.geometry.tiles[layer.geometry.tile], heavy)).sum()) for layer in layers)
    remaining = 0
    for attempt in range(_ATTEMPTS):
        cut = [
            layer_of(kept(layer.geometry, _keep(layer, heavy, share)), one.records, one.name)
            for layer, one in zip(layers, filled)
        ]
        ids, raw = _tiles([layer for layer in cut if len(layer.geometry.tiles)])
        counts = _features_of(cut, heavy)
        again = np.zeros(len(heavy), bool)
        for place, tile in zip(np.searchsorted(heavy, ids).tolist(), raw):
            number = int(heavy[place])
            if attempt == 0 and len(tile) > _HOPELESS * budget:
                share[place], again[place] = _HOPELESS * budget / len(tile), True
                continue
            packed = gzipped(tile)
            if len(packed) > budget and counts[place] > 1 and attempt < _ATTEMPTS - 1:
                share[place] *= _MARGIN * budget / len(packed)
                again[place] = True
            else:
                done[number] = packed
        remaining += int(counts[~again].sum())
        heavy, share = heavy[again], share[again]
        if len(heavy) == 0:
            break
    return done, light + remaining


def _features_of(layers: Sequence[Layer], heavy: np.ndarray) -> np.ndarray:
    """Return how many features the layers have in each of these tiles: int64 (n,)."""
    counts = np.zeros(len(heavy), np.int64)
    for layer in layers:
        counts[np.searchsorted(heavy, layer.geometry.tiles)] += np.diff(layer.feature_start)
    return counts


def _keep(layer: Layer, heavy: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return which features stay: bool (K,); of each heavy tile its share by bytes, at least one, of others none."""
    geometry = layer.geometry
    tile_share = np.zeros(len(geometry.tiles))  # (T,)
    at = np.searchsorted(geometry.tiles, heavy)
    there = (at < len(geometry.tiles)) & (geometry.tiles[np.minimum(at, len(geometry.tiles) - 1)] == heavy)
    tile_share[at[there]] = share[there]
    rows = np.flatnonzero(tile_share[geometry.tile] > 0)
    order = rows[np.lexsort((-geometry.importance[rows], geometry.tile[rows]))]
    tile = geometry.tile[order]
    running = np.cumsum(layer.sizes[order])
    first = np.ones(len(order), bool)
    first[1:] = tile[1:] != tile[:-1]
    before = np.maximum.accumulate(np.where(first, running - layer.sizes[order], 0))
    total = np.bincount(geometry.tile, layer.sizes, len(geometry.tiles))
    keep = np.zeros(len(geometry.tile), bool)
    keep[order[first | (running - before <= tile_share[tile] * total[tile])]] = True
    return keep
