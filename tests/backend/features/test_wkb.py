"""WKB in and out, against shapely."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import ogr

from geopub_plugin.backend.features import wkb
from geopub_plugin.backend.features.ragged import concatenate, take
from geopub_plugin.backend.features.wkb_blobs import Blobs
from geopub_plugin.backend.features.wkb_single import one_path_each
from geopub_plugin.backend.features.wkb_writer import write

from .catalogue import ALL, EMPTY, VALID, WITH_Z
from .oracle import same

HEADERS = {
    "no envelope": b"GP\x00\x01" + struct.pack("<i", 4326),
    "xy envelope": b"GP\x00\x03" + struct.pack("<i4d", 4326, 0, 1, 0, 1),
    "xyzm envelope": b"GP\x00\x09" + struct.pack("<i8d", 4326, *[0.0] * 8),
}


@pytest.mark.parametrize("wkt", ALL.values(), ids=ALL.keys())
@pytest.mark.parametrize("little", [1, 0], ids=["little endian", "big endian"])
def test_every_kind_is_read(wkt: str, little: int) -> None:
    geometry = shapely.from_wkt(wkt)
    same(wkb.parse([shapely.to_wkb(geometry, byte_order=little, flavor="iso")], geopackage=False), [geometry])


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_geopackage_headers_are_skipped(header: bytes) -> None:
    geometries = [shapely.from_wkt(wkt) for wkt in VALID.values()]
    same(wkb.parse([header + shapely.to_wkb(g) for g in geometries]), geometries)


def test_a_mixed_batch_keeps_its_order() -> None:
    geometries = [shapely.from_wkt(wkt) for wkt in [*VALID.values(), *EMPTY.values()]] * 40
    geometries[7] = None
    geometries[200] = None
    blobs = [None if g is None else shapely.to_wkb(g, byte_order=i % 2) for i, g in enumerate(geometries)]
    same(wkb.parse(blobs, geopackage=False), geometries)


def test_z_and_m_are_kept_apart() -> None:
    zm = ogr.CreateGeometryFromWkt("LINESTRING ZM (0 0 1 10, 1 1 2 20)").ExportToIsoWkb()
    m = ogr.CreateGeometryFromWkt("POINT M (5 6 7)").ExportToIsoWkb()
    g = wkb.parse([bytes(zm), bytes(m)], geopackage=False)
    np.testing.assert_array_equal(g.z, [1, 2, np.nan])
    np.testing.assert_array_equal(g.m, [10, 20, 7])


def test_extended_wkb_with_srid_is_read() -> None:
    geometries = [shapely.from_wkt(w) for w in [*VALID.values(), *WITH_Z.values()]]
    blobs = [shapely.to_wkb(shapely.set_srid(g, 2154), include_srid=True, flavor="extended") for g in geometries]
    for blob, geometry in zip(blobs, geometries):
        same(wkb.parse([blob], geopackage=False), [geometry])


def test_codes_are_told_without_reading_the_rest() -> None:
    curve = bytes(ogr.CreateGeometryFromWkt("CURVEPOLYGON (CIRCULARSTRING (0 0, 4 0, 4 4, 0 4, 0 0))").ExportToIsoWkb())
    blobs = [shapely.to_wkb(shapely.Point(1, 1)), curve, None, b"not a geometry"]
    assert wkb.kinds(blobs, geopackage=False).tolist() == [1, 10, 0, -1]


@pytest.mark.parametrize("wkt", ALL.values(), ids=ALL.keys())
def test_every_cut_is_noticed(wkt: str) -> None:
    whole = shapely.to_wkb(shapely.from_wkt(wkt), flavor="iso")
    for length in range(len(whole)):
        bad = wkb.malformed([whole, whole[:length], whole], geopackage=False)
        assert bad.tolist() == [False, True, False], length


ONE_PATH = (
    "POINT (1 2)", "POINT Z (1 2 3)", "POINT M (1 2 3)", "LINESTRING (0 0, 1 1)", "LINESTRING ZM (0 0 1 2, 1 1 3 4)",
    "POLYGON ((0 0, 1 0, 1 1, 0 0))", "MULTIPOINT ((1 2))", "MULTILINESTRING ((0 0, 1 1, 2 0))",
    "MULTIPOLYGON Z (((0 0 5, 1 0 6, 1 1 7, 0 0 5)))",
)  # fmt: skip


@pytest.mark.parametrize("wkt", ONE_PATH)
def test_geometries_of_one_path_each_are_read_as_they_are_beside_others(wkt: str) -> None:
    blob = bytes(ogr.CreateGeometryFromWkt(wkt).ExportToIsoWkb())
    alone = one_path_each(Blobs.of([blob, blob + b"after", blob], geopackage=False))
    beside = wkb.parse([blob, blob, blob, None], geopackage=False)
    assert alone is not None
    for name in ("x", "y", "z", "m", "path_start", "part_start", "part_kind"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(beside, name), name)
        assert name in "zm" or getattr(alone, name).dtype == getattr(beside, name).dtype
    assert alone.feature_start.tolist() == beside.feature_start[:-1].tolist()
    assert alone.kind.tolist() == beside.kind[:-1].tolist()


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("POINT (1 2)", "POINT EMPTY"),
        ("POINT (1 2)", "POINT Z (1 2 3)"),
        ("LINESTRING (0 0, 1 1)", "LINESTRING EMPTY"),
        ("LINESTRING (0 0, 1 1)", "MULTILINESTRING ((0 0, 1 1))"),
        ("POLYGON ((0 0, 9 0, 9 9, 0 0))", "POLYGON ((0 0, 9 0, 9 9, 0 0), (5 1, 6 1, 6 2, 5 1))"),
        ("MULTIPOINT ((1 2))", "MULTIPOINT ((1 2), (3 4))"),
        ("MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))", "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))"),
        ("GEOMETRYCOLLECTION (POINT (1 2))", "GEOMETRYCOLLECTION (POINT (1 2))"),
    ],
)
def test_one_other_geometry_among_those_of_one_path_each_is_noticed(first: str, other: str) -> None:
    geometries = [shapely.from_wkt(wkt) for wkt in (first, other, first)]
    blobs = [shapely.to_wkb(one, flavor="iso") for one in geometries]
    assert one_path_each(Blobs.of(blobs, geopackage=False)) is None
    if " Z " not in other:  # or the first would get heights, too
        same(wkb.parse(blobs, geopackage=False), geometries)


@pytest.mark.parametrize("wkt", ONE_PATH)
def test_a_cut_among_geometries_of_one_path_each_is_noticed(wkt: str) -> None:
    whole = bytes(ogr.CreateGeometryFromWkt(wkt).ExportToIsoWkb())
    for length in range(len(whole)):
        for blobs in ([whole, whole[:length]], [whole[:length], whole]):
            with pytest.raises(wkb.MalformedGeometry):
                wkb.parse(blobs, geopackage=False)


def test_the_malformed_row_is_named() -> None:
    good = shapely.to_wkb(shapely.Point(1, 1))
    with pytest.raises(wkb.MalformedGeometry) as caught:
        wkb.parse([good, good, b"\x01\x63\x00\x00\x00"], geopackage=False)
    assert caught.value.index == 2


@given(st.lists(st.binary(max_size=80), max_size=100))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(blobs: list) -> None:
    for geopackage in (True, False):
        bad = wkb.malformed(blobs, geopackage=geopackage)
        if bad.any():
            with pytest.raises(wkb.MalformedGeometry):
                wkb.parse(blobs, geopackage=geopackage)
        else:
            assert len(wkb.parse(blobs, geopackage=geopackage)) == len(blobs)


@given(st.binary(max_size=60), st.integers(0, 200))
@settings(max_examples=300, deadline=None)
def test_flipped_bytes_never_crash(noise: bytes, at: int) -> None:
    whole = shapely.to_wkb(shapely.from_wkt(VALID["multipolygon"]))
    mended = whole[:at] + noise + whole[at + len(noise) :]
    bad = wkb.malformed([mended], geopackage=False)
    assert (wkb.malformed([mended] * 70, geopackage=False) == bad).all()  # in lockstep, too
    if not bad.any():
        alone, many = (wkb.parse([mended] * count, geopackage=False) for count in (1, 70))
        assert many.x.tobytes() == alone.x.tobytes() * 70


@pytest.mark.parametrize("srs_id", [4326, 2154, -1])
def test_what_is_written_reads_back(srs_id: int) -> None:
    geometries = [shapely.from_wkt(wkt) for wkt in [*VALID.values(), *EMPTY.values()]]
    blobs = write(wkb.parse([None, *shapely.to_wkb(geometries)], geopackage=False), srs_id)
    assert blobs[0] is None
    same(wkb.parse(blobs), [None, *geometries])
    for blob, geometry in zip(blobs[1:], geometries):
        assert struct.unpack_from("<i", blob, 4)[0] == srs_id
        bare = geometry.is_empty or geometry.geom_type == "Point"
        skip = 8 if bare else 40
        assert shapely.from_wkb(blob[skip:]).wkt == geometry.wkt
        if not bare:
            west, east, south, north = struct.unpack_from("<4d", blob, 8)
            assert (west, south, east, north) == geometry.bounds


def test_z_is_written() -> None:
    geometries = [shapely.from_wkt(wkt) for wkt in WITH_Z.values()]
    blobs = write(wkb.parse(shapely.to_wkb(geometries, flavor="iso"), geopackage=False), 0)
    assert [shapely.from_wkb(blob[8 if i == 0 else 40 :]).wkt for i, blob in enumerate(blobs)] == [
        g.wkt for g in geometries
    ]


def test_rows_are_taken_and_joined() -> None:
    geometries = [shapely.from_wkt(wkt) for wkt in [*VALID.values(), *EMPTY.values()]]
    g = wkb.parse(shapely.to_wkb(geometries), geopackage=False)
    picked = np.array([3, 0, 11, 7, 3])
    same(take(g, picked), [geometries[i] for i in picked])
    same(concatenate([g, take(g, picked), g]), [*geometries, *(geometries[i] for i in picked), *geometries])


def _point(code: int, *axes: float) -> bytes:
    return struct.pack(f"<BI{len(axes)}d", 1, code, *axes)


def _line(code: int, axes: int, vertices: int) -> bytes:
    return struct.pack(f"<BII{axes * vertices}d", 1, code, vertices, *range(axes * vertices))


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<BII", 1, 5, 2) + 2 * _line(1002, 3, 3),  # parts with Z of a whole without
        struct.pack("<BII", 1, 1005, 2) + 2 * _line(2, 2, 3),
        struct.pack("<BII", 1, 1005, 2) + 2 * _line(2002, 3, 3),  # Z and M
        struct.pack("<BII", 1, 4, 2) + 2 * _point(1001, 1, 2, 3),
        struct.pack("<BII", 1, 7, 1) + _point(1001, 1, 2, 3),
        struct.pack("<BII", 1, 5, 1) + struct.pack("<BIII8d", 1, 3, 1, 4, *range(8)),  # a polygon among lines
        struct.pack("<BII", 1, 4, 1) + _line(2, 2, 3),  # a line among points
    ],
)
def test_parts_that_do_not_fit_the_whole_are_refused_however_many_there_are(content: bytes, count: int) -> None:
    assert wkb.malformed([content] * count, geopackage=False).all()
