"""Geometries in SpatiaLite's own form: read as what they are, or refused like any other damage."""

from __future__ import annotations

import struct

import pytest
import shapely

from geopub_plugin.backend.features import wkb
from geopub_plugin.backend.features.spatialite import standard_blobs

from .catalogue import VALID, WITH_Z
from .oracle import same


def spatialite(geometry: shapely.Geometry, little: bool = True) -> bytes:
    """Return a geometry as SpatiaLite stores it: entities of a multiple begin with 0x69 where WKB has its order."""
    order = "<" if little else ">"
    whole = shapely.to_wkb(geometry, byte_order=int(little), flavor="iso")
    if geometry.geom_type.startswith(("Multi", "GeometryCollection")):
        parts = (shapely.to_wkb(p, byte_order=int(little), flavor="iso") for p in shapely.get_parts(geometry))
        whole = whole[:9] + b"".join(b"\x69" + part[1:] for part in parts)
    bounds = struct.pack(order + "i4d", 4326, *geometry.bounds)
    return b"\x00" + bytes([little]) + bounds + b"\x7c" + whole[1:] + b"\xfe"


@pytest.mark.parametrize("wkt", [*VALID.values(), *WITH_Z.values()], ids=[*VALID, *WITH_Z])
@pytest.mark.parametrize("little", [True, False], ids=["little endian", "big endian"])
def test_every_kind_is_read(wkt: str, little: bool) -> None:
    geometry = shapely.from_wkt(wkt)
    same(wkb.parse([spatialite(geometry, little), None]), [geometry, None])


def test_other_blobs_are_left_alone() -> None:
    blobs = [b"GP\x00\x01" + bytes(20), None, b"", b"\x00\x01 short"]
    assert list(standard_blobs(blobs)) == blobs
    assert standard_blobs(blobs[:2]) is not None


def test_every_cut_is_noticed() -> None:
    whole = spatialite(shapely.from_wkt(VALID["multipolygon"]))
    for length in range(1, len(whole) - 1):
        assert wkb.malformed([whole[:length] + b"\xfe"]).tolist() == [True], length
