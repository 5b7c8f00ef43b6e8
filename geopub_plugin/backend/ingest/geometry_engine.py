"""The little that is asked of GDAL's geometry engine (GEOS): is a polygon valid, and how to make it so."""

from __future__ import annotations

import struct
from contextlib import contextmanager
from typing import Iterator, List, Optional, Sequence

import numpy as np
from osgeo import gdal, ogr

from ..features.batch import COLLECTION, POLYGON, Geometries
from ..features.wkb import parse
from ..features.wkb_writer import write

_ENVELOPE_BYTES = (0, 32, 48, 48, 64, 0, 0, 0)  # by the envelope code of the flags (OGC 12-128r18 §2.1.3.1.1)
_GROUP = 64  # polygons asked about in one call: small enough to find the bad ones soon, large enough to be quick
_HEADER = b"GP\x00\x01" + bytes(4)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep GDAL from printing what it thinks of a geometry."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        yield
    finally:
        gdal.PopErrorHandler()


def wkb_of(blob: bytes) -> bytes:
    """Return the well-known binary within a GeoPackage blob."""
    return blob[8 + _ENVELOPE_BYTES[blob[3] >> 1 & 7] :]


def geopackage_blob(geometry: ogr.Geometry) -> bytes:
    """Return a geometry as GeoPackage blob, without envelope."""
    return _HEADER + bytes(geometry.ExportToIsoWkb())


def geometry_of(blob: Optional[bytes]) -> Optional[ogr.Geometry]:
    """Return GDAL's reading of a GeoPackage blob; None where it has none."""
    if blob is None or len(blob) < 13 or blob[:2] != b"GP":
        return None
    return _imported(wkb_of(blob))


def _imported(wkb: bytes) -> Optional[ogr.Geometry]:
    with quiet():
        try:
            return ogr.CreateGeometryFromWkb(wkb)
        except RuntimeError:  # where GDAL's exceptions are on
            return None


def _valid(wkb: Sequence[bytes]) -> bool:
    """Ask about several geometries at once, as one collection (which is valid when all its members are)."""
    collection = _imported(b"\x01\x07\x00\x00\x00" + struct.pack("<I", len(wkb)) + b"".join(wkb))
    if collection is None:
        return False
    with quiet():
        try:
            return bool(collection.IsValid())
        except RuntimeError:
            return False


def invalid(wkb: Sequence[bytes]) -> List[int]:
    """Return the positions of invalid geometries (OGC 06-103r4 §6.1.11.1), halving the groups that hold one.

    A call costs more than a small polygon: asking about 64 at once is three times faster than one by one.
    """
    found: List[int] = []

    def ask(start: int, end: int) -> None:
        if _valid(wkb[start:end]):
            return
        if end - start == 1:
            found.append(start)
            return
        middle = (start + end) // 2
        ask(start, middle)
        ask(middle, end)

    for start in range(0, len(wkb), _GROUP):
        ask(start, min(start + _GROUP, len(wkb)))
    return found


def repaired(geometries: Geometries) -> Geometries:
    """Return N geometries made valid, of polygons their polygonal parts only; NULL where nothing is left."""
    made = [_repaired(blob, kind) for blob, kind in zip(write(geometries, 0), geometries.kind.tolist())]
    return parse(made)


def _repaired(blob: Optional[bytes], kind: int) -> Optional[bytes]:
    geometry = geometry_of(blob)
    if geometry is None:
        return None
    if kind == COLLECTION:
        members = [m for i in range(geometry.GetGeometryCount()) for m in _mended(geometry.GetGeometryRef(i))]
        whole = ogr.Geometry(ogr.wkbGeometryCollection)
        for member in members:
            whole.AddGeometry(member)
        return geopackage_blob(whole) if members else None
    polygons = _mended(geometry)
    if not polygons:
        return None
    if len(polygons) == 1 and kind == POLYGON:
        return geopackage_blob(polygons[0])
    several = ogr.Geometry(ogr.wkbMultiPolygon)
    for polygon in polygons:
        several.AddGeometry(polygon)
    return geopackage_blob(several)


def _mended(geometry: ogr.Geometry) -> List[ogr.Geometry]:
    """Return a geometry's valid polygons, or itself when it is none."""
    if ogr.GT_Flatten(geometry.GetGeometryType()) not in (ogr.wkbPolygon, ogr.wkbMultiPolygon):
        return [geometry.Clone()]
    closed = _closed(geometry)
    with quiet():
        try:
            valid = closed.MakeValid()
        except RuntimeError:
            valid = None
    return [p.Clone() for p in _polygons(valid) if p.GetArea() > 0] if valid is not None else []


def _polygons(geometry: ogr.Geometry) -> Iterator[ogr.Geometry]:
    if ogr.GT_Flatten(geometry.GetGeometryType()) == ogr.wkbPolygon:
        yield geometry
        return
    for index in range(geometry.GetGeometryCount()):
        part = geometry.GetGeometryRef(index)
        if ogr.GT_Flatten(part.GetGeometryType()) in (ogr.wkbPolygon, ogr.wkbMultiPolygon, ogr.wkbGeometryCollection):
            yield from _polygons(part)


def _closed(geometry: ogr.Geometry) -> ogr.Geometry:
    """Return polygons with all rings closed and those of fewer than four points left out, which GEOS refuses."""
    whole = ogr.Geometry(ogr.wkbMultiPolygon)
    for polygon in _polygons(geometry):
        kept = ogr.Geometry(ogr.wkbPolygon)
        for index in range(polygon.GetGeometryCount()):
            ring = polygon.GetGeometryRef(index).Clone()
            ring.CloseRings()
            if ring.GetPointCount() >= 4:
                kept.AddGeometry(ring)
            elif index == 0:
                break  # no outline: its holes are holes of nothing
        if kept.GetGeometryCount():
            whole.AddGeometry(kept)
    return whole


def polygonal(geometries: Geometries) -> np.ndarray:
    """Return the rows that hold a polygon: int64 (n,)."""
    features = np.repeat(np.arange(len(geometries)), np.diff(geometries.feature_start))  # (P,)
    return np.unique(features[geometries.part_kind == POLYGON])
