"""Geometries in SpatiaLite's own form, which some GeoPackages hold although the standard has another.

GDAL reads them, so nobody notices: QGIS 3.40 carries a world map in which two countries are stored so. Source:
"The internal BLOB format" of the SpatiaLite project. Rewritten as GeoPackage blobs, everything else takes them.
"""

from __future__ import annotations

import struct
from typing import Optional, Sequence

from .batch import LINE, MULTIPOINT, POINT, POLYGON

_START, _MBR_END, _ENTITY, _END = 0x00, 0x7C, 0x69, 0xFE
_DEEPEST = 32  # collections within collections
_BODY = 39  # first byte of the geometry's type: start, byte order, SRID, four doubles, end of the bounds


def is_spatialite(blob: Optional[bytes]) -> bool:
    """Return whether a blob has the marks of SpatiaLite's form."""
    return (
        blob is not None
        and len(blob) > _BODY + 4
        and (blob[0], blob[_BODY - 1], blob[-1]) == (_START, _MBR_END, _END)
        and blob[1] <= 1
    )


def standard_blobs(blobs: Sequence[Optional[bytes]]) -> Sequence[Optional[bytes]]:
    """Return the blobs with those in SpatiaLite's form rewritten as GeoPackage blobs; the same object if none is."""
    if _START not in b"".join([blob[:1] for blob in blobs if blob]):  # the usual case, and quick
        return blobs
    return [_rewritten(blob) if blob and is_spatialite(blob) else blob for blob in blobs]


def _rewritten(blob: bytes) -> bytes:
    """Return a GeoPackage blob of the same geometry; what makes no sense stays as it is, and is refused as WKB."""
    order = "<" if blob[1] == 1 else ">"
    wkb = bytearray(blob[1:2] + blob[_BODY:-1])
    try:
        _mark(wkb, 0, order)
    except (struct.error, IndexError):  # cut off, or nested beyond reason
        return blob
    srid = struct.unpack_from(order + "i", blob, 2)[0]
    return b"GP\x00\x01" + struct.pack("<i", srid) + bytes(wkb)


def _mark(wkb: bytearray, at: int, order: str, depth: int = 0) -> int:
    """Put WKB's byte order in place of the marks of the entities within; return the byte after the geometry."""
    if depth > _DEEPEST:
        raise IndexError(depth)
    if wkb[at] == _ENTITY:
        wkb[at] = 1 if order == "<" else 0
    code = struct.unpack_from(order + "I", wkb, at + 1)[0]
    kind, size = code % 1000, 8 * (2 + (code // 1000 in (1, 2)) + 2 * (code // 1000 == 3))
    at += 5
    if kind == POINT:
        return at + size
    count = struct.unpack_from(order + "I", wkb, at)[0]
    at += 4
    if kind == LINE:
        return at + count * size
    for _ in range(count):
        if kind == POLYGON:
            at += 4 + struct.unpack_from(order + "I", wkb, at)[0] * size
        elif kind >= MULTIPOINT:
            at = _mark(wkb, at, order, depth + 1)
    return at
