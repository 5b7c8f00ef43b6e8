"""Significance against GEOS's own Douglas-Peucker."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geopub_plugin.backend.features.ragged import starts_of
from geopub_plugin.backend.tiles.significance import significances

lines = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=60)


def told(paths, rings=False, floor=0.0):
    points = np.array([point for path in paths for point in path], float).reshape(-1, 2)
    starts = starts_of(np.array([len(path) for path in paths]))
    return significances(points[:, 0].copy(), points[:, 1].copy(), starts, rings, floor), starts


def simplified(path, found, tolerance):
    return [point for point, value in zip(path, found) if value > tolerance**2]


@settings(max_examples=150, deadline=None)
@given(st.lists(lines, min_size=1, max_size=5), st.sampled_from([0.7, 3.3, 11.1]))
def test_no_kept_line_strays_further_than_the_tolerance(paths, tolerance):
    found, starts = told(paths)
    for path, first, last in zip(paths, starts, starts[1:]):
        kept = simplified(path, found[first:last], tolerance)
        assert (kept[0], kept[-1]) == (path[0], path[-1])
        line = shapely.LineString(kept)
        assert all(line.distance(shapely.Point(point)) <= tolerance + 1e-9 for point in path)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(-50, 50, width=32)] * 2), min_size=3, max_size=40, unique=True),
    st.sampled_from([0.5, 2.0, 9.0]),
)  # fmt: skip
def test_equals_geos_where_no_two_vertices_are_equally_far(path, tolerance):
    found, _ = told([path])
    expected = shapely.get_coordinates(shapely.simplify(shapely.LineString(path), tolerance, preserve_topology=False))
    kept = simplified(path, found, tolerance)
    if len(kept) != len(expected):  # ties may be broken otherwise: then both are equally good
        assert abs(len(kept) - len(expected)) <= 2
    else:
        line = shapely.LineString(kept)
        assert shapely.hausdorff_distance(line, shapely.LineString(expected)) <= 2 * tolerance


def test_a_wave_loses_its_smallest_bends_first():
    path = [(0, 0), (1, 1), (2, 0), (3, 5), (4, 0)]
    found, _ = told([path])
    assert np.isinf(found[[0, 4]]).all()
    assert found[3] == pytest.approx(25)
    assert found[1] < found[3]


def test_a_child_never_outlives_its_parent():
    rng = np.random.default_rng(7)
    path = rng.normal(size=(500, 2)).cumsum(axis=0).tolist()
    found, _ = told([path])
    for tolerance in (0.1, 0.5, 2, 8):
        geos = shapely.simplify(shapely.LineString(path), tolerance, preserve_topology=False)
        assert simplified(path, found, tolerance) == [tuple(p) for p in geos.coords] or np.allclose(
            simplified(path, found, tolerance), geos.coords
        )


@pytest.mark.parametrize(
    "ring, corners",
    [
        ([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)], 5),
        ([(0, 0), (5, 0), (10, 0), (10, 10), (0, 10), (0, 0)], 5),
        ([(0, 0), (10, 0), (5, 9), (0, 0)], 4),
    ],
)
def test_a_ring_stays_a_ring_at_every_tolerance(ring, corners):
    found, _ = told([ring], rings=True)
    assert np.isinf(found).sum() == corners


def test_below_the_floor_vertices_are_not_told_apart():
    path = [(0, 0), (1, 0.1), (2, 0), (3, 4), (4, 0)]
    found, _ = told([path], floor=0.25)
    assert found[3] > 0.25
    assert found[1] <= 0.25


def test_repeated_points_and_paths_of_one_vertex():
    found, _ = told([[(1, 1)], [(2, 2), (2, 2), (2, 2)], [(0, 0), (0, 0), (0, 0), (0, 0)]], rings=True)
    assert np.isfinite(found[~np.isinf(found)]).all()
