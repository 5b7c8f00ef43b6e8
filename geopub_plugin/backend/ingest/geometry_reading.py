"""Geometry blobs as delivered, turned into straight, finite geometries wherever that is possible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import List, Optional, Sequence

import numpy as np
from osgeo import ogr

from ..features.batch import COLLECTION, Geometries
from ..features.measure import vertex_feature
from ..features.ragged import concatenate, take
from ..features.spatialite import standard_blobs
from ..features.wkb import MalformedGeometry, kinds, malformed, parse
from .geometry_engine import geometry_of, geopackage_blob, quiet

_SURFACES = (ogr.wkbPolyhedralSurface, ogr.wkbTIN, ogr.wkbTriangle)


@dataclass(frozen=True)
class Reading:
    """N geometries, and what had to be done to read them."""

    geometries: Geometries  # NULL where a blob could not be read
    blobs: List[Optional[bytes]]  # of these geometries, straight; with their M values
    curved: np.ndarray  # bool (N,) straightened
    malformed: np.ndarray  # bool (N,) unreadable, or with coordinates that are not finite


def straightened(blob: Optional[bytes]) -> Optional[bytes]:
    """Return a blob with arcs followed by segments and surfaces as multipolygons; None where GDAL cannot read it."""
    geometry = geometry_of(blob)
    if geometry is None:
        return None
    with quiet():
        kind = ogr.GT_Flatten(geometry.GetGeometryType())
        if kind in _SURFACES:
            geometry = ogr.ForceToMultiPolygon(geometry)
        geometry = geometry.GetLinearGeometry()
    if ogr.GT_Flatten(geometry.GetGeometryType()) > ogr.wkbGeometryCollection:
        return None
    return geopackage_blob(geometry)


def read(delivered: Sequence[Optional[bytes]]) -> Reading:
    """Read N GeoPackage blobs; whatever cannot be read becomes NULL and is marked."""
    blobs = list(standard_blobs(delivered))
    curved, lost = np.zeros(len(blobs), bool), np.zeros(len(blobs), bool)  # (N,)
    try:
        geometries = parse(blobs)
    except MalformedGeometry:  # curves, surfaces, damage
        geometries = _read_strange(blobs, curved)
        lost[:] = [a is not None and b is None for a, b in zip(delivered, blobs)]
    infinite = infinite_features(geometries)
    if infinite.any():
        geometries = without(geometries, infinite)
        for row in np.flatnonzero(infinite).tolist():
            blobs[row] = None
    return Reading(geometries, blobs, curved & ~infinite & ~lost, lost | infinite)


def _read_strange(blobs: List[Optional[bytes]], curved: np.ndarray) -> Geometries:
    """Straighten what has curves and empty what cannot be read, in `blobs` itself; mark in `curved`, bool (N,)."""
    curved[:] = kinds(blobs) > COLLECTION
    for row in np.flatnonzero(curved).tolist():
        blobs[row] = straightened(blobs[row])
    try:
        return parse(blobs)
    except MalformedGeometry:  # rare: look at them all, and ask GDAL about the strange ones
        for row in np.flatnonzero(malformed(blobs)).tolist():
            blobs[row] = straightened(blobs[row])
            curved[row] = blobs[row] is not None  # a collection with curves inside
        for row in np.flatnonzero(malformed(blobs)).tolist():
            blobs[row], curved[row] = None, False
        return parse(blobs)


def infinite_features(geometries: Geometries) -> np.ndarray:
    """Return which features have an x or y that is NaN or infinite: bool (N,)."""
    wrong = ~(np.isfinite(geometries.x) & np.isfinite(geometries.y))  # (V,)
    features = np.zeros(len(geometries), bool)  # (N,)
    if wrong.any():
        features[vertex_feature(geometries)[wrong]] = True
    return features


def without(geometries: Geometries, those: np.ndarray) -> Geometries:
    """Return the geometries with NULL in some rows: `those` is bool (N,)."""
    extended = concatenate([geometries, parse([None])])
    return take(extended, np.where(those, len(geometries), np.arange(len(geometries))))


def replaced(geometries: Geometries, rows: np.ndarray, others: Geometries) -> Geometries:
    """Return the geometries with those in `rows` (int64 (n,)) replaced by the n others."""
    index = np.arange(len(geometries))  # (N,)
    index[rows] = len(geometries) + np.arange(len(rows))
    return take(concatenate([geometries, others]), index)


def flat(geometries: Geometries, keep_z: bool) -> Geometries:
    """Return the geometries without M; with Z if `keep_z`, 0 where a vertex has none."""
    z = geometries.z
    if keep_z:
        z = np.zeros(len(geometries.x)) if z is None else np.where(np.isfinite(z), z, 0.0)
    return replace(geometries, m=None, z=z if keep_z else None)
