"""Features of a tile made one: those with the same attributes (-ac), or the least important and a neighbour (-aD)."""

from __future__ import annotations

from typing import Tuple

import numpy as np

from ..features.batch import LINE, POINT, POLYGON
from ..features.ragged import aranges, starts_of
from .dissolve import dissolved
from .encode import Geometry, commands_of
from .records import Records
from .ring_areas import doubled_areas
from .sound_rings import sound_polygons

_MIX, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)
_SPREAD = ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555))  # Morton's interleaving of bits


def attribute_classes(records: Records) -> np.ndarray:
    """Return a number for each feature, the same for those with the same attributes: int64 (N,)."""
    counts = np.diff(records.tag_start)
    tag = records.tag_key.astype(np.uint64) << _HALF | records.tag_value.astype(np.uint64)
    tag = (tag + _MIX) * _MIX
    tag ^= tag >> _HALF
    tag *= _MIX
    hashes = np.zeros(len(counts), np.uint64)
    filled = counts > 0
    if filled.any():
        hashes[filled] = np.add.reduceat(tag, records.tag_start[:-1][filled])
    return np.unique(hashes, return_inverse=True)[1].astype(np.int64)


def coalesced(geometry: Geometry, classes: np.ndarray) -> Geometry:
    """Return the geometries with all of a tile that are of one kind and class as one, in place of the first."""
    kinds = np.broadcast_to(geometry.kind, geometry.tile.shape)
    whole = (geometry.tile * (int(classes.max(initial=0)) + 1) + classes[geometry.feature]) * 4 + kinds
    _, first, group = np.unique(whole, return_index=True, return_inverse=True)
    return _joined(geometry, first[group])


def coalesced_around(geometry: Geometry, keep: np.ndarray) -> Geometry:
    """Return the geometries that stay (`keep`: bool (K,)), polygons with their neighbours that do not.

    Neighbours are so along Morton's curve through the tile. Lines and points that do not stay are left out.
    """
    kinds = np.broadcast_to(geometry.kind, geometry.tile.shape)
    chosen = np.flatnonzero(keep | (kinds == POLYGON))
    order = chosen[np.lexsort((_morton(geometry)[chosen], kinds[chosen], geometry.tile[chosen]))]
    series = geometry.tile[order] * 4 + kinds[order]
    stays = keep[order]
    place = np.arange(len(order))
    before = np.maximum.accumulate(np.where(stays, place, -1))
    after = np.minimum.accumulate(np.where(stays, place, len(order))[::-1])[::-1]
    none = len(order)
    before = np.where((before >= 0) & (series[np.maximum(before, 0)] == series), before, none)
    after = np.where((after < none) & (series[np.minimum(after, none - 1)] == series), after, none)
    to = np.where(before < none, before, after)
    into = np.full(len(geometry.tile), -1, np.int64)
    into[order[to < none]] = order[to[to < none]]
    return _joined(geometry, into)


def _morton(geometry: Geometry) -> np.ndarray:
    """Return the place of each geometry's first vertex along Morton's curve: int64 (K,)."""
    code = np.zeros(len(geometry.tile), np.int64)
    for bit in (0, 1):
        value = _signed(geometry.commands[geometry.command_start[:-1] + 1 + bit]) + (1 << 12)
        for shift, mask in _SPREAD:
            value = (value | value << shift) & mask
        code |= value << bit
    return code


def _joined(geometry: Geometry, into: np.ndarray) -> Geometry:
    """Return the geometries with each one within `into` (int64 (K,), of the same tile and kind); -1 leaves it out."""
    kinds = np.broadcast_to(geometry.kind, geometry.tile.shape)
    size = len(into)
    members = np.bincount(into[into >= 0], minlength=size)
    several = (into >= 0) & (members[into] > 1)
    parts, counts, owners = [geometry.commands], np.diff(geometry.command_start), []
    for kind in (POINT, LINE, POLYGON):
        rows = np.flatnonzero(several & (kinds == kind))
        if len(rows):
            commands, starts, owner = _rewritten(geometry, rows[np.argsort(into[rows], kind="stable")], into, kind)
            parts.append(commands)
            owners.append((owner, np.diff(starts)))
    at = geometry.command_start[:-1].copy()
    end = int(geometry.command_start[-1])
    alive = (into == np.arange(size)) & (members <= 1)
    counts = counts.copy()
    for owner, lengths in owners:
        at[owner], counts[owner], alive[owner] = end + starts_of(lengths)[:-1], lengths, True
        end += int(lengths.sum())
    rows = np.flatnonzero(alive)
    importance = np.bincount(into[into >= 0], geometry.importance[into >= 0], size)
    used, tile = np.unique(geometry.tile[rows], return_inverse=True)
    return geometry._replace(
        kind=kinds[rows], tiles=geometry.tiles[used], tile=tile, feature=geometry.feature[rows],
        importance=importance[rows], command_start=starts_of(counts[rows]),
        commands=np.concatenate(parts)[aranges(at[rows], counts[rows])],
    )  # fmt: skip


def _rewritten(
    geometry: Geometry, rows: np.ndarray, into: np.ndarray, kind: int
) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return commands, their starts and the row that has them, of the geometries `rows` (ordered by `into`), joined."""
    x, y, starts, row = _paths(geometry, rows, kind)
    group = into[row]
    if kind == POLYGON:
        x, y, starts, group = dissolved(x, y, starts, group)
        x, y, starts, ring = sound_polygons(x, y, starts, doubled_areas(x, y, starts) > 0)
        group = group[ring]
    first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]])) if len(group) else group
    commands, command_start = commands_of(x, y, starts, first, kind)
    return commands, command_start, group[first]


def _paths(geometry: Geometry, rows: np.ndarray, kind: int) -> Tuple[np.ndarray, ...]:
    """Return x, y (units of the tile), path starts and row of the paths of geometries of one kind, decoded."""
    commands = geometry.commands
    position, end, live = geometry.command_start[rows], geometry.command_start[rows + 1], np.arange(len(rows))
    begins, owners = [], []
    while len(live):
        begins.append(position[live])
        owners.append(live)
        if kind == POINT:
            break
        lines = commands[position[live] + 3].astype(np.int64) >> 3
        position[live] += 4 + 2 * lines + (kind == POLYGON)
        live = live[position[live] < end[live]]
    begin, owner = np.concatenate(begins), np.concatenate(owners)
    order = np.lexsort((begin, owner))
    begin, owner = begin[order], owner[order]
    lines = commands[begin + (0 if kind == POINT else 3)].astype(np.int64) >> 3
    counts = lines if kind == POINT else lines + 1
    starts = starts_of(counts)
    at = np.repeat(begin + (1 if kind == POINT else 2), counts) + 2 * aranges(np.zeros(len(counts), np.int64), counts)
    if kind != POINT:
        at[starts[:-1]] -= 1  # MoveTo's vertex stands before the LineTo command
    opens = np.ones(len(owner), bool)
    opens[1:] = owner[1:] != owner[:-1]
    cursor = np.diff(np.append(starts[:-1][opens], starts[-1]))  # (K',) vertices of each geometry
    found = []
    for axis in (0, 1):
        total = np.cumsum(_signed(commands[at + axis]))
        base = np.append(0, total)[starts[:-1][opens]]
        found.append(total - np.repeat(base, cursor))
    return found[0], found[1], starts, rows[owner]


def _signed(numbers: np.ndarray) -> np.ndarray:
    """Return what zigzag encoding made of numbers, undone: int64 (n,)."""
    wide = numbers.astype(np.int64)
    return (wide >> 1) ^ -(wide & 1)
