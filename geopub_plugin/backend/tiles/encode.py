"""Geometry of vector tiles: pieces put in order, wound, closed and turned into commands (MVT 2.1, 4.3)."""

from __future__ import annotations

from typing import NamedTuple, Tuple

import numpy as np

from ..features.batch import POINT, POLYGON
from ..features.ragged import aranges, row_numbers, starts_of
from .clip import Pieces
from .grid import tile_ids
from .nesting import Rings, nested_order
from .plan import EXTENT
from .ring_areas import doubled_areas
from .shapes import Shapes
from .sound_rings import sound_polygons
from .varint import zigzag

_MOVE, _LINE, _CLOSE = 1, 2, 7  # command ids


class Geometry(NamedTuple):
    """K geometries, each of one feature in one tile, ordered by tile and feature."""

    kind: int
    tiles: np.ndarray  # int64 (T,) numbers of the tiles, ascending
    tile: np.ndarray  # int64 (K,) place in `tiles`
    feature: np.ndarray  # int64 (K,) row of the table's records
    importance: np.ndarray  # float64 (K,) the greater, the longer it stays in a tile that is too full
    command_start: np.ndarray  # int64 (K+1,)
    commands: np.ndarray  # uint32 (C,)


def encoded(pieces: Pieces, shapes: Shapes, level: int) -> Geometry:
    """Return the geometries of all tiles of a level from the pieces of its shapes."""
    x, y, starts, source, tiles, tile = _ordered(pieces, shapes, level)
    if shapes.kind == POLYGON:
        x, y, starts, ring = sound_polygons(x, y, starts, shapes.outer[source])
        source, tile = source[ring], tile[ring]
        changes = np.diff(tile, prepend=-1) != 0
        tiles, tile = tiles[tile[changes]], np.cumsum(changes) - 1
    feature = shapes.feature[source]
    opens = np.ones(len(source), bool)  # (Q,) where a geometry begins
    opens[1:] = (tile[1:] != tile[:-1]) | (feature[1:] != feature[:-1])
    first = np.flatnonzero(opens)  # (K,)
    commands, command_start = commands_of(x, y, starts, first, shapes.kind)
    return Geometry(
        kind=shapes.kind,
        tiles=tiles,
        tile=tile[first],
        feature=feature[first],
        importance=_importance(shapes, source, first),
        command_start=command_start,
        commands=commands,
    )


def _importance(shapes: Shapes, source: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return area of polygons, length of lines (of the whole feature), an even spread of points: float64 (K,)."""
    if len(first) == 0:
        return np.zeros(0)
    if shapes.kind == POINT:
        return 1 - shapes.chance[source[first]]
    if shapes.kind == POLYGON:
        whole = np.bincount(shapes.feature, np.where(shapes.outer, shapes.size, -shapes.size))
    else:
        whole = np.bincount(shapes.feature, shapes.size)
    return whole[shapes.feature[source[first]]]


def _ordered(pieces: Pieces, shapes: Shapes, level: int) -> Tuple[np.ndarray, ...]:
    """Return x, y (of the tile), path starts, source, tiles and place of the tile, ordered by tile and source.

    Repeated vertices, pieces that are no ring or line any more and holes without their polygon are dropped; outer
    rings have positive area in the tile's coordinates (y downwards), inner ones negative.
    """
    counts = np.diff(pieces.path_start)
    piece = row_numbers(counts)  # (V,)
    x = pieces.x - (pieces.column * EXTENT).take(piece)
    y = pieces.y - (pieces.row * EXTENT).take(piece)
    starts = pieces.path_start
    alive = np.ones(len(counts), bool)
    turned = np.zeros(len(counts), bool)
    if shapes.kind != POINT and len(counts):
        x, y, starts, alive = _without_repeats(x, y, starts, shapes.kind)
    if shapes.kind == POLYGON and len(counts):
        area = doubled_areas(x, y, starts)  # (Q,)
        alive = alive & (area != 0)
        turned = (area > 0) != shapes.outer[pieces.source]
    kept = np.flatnonzero(alive)
    keys, tile = np.unique((pieces.column[kept] << 20) | pieces.row[kept], return_inverse=True)
    tiles = tile_ids(level, keys >> 20, keys & ((1 << 20) - 1))
    by_id = np.argsort(tiles)
    rank = np.empty(len(tiles), np.int64)
    rank[by_id] = np.arange(len(tiles))
    tile = rank[tile]
    source = pieces.source[kept]
    order = np.argsort(tile * max(len(shapes), 1) + source, kind="stable")
    kept, tile, source = kept[order], tile[order], source[order]
    if shapes.kind == POLYGON:
        keep = _with_outer(shapes, tile, source)
        kept, tile, source = kept[keep], tile[keep], source[keep]
        nested = nested_order(Rings(x, y, starts, kept), tile, shapes.part[source], shapes.outer[source])
        kept, source = kept[nested], source[nested]
    counts = starts[kept + 1] - starts[kept]
    turned = turned[kept]
    first, made = starts[kept], starts_of(counts)
    vertices = aranges(first, counts)  # (V,)
    mirrored = np.flatnonzero(turned)
    if len(mirrored):
        at = aranges(made[mirrored], counts[mirrored])
        ends = (2 * first + counts - 1)[mirrored]  # first and last vertex together
        vertices[at] = ends.take(row_numbers(counts[mirrored])) - vertices[at]
    return x.take(vertices), y.take(vertices), made, source, tiles[by_id], tile


def _without_repeats(x: np.ndarray, y: np.ndarray, starts: np.ndarray, kind: int) -> Tuple[np.ndarray, ...]:
    """Return x, y and path starts without repeated vertices, and which paths still are lines or rings: bool (Q,)."""
    keep = np.ones(len(x), bool)  # (V,)
    keep[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    first, last = starts[:-1], starts[1:] - 1
    keep[first] = True
    if kind == POLYGON:
        keep[first] = (x[first] != x[last]) | (y[first] != y[last])
    counts = np.add.reduceat(keep, first, dtype=np.int64)  # (Q,)
    if not keep.all():
        x, y = x.compress(keep), y.compress(keep)
    return x, y, starts_of(counts), counts >= (3 if kind == POLYGON else 2)


def _with_outer(shapes: Shapes, tile: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Return which rings are outer ones or have theirs before them in the same tile: bool (Q,)."""
    outer = shapes.outer[source]
    if outer.all():
        return outer
    own = np.maximum.accumulate(np.where(outer, np.arange(len(source)), -1))
    beside = np.maximum(own, 0)
    return (own >= 0) & (tile[beside] == tile) & (shapes.part[source[beside]] == shapes.part[source])


def commands_of(
    x: np.ndarray, y: np.ndarray, starts: np.ndarray, first: np.ndarray, kind: int
) -> Tuple[np.ndarray, np.ndarray]:
    """Return the command integers of the geometries that begin at paths `first`, and where each one's start."""
    counts = np.diff(starts)
    dx, dy = np.diff(x, prepend=0), np.diff(y, prepend=0)  # (V,) the cursor goes on from path to path
    opening = starts[first]
    dx[opening], dy[opening] = x[opening], y[opening]
    if kind == POINT:
        heads, vertices = opening, np.diff(np.append(opening, len(x)))  # one MoveTo for all points of a feature
        lengths = 1 + 2 * vertices
        begin = starts_of(lengths)
        commands = np.empty(begin[-1], np.uint32)
        commands[begin[:-1]] = vertices << 3 | _MOVE
        at = (begin[:-1] + 1 - 2 * heads).take(row_numbers(vertices)) + 2 * np.arange(len(x))
        command_start = begin
    else:
        lengths = 2 * counts + (3 if kind == POLYGON else 2)
        begin = starts_of(lengths)  # (Q+1,)
        commands = np.empty(begin[-1], np.uint32)
        commands[begin[:-1]] = 1 << 3 | _MOVE
        commands[begin[:-1] + 3] = (counts - 1) << 3 | _LINE
        if kind == POLYGON:
            commands[begin[1:] - 1] = 1 << 3 | _CLOSE
        at = (begin[:-1] + 2 - 2 * starts[:-1]).take(row_numbers(counts)) + 2 * np.arange(len(x))
        at[starts[:-1]] -= 1  # MoveTo's vertex stands before the LineTo command
        command_start = np.append(begin[first], begin[-1])
    commands[at], commands[at + 1] = zigzag(dx.astype(np.int32)), zigzag(dy.astype(np.int32))
    return commands, command_start
