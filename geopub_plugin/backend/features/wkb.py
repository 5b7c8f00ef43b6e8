"""Well-known binary, thousands of geometries in lockstep.

Sources: OGC 06-103r4 (simple features) §8 for WKB, ISO 13249-3 for its Z and M codes (1000, 2000, 3000), and
OGC 12-128r18 (GeoPackage 1.3) §2.1.3 for the header in front of it. EWKB's flag bits are read as well.

All blobs are joined into one buffer; every geometry has a cursor in it, and each turn of the loop reads one ring of
every geometry that still has one. Most layers need a handful of turns. Collections, and the few geometries with a
great many parts, are read one after the other by `wkb_walker.Walker`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np

from ..errors import InvalidInput
from ..translation import tr
from .batch import COLLECTION, LINE, MULTIPOINT, NULL, POINT, POLYGON, Geometries
from .ragged import aranges, row_numbers, starts_of
from .spatialite import standard_blobs
from .wkb_walker import Cut, Walker

_ENVELOPE_BYTES = np.array([0, 32, 48, 48, 64, 0, 0, 0])  # by the three bits of the header's envelope code
AHEAD = 16  # bytes
_LONG = 3  # vertices of a path, from which on it is worth an object of Python
_FEW = 64  # geometries: fewer than this are read faster one by one than in lockstep


class MalformedGeometry(InvalidInput):
    """A blob is not a geometry; `index` is its row."""

    def __init__(self, index: int) -> None:
        super().__init__(
            tr("The geometry in row {row} of the batch cannot be read.", row=index),
            tr("Its bytes are cut off or are not well-known binary."),
            tr("Repair the file in QGIS (Export ▸ Save Features As…) and try again."),
        )
        self.index = index


@dataclass
class _Joined:
    """All blobs in one buffer."""

    buffer: bytes  # with `AHEAD` bytes after the last blob, so that a read at its end stays inside
    data: np.ndarray  # uint8 (B,) the same
    start: np.ndarray  # int64 (N,) first byte of the WKB itself
    end: np.ndarray  # int64 (N,)
    present: np.ndarray  # bool (N,) False for NULL
    bad: np.ndarray  # bool (N,)

    def u4(self, at: np.ndarray, little: np.ndarray) -> np.ndarray:
        """Return the unsigned 32-bit integers at these bytes: int64 (n,)."""
        small = np.ndarray((len(self.data) - 3,), "<u4", self.data, strides=(1,))[at].astype(np.int64)
        if little.all():
            return small
        return np.where(little, small, small.astype("<u4").byteswap().astype(np.int64))


@dataclass(frozen=True)
class _Events:
    """What was found, in any order but that of each geometry's own parts and rings."""

    part_owner: np.ndarray  # int64 (P,) geometry
    part_kind: np.ndarray  # uint8 (P,)
    part_paths: np.ndarray  # int64 (P,)
    path_owner: np.ndarray  # int64 (Q,) geometry
    path_at: np.ndarray  # int64 (Q,) first byte of the first coordinate
    path_vertices: np.ndarray  # int64 (Q,)
    path_little: np.ndarray  # bool (Q,)


def _joined(given: Sequence[Optional[bytes]], geopackage: bool) -> _Joined:
    blobs = standard_blobs(given) if geopackage else given
    present = np.ones(len(blobs), bool)  # (N,)
    if None in blobs:
        present[:] = [blob is not None for blob in blobs]
        blobs = [blob or b"" for blob in blobs]
    edges = starts_of(np.fromiter(map(len, blobs), np.int64, len(blobs)))
    return _located(b"".join(blobs) + bytes(AHEAD), edges[:-1], edges[1:], present, geopackage)


def _located(buffer: bytes, start: np.ndarray, end: np.ndarray, present: np.ndarray, geopackage: bool) -> _Joined:
    """Return blobs that begin and end at these bytes (N,) of a buffer, which has `AHEAD` more after the last."""
    data = np.frombuffer(buffer, np.uint8)
    bad = np.zeros(len(start), bool)  # (N,)
    if geopackage:
        bad = present & ((end - start < 8) | (data[start] != 0x47) | (data[start + 1] != 0x50))
        start = start + np.where(present, 8 + _ENVELOPE_BYTES[(data[start + 3] >> 1) & 7], 0)
    bad |= present & (start + 5 > end)
    return _Joined(buffer, data, np.where(bad, 0, start), end, present, bad)


def _types(joined: _Joined, at: np.ndarray, little: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return base code, dimensions (0 XY, 1 Z, 2 M, 3 ZM) and extra SRID bytes of the geometries at these bytes."""
    code = joined.u4(at + 1, little)  # int64 (n,)
    flags = code & 0xE0000000
    base = code & 0x1FFFFFFF
    dimensions = (base // 1000) | ((flags & 0x80000000) >> 31) | ((flags & 0x40000000) >> 29)
    return base % 1000, dimensions, np.where(flags & 0x20000000, 4, 0)


def kinds(blobs: Sequence[Optional[bytes]], *, geopackage: bool = True) -> np.ndarray:
    """Return the base WKB code of each blob from its header alone: int64 (N,); 0 for NULL, -1 where unreadable.

    Codes over 7 are curves and surfaces (8 CIRCULARSTRING … 17 TRIANGLE), which `parse` refuses.
    """
    joined = _joined(blobs, geopackage)
    known = joined.present & ~joined.bad
    found = np.where(joined.present, -1, 0)  # int64 (N,)
    at = joined.start[known]
    order = joined.data[at]
    base, dimensions, _ = _types(joined, at, order == 1)
    found[known] = np.where((order <= 1) & (dimensions <= 3) & (base >= 1) & (base <= 17), base, -1)
    return found


def _vertex_bytes(dimensions: np.ndarray) -> np.ndarray:
    """Return the bytes of a vertex, by dimensions as of `_types`: int64 (n,)."""
    return 8 * (2 + (dimensions & 1) + (dimensions >> 1))


class _Lockstep:
    """Reads lines, polygons and their multiples: one ring of every geometry a turn."""

    def __init__(self, joined: _Joined, owner: np.ndarray, base: np.ndarray, dimensions: np.ndarray,
                 little: np.ndarray, at: np.ndarray) -> None:  # fmt: skip
        self.joined, self.owner, self.dimensions, self.little, self.at = joined, owner, dimensions, little, at
        multiple = base >= MULTIPOINT
        self.kind = np.where(multiple, base - MULTIPOINT + POINT, base)  # (n,) of every part
        self.parts = np.ones(len(owner), np.int64)  # (n,) parts still to come
        self.rings = np.zeros(len(owner), np.int64)  # (n,) rings of the current part still to come
        short = multiple & (at + 9 > joined.end[owner])
        self.parts[multiple] = joined.u4(at[multiple] + 5, little[multiple])
        self.at = np.where(multiple, at + 9, at)
        self._drop(short)
        self.found: List[Tuple[np.ndarray, ...]] = []
        self.parts_found: List[Tuple[np.ndarray, ...]] = []

    def _drop(self, broken: np.ndarray) -> None:
        """Mark geometries as bad and forget them."""
        if broken.any():
            self.joined.bad[self.owner[broken]] = True
            self._keep(~broken)

    def _keep(self, those: np.ndarray) -> None:
        for name in ("owner", "dimensions", "kind", "little", "at", "parts", "rings"):
            setattr(self, name, getattr(self, name)[those])

    def _read_parts(self) -> None:
        """Read the header of the next part wherever the current one is finished."""
        due = np.flatnonzero((self.rings == 0) & (self.parts > 0))  # (d,)
        end = self.joined.end[self.owner]
        broken = np.zeros(len(self.owner), bool)  # (n,)
        short = self.at[due] + 9 > end[due]
        broken[due[short]] = True
        due = due[~short]
        at = self.at[due]
        order = self.joined.data[at]
        little = order == 1
        base, dimensions, extra = _types(self.joined, at, little)
        polygon = base == POLYGON
        rings = np.where(polygon, self.joined.u4(at + 5 + extra, little), 1)
        other = (base != self.kind[due]) | (dimensions != self.dimensions[due])
        broken[due[(order > 1) | other | (rings > (end[due] - at) // 4)]] = True
        self.little[due], self.rings[due] = little, rings
        self.at[due] = at + 5 + extra + np.where(polygon, 4, 0)
        self.parts[due] -= 1
        self.parts_found.append((self.owner[due], np.where(polygon, POLYGON, LINE).astype(np.uint8), rings))
        self._drop(broken)

    def _read_rings(self) -> None:
        """Read one ring, or line, of every geometry that has one."""
        due = np.flatnonzero(self.rings > 0)  # (d,)
        end = self.joined.end[self.owner]
        broken = np.zeros(len(self.owner), bool)  # (n,)
        short = self.at[due] + 4 > end[due]
        broken[due[short]] = True
        due = due[~short]
        at = self.at[due]
        vertices = self.joined.u4(at, self.little[due])
        after = at + 4 + vertices * _vertex_bytes(self.dimensions[due])
        long = after > end[due]
        broken[due[long]] = True
        due, at, vertices, after = due[~long], at[~long], vertices[~long], after[~long]
        self.found.append((self.owner[due], at + 4, vertices, self.little[due]))
        self.at[due] = after
        self.rings[due] -= 1
        self._drop(broken)

    def run(self) -> None:
        """Read until few geometries are left, which the caller reads one by one."""
        while len(self.owner) > _FEW:
            self._read_parts()
            self._read_rings()
            self._keep((self.rings > 0) | (self.parts > 0))


def _points(joined: _Joined, owner: np.ndarray, at: np.ndarray, extra: np.ndarray, size: np.ndarray,
            little: np.ndarray) -> _Events:  # fmt: skip
    """Return the events of single points, whose coordinates are at a known place."""
    at = at + 5 + extra
    fits = at + size <= joined.end[owner]
    joined.bad[owner[~fits]] = True
    owner, at, little = owner[fits], at[fits], little[fits]
    ones = np.ones(len(owner), np.int64)
    return _Events(owner, np.full(len(owner), POINT, np.uint8), ones, owner, at, ones, little)


def _walk(joined: _Joined, lockstep: _Lockstep, owner: np.ndarray, at: np.ndarray) -> Walker:
    """Read collections from their start, and what the lockstep left, one by one."""
    walker = Walker(joined.data, joined.end)

    def attempt(index: int, read: Callable[..., object], *where: int) -> None:
        try:
            read(index, *where)
        except Cut:
            joined.bad[index] = True

    for index, byte in zip(owner.tolist(), at.tolist()):
        attempt(index, walker.geometry, byte)
    left = (
        lockstep.owner, lockstep.at, lockstep.parts, lockstep.rings, lockstep.dimensions, lockstep.kind, lockstep.little
    )  # fmt: skip
    for index, *where in zip(*(values.tolist() for values in left)):
        attempt(index, walker.resume, *where)
    return walker


def _events(joined: _Joined) -> Tuple[_Events, np.ndarray, np.ndarray]:
    """Return everything found in the buffer, and base code and dimensions of each blob (int64 (N,))."""
    known = np.flatnonzero(joined.present & ~joined.bad)
    order = joined.data[joined.start[known]]
    little_of = np.zeros(len(joined.start), bool)  # (N,)
    little_of[known] = order == 1
    base = np.zeros(len(joined.start), np.int64)  # (N,)
    dimensions = np.zeros_like(base)
    extra = np.zeros_like(base)
    base[known], dimensions[known], extra[known] = _types(joined, joined.start[known], little_of[known])
    odd = (order > 1) | (dimensions[known] > 3) | (base[known] < 1) | (base[known] > COLLECTION)
    joined.bad[known[odd]] = True
    known = known[~odd]
    size = _vertex_bytes(dimensions)

    points = known[base[known] == POINT]
    one_by_one = known[
        (base[known] == COLLECTION) | (base[known] == MULTIPOINT) | ((extra[known] > 0) & (base[known] > POINT))
    ]
    together = np.setdiff1d(known, np.concatenate([points, one_by_one]), assume_unique=True)
    lockstep = _Lockstep(
        joined, together, base[together], dimensions[together], little_of[together], joined.start[together]
    )  # fmt: skip
    lockstep.run()
    walker = _walk(joined, lockstep, one_by_one, joined.start[one_by_one])
    single = _points(joined, points, joined.start[points], extra[points], size[points], little_of[points])
    return _gathered(single, lockstep, walker), base, dimensions


def _gathered(single: _Events, lockstep: _Lockstep, walker: Walker) -> _Events:
    """Return the events of the three readers in one."""
    walked_parts = np.array(walker.parts, np.int64).reshape(-1, 3)  # (p, 3)
    walked_paths = np.array(walker.paths, np.int64).reshape(-1, 4)  # (q, 4)
    parts = [(single.part_owner, single.part_kind, single.part_paths), *lockstep.parts_found]
    parts.append((walked_parts[:, 0], walked_parts[:, 1].astype(np.uint8), walked_parts[:, 2]))
    paths = [(single.path_owner, single.path_at, single.path_vertices, single.path_little), *lockstep.found]
    paths.append((walked_paths[:, 0], walked_paths[:, 1], walked_paths[:, 2], walked_paths[:, 3] == 1))
    return _Events(
        *(np.concatenate(column) for column in zip(*parts)), *(np.concatenate(column) for column in zip(*paths))
    )


def _strided(at: np.ndarray, vertices: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the byte of each vertex of paths that begin at bytes and have vertices of sizes: int64 (V,)."""
    if len(size) and (size == size[0]).all():  # whole steps of one width
        step = int(size[0])
        return aranges(at // step, vertices) * step + (at % step).take(row_numbers(vertices))
    path = row_numbers(vertices)
    return at.take(path) + aranges(np.zeros(len(at), np.int64), vertices) * size.take(path)


def _coordinates(joined: _Joined, at: np.ndarray, vertices: np.ndarray, size: np.ndarray, little: np.ndarray,
                 axis: np.ndarray) -> np.ndarray:  # fmt: skip
    """Return one axis of all vertices of the paths: float64 (V,); NaN where a path lacks the axis (axis < 0)."""
    byte = _strided(at + 8 * np.maximum(axis, 0), vertices, size)
    values = np.ndarray((len(joined.data) - 7,), "<f8", joined.data, strides=(1,))[byte]  # (V,)
    if not little.all():
        values = np.where(np.repeat(little, vertices), values, values.byteswap())
    if (axis < 0).any():
        values[np.repeat(axis < 0, vertices)] = np.nan
    return values


def _axes(
    joined: _Joined, at: np.ndarray, vertices: np.ndarray, dimensions: np.ndarray, little: np.ndarray,
    wanted: Tuple[bool, ...],
) -> List[Optional[np.ndarray]]:  # fmt: skip
    """Return those wanted of x, y, z and m of all vertices of the paths: float64 (V,); NaN where a path lacks the axis.

    The coordinates of a path stand in a row: where all paths are of one make, and long, the rows are joined and read.
    """
    has_z, has_m = (dimensions & 1) == 1, (dimensions >> 1) == 1  # (Q,)
    size = 8 * (2 + has_z.astype(np.int64) + has_m)
    none = np.zeros(len(at), np.int64)
    places = (none, none + 1, np.where(has_z, 2, -1), np.where(has_m, np.where(has_z, 3, 2), -1))  # (Q,) each

    read = partial(_coordinates, joined, at, vertices, size, little)
    if vertices.sum() > _LONG * len(at) and little.all() and (dimensions == dimensions[0]).all():
        ends = (at + vertices * size).tolist()
        rows = b"".join([joined.buffer[begin:end] for begin, end in zip(at.tolist(), ends)])
        columns = np.ascontiguousarray(np.frombuffer(rows, "<f8").reshape(-1, int(size[0]) // 8).T)  # (2 to 4, V)
        read = lambda axis: columns[axis[0]] if axis[0] >= 0 else np.full(columns.shape[1], np.nan)  # noqa: E731
    return [read(axis) if there else None for axis, there in zip(places, wanted)]


def _assembled(joined: _Joined, events: _Events, base: np.ndarray, dimensions: np.ndarray) -> Geometries:
    """Return the arrays of a batch from the events, empty paths and parts left out."""
    total = len(joined.start)
    part_order = np.argsort(events.part_owner, kind="stable")
    path_order = np.argsort(events.path_owner, kind="stable")
    part_owner, part_kind = events.part_owner[part_order], events.part_kind[part_order]
    path_part = np.repeat(np.arange(len(part_order)), events.part_paths[part_order])  # (Q,)
    at, vertices, little = (a[path_order] for a in (events.path_at, events.path_vertices, events.path_little))
    owner = events.path_owner[path_order]
    wanted = (True, True, bool((dimensions & 1).any()), bool((dimensions >> 1).any()))
    dimensions = dimensions[owner]

    empty = vertices == 0
    x, y, z, m = _axes(joined, at, vertices, dimensions, little, wanted)
    points = np.flatnonzero(part_kind[path_part] == POINT)
    first = starts_of(vertices)[:-1]
    empty[points] = np.isnan(x[first[points]])  # POINT EMPTY is NaN NaN (GeoPackage §2.1.3.1.1)
    if empty.any():
        at, vertices, little, dimensions, path_part = (a[~empty] for a in (at, vertices, little, dimensions, path_part))
        x, y, z, m = _axes(joined, at, vertices, dimensions, little, wanted)
    paths = np.bincount(path_part, minlength=len(part_owner)).astype(np.int64)  # (P,)
    filled = paths > 0
    return Geometries(
        x=x,
        y=y,
        path_start=starts_of(vertices),
        part_start=starts_of(paths[filled]),
        part_kind=part_kind[filled],
        feature_start=starts_of(np.bincount(part_owner[filled], minlength=total)),
        kind=np.where(joined.present, base, NULL).astype(np.uint8),
        z=z,
        m=m,
    )


def parse(blobs: Sequence[Optional[bytes]], *, geopackage: bool = True) -> Geometries:
    """Return the geometries of N blobs (None for NULL), with or without GeoPackage headers.

    Raises MalformedGeometry for the first blob that is not one of the seven simple kinds or is cut off.
    """
    return _parsed(_joined(blobs, geopackage))


def parse_located(buffer: bytes, start: np.ndarray, end: np.ndarray) -> Geometries:
    """Return the geometries of N GeoPackage blobs where they lie in a buffer: at bytes int64 (N,), NULL if empty.

    The buffer has at least `AHEAD` more bytes after the last. Raises MalformedGeometry, as for SpatiaLite's form.
    """
    return _parsed(_located(buffer, start, end, start < end, geopackage=True))


def _parsed(joined: _Joined) -> Geometries:
    events, base, dimensions = _events(joined)
    if joined.bad.any():
        raise MalformedGeometry(int(np.flatnonzero(joined.bad)[0]))
    return _assembled(joined, events, base, dimensions)


def malformed(blobs: Sequence[Optional[bytes]], *, geopackage: bool = True) -> np.ndarray:
    """Return which blobs `parse` would refuse: bool (N,)."""
    joined = _joined(blobs, geopackage)
    _events(joined)
    return joined.bad
