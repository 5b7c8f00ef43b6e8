"""Nothing invalid is ever called simple, and most of what is valid and small is."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import shapely.affinity

from geopub_plugin.backend.features.wkb import parse
from geopub_plugin.backend.ingest.simplicity import MOST_EDGES, simple_features

from .test_convexity import RINGS, star

SIMPLE = {"dent", "point on an edge"} | {name for name, (_, convex) in RINGS.items() if convex}


def simple(*shapes) -> list:
    return simple_features(parse([shapely.to_wkb(shape) for shape in shapes], geopackage=False)).tolist()


@pytest.mark.parametrize("case", RINGS)
def test_rings(case):
    shape = shapely.from_wkt(RINGS[case][0])
    assert simple(shape) == [case in SIMPLE]
    assert shape.is_valid or case not in SIMPLE


TOUCHING = {
    "a corner on an edge": "POLYGON ((0 0, 4 0, 4 4, 2 0, 0 4, 0 0))",
    "a corner on a corner": "POLYGON ((0 0, 2 2, 4 0, 4 4, 2 2, 0 4, 0 0))",
    "a spike": "POLYGON ((0 0, 4 0, 4 4, 8 8, 4 4, 0 4, 0 0))",
    "a spike along an edge": "POLYGON ((0 0, 4 0, 2 0, 4 4, 0 4, 0 0))",
    "there and back": "POLYGON ((0 0, 4 4, 0 0, 4 0, 0 0))",
    "edges one upon the other": "POLYGON ((0 0, 6 0, 6 2, 4 2, 4 0, 2 0, 2 2, 0 2, 0 0))",
}


@pytest.mark.parametrize("case", TOUCHING)
def test_rings_that_touch_themselves(case):
    shape = shapely.from_wkt(TOUCHING[case])
    assert not shape.is_valid
    assert simple(shape) == [False]


def test_stars():
    assert simple(star(5, 2), star(7, 3), star(9, 4)) == [False] * 3


@pytest.mark.parametrize("grid", [4, 12, 1000])
def test_what_is_simple_is_valid(grid):
    random = np.random.default_rng(grid)
    shapes = [
        shapely.Polygon(random.integers(0, grid, (count, 2)))
        for count in range(3, MOST_EDGES + 3)
        for _ in range(3000 // count)
    ]
    valid = shapely.is_valid(shapes)
    found = np.array(simple(*shapes))
    assert not (found & ~valid).any()
    assert found.sum() > 0.4 * valid.sum()  # collinear points are common on a coarse grid, and doubtful


def test_most_buildings_need_no_engine():
    """An L, in any direction, far from the origin."""
    ell = shapely.from_wkt("POLYGON ((0 0, 8 0, 8 3, 3 3, 3 9, 0 9, 0 0))")
    turned = [
        shapely.affinity.translate(shapely.affinity.rotate(ell, angle), 652_469.02, 6_862_035.26)
        for angle in range(0, 360, 7)
    ]
    assert all(simple(*turned))


def test_rings_with_many_edges_are_left_to_the_engine():
    assert simple(shapely.Point(0, 0).buffer(1, 16)) == [True]  # convex, however many
    dented = shapely.Point(0, 0).buffer(1, 16).difference(shapely.Point(1, 0).buffer(0.5, 16))
    assert simple(dented) == [False]
