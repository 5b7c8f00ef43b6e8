"""Geometry blobs that a revision can hold as they were delivered: in the form in which it would be written anew.

That is GeoPackage's standard form (OGC 12-128r18 §2.1.3): version 0, little-endian, ISO type codes without M, an
envelope in x and y that is the right one, none for points and empty geometries.
"""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

import numpy as np

from ..features.batch import COLLECTION, MULTIPOINT, NULL, POINT, Geometries
from ..features.ragged import starts_of

OTHER, FLAT, WITH_Z = 0, 1, 2  # forms of a blob; NULL is of both the latter, and counts as FLAT | WITH_Z
ANY = FLAT | WITH_Z

_HEADER, _ENVELOPE = 8, 32


def forms(
    blobs: Sequence[Optional[bytes]], geometries: Geometries, bounds: np.ndarray
) -> Tuple[np.ndarray, Optional[int]]:
    """Return the form of each of N blobs (uint8 (N,)), and the one srs_id in all that have a form, None for none.

    `geometries` and their `bounds`, float64 (N, 4), are what was read from the blobs. Blobs with different srs_id have
    no form.
    """
    there = [blob or b"" for blob in blobs]
    lengths = np.fromiter(map(len, there), np.int64, len(blobs))  # (N,)
    present = lengths > 0
    data = np.frombuffer(b"".join(there) + bytes(80), np.uint8)
    at = starts_of(lengths)[:-1]  # (N,)
    filled = np.diff(geometries.feature_start) > 0
    enveloped = filled & (geometries.kind != POINT)
    flags = 1 + 2 * enveloped + 16 * ~filled  # (N,)
    good = present & (lengths >= 13) & (geometries.kind != NULL) & (geometries.kind != COLLECTION)
    for place, value in ((0, 0x47), (1, 0x50), (2, 0), (3, flags)):
        good &= data[at + place] == value
    wkb = at + _HEADER + np.where(enveloped, _ENVELOPE, 0)  # (N,)
    wkb = np.where(good, wkb, 0)
    code = _read(data, wkb + 1, "<u4").astype(np.int64)
    kind = geometries.kind.astype(code.dtype)  # NumPy 2 keeps uint8, which holds no 1000
    good &= (data[wkb] == 1) & ((code == kind) | (code == kind + 1000))
    nested = good & (geometries.kind >= MULTIPOINT) & filled  # their first part tells how all were written
    good[nested] &= (data[wkb[nested] + 9] == 1) & (
        _read(data, wkb[nested] + 10, "<u4") == code[nested] - MULTIPOINT + POINT
    )
    good &= _right_envelopes(data, at, enveloped & good, bounds)
    form = np.where(good, np.where(code >= 1000, WITH_Z, FLAT), OTHER).astype(np.uint8)  # (N,)
    for row in np.flatnonzero(~present).tolist():
        form[row] = ANY if blobs[row] is None else OTHER
    systems = np.unique(_read(data, np.where(good, at + 4, 0), "<i4")[good])
    if len(systems) > 1:
        return np.where(good, OTHER, form).astype(np.uint8), None
    return form, int(systems[0]) if len(systems) else None


def _read(data: np.ndarray, at: np.ndarray, kind: str) -> np.ndarray:
    size = np.dtype(kind).itemsize
    return np.ndarray((len(data) - size + 1,), kind, data, strides=(1,))[at]


def _right_envelopes(data: np.ndarray, at: np.ndarray, enveloped: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Return False where a blob states other bounds than its geometry has: bool (N,)."""
    right = np.ones(len(at), bool)  # (N,)
    for place, column in enumerate((0, 2, 1, 3)):  # minx, maxx, miny, maxy
        stated = _read(data, at[enveloped] + _HEADER + 8 * place, "<f8")
        right[enveloped] &= stated == bounds[enveloped, column]
    return right
