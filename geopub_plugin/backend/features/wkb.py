"""Well-known binary turned into the arrays of a batch.

All blobs are put into one buffer (`wkb_blobs`). Where each is one path, there is nothing to seek (`wkb_single`). Else
lines and polygons are read in lockstep (`wkb_lockstep`): most layers need a handful of turns. Collections, and the few
geometries with a great many parts, are read one after the other (`wkb_walker`). What they have found are places of
vertices, which are then read all at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np

from ..errors import InvalidInput
from ..translation import tr
from .batch import COLLECTION, MULTIPOINT, NULL, POINT, Geometries
from .bytestrings import Texts, cells, laid
from .ragged import aranges, row_numbers, starts_of
from .wkb_blobs import Blobs, vertex_sizes
from .wkb_lockstep import Lockstep
from .wkb_single import one_path_each
from .wkb_walker import Cut, Walker

_LONG = 3  # vertices of a path, from which on it is moved as a whole


class MalformedGeometry(InvalidInput):
    """A blob is not a geometry; `index` is its row."""

    def __init__(self, index: int) -> None:
        super().__init__(
            tr("The geometry in row {row} of the batch cannot be read.", row=index),
            tr("Its bytes are cut off or are not well-known binary."),
            tr("Repair the file in QGIS (Export ▸ Save Features As…) and try again."),
        )
        self.index = index


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


def kinds(given: Sequence[Optional[bytes]], *, geopackage: bool = True) -> np.ndarray:
    """Return the base WKB code of each blob from its header alone: int64 (N,); 0 for NULL, -1 where unreadable.

    Codes over 7 are curves and surfaces (8 CIRCULARSTRING … 17 TRIANGLE), which `parse` refuses.
    """
    blobs = Blobs.of(given, geopackage)
    known = blobs.present & ~blobs.bad
    found = np.where(blobs.present, -1, 0)  # int64 (N,)
    at = blobs.start[known]
    order = blobs.data[at]
    base, dimensions, _ = blobs.types(at, order == 1)
    found[known] = np.where((order <= 1) & (dimensions <= 3) & (base >= 1) & (base <= 17), base, -1)
    return found


def _points(blobs: Blobs, owner: np.ndarray, at: np.ndarray, extra: np.ndarray, size: np.ndarray,
            little: np.ndarray) -> _Events:  # fmt: skip
    """Return the events of single points, whose coordinates are at a known place."""
    at = at + 5 + extra
    fits = at + size <= blobs.end[owner]
    blobs.bad[owner[~fits]] = True
    owner, at, little = owner[fits], at[fits], little[fits]
    ones = np.ones(len(owner), np.int64)
    return _Events(owner, np.full(len(owner), POINT, np.uint8), ones, owner, at, ones, little)


def _walk(blobs: Blobs, lockstep: Lockstep, owner: np.ndarray, at: np.ndarray) -> Walker:
    """Read collections from their start, and what the lockstep left, one by one."""
    walker = Walker(blobs.data, blobs.end)

    def attempt(index: int, read: Callable[..., object], *where: int) -> None:
        try:
            read(index, *where)
        except Cut:
            blobs.bad[index] = True

    for index, byte in zip(owner.tolist(), at.tolist()):
        attempt(index, walker.geometry, byte)
    left = (
        lockstep.owner, lockstep.at, lockstep.parts, lockstep.rings, lockstep.dimensions, lockstep.kind, lockstep.little
    )  # fmt: skip
    for index, *where in zip(*(values.tolist() for values in left)):
        attempt(index, walker.resume, *where)
    return walker


def _events(blobs: Blobs) -> Tuple[_Events, np.ndarray, np.ndarray]:
    """Return everything found in the buffer, and base code and dimensions of each blob (int64 (N,))."""
    known = np.flatnonzero(blobs.present & ~blobs.bad)
    order = blobs.data[blobs.start[known]]
    little_of = np.zeros(len(blobs.start), bool)  # (N,)
    little_of[known] = order == 1
    base = np.zeros(len(blobs.start), np.int64)  # (N,)
    dimensions = np.zeros_like(base)
    extra = np.zeros_like(base)
    base[known], dimensions[known], extra[known] = blobs.types(blobs.start[known], little_of[known])
    odd = (order > 1) | (dimensions[known] > 3) | (base[known] < 1) | (base[known] > COLLECTION)
    blobs.bad[known[odd]] = True
    known = known[~odd]
    size = vertex_sizes(dimensions)

    points = known[base[known] == POINT]
    one_by_one = known[
        (base[known] == COLLECTION) | (base[known] == MULTIPOINT) | ((extra[known] > 0) & (base[known] > POINT))
    ]
    together = np.setdiff1d(known, np.concatenate([points, one_by_one]), assume_unique=True)
    lockstep = Lockstep(
        blobs, together, base[together], dimensions[together], little_of[together], blobs.start[together]
    )  # fmt: skip
    lockstep.run()
    walker = _walk(blobs, lockstep, one_by_one, blobs.start[one_by_one])
    single = _points(blobs, points, blobs.start[points], extra[points], size[points], little_of[points])
    return _gathered(single, lockstep, walker), base, dimensions


def _gathered(single: _Events, lockstep: Lockstep, walker: Walker) -> _Events:
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


def _coordinates(blobs: Blobs, at: np.ndarray, vertices: np.ndarray, size: np.ndarray, little: np.ndarray,
                 axis: np.ndarray) -> np.ndarray:  # fmt: skip
    """Return one axis of all vertices of the paths: float64 (V,); NaN where a path lacks the axis (axis < 0)."""
    byte = _strided(at + 8 * np.maximum(axis, 0), vertices, size)
    values = cells(blobs.data, "<f8")[byte]  # (V,)
    if not little.all():
        values = np.where(np.repeat(little, vertices), values, values.byteswap())
    if (axis < 0).any():
        values[np.repeat(axis < 0, vertices)] = np.nan
    return values


def _axes(
    blobs: Blobs, at: np.ndarray, vertices: np.ndarray, dimensions: np.ndarray, little: np.ndarray,
    wanted: Tuple[bool, ...],
) -> List[Optional[np.ndarray]]:  # fmt: skip
    """Return those wanted of x, y, z and m of all vertices of the paths: float64 (V,); NaN where a path lacks the axis.

    The coordinates of a path stand in a row: where all paths are of one make, and long, the rows are joined and read.
    """
    has_z, has_m = (dimensions & 1) == 1, (dimensions >> 1) == 1  # (Q,)
    size = vertex_sizes(dimensions)
    none = np.zeros(len(at), np.int64)
    places = (none, none + 1, np.where(has_z, 2, -1), np.where(has_m, np.where(has_z, 3, 2), -1))  # (Q,) each
    read = partial(_coordinates, blobs, at, vertices, size, little)
    if vertices.sum() > _LONG * len(at) and little.all() and (dimensions == dimensions[0]).all():
        rows = laid([Texts(blobs.data, at, vertices * size)], len(at)).data
        read = partial(_column, np.ascontiguousarray(rows.view("<f8").reshape(-1, int(size[0]) // 8).T))
    return [read(axis) if there else None for axis, there in zip(places, wanted)]


def _column(columns: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return one axis of vertices of one make, float64 (2 to 4, V), as of `_coordinates`."""
    return columns[axis[0]] if axis[0] >= 0 else np.full(columns.shape[1], np.nan)


def _assembled(blobs: Blobs, events: _Events, base: np.ndarray, dimensions: np.ndarray) -> Geometries:
    """Return the arrays of a batch from the events, empty paths and parts left out."""
    total = len(blobs.start)
    part_order = np.argsort(events.part_owner, kind="stable")
    path_order = np.argsort(events.path_owner, kind="stable")
    part_owner, part_kind = events.part_owner[part_order], events.part_kind[part_order]
    path_part = np.repeat(np.arange(len(part_order)), events.part_paths[part_order])  # (Q,)
    at, vertices, little = (a[path_order] for a in (events.path_at, events.path_vertices, events.path_little))
    owner = events.path_owner[path_order]
    wanted = (True, True, bool((dimensions & 1).any()), bool((dimensions >> 1).any()))
    dimensions = dimensions[owner]

    empty = vertices == 0
    x, y, z, m = _axes(blobs, at, vertices, dimensions, little, wanted)
    points = np.flatnonzero(part_kind[path_part] == POINT)
    first = starts_of(vertices)[:-1]
    empty[points] = np.isnan(x[first[points]])  # POINT EMPTY is NaN NaN (GeoPackage §2.1.3.1.1)
    if empty.any():
        at, vertices, little, dimensions, path_part = (a[~empty] for a in (at, vertices, little, dimensions, path_part))
        x, y, z, m = _axes(blobs, at, vertices, dimensions, little, wanted)
    paths = np.bincount(path_part, minlength=len(part_owner)).astype(np.int64)  # (P,)
    filled = paths > 0
    return Geometries(
        x=x,
        y=y,
        path_start=starts_of(vertices),
        part_start=starts_of(paths[filled]),
        part_kind=part_kind[filled],
        feature_start=starts_of(np.bincount(part_owner[filled], minlength=total)),
        kind=np.where(blobs.present, base, NULL).astype(np.uint8),
        z=z,
        m=m,
    )


def parse(given: Sequence[Optional[bytes]], *, geopackage: bool = True) -> Geometries:
    """Return the geometries of N blobs (None for NULL), with or without GeoPackage headers.

    Raises MalformedGeometry for the first blob that is not one of the seven simple kinds or is cut off.
    """
    return _parsed(Blobs.of(given, geopackage))


def parse_located(buffer: bytes, start: np.ndarray, end: np.ndarray) -> Geometries:
    """Return the geometries of N GeoPackage blobs where they lie in a buffer: at bytes int64 (N,), NULL if empty.

    The buffer has at least `AHEAD` more bytes after the last. Raises MalformedGeometry, as for SpatiaLite's form.
    """
    return _parsed(Blobs.within(buffer, start, end, start < end, geopackage=True))


def _parsed(blobs: Blobs) -> Geometries:
    single = one_path_each(blobs)
    if single is not None:
        return single
    events, base, dimensions = _events(blobs)
    if blobs.bad.any():
        raise MalformedGeometry(int(np.flatnonzero(blobs.bad)[0]))
    return _assembled(blobs, events, base, dimensions)


def malformed(given: Sequence[Optional[bytes]], *, geopackage: bool = True) -> np.ndarray:
    """Return which blobs `parse` would refuse: bool (N,)."""
    blobs = Blobs.of(given, geopackage)
    _events(blobs)
    return blobs.bad
