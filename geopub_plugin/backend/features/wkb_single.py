"""Well-known binary of geometries that each are one path, all of one make: most batches hold nothing else.

Everything before the number of vertices is then the same in each, so that one look tells that nothing has to be sought.
"""

from __future__ import annotations

import struct
from typing import Optional

import numpy as np

from .batch import COLLECTION, MULTIPOINT, POINT, POLYGON, Geometries
from .bytestrings import Texts, cells, laid
from .ragged import starts_of
from .wkb_blobs import Blobs, vertex_sizes

_LITTLE = 1  # order of bytes
_WITH_SRID = 0x20000000  # flag of EWKB


def one_path_each(blobs: Blobs) -> Optional[Geometries]:
    """Return the geometries of blobs where each is a point, a line, a ring, or a multiple of one of these.

    None where any is another, is of another make than the first, is empty or NULL, or does not end where it should.
    """
    if len(blobs.start) == 0 or blobs.bad.any() or not blobs.present.all():
        return None
    base, dimensions, _extra = (int(value[0]) for value in blobs.types(blobs.start[:1], np.ones(1, bool)))
    head = _head(blobs.buffer, int(blobs.start[0]), base)
    at = blobs.start + len(head)  # (N,) of the number of vertices, or of a point
    if not head or dimensions > 3 or int((blobs.end - at).min()) < 4:
        return None
    if cells(blobs.data, f"V{len(head)}")[blobs.start].tobytes() != head * len(at):
        return None
    pointed, size = base in (POINT, MULTIPOINT), int(vertex_sizes(dimensions))
    vertices = np.ones_like(at) if pointed else cells(blobs.data, "<u4")[at].astype(np.int64)  # (N,)
    at = at if pointed else at + 4
    if int(vertices.min()) == 0 or int((blobs.end - at - vertices * size).min()) < 0:
        return None
    numbers = laid([Texts(blobs.data, at, vertices * size)], len(at)).data.view("<f8")
    axes = np.ascontiguousarray(numbers.reshape(-1, size // 8).T)  # (2 to 4, V)
    if pointed and np.isnan(axes[0]).any():  # empty ones
        return None
    return _geometries(axes, vertices, base, dimensions)


def _head(buffer: bytes, at: int, base: int) -> bytes:
    """Return what stands before the vertices of the geometry at a byte if it is one path; b"" where none can be."""
    code = int.from_bytes(buffer[at + 1 : at + 5], "little")
    if buffer[at] != _LITTLE or code & _WITH_SRID or not POINT <= base < COLLECTION:
        return b""
    one = struct.pack("<I", 1)
    head = struct.pack("<BI", _LITTLE, code)
    if base >= MULTIPOINT:
        base = base - MULTIPOINT + POINT
        head += one + struct.pack("<BI", _LITTLE, code - MULTIPOINT + POINT)
    return head + one if base == POLYGON else head


def _geometries(axes: np.ndarray, vertices: np.ndarray, base: int, dimensions: int) -> Geometries:
    """Return geometries of one path each: their numbers of vertices int64 (N,), the axes of all float64 (2 to 4, V)."""
    count = len(vertices)
    part = base if base < MULTIPOINT else base - MULTIPOINT + POINT
    return Geometries(
        x=axes[0],
        y=axes[1],
        path_start=starts_of(vertices),
        part_start=np.arange(count + 1),
        part_kind=np.full(count, part, np.uint8),
        feature_start=np.arange(count + 1),
        kind=np.full(count, base, np.uint8),
        z=axes[2] if dimensions & 1 else None,
        m=axes[-1] if dimensions & 2 else None,
    )
