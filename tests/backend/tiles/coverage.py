"""A coverage to try: a jittered grid of polygons with wriggling borders in common, and what its tiles cover."""

from __future__ import annotations

from typing import Dict, List, Tuple

import numpy as np
import shapely

from geopub_plugin.backend.features.ragged import aranges
from geopub_plugin.backend.tiles.grid import unit_points

from .conftest import Row
from .mvt_checker import CheckedLayer

Point = Tuple[float, float]
AT = np.array([1.93, 2.07])  # units of the first sample


def wriggling_grid(side: int, size: float, seed: int = 3, bends: int = 24, origin: Point = (2.0, 48.0)) -> List[Row]:
    """Return side × side polygons with borders of `bends` vertices in common with their neighbours (degrees)."""
    rng = np.random.default_rng(seed)
    corner = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), axis=-1) * size
    corner = corner + rng.uniform(-0.2, 0.2, corner.shape) * size + np.array(origin)  # (side + 1, side + 1, 2)
    borders: Dict[Tuple[int, int, int], List[Point]] = {}
    for i in range(side + 1):
        for j in range(side + 1):
            for axis, (k, m) in enumerate(((i + 1, j), (i, j + 1))):
                if k <= side and m <= side:
                    along = np.linspace(0, 1, bends + 2)[:, None]
                    line = corner[i, j] * (1 - along) + corner[k, m] * along
                    line[:, 1 - axis] += rng.normal(0, 0.05 * size, bends + 2) * np.sin(np.pi * along[:, 0])
                    borders[axis, i, j] = [(float(x), float(y)) for x, y in line]
    rows = []
    for i in range(side):
        for j in range(side):
            ring = borders[0, i, j] + borders[1, i + 1, j][1:]
            ring += borders[0, i, j + 1][::-1][1:] + borders[1, i, j][::-1][1:]
            turned = ring[:-1][(7 * i + j) % 20 :] + ring[:-1][: (7 * i + j) % 20]  # rings begin anywhere
            turned.append(turned[0])
            if (i + j) % 2:
                turned.reverse()
            rows.append((f"POLYGON (({','.join(f'{x!r} {y!r}' for x, y in turned)}))", {"row": i, "column": j % 3}))
    return rows


def covered(layers: List[CheckedLayer], samples: int = 512) -> np.ndarray:
    """Return at which samples of a tile there is a polygon: bool (samples, samples), rows from the north.

    Samples lie in the middle of pixels, a little beside the lattice, so none is on a border of even numbers. Rings of
    a feature are filled together where their windings do not cancel (nonzero), one scan line at a time.
    """
    step = 4096 / samples
    tails, heads, owners = [], [], []
    for number, feature in enumerate(feature for layer in layers for feature in layer.features):
        for path in feature.paths:
            ring = np.array(path, float)
            tails.append(ring)
            heads.append(np.roll(ring, -1, axis=0))
            owners.append(np.full(len(ring), number))
    tail, head, owner = np.concatenate(tails), np.concatenate(heads), np.concatenate(owners)
    tail, head = (tail - AT) / step, (head - AT) / step  # samples lie at whole numbers
    low, high = np.minimum(tail[:, 1], head[:, 1]), np.maximum(tail[:, 1], head[:, 1])
    first = np.clip(np.ceil(low), 0, samples).astype(int)
    count = np.maximum(np.clip(np.ceil(high), 0, samples).astype(int) - first, 0)
    edge, line = np.repeat(np.arange(len(tail)), count), aranges(first, count)
    slope = (head[edge, 0] - tail[edge, 0]) / (head[edge, 1] - tail[edge, 1])
    x = np.clip(np.ceil(tail[edge, 0] + (line - tail[edge, 1]) * slope), 0, samples).astype(int)
    turn = np.where(head[edge, 1] > tail[edge, 1], 1, -1)
    order = np.lexsort((x, line, owner[edge]))
    x, line, winding = x[order], line[order], np.cumsum(turn[order])
    begins = np.flatnonzero(winding[:-1] != 0)  # to the next crossing of the same feature and line
    depth = np.zeros((samples, samples + 1), int)
    np.add.at(depth, (line[begins], x[begins]), 1)
    np.add.at(depth, (line[begins], x[begins + 1]), -1)
    return np.cumsum(depth, axis=1)[:, :-1] > 0


def inside(whole: shapely.Geometry, place: Tuple[int, int, int], margin: float, samples: int = 512) -> np.ndarray:
    """Return which samples of a tile lie in `whole` (longitude, latitude), `margin` units from its border: bool."""
    level, column, row = place

    def units(points: np.ndarray) -> np.ndarray:
        x, y = unit_points(points[:, 0], points[:, 1])
        return np.stack([(x * 2**level - column) * 4096, (y * 2**level - row) * 4096], axis=1)

    shrunk = shapely.clip_by_rect(shapely.transform(whole, units).buffer(-margin), -1, -1, 4097, 4097)
    at = np.arange(samples) * 4096 / samples
    shapely.prepare(shrunk)
    return shapely.contains_xy(shrunk, *np.meshgrid(at + AT[0], at + AT[1]))
