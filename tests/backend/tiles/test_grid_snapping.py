"""The coarse grid of low levels: cells, stairs, and nothing that depends on the way or on the levels between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopub_plugin.backend.features.batch import LINE, POLYGON
from geopub_plugin.backend.tiles.grid_snapping import snapped, stairs
from geopub_plugin.backend.tiles.shapes import Shapes

points = st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=2, max_size=12)


def shapes_of(path, kind=LINE) -> Shapes:
    """Return one path whose points are given in cells of level 0 with 256 steps."""
    x, y = (np.array(path, float).T + 0.5) / 256
    none = np.zeros(1, np.int64)
    return Shapes(kind, x.copy(), y.copy(), np.zeros(len(x)), np.array([0, len(x)]), none, none, np.ones(1, bool),
                  np.zeros(1), np.zeros(1))  # fmt: skip


def cells(shapes: Shapes, diagonal=False):
    x, y, _ = stairs(shapes, 0, 8, diagonal)
    return list(zip(((x - 8) // 16).tolist(), ((y - 8) // 16).tolist()))


@settings(max_examples=200, deadline=None)
@given(points)
def test_stairs_are_the_same_both_ways_and_run_along_the_cells(path):
    there, back = (cells(shapes_of(one)) for one in (path, path[::-1]))
    assert there == back[::-1]
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in zip(there, there[1:]))
    assert (there[0], there[-1]) == (path[0], path[-1])


@settings(max_examples=100, deadline=None)
@given(points, st.integers(1, 4))
def test_levels_between_leave_no_trace(path, up):
    fine = shapes_of([(x + 0.3, y - 0.2) for x, y in path])
    slow = fine
    for detail in range(10, 7 - up, -1):
        slow = snapped(slow, 0, detail)
    at_once = snapped(fine, 0, 8 - up)
    assert np.array_equal(slow.x, at_once.x) and np.array_equal(slow.y, at_once.y)


@pytest.mark.parametrize(
    "path, expected",
    [
        ([(0, 0), (4, 2)], [(0, 0), (1, 0), (1, 1), (3, 1), (3, 2), (4, 2)]),
        ([(0, 0), (0, 9)], [(0, 0), (0, 9)]),
        ([(0, 0), (5, 0), (9, 0)], [(0, 0), (9, 0)]),
    ],
)
def test_stairs(path, expected):
    assert cells(shapes_of(path)) == expected


def test_what_goes_there_and_back_goes_from_rings():
    ring = [(0, 0), (8, 0), (8, 8), (12, 8), (8, 8), (0, 8), (0, 0)]
    assert cells(shapes_of(ring, POLYGON)) == [(0, 0), (8, 0), (8, 8), (0, 8)]
    assert cells(shapes_of([(0, 0), (5, 0), (9, 0), (0, 0)], POLYGON)) == []


def test_diagonals_without_stairs():
    assert cells(shapes_of([(0, 0), (3, 7), (20, 4)]), diagonal=True) == [(0, 0), (3, 7), (20, 4)]
