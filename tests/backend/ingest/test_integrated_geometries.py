"""Geometries of what was integrated, as GDAL and shapely see them: whole, repaired, of one type and one system."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from osgeo import ogr

from geopub_plugin.backend.features.geopackage import GeoPackageTable

from ..features.catalogue import EMPTY, VALID, WITH_Z
from .packages import BOW_TIE, SQUARE, Table, make, shapes
from .test_checks import BAD_BLOB, CURVE, CUSTOM


@pytest.mark.parametrize("case", [*VALID, *WITH_Z, *EMPTY])
def test_geometries_come_through(case, tmp_path, integrate):
    wkt = {**VALID, **WITH_Z, **EMPTY}[case]
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=(wkt, None))))
    found = shapes(result["path"], "places")
    assert found[1].equals_exact(shapely.from_wkt(wkt), 0)
    assert shapely.has_z(found[1]) == (case in WITH_Z)
    assert found[2] is None


def mixed_line(first: str, second: str) -> bytes:
    """Return a GeoPackage blob of a multiple line of those dimensions, the first line's, whose second has others."""
    lines = [ogr.CreateGeometryFromWkt(wkt) for wkt in (first, second)]
    whole = ogr.ForceToMultiLineString(lines[0].Clone())
    head = bytes(whole.ExportToIsoWkb())[:5] + (2).to_bytes(4, "little")
    box = np.array([0.0, 3.0, 0.0, 3.0]).tobytes()  # what the two lines have
    return (
        b"GP\0\3" + (4326).to_bytes(4, "little") + box + head + b"".join(bytes(line.ExportToIsoWkb()) for line in lines)
    )


@pytest.mark.parametrize("first", ["LINESTRING Z (0 0 7, 1 1 7)", "LINESTRING (0 0, 1 1)"])
def test_parts_of_other_dimensions_are_made_alike(first, tmp_path, integrate):
    flat, high = "LINESTRING (2 2, 3 3)", "LINESTRING Z (2 2 7, 3 3 7)"
    blob = mixed_line(first, flat if "Z" in first else high)
    path = integrate(make(tmp_path / "a.gpkg", Table(shapes=(blob,))))["path"]
    line = shapes(path, "places")[1]
    assert shapely.force_2d(line).wkt == "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))"
    with GeoPackageTable(path, "places") as table:
        assert next(table.batches()).geometries.x.tolist() == [0, 1, 2, 3]


def test_invalid_polygons_are_repaired(tmp_path, integrate):
    hole_outside = "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0), (5 5, 6 5, 6 6, 5 5))"
    spike = "POLYGON ((0 0, 4 0, 4 4, 8 8, 4 4, 0 4, 0 0))"
    unclosed = ogr.CreateGeometryFromWkt("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 1))")  # GDAL's WKT reader leaves it open
    z = "POLYGON Z ((0 0 1, 2 2 1, 2 0 1, 0 2 1, 0 0 1))"
    source = make(tmp_path / "a.gpkg", Table(shapes=(BOW_TIE, hole_outside, spike, unclosed.ExportToWkt(), SQUARE, z)))
    result = integrate(source)
    found = shapes(result["path"], "places")
    assert result["ids"]["geometry.invalid"]["count"] == 5
    assert all(shape.is_valid and shape.geom_type == "MultiPolygon" for shape in found.values())
    assert [round(found[key].area, 6) for key in range(1, 7)] == [2, 1.5, 16, 16, 16, 2]


def test_of_a_repaired_polygon_only_polygons_stay(tmp_path, integrate):
    with_a_tail = "POLYGON ((0 0, 1 1, 2 2, 2 3, 2 2, 3 0, 0 0))"
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=(with_a_tail,))))
    (shape,) = shapes(result["path"], "places").values()
    assert shape.geom_type == "Polygon"
    assert result["relations"][0]["geometry_type"] == "POLYGON"


def test_collapsed_polygons_leave_their_feature(tmp_path, integrate):
    line = "POLYGON ((0 0, 1 1, 2 2, 0 0))"
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=(line, SQUARE))))
    assert shapes(result["path"], "places")[1] is None
    assert result["ids"]["geometry.collapsed"]["examples"] == ["1"]


def test_curves_become_straight(tmp_path, integrate):
    nested = "GEOMETRYCOLLECTION (CIRCULARSTRING (0 0, 1 1, 2 0), POINT (9 9))"
    surfaces = "MULTISURFACE (CURVEPOLYGON (CIRCULARSTRING (0 0, 4 0, 4 4, 0 4, 0 0)), ((9 9, 10 9, 10 10, 9 9)))"
    source = make(
        tmp_path / "a.gpkg",
        Table("a", shapes=(CURVE,), type=ogr.wkbCurvePolygon),
        Table("b", shapes=(nested,)),
        Table("c", shapes=(surfaces,), type=ogr.wkbMultiSurface),
    )
    result = integrate(source)
    types = [relation["geometry_type"] for relation in result["relations"]]
    assert types == ["POLYGON", "GEOMETRYCOLLECTION", "MULTIPOLYGON"]
    circle = np.pi * 8
    assert shapes(result["path"], "a")[1].area == pytest.approx(circle, rel=1e-2)
    assert shapely.get_parts(shapes(result["path"], "b")[1])[0].length == pytest.approx(np.pi, rel=1e-2)
    assert shapes(result["path"], "c")[1].area == pytest.approx(circle + 0.5, rel=1e-2)


def test_unreadable_geometries_leave_their_feature(tmp_path, integrate):
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=("POINT (1 2)", BAD_BLOB, "POINT (3 4)"))))
    found = shapes(result["path"], "places")
    assert found[2] is None
    assert (found[1].x, found[3].x) == (1, 3)


MULTI = "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"
TYPES = [
    ((SQUARE,), ogr.wkbUnknown, [], "POLYGON"),
    ((SQUARE,), ogr.wkbPolygon, [], "POLYGON"),
    ((SQUARE,), ogr.wkbPolygon, ["places"], "MULTIPOLYGON"),
    ((SQUARE,), ogr.wkbMultiPolygon, [], "MULTIPOLYGON"),
    ((SQUARE, MULTI), ogr.wkbPolygon, [], "MULTIPOLYGON"),
    ((SQUARE, "POINT (1 1)"), ogr.wkbUnknown, ["places"], "GEOMETRY"),
    (("POINT (1 1)", "MULTIPOINT (1 1, 2 2)"), ogr.wkbUnknown, [], "MULTIPOINT"),
    (("LINESTRING (0 0, 1 1)", "MULTILINESTRING ((0 0, 1 1))"), ogr.wkbUnknown, [], "MULTILINESTRING"),
    ((), ogr.wkbMultiSurface, [], "MULTIPOLYGON"),
    ((None,), ogr.wkbUnknown, [], "GEOMETRY"),
]


@pytest.mark.parametrize(("wkts", "declared", "multigeom", "published"), TYPES)
def test_type_of_the_published_table(wkts, declared, multigeom, published, tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=wkts, type=declared))
    result = integrate(source, multigeom_layers=multigeom)
    assert result["relations"][0]["geometry_type"] == published
    found = shapes(result["path"], "places")
    if published != "GEOMETRY":
        assert {shape.geom_type.upper() for shape in found.values()} <= {published}
    assert all(found[row].equals(shapely.from_wkt(wkt)) for row, wkt in enumerate(wkts, 1) if wkt)


def test_heights_stay_and_measures_go(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=("POINT ZM (1 2 3 4)", "POINT (5 6)")))
    result = integrate(source)
    found = shapes(result["path"], "places")
    assert shapely.get_coordinates(found[1], include_z=True).tolist() == [[1, 2, 3]]
    assert shapely.get_coordinates(found[2], include_z=True).tolist() == [[5, 6, 0]]
    assert result["relations"][0]["attributes"]["geom"] == "geometry(PointZ,4326)"


# Reference systems


def test_reprojection(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=("POINT (652469.02 6862035.26)",), srs=2154))
    result = integrate(source, target_srs="EPSG:4326")
    point = shapes(result["path"], "places")[1]
    assert (point.x, point.y) == pytest.approx((2.3522, 48.8566), abs=1e-3)  # Paris
    assert result["srs"] == "EPSG:4326"
    west, south, east, north = result["bounds"]
    assert (west, south) == (east, north) == (point.x, point.y)


def test_two_srs_become_one(tmp_path, integrate):
    paris = (Table("a", ("POINT (2.3522 48.8566)",)), Table("b", ("POINT (652469 6862035)",), srs=2154),
             Table("c", ("POINT (652469 6862035)",), srs=2154))  # fmt: skip
    result = integrate(make(tmp_path / "a.gpkg", *paris))
    assert result["srs"] == "EPSG:2154"
    first, second = shapes(result["path"], "a")[1], shapes(result["path"], "b")[1]
    assert first.distance(second) < 50
    assert (second.x, second.y) == (652469, 6862035)


def test_srs_without_a_code_is_published_in_degrees(tmp_path, integrate):
    result = integrate(make(tmp_path / "a.gpkg", Table(srs=CUSTOM, shapes=("POINT (1000 2000)",))))
    point = shapes(result["path"], "places")[1]
    assert result["srs"] == "EPSG:4326"
    assert (point.x, point.y) == pytest.approx((4.321, 44.0), abs=1e-6)  # the origin of the projection


def test_srs_of_ign_gets_its_epsg_code(real_data, integrate):
    assert integrate(real_data / "urba_200011781_PLUi_20180101.gpkg")["srs"] == "EPSG:2154"


def test_places_that_the_target_does_not_know(tmp_path, integrate):
    source = make(tmp_path / "a.gpkg", Table(shapes=("POINT (2 48)", "POINT (2 90)", "LINESTRING (0 0, 0 -90)")))
    result = integrate(source, target_srs="EPSG:2154")
    found = shapes(result["path"], "places")
    lost = [int(key) for key in result["ids"]["geometry.outside"]["examples"]]
    assert 1 not in lost
    assert lost
    assert all(found[key] is None for key in lost)


def test_bounds_of_nothing_are_the_world(tmp_path, integrate):
    result = integrate(make(tmp_path / "a.gpkg", Table(shapes=(), srs=2154)))
    assert result["bounds"] == [-180, -90, 180, 90]
    assert result["relations"][0]["count"] == 0
