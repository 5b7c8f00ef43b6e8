"""GeoPackage geometries written from arrays, all of a batch at once.

Sources: OGC 12-128r18 (GeoPackage 1.3) §2.1.3 for the header, ISO WKB codes (1000 for Z, 2000 for M).
"""

from __future__ import annotations

from dataclasses import replace
from typing import List, Optional

import numpy as np

from .batch import COLLECTION, MULTIPOINT, NULL, POINT, POLYGON, Geometries
from .bytestrings import cells
from .measure import feature_bounds
from .ragged import aranges, starts_of

_HEADER, _ENVELOPE = 8, 32


class _Canvas:
    """A buffer that takes little-endian values at any byte."""

    def __init__(self, size: int) -> None:
        self.data = np.zeros(size + 8, np.uint8)  # 8 spare bytes: the float view ends early

    def put(self, dtype: str, at: np.ndarray, values: object) -> None:
        cells(self.data, dtype)[at] = values


def _code(kind: np.ndarray, geometries: Geometries) -> np.ndarray:
    """Return ISO WKB codes for kinds with the dimensions of these geometries: int64."""
    return kind.astype(np.int64) + 1000 * (geometries.z is not None) + 2000 * (geometries.m is not None)


class _Layout:
    """Where everything goes: bytes of each part, path and feature within one buffer."""

    def __init__(self, geometries: Geometries) -> None:
        g = geometries
        self.axes = [axis for axis in (g.x, g.y, g.z, g.m) if axis is not None]
        self.size = 8 * len(self.axes)
        vertices = np.diff(g.path_start)  # (Q,)
        polygon = g.part_kind == POLYGON  # (P,)
        self.path_kind = np.repeat(g.part_kind, np.diff(g.part_start))  # (Q,)
        self.path_bytes = vertices * self.size + np.where(self.path_kind == POINT, 0, 4)  # (Q,) a count before each
        path_edges = starts_of(self.path_bytes)
        in_part = path_edges[g.part_start]  # (P+1,)
        self.part_head = np.where(polygon, 9, 5)  # (P,) order, code, and the number of rings of a polygon
        self.part_bytes = self.part_head + np.diff(in_part)  # (P,)
        part_edges = starts_of(self.part_bytes)
        in_feature = part_edges[g.feature_start]  # (N+1,)
        parts = np.diff(g.feature_start)  # (N,)
        self.empty = (parts == 0) & (g.kind != NULL)  # (N,)
        self.own_head = (g.kind >= MULTIPOINT) | self.empty  # (N,) features with a header besides their parts'
        head = np.where(self.own_head, 9, 0) + np.where(self.empty & (g.kind == POINT), self.size - 4, 0)  # (N,)
        self.enveloped = (parts > 0) & (g.kind != POINT)  # (N,) a point is its own envelope, as GDAL has it
        front = np.where(g.kind == NULL, 0, _HEADER + np.where(self.enveloped, _ENVELOPE, 0))  # (N,)
        self.edges = starts_of(front + head + np.diff(in_feature))  # (N+1,)
        self.wkb_at = self.edges[:-1] + front  # (N,)
        feature_of_part = np.repeat(np.arange(len(g)), parts)  # (P,)
        self.part_at = (self.wkb_at + head - in_feature[:-1])[feature_of_part] + part_edges[:-1]  # (P,)
        part_of_path = np.repeat(np.arange(len(parts_of_paths := np.diff(g.part_start))), parts_of_paths)  # (Q,)
        self.path_at = (self.part_at + self.part_head - in_part[:-1])[part_of_path] + path_edges[:-1]  # (Q,)


def _write_headers(canvas: _Canvas, layout: _Layout, geometries: Geometries, srs_id: int) -> None:
    """Write "GP", version, flags, srs_id and, where there is one, the envelope."""
    present = geometries.kind != NULL
    at, empty, enveloped = layout.edges[:-1][present], layout.empty[present], layout.enveloped[present]
    canvas.put("u1", at, 0x47)
    canvas.put("u1", at + 1, 0x50)
    canvas.put("u1", at + 3, 1 + 2 * enveloped + 16 * empty)
    canvas.put("<i4", at + 4, srs_id)
    bounds = feature_bounds(geometries)[present][enveloped]  # (n, 4)
    for place, column in enumerate((0, 2, 1, 3)):  # minx, maxx, miny, maxy
        canvas.put("<f8", at[enveloped] + _HEADER + 8 * place, bounds[:, column])


def _write_bodies(canvas: _Canvas, layout: _Layout, geometries: Geometries) -> None:
    """Write the WKB of features, parts and paths."""
    g = geometries
    own = layout.own_head
    canvas.put("u1", layout.wkb_at[own], 1)
    canvas.put("<u4", layout.wkb_at[own] + 1, _code(g.kind[own], g))
    canvas.put("<u4", layout.wkb_at[own] + 5, np.diff(g.feature_start)[own])
    hollow = layout.wkb_at[layout.empty & (g.kind == POINT)]  # POINT EMPTY is written as NaN NaN
    for place in range(len(layout.axes)):
        canvas.put("<f8", hollow + 5 + 8 * place, np.nan)
    canvas.put("u1", layout.part_at, 1)
    canvas.put("<u4", layout.part_at + 1, _code(g.part_kind, g))
    polygon = g.part_kind == POLYGON
    canvas.put("<u4", layout.part_at[polygon] + 5, np.diff(g.part_start)[polygon])
    vertices = np.diff(g.path_start)  # (Q,)
    counted = layout.path_kind != POINT
    canvas.put("<u4", layout.path_at[counted], vertices[counted])
    first = layout.path_at + np.where(counted, 4, 0)  # (Q,)
    byte = np.repeat(first, vertices) + layout.size * aranges(np.zeros(len(vertices), np.int64), vertices)  # (V,)
    for place, axis in enumerate(layout.axes):
        canvas.put("<f8", byte + 8 * place, axis)


def write(geometries: Geometries, srs_id: int) -> List[Optional[bytes]]:
    """Return one GeoPackage blob a feature, with an envelope unless it is a point or empty; None for NULL.

    Every feature's kind must fit its parts: one part for kinds 1-3, parts of that kind for 4-6, any for 7.
    """
    layout = _Layout(geometries)
    canvas = _Canvas(int(layout.edges[-1]))
    _write_headers(canvas, layout, geometries, srs_id)
    _write_bodies(canvas, layout, geometries)
    data = canvas.data.tobytes()
    edges = layout.edges.tolist()
    return [data[a:b] if b > a else None for a, b in zip(edges[:-1], edges[1:])]


def collection(geometries: Geometries) -> bytes:
    """Return the well-known binary of a collection of all parts, in their order."""
    parts = np.array([0, len(geometries.part_kind)])
    one = replace(geometries, feature_start=parts, kind=np.array([COLLECTION], np.uint8))
    layout = _Layout(one)
    canvas = _Canvas(int(layout.edges[-1]))
    _write_bodies(canvas, layout, one)
    return canvas.data[layout.wkb_at[0] : layout.edges[-1]].tobytes()
