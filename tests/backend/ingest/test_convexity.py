"""What is called convex is so for shapely, and nothing invalid is ever called convex."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from geopub_plugin.backend.features.wkb import parse
from geopub_plugin.backend.ingest.convexity import convex_features

from ..features.catalogue import EMPTY, VALID


def convex(*shapes) -> list:
    blobs = [None if shape is None else shapely.to_wkb(shape) for shape in shapes]
    return convex_features(parse(blobs, geopackage=False)).tolist()


def star(points: int, step: int):
    """Return the star polygon {points/step}: all its turns have one sign, and it goes around `step` times."""
    angle = [2 * math.pi * step * n / points for n in range(points)]
    ring = [(math.cos(a), math.sin(a)) for a in angle]
    return shapely.Polygon([*ring, ring[0]])


RINGS = {
    "square": ("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))", True),
    "clockwise": ("POLYGON ((0 0, 0 4, 4 4, 4 0, 0 0))", True),
    "triangle": ("POLYGON ((0 0, 1 0, 0 1, 0 0))", True),
    "one part of many": ("MULTIPOLYGON (((0 0, 4 0, 4 4, 0 4, 0 0)))", True),
    "bow tie": ("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))", False),
    "dent": ("POLYGON ((0 0, 4 0, 2 1, 2 4, 0 0))", False),
    "point on an edge": ("POLYGON ((0 0, 2 0, 4 0, 4 4, 0 4, 0 0))", False),  # valid, but GEOS is to say so
    "flat": ("POLYGON ((0 0, 1 0, 2 0, 0 0))", False),
    "twice around": ("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0, 4 0, 4 4, 0 4, 0 0))", False),
    "repeated point": ("POLYGON ((0 0, 4 0, 4 0, 4 4, 0 4, 0 0))", False),
    "hole": ("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 1))", False),
    "two parts": ("MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((0 0, 1 0, 1 1, 0 0)))", False),
    "line": ("LINESTRING (0 0, 4 0, 4 4, 0 4, 0 0)", False),
}


@pytest.mark.parametrize("case", RINGS)
def test_rings(case):
    wkt, expected = RINGS[case]
    assert convex(shapely.from_wkt(wkt)) == [expected]
    others = [shapely.from_wkt("POINT (1 1)"), None, shapely.from_wkt(wkt), shapely.from_wkt("LINESTRING (0 0, 1 1)")]
    assert convex(*others) == [False, False, expected, False]


@pytest.mark.parametrize(("points", "step"), [(5, 2), (7, 2), (7, 3), (9, 4)])
def test_stars_turn_one_way_but_more_than_once_around(points, step):
    assert not star(points, step).is_valid
    assert convex(star(points, step), star(points, 1)) == [False, True]


def test_what_is_convex_is_valid():
    random = np.random.default_rng(1)
    rings = [shapely.Polygon(random.integers(0, 6, (count, 2))) for count in (3, 4, 5, 6) for _ in range(500)]
    found = convex(*rings)
    assert 100 < sum(found) < 1900
    for ring, is_convex in zip(rings, found):
        assert not is_convex or (ring.is_valid and ring.equals(ring.convex_hull))


def test_far_from_the_origin_a_doubtful_turn_is_not_convex():
    near_line = shapely.Polygon([(7e6, 1e6), (7e6 + 1, 1e6 + 1), (7e6 + 2, 1e6 + 2 + 2**-30), (7e6, 1e6)])
    assert convex(near_line) in ([True], [False])
    assert not convex(near_line)[0] or near_line.is_valid


def test_every_kind_of_geometry_passes_through():
    shapes = [shapely.from_wkt(wkt) for wkt in {**VALID, **EMPTY}.values()]
    for shape, is_convex in zip(shapes, convex(*shapes)):
        assert not is_convex or shape.is_valid
