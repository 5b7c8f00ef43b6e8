"""Tiles of a level: layers put together, compressed, and held within the byte budget."""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import Collection, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

import numpy as np

from ..deflate import checksum, deflated
from .coalesce import coalesced_around
from .encode import Geometry
from .layer import Layer, LayerName, kept, layer_of, varints_of
from .records import Records

_COMPRESSION = 5  # measured on the dev data: 6 takes 1.3 times as long for 0.5 % fewer bytes
_HARDER = 10  # for tiles that hardly miss their budget: 4 to 5 % fewer bytes for 7 times the time; 12 gains no more
_HARDER_GAINS = 1.05  # times the budget at level 5: of larger tiles even that leaves too much of them
_STORED = 256  # bytes: smaller tiles gain nothing from compression, which takes ten times as long as all else
_LONG = 2048  # bytes: libdeflate finds the checksum of more in a fraction of zlib's time, but takes longer to call
_GZIP = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # header (RFC 1952 2.3) without time and system
_TRAILER = struct.Struct("<II")  # checksum and length
_LAST_STORED = struct.Struct("<BHH")  # a last block that is stored (RFC 1951 3.2.4)
_SAMPLES, _SAMPLE = 8, 32_768  # pieces of so many bytes tell how well a tile compresses
_DOUBTFUL = 1.3  # times the budget: above, a tile surely has to be cut
_MARGIN = 0.98
_CLOSE_MARGIN = 0.997  # where the size is known, not estimated: bytes left out save a little less than their share
_CROWDED, _LIKELY = 3.6, 3.0  # varints for each byte of the budget: a tile of more is thinned to so many at first
_SMALL = 4096  # bytes: only tiles smaller than this have twins worth looking for before compression
_ATTEMPTS = 12
_JOINS = 6  # attempts that coalesce; what is still too much then is left out


class Content(NamedTuple):
    """One tile of one table, before it is bytes."""

    geometry: Geometry
    records: Records
    name: LayerName


class LevelTiles(NamedTuple):
    """T tiles of a level, holding n different contents."""

    level: int
    ids: np.ndarray  # int64 (T,) ascending
    content: np.ndarray  # int64 (T,) place of the tile's content
    sizes: np.ndarray  # int64 (n,) bytes of each content
    digests: np.ndarray  # uint64 (n, 2) of each content
    features: int  # in all tiles together
    dropped: int  # left out so that tiles keep to their budget
    short: np.ndarray  # int64 (s, 2) ids of the tiles that had no room for everything, and what each left out


def gzipped(data: bytes, level: int = _COMPRESSION) -> bytes:
    """Return data as gzip (RFC 1952), without a time, so that the same data always gives the same bytes."""
    if len(data) < _STORED:
        body = _LAST_STORED.pack(1, len(data), len(data) ^ 0xFFFF) + data
    else:
        body = deflated(data, level)[2:-4]  # without what zlib's own format (RFC 1950) has around it
    found = (zlib.crc32 if len(data) < _LONG else checksum)(data)
    return b"".join((_GZIP, body, _TRAILER.pack(found, len(data) & 0xFFFFFFFF)))


def digest(packed: bytes) -> bytes:
    """Return 16 bytes that tell contents apart."""
    return hashlib.sha256(packed).digest()[:16]  # processors mostly have instructions for it: a third of BLAKE2's time


def assembled(
    contents: Sequence[Content], level: int, budget: int, coalesce: bool = False
) -> Tuple[LevelTiles, List[bytes]]:
    """Return the tiles of a level and their contents, compressed, in the order of their first tile.

    What a tile has no room for is left out; with `coalesce`, polygons go into their neighbours first.
    """
    lighter, surplus = (contents, {}) if coalesce else _without_surplus(contents, budget)
    made = _held(lighter, budget, coalesce)
    short = {number: left_out + surplus.get(number, 0) for number, left_out in made.short.items()}
    roomy = surplus.keys() - made.short.keys()  # tiles with room for all that they were left, and perhaps for more
    if roomy:
        whole = _held([_of_tiles(one, roomy) for one in contents], budget, coalesce)
        raw = {**dict(zip(made.ids, made.raw)), **dict(zip(whole.ids, whole.raw))}
        made = made._replace(raw=list(raw.values()), within={**made.within, **whole.within})
        short.update(whole.short)
    dropped = sum(short.values())
    packed: List[bytes] = []
    place: List[int] = []
    seen: Dict[bytes, int] = {}
    for number, tile in zip(made.ids, made.raw):
        known = seen.get(tile, -1) if len(tile) < _SMALL else -1
        if known < 0:
            known = len(packed)
            packed.append(made.within.get(number) or gzipped(tile))
            if len(tile) < _SMALL:
                seen[tile] = known
        place.append(known)
    digests = b"".join([digest(data) for data in packed])
    outcome = LevelTiles(
        level=level,
        ids=np.array(made.ids, np.int64),
        content=np.array(place, np.int64),
        sizes=np.fromiter(map(len, packed), np.int64, len(packed)),
        digests=np.frombuffer(digests, np.uint64).reshape(-1, 2),
        features=sum(len(one.geometry.tile) for one in contents) - dropped,
        dropped=dropped,
        short=np.array(sorted(short.items()), np.int64).reshape(-1, 2),
    )
    return outcome, packed


class _Held(NamedTuple):
    """Tiles of a level before compression, and those compressed that had to be held within the budget."""

    ids: List[int]
    raw: List[bytes]
    within: Dict[int, bytes]  # by number
    short: Dict[int, int]  # how many features tiles leave out


def _held(contents: Sequence[Content], budget: int, coalesce: bool) -> _Held:
    """Encode contents and hold their tiles within the budget."""
    layers = [layer_of(*one) for one in contents if len(one.geometry.tiles)]
    ids, raw = tiles_of(layers)
    heavy = {number: tile for number, tile in zip(ids, raw) if len(tile) > budget}
    within, short = _within_budget(layers, contents, heavy, budget, coalesce) if heavy else ({}, {})
    return _Held(ids, raw, within, short)


def _of_tiles(content: Content, numbers: Collection[int]) -> Content:
    """Return what is in some of the tiles."""
    geometry = content.geometry
    here = np.isin(geometry.tiles, np.fromiter(numbers, np.int64))[geometry.tile]
    return content._replace(geometry=kept(geometry, here))


def _without_surplus(contents: Sequence[Content], budget: int) -> Tuple[Sequence[Content], Dict[int, int]]:
    """Return contents of which crowded tiles have only what may have room, and how many features each has lost.

    To encode all that a tile shows of a country takes several times as long as what it has room for.
    """
    weights = [varints_of(one.geometry, one.records) for one in contents]
    shares = _first_shares([one.geometry for one in contents], weights, budget)
    if not shares:
        return contents, {}
    lost = dict.fromkeys(shares, 0)
    lighter = []
    for one, weight in zip(contents, weights):
        crowded = np.isin(one.geometry.tiles, np.fromiter(shares, np.int64))[one.geometry.tile]  # (K,)
        keep = _keep(one.geometry, weight, shares) | ~crowded
        places, counts = np.unique(one.geometry.tile[~keep], return_counts=True)
        for number, count in zip(one.geometry.tiles[places].tolist(), counts.tolist()):
            lost[number] += count
        lighter.append(one._replace(geometry=kept(one.geometry, keep)))
    return lighter, lost


def _first_shares(geometries: Sequence[Geometry], weights: Sequence[np.ndarray], budget: int) -> Dict[int, float]:
    """Return the share that crowded tiles keep at first; `weights` (int64 (K,) each) are of the layers' features."""
    limit = _CROWDED * budget
    loads = [np.bincount(one.tile, weight, len(one.tiles)) for one, weight in zip(geometries, weights)]  # (T,) each
    full = [one.tiles[load > limit / len(loads)] for one, load in zip(geometries, loads)]
    tiles = np.unique(np.concatenate(full)) if full else np.zeros(0, np.int64)  # few, if any
    total = np.zeros(len(tiles))
    for one, load in zip(geometries, loads):
        there = np.isin(one.tiles, tiles)
        total += np.bincount(np.searchsorted(tiles, one.tiles[there]), load[there], len(tiles))
    return {number: _LIKELY * budget / load for number, load in zip(tiles.tolist(), total.tolist()) if load > limit}


def tiles_of(layers: Sequence[Layer]) -> Tuple[List[int], List[bytes]]:
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
    layers: Sequence[Layer], contents: Sequence[Content], heavy: Dict[int, bytes], budget: int, coalesce: bool
) -> Tuple[Dict[int, bytes], Dict[int, int]]:
    """Return the tiles that are larger than the budget, compressed to it, and how many features some have left out.

    Each layer of a tile keeps the same share of its bytes, its most important features first.
    """
    filled = [one for one in contents if len(one.geometry.tiles)]
    done: Dict[int, bytes] = {}
    shares: Dict[int, float] = {}
    close: Set[int] = set()  # tiles compressed harder
    for number, tile in heavy.items():
        packed, size = _packed(tile, budget)
        if size <= budget:
            done[number] = packed
        else:
            shares[number] = (_CLOSE_MARGIN if packed else _MARGIN) * budget / size
            if packed:
                close.add(number)
    left_out = {number: _features_of(layers, [number]) for number in shares}
    room = dict(shares)  # as if nothing were coalesced
    for attempt in range(_ATTEMPTS):
        if not shares:
            break
        joins = coalesce and attempt < _JOINS
        if coalesce and attempt == _JOINS:
            shares = {number: room[number] for number in shares}
        cut = [layer_of(_cut(layer, shares, joins), one.records, one.name) for layer, one in zip(layers, filled)]
        for number, tile in zip(*tiles_of([layer for layer in cut if len(layer.geometry.tiles)])):
            packed = gzipped(tile, _HARDER if number in close else _COMPRESSION)
            alone, filled_layers = _features_of(cut, [number]), sum(number in layer.geometry.tiles for layer in cut)
            if len(packed) <= budget or (not joins and (alone <= filled_layers or attempt == _ATTEMPTS - 1)):
                done[number] = packed
                left_out[number] -= alone
                del shares[number]
            else:
                shares[number] *= (_CLOSE_MARGIN if number in close else _MARGIN) * budget / len(packed)
    return done, left_out


def _packed(tile: bytes, budget: int) -> Tuple[bytes, float]:
    """Return a tile larger than the budget compressed, and its size; of what surely is too large, about, without it.

    What misses the budget by little is compressed harder.
    """
    limit = _DOUBTFUL * budget
    estimate = len(tile) * _ratio(tile) if len(tile) >= limit else 0.0
    if estimate >= limit:
        return b"", estimate
    packed = gzipped(tile)
    if budget < len(packed) < _HARDER_GAINS * budget:
        packed = gzipped(tile, _HARDER)
    elif len(packed) > budget:
        return b"", len(packed)
    return packed, len(packed)


def packed_whole(tile: bytes, budget: int) -> Optional[bytes]:
    """Return a tile compressed, None if it has to leave something out to keep to the budget."""
    if len(tile) <= budget:
        return gzipped(tile)
    packed, size = _packed(tile, budget)
    return packed if size <= budget else None


def _cut(layer: Layer, shares: Dict[int, float], joins: bool) -> Geometry:
    """Return what stays of the tiles in `shares`; if it `joins`, polygons that do not stay are in their neighbours."""
    if not joins:
        return kept(layer.geometry, _keep(layer.geometry, layer.sizes, shares))
    # Half as many polygons have about as much border as the square root of a half of them.
    half = {number: share * share for number, share in shares.items()}
    keep = _keep(layer.geometry, layer.sizes, half)
    here = np.isin(layer.geometry.tiles, np.fromiter(shares, np.int64))[layer.geometry.tile]
    return coalesced_around(kept(layer.geometry, here), keep[here])


def _ratio(tile: bytes) -> float:
    """Return about how small a tile gets, from samples of it."""
    step = max(len(tile) // _SAMPLES, _SAMPLE)
    sample = b"".join([tile[at : at + _SAMPLE] for at in range(0, len(tile), step)])
    return len(gzipped(sample)) / len(sample)


def _features_of(layers: Sequence[Layer], tiles: Iterable[int]) -> int:
    """Return how many features the layers have in these tiles together."""
    wanted = np.fromiter(tiles, np.int64)
    return sum(int(np.diff(layer.feature_start)[np.isin(layer.geometry.tiles, wanted)].sum()) for layer in layers)


def _keep(geometry: Geometry, sizes: np.ndarray, shares: Dict[int, float]) -> np.ndarray:
    """Return which features stay: bool (K,); of these tiles their share by size, at least one, of others none."""
    tile_share = np.array([shares.get(number, 0.0) for number in geometry.tiles.tolist()])  # (T,)
    rows = np.flatnonzero(tile_share[geometry.tile] > 0)
    order = rows[np.lexsort((-geometry.importance[rows], geometry.tile[rows]))]
    tile = geometry.tile[order]
    running = np.cumsum(sizes[order])
    first = np.ones(len(order), bool)
    first[1:] = tile[1:] != tile[:-1]
    before = np.maximum.accumulate(np.where(first, running - sizes[order], 0))
    total = np.bincount(geometry.tile, sizes, len(geometry.tiles))
    keep = np.zeros(len(geometry.tile), bool)
    keep[order[first | (running - before <= tile_share[tile] * total[tile])]] = True
    return keep
