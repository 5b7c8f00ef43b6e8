"""Tiles in which features changed, made from the former ones: these are taken out, and what they are now is put in.

What becomes of a feature in a tile depends on the two alone, so all others stay, byte for byte, but for the numbers of
their attributes' values. This costs what the tile costs, however much data it shows. It does not do where a tile has to
leave something out to keep to its budget, or where features were made one: such tiles are built from the data.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from ..features.ragged import aranges, starts_of
from .archive_reader import Archive
from .assemble import Content, packed_whole
from .encode import Geometry
from .layer import LayerName, layer_of, message
from .records import joined_records
from .tile_rows import layers_in, rows_of

_PORTION = 4 << 20  # bytes of former tiles at a time, as they are stored
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class LayerEdit:
    """What changes in one layer of a level."""

    name: LayerName
    fids: np.ndarray  # int64 (n,) ascending: features that are not as they were
    content: Optional[Content]  # what they are now, in all the tiles that hold one


@dataclass(frozen=True)
class PatchedTiles:
    """Tiles of a level that are not as they were."""

    ids: Tuple[int, ...]  # ascending
    contents: Tuple[bytes, ...]  # compressed, b"" where nothing is left
    features: int  # how many more there are in them than before
    left: Tuple[int, ...]  # others, that have to be built from the data, ascending


def patched(former: Archive, tiles: np.ndarray, edits: Sequence[LayerEdit], budget: int) -> PatchedTiles:
    """Make tiles of one level (int64 (n,) numbers, ascending) anew; `edits` are those of all layers, in their order."""
    done: Dict[int, bytes] = {}
    left: List[int] = []
    features = 0
    for numbers, stored in _portions(former, tiles.tolist()):
        layers = [layers_in(gzip.decompress(data)) if data else {} for data in stored]
        made: List[List[bytes]] = [[] for _ in numbers]
        more = np.zeros(len(numbers), np.int64)
        for edit in edits:
            _add_layer(made, more, edit, np.array(numbers, np.int64), layers)
        for number, messages, difference in zip(numbers, made, more.tolist()):
            tile = b"".join(messages)
            packed = packed_whole(tile, budget) if tile else b""
            if packed is None:
                left.append(number)
            else:
                done[number] = packed
                features += difference
    return PatchedTiles(tuple(done), tuple(done.values()), features, tuple(left))


def _portions(former: Archive, numbers: Sequence[int]) -> Iterator[Tuple[List[int], List[Optional[bytes]]]]:
    """Yield tiles with what the former archive has of them, a bounded amount at a time."""
    some: List[int] = []
    stored: List[Optional[bytes]] = []
    size = 0
    for number in numbers:
        data = former.numbered(number)
        some.append(number)
        stored.append(data)
        size += len(data or b"") + 1000
        if size > _PORTION:
            yield some, stored
            some, stored, size = [], [], 0
    if some:
        yield some, stored


def _add_layer(
    made: Sequence[List[bytes]], more: np.ndarray, edit: LayerEdit, numbers: np.ndarray,
    layers: Sequence[Mapping[bytes, bytes]],
) -> None:  # fmt: skip
    """Append a layer of each tile to the tile, and add to `more` how many more features it has than before."""
    head = edit.name.head
    having = [place for place, found in enumerate(layers) if head in found]
    if len(edit.fids) == 0:
        for place in having:
            made[place].append(message(layers[place][head]))
        return
    geometries, records = [], []
    if having:
        rows = rows_of(head, [layers[place][head] for place in having], np.array(having, np.int64))
        kept = ~np.isin(rows.records.fids, edit.fids)
        np.subtract.at(more, np.array(having)[rows.geometry.tile[~kept]], 1)
        geometries.append(_within(rows.geometry, np.array(having), np.flatnonzero(kept)))
        records.append(rows.records)
    if edit.content is not None:
        geometry = edit.content.geometry
        place = np.searchsorted(numbers, geometry.tiles)  # (T,) among the numbers
        here = (place < len(numbers)) & (numbers[np.minimum(place, len(numbers) - 1)] == geometry.tiles)
        chosen = np.flatnonzero(here[geometry.tile])
        np.add.at(more, place[geometry.tile[chosen]], 1)
        geometries.append(_within(geometry, place, chosen))
        records.append(edit.content.records)
    if not records:
        return
    both = joined_records(records)
    shifts = np.cumsum([0] + [len(one) for one in records])
    whole = _ordered([one._replace(feature=one.feature + shift) for one, shift in zip(geometries, shifts)], both.fids)
    if len(whole.tile) == 0:
        return
    for place, text in zip(whole.tiles.tolist(), layer_of(whole, both, edit.name).messages()):
        made[place].append(text)


def _within(geometry: Geometry, place: np.ndarray, rows: np.ndarray) -> Geometry:
    """Return some of the geometries (int64 (n,)), `tile` being the place (int64 (T,)) of their tile."""
    counts = np.diff(geometry.command_start)[rows]
    return Geometry(
        kind=np.broadcast_to(geometry.kind, geometry.tile.shape)[rows],
        tiles=_NONE,
        tile=place[geometry.tile[rows]],
        feature=geometry.feature[rows],
        importance=geometry.importance[rows],
        command_start=starts_of(counts),
        commands=geometry.commands[aranges(geometry.command_start[rows], counts)],
    )


def _ordered(several: Sequence[Geometry], fids: np.ndarray) -> Geometry:
    """Return geometries as one, ordered by tile, key and kind; `fids` (int64 (N,)) are those of their features."""
    tile, feature = (np.concatenate([getattr(one, name) for one in several]) for name in ("tile", "feature"))
    kind = np.concatenate([one.kind for one in several])
    order = np.lexsort((kind, fids[feature], tile))
    counts = np.concatenate([np.diff(one.command_start) for one in several])
    starts = starts_of(counts)
    tiles, tile = np.unique(tile[order], return_inverse=True)
    return Geometry(
        kind=kind[order],
        tiles=tiles,
        tile=tile,
        feature=feature[order],
        importance=np.zeros(len(order)),
        command_start=starts_of(counts[order]),
        commands=np.concatenate([one.commands for one in several])[aranges(starts[order], counts[order])],
    )
