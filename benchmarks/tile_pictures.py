"""Pictures of two archives in one flat style, and how much of them differs.

Each picture shows 4 × 4 tiles of 256 pixels. A pixel is background, inside a polygon, or on a line, an outline or a
point. It differs if its class is nowhere among the nine pixels at its place in the other picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import numpy as np
from osgeo import gdal, gdal_array
from tile_archives import TileArchive, geometry, layers, raw

SIDE = 4  # tiles
PIXELS = 256  # of a tile
EXTENT = 4096
BACKGROUND, INSIDE, DRAWN = 0, 1, 2
_COLOURS = np.array([[250, 250, 245], [196, 214, 190], [40, 70, 60]], np.uint8)
_POINT, _LINE, _POLYGON = 1, 2, 3

Place = Tuple[float, float]  # in the unit square of Web Mercator, from the north-west


@dataclass(frozen=True)
class Paths:
    """The paths of one tile, in pixels from its north-west."""

    x: np.ndarray  # float64 (V,)
    y: np.ndarray  # float64 (V,)
    start: np.ndarray  # int64 (Q+1,)
    kind: np.ndarray  # int64 (Q,)


def places_of(archive: TileArchive, level: int, count: int = 5) -> List[Place]:
    """Return places spread evenly over the tiles of a level, in the order of the archive."""
    tiles = [(column, row) for (z, column, row), _ in archive.tiles() if z == level]
    side = 1 << level
    chosen = [tiles[(2 * i + 1) * len(tiles) // (2 * count)] for i in range(count)]
    return [((column + 0.5) / side, (row + 0.5) / side) for column, row in chosen]


def picture(archive: TileArchive, level: int, place: Place) -> np.ndarray:
    """Return the classes of the pixels about a place: uint8 (1024, 1024)."""
    drawn = np.zeros((SIDE * PIXELS, SIDE * PIXELS), np.uint8)
    side = 1 << level
    first_column, first_row = _corner(level, place)
    for i in range(SIDE):
        for j in range(SIDE):
            column, row = first_column + i, first_row + j
            stored = archive.tile(level, column, row) if 0 <= column < side and 0 <= row < side else None
            if stored:
                window = drawn[j * PIXELS : (j + 1) * PIXELS, i * PIXELS : (i + 1) * PIXELS]
                window[:] = tile_picture(raw(stored))
    return drawn


def tile_picture(tile: bytes) -> np.ndarray:
    """Return the classes of a tile's pixels: uint8 (256, 256)."""
    classes = np.zeros((PIXELS, PIXELS), np.uint8)
    paths = paths_of(tile)
    if len(paths.kind):
        counts = np.diff(paths.start)
        kind = np.repeat(paths.kind, counts)  # (V,)
        tails, heads = _edges(paths)
        rings = kind[tails] == _POLYGON
        classes[_filled(paths, tails[rings], heads[rings])] = INSIDE
        _draw_edges(classes, paths, tails, heads)
        _draw_points(classes, paths.x[kind == _POINT], paths.y[kind == _POINT])
    return classes


def paths_of(tile: bytes) -> Paths:
    """Return the paths of all features of a tile, rings without closing vertex (MVT 2.1, 4.3)."""
    features = [geometry(feature) for layer in layers(tile) for feature in layer]
    kinds = np.array([kind for kind, _ in features], np.int64)
    numbers, first = _varints([commands for _, commands in features])  # (M,), (F+1,)
    command, at, count, feature = _commands(numbers, first)
    moves, draws = command == 1, (command == 1) | (command == 2)
    point = kinds[feature] == _POINT
    vertices = np.where(draws, count, 0)  # of each command
    offset = np.repeat(at[draws], vertices[draws]) + 2 * _within(vertices[draws])  # (V,)
    owner = np.repeat(feature[draws], vertices[draws])
    x, y = (_summed(numbers[offset + axis], owner) for axis in (0, 1))
    before = np.concatenate([[0], np.cumsum(vertices)])
    opens = np.zeros(len(x) + 1, bool)
    opens[before[:-1][moves]] = True
    opens[:-1] |= np.repeat(point[draws], vertices[draws])  # every point by itself
    start = np.flatnonzero(opens[: len(x)])
    scale = PIXELS / EXTENT
    return Paths(x * scale, y * scale, np.append(start, len(x)), kinds[owner[start]])


def _varints(messages: Sequence[bytes]) -> Tuple[np.ndarray, np.ndarray]:
    """Return the varints of all messages, one after the other (int64 (M,)), and where each message's begin."""
    octets = np.frombuffer(b"".join(messages), np.uint8)
    ends = np.flatnonzero(octets < 0x80)
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    numbers = np.zeros(len(ends), np.int64)
    for place in range(int((ends - starts).max(initial=-1)) + 1):
        there = np.flatnonzero(starts + place <= ends)
        numbers[there] |= (octets[starts[there] + place].astype(np.int64) & 0x7F) << (7 * place)
    sizes = np.cumsum([0] + [len(message) for message in messages])
    return numbers, np.searchsorted(ends, sizes)


def _commands(numbers: np.ndarray, first: np.ndarray) -> Tuple[np.ndarray, ...]:
    """Return id, place of the parameters, count and feature of every command, in their order: int64 (C,) each."""
    at, end = first[:-1].copy(), first[1:]
    feature = np.flatnonzero(at < end)
    found: List[Tuple[np.ndarray, ...]] = []
    while len(feature):  # all features at once, one command a turn
        header = numbers[at[feature]]
        command, count = header & 7, header >> 3
        found.append((command, at[feature] + 1, count, feature))
        at[feature] += 1 + np.where(command == 7, 0, 2 * count)
        feature = feature[at[feature] < end[feature]]
    if not found:
        none = np.zeros(0, np.int64)
        return none, none, none, none
    columns = [np.concatenate(column) for column in zip(*found)]
    order = np.argsort(columns[1])
    return tuple(column[order] for column in columns)


def _within(counts: np.ndarray) -> np.ndarray:
    """Return 0, 1, … within each group: int64 (counts.sum(),)."""
    return np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)


def _summed(parameters: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Return coordinates from zigzag differences, each feature from 0 on: int64 (V,)."""
    total = np.cumsum((parameters >> 1) ^ -(parameters & 1))
    opens = np.flatnonzero(np.diff(owner, prepend=-1))
    base = np.concatenate([[0], total])[opens]
    return total - np.repeat(base, np.diff(np.append(opens, len(owner))))


def _edges(paths: Paths) -> Tuple[np.ndarray, np.ndarray]:
    """Return the vertices where edges begin and end, rings closed: int64 (E,) each."""
    tails = np.arange(len(paths.x))
    heads = tails + 1
    last = paths.start[1:] - 1
    heads[last] = paths.start[:-1]
    keep = np.ones(len(tails), bool)
    keep[last[paths.kind != _POLYGON]] = False
    return tails[keep], heads[keep]


def _filled(paths: Paths, tails: np.ndarray, heads: np.ndarray) -> np.ndarray:
    """Return the pixels whose centres lie in a polygon, by winding number: bool (256, 256)."""
    x0, y0, x1, y1 = paths.x[tails], paths.y[tails], paths.x[heads], paths.y[heads]
    first = np.clip(np.ceil(np.minimum(y0, y1) - 0.5), 0, PIXELS).astype(np.int64)
    last = np.clip(np.ceil(np.maximum(y0, y1) - 0.5), 0, PIXELS).astype(np.int64)
    rows = last - first  # (E,) whose centres the edge crosses
    edge = np.repeat(np.arange(len(tails)), rows)
    row = first[edge] + _within(rows)
    along = (row + 0.5 - y0[edge]) / (y1 - y0)[edge]
    column = np.clip(np.ceil(x0[edge] + along * (x1 - x0)[edge] - 0.5), 0, PIXELS).astype(np.int64)
    turns = np.bincount(row * (PIXELS + 1) + column, np.sign(y1 - y0)[edge], PIXELS * (PIXELS + 1))
    return np.cumsum(turns.reshape(PIXELS, PIXELS + 1), axis=1)[:, :PIXELS] != 0


def _draw_edges(classes: np.ndarray, paths: Paths, tails: np.ndarray, heads: np.ndarray) -> None:
    """Draw edges one pixel wide."""
    x, y = paths.x[tails], paths.y[tails]
    dx, dy = paths.x[heads] - x, paths.y[heads] - y
    steps = np.ceil(np.maximum(np.abs(dx), np.abs(dy))).astype(np.int64) + 1
    share = _within(steps) / np.repeat(np.maximum(steps - 1, 1), steps)
    _mark(
        classes, np.repeat(x, steps) + share * np.repeat(dx, steps), np.repeat(y, steps) + share * np.repeat(dy, steps)
    )


def _draw_points(classes: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """Draw each point as 3 × 3 pixels."""
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            _mark(classes, x + dx, y + dy)


def _mark(classes: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    inside = (column >= 0) & (column < PIXELS) & (row >= 0) & (row < PIXELS)
    classes[row[inside], column[inside]] = DRAWN


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the pixels that differ by more than one pixel's width: bool, of the pictures' shape."""
    return _unmatched(one, other) | _unmatched(other, one)


def _unmatched(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    missing = np.zeros(one.shape, bool)
    for wanted in (BACKGROUND, INSIDE, DRAWN):
        missing |= (one == wanted) & ~_grown(other == wanted)
    return missing


def _grown(mask: np.ndarray) -> np.ndarray:
    """Return the pixels in or beside a mask."""
    wide = mask.copy()
    wide[1:] |= mask[:-1]
    wide[:-1] |= mask[1:]
    grown = wide.copy()
    grown[:, 1:] |= wide[:, :-1]
    grown[:, :-1] |= wide[:, 1:]
    return grown


@dataclass(frozen=True)
class Share:
    """How many pixels of two pictures differ."""

    of_all: float
    of_drawn: float  # of those that are no background in at least one of them


def compare(one: TileArchive, other: TileArchive, levels: Tuple[int, int], folder: Path) -> Dict[int, List[Share]]:
    """Return, by level, the shares of pixels that differ at five places; the worst of each level goes to `folder`.

    Places whose pictures show the same tiles, as on the upper levels, are drawn once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shares: Dict[int, List[Share]] = {}
    places = places_of(one, levels[1])
    for level in range(levels[0], levels[1] + 1):
        seen: Dict[Tuple[int, int], Place] = {_corner(level, place): place for place in places}
        drawn = [(picture(one, level, place), picture(other, level, place)) for place in seen.values()]
        differs = [difference(*pictures) for pictures in drawn]
        used = [int(((mine | theirs) != BACKGROUND).sum()) for mine, theirs in drawn]
        shares[level] = [Share(float(one.mean()), one.sum() / max(count, 1)) for one, count in zip(differs, used)]
        worst = int(np.argmax([share.of_all for share in shares[level]]))
        save([*drawn[worst], differs[worst].astype(np.uint8) * DRAWN], folder / f"{level}.png")
    return shares


def _corner(level: int, place: Place) -> Tuple[int, int]:
    """Return the column and row of a picture's first tile."""
    return round(place[0] * (1 << level)) - SIDE // 2, round(place[1] * (1 << level)) - SIDE // 2


def save(pictures: Sequence[np.ndarray], path: Path) -> None:
    """Write pictures side by side as PNG."""
    pixels = _COLOURS[np.concatenate(pictures, axis=1)]
    image = gdal_array.OpenArray(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
    gdal.GetDriverByName("PNG").CreateCopy(str(path), image)
