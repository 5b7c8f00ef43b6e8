"""An area on the ground, and which tiles meet it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Optional, Tuple

import numpy as np

from ..errors import InvalidInput
from ..features.ragged import aranges
from ..features.schema import Bounds
from ..translation import tr
from .grid import unit_bounds, unit_points

Ring = Tuple[Tuple[float, float], ...]

_TOUCHING = 1e-7  # of a tile: whose inside is not met, does not count
_POLYGON, _MULTIPOLYGON = 3, 6


@dataclass(frozen=True)
class Area:
    """Rings of polygons in longitude and latitude, inner and outer alike: what lies in an odd number of them is in."""

    rings: Tuple[Ring, ...]
    _spans: Dict[int, Tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of_bounds(cls, bounds: Bounds) -> Area:
        """Return a rectangle."""
        west, south, east, north = bounds
        return cls((((west, south), (east, south), (east, north), (west, north), (west, south)),))

    @classmethod
    def of_tiles(cls, tiles: Mapping[int, Tuple[np.ndarray, np.ndarray]]) -> Area:
        """Return the area of single tiles: by level, all of those that will be asked about, columns and rows."""
        keys = {level: np.unique((row << level) + column) for level, (column, row) in tiles.items()}
        return cls((), {level: (key, key) for level, key in keys.items()})

    @property
    def bounds(self) -> Bounds:
        """Bounds in longitude and latitude."""
        points = np.array([point for ring in self.rings for point in ring])  # (V, 2)
        (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return west, south, east, north

    def reach(self, level: int, buffer: float) -> Bounds:
        """Return the bounds (unit square) of its tiles at a level, with a buffer (a share of a tile's side)."""
        west, north, east, south = (edge * 2.0**level for edge in unit_bounds(self.bounds))
        low = (math.floor(edge + _TOUCHING) - buffer for edge in (west, north))
        high = (math.ceil(edge - _TOUCHING) + buffer for edge in (east, south))
        left, top, right, bottom = (edge * 2.0**-level for edge in (*low, *high))
        return left, top, right, bottom

    def meets(self, level: int, column: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Return which tiles of a level share more than a border with the area: bool (n,)."""
        first, last = self._spans_at(level)
        if len(first) == 0:
            return np.zeros(len(column), bool)
        key = (row << level) + column
        span = np.searchsorted(first, key, "right") - 1
        return (span >= 0) & (key <= last[np.maximum(span, 0)])

    def tile_count(self, level: int) -> int:
        """Return how many tiles of a level meet the area."""
        first, last = self._spans_at(level)
        return int((last - first + 1).sum())

    def _spans_at(self, level: int) -> Tuple[np.ndarray, np.ndarray]:
        if level not in self._spans:
            self._spans[level] = _spans(self.rings, level)
        return self._spans[level]


def area_of(wkt: str) -> Optional[Area]:
    """Return the area that a text in WKT describes (EPSG:4326, longitude first), None for an empty text.

    Raises:
        InvalidInput: it is no POLYGON or MULTIPOLYGON, or lies outside the world.
    """
    text = re.sub(r"^\s*SRID\s*=\s*4326\s*;", "", wkt, flags=re.IGNORECASE).strip()
    if not text:
        return None
    from osgeo import ogr  # a tenth of a second, which pyramids without an area are spared

    try:
        shape = ogr.CreateGeometryFromWkt(text)
    except RuntimeError:  # with ogr.UseExceptions()
        shape = None
    if shape is None or shape.IsEmpty():
        raise _refusal(tr("“{wkt}” is not a shape in WKT.", wkt=wkt[:80]))
    if ogr.GT_Flatten(shape.GetGeometryType()) not in (_POLYGON, _MULTIPOLYGON):
        raise _refusal(tr("It is a {kind}.", kind=shape.GetGeometryName()))
    many = ogr.GT_Flatten(shape.GetGeometryType()) == _MULTIPOLYGON
    polygons = [shape.GetGeometryRef(place) for place in range(shape.GetGeometryCount())] if many else [shape]
    rings: List[Ring] = []
    for polygon in polygons:
        parts = [polygon.GetGeometryRef(place) for place in range(polygon.GetGeometryCount())]
        rings.extend(tuple((x, y) for x, y, *_ in part.GetPoints()) for part in parts if part.GetPointCount() > 3)
    area = Area(tuple(rings))
    west, south, east, north = area.bounds if rings else (0.0, 91.0, 0.0, 91.0)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise _refusal(tr("It does not lie between -180 and 180 degrees of longitude and -90 and 90 of latitude."))
    return area


def _refusal(why: str) -> InvalidInput:
    return InvalidInput(
        tr("The area cannot be used."),
        why,
        tr("Give a POLYGON or a MULTIPOLYGON with longitudes and latitudes (EPSG:4326)."),
    )


def _spans(rings: Tuple[Ring, ...], level: int) -> Tuple[np.ndarray, np.ndarray]:
    """Return the tiles of a level that an area meets as runs of columns within a row.

    First and last tile of each run: int64 (n,) each, row * 2**level + column, ascending and apart.
    """
    edges = np.concatenate([_edges(ring, level) for ring in rings])  # (E, 4)
    touched, inside = _touched(edges), _inside(edges)
    row, first, last = (np.concatenate(pair) for pair in zip(touched, inside))  # (n,) each
    side = 1 << level
    first, last = np.maximum(first, 0), np.minimum(last, side - 1)
    there = (first <= last) & (row >= 0) & (row < side)
    first, last = (row[there] << level) + first[there], (row[there] << level) + last[there]
    order = np.argsort(first, kind="stable")
    first, last = first[order], np.maximum.accumulate(last[order]) if len(order) else last
    apart = np.ones(len(first), bool)
    apart[1:] = first[1:] > last[:-1] + 1
    ends = np.append(np.flatnonzero(apart)[1:] - 1, len(first) - 1) if len(first) else np.zeros(0, np.int64)
    return first[apart], last[ends]


def _edges(ring: Ring, level: int) -> np.ndarray:
    """Return the edges of a ring: float64 (E, 4) x, y, x, y in tiles of the level, from the upper end to the lower."""
    points = np.array(ring)
    x, y = unit_points(points[:, 0], points[:, 1])
    corners = np.stack([x, y], axis=1) * 2.0**level  # (E+1, 2)
    edges = np.concatenate([corners[:-1], corners[1:]], axis=1)
    return np.where((edges[:, 1] > edges[:, 3])[:, None], edges[:, [2, 3, 0, 1]], edges)


def _touched(edges: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row, first and last column of the tiles whose inside an edge runs through: int64 (n,) each."""
    top = np.floor(edges[:, 1] + _TOUCHING).astype(np.int64)
    bottom = np.ceil(edges[:, 3] - _TOUCHING).astype(np.int64) - 1
    counts = np.maximum(bottom - top + 1, 0)  # (E,) rows
    edge = np.repeat(np.arange(len(edges)), counts)  # (n,)
    row = aranges(top, counts)
    one = _x_at(edges[edge], np.maximum(row, edges[edge, 1]), 0)
    other = _x_at(edges[edge], np.minimum(row + 1, edges[edge, 3]), 2)
    first = np.floor(np.minimum(one, other) + _TOUCHING).astype(np.int64)
    last = np.ceil(np.maximum(one, other) - _TOUCHING).astype(np.int64) - 1
    return row, first, last


def _inside(edges: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row, first and last column of the tiles whose centres are inside: int64 (n,) each, maybe last < first."""
    top = np.ceil(edges[:, 1] - 0.5).astype(np.int64)
    bottom = np.ceil(edges[:, 3] - 0.5).astype(np.int64) - 1
    counts = np.maximum(bottom - top + 1, 0)  # (E,) rows whose middle line it crosses
    edge = np.repeat(np.arange(len(edges)), counts)
    row = aranges(top, counts)
    x = _x_at(edges[edge], row + 0.5, 0)
    order = np.lexsort((x, row))
    row, x = row[order], x[order]  # of each row an even number: in, out, in, out, …
    return row[0::2], np.ceil(x[0::2] - 0.5).astype(np.int64), np.ceil(x[1::2] - 0.5).astype(np.int64) - 1


def _x_at(edges: np.ndarray, y: np.ndarray, level_end: int) -> np.ndarray:
    """Return x of edges (float64 (n, 4)) at y (n,); of a level edge, that of the end whose place is given."""
    height = edges[:, 3] - edges[:, 1]
    share = np.divide(y - edges[:, 1], height, out=np.full(len(edges), level_end / 2), where=height > 0)
    return edges[:, 0] + np.clip(share, 0, 1) * (edges[:, 2] - edges[:, 0])
