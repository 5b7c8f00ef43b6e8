"""Clipping against GEOS, on random shapes and at the edges."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geopub_plugin.backend.features.batch import LINE, POINT, POLYGON
from geopub_plugin.backend.features.ragged import starts_of
from geopub_plugin.backend.tiles.clip import to_tiles
from geopub_plugin.backend.tiles.generalise import GridPaths
from geopub_plugin.backend.tiles.plan import BUFFER, EXTENT

LIMITS = (0, 0, 7, 7)
coordinate = st.integers(-2 * EXTENT, 10 * EXTENT)
near = st.sampled_from(
    [-BUFFER, 0, EXTENT - BUFFER, EXTENT, EXTENT + BUFFER, 2 * EXTENT - BUFFER, 2 * EXTENT, 3 * EXTENT]
)
points = st.lists(st.tuples(coordinate | near, coordinate | near), min_size=3, max_size=12, unique=True)


def clipped(paths, kind, limits=LIMITS):
    flat = np.array([point for path in paths for point in path], np.int64).reshape(-1, 2)
    starts = starts_of(np.array([len(path) for path in paths]))
    grid = GridPaths(flat[:, 0].copy(), flat[:, 1].copy(), starts, np.arange(len(paths)))
    pieces = to_tiles(grid, kind, limits)
    found = {}
    for number in range(len(pieces.source)):
        span = slice(pieces.path_start[number], pieces.path_start[number + 1])
        vertices = list(zip(pieces.x[span].tolist(), pieces.y[span].tolist()))
        place = int(pieces.column[number]), int(pieces.row[number])
        found.setdefault(place, []).append((int(pieces.source[number]), vertices))
    return found


def strip(column, row):
    return shapely.box(
        column * EXTENT - BUFFER, row * EXTENT - BUFFER, (column + 1) * EXTENT + BUFFER, (row + 1) * EXTENT + BUFFER
    )


@settings(max_examples=40, deadline=None)
@given(points)
def test_rings_cover_what_geos_says(path):
    ring = shapely.Polygon(path)
    if not ring.is_valid:
        ring, path = ring.convex_hull, list(ring.convex_hull.exterior.coords[:-1]) if ring.convex_hull.area else []
    if not path:
        return
    found = clipped([path], POLYGON)
    for column in range(8):
        for row in range(8):
            expected = ring.intersection(strip(column, row))
            area = sum(abs(shapely.Polygon(v).area) for _, v in found.get((column, row), []) if len(v) > 2)
            perimeter = ring.intersection(strip(column, row)).length + 4 * EXTENT
            assert area == pytest.approx(expected.area, abs=2 * perimeter)  # rounding: two units along the border


@settings(max_examples=40, deadline=None)
@given(points)
def test_lines_are_where_geos_says(path):
    """Rounding may move a vertex by a unit, and so the place where a line leaves at a flat angle by much more."""
    found = clipped([path], LINE)
    line = shapely.MultiLineString(list(zip(path, path[1:])))
    for column in range(8):
        for row in range(8):
            pieces = [shapely.LineString(v) for _, v in found.get((column, row), []) if len(v) > 1]
            ours = shapely.union_all([piece.buffer(2) for piece in pieces])
            assert shapely.intersection(line, strip(column, row).buffer(-2)).difference(ours).length < 1
            assert all(piece.difference(line.buffer(2)).length < 1 for piece in pieces)


@settings(max_examples=50, deadline=None)
@given(points)
def test_nothing_leaves_its_tile(path):
    for kind in (POINT, LINE, POLYGON):
        for (column, row), pieces in clipped([path], kind).items():
            for _, vertices in pieces:
                for x, y in vertices:
                    assert column * EXTENT - BUFFER <= x <= (column + 1) * EXTENT + BUFFER
                    assert row * EXTENT - BUFFER <= y <= (row + 1) * EXTENT + BUFFER


@settings(max_examples=50, deadline=None)
@given(st.lists(points, min_size=1, max_size=4), st.sampled_from([LINE, POLYGON]))
def test_a_part_of_the_tiles_gives_the_same_pieces(paths, kind):
    everything = clipped(paths, kind)
    some = clipped(paths, kind, (2, 1, 4, 5))
    assert some == {at: v for at, v in everything.items() if 2 <= at[0] <= 4 and 1 <= at[1] <= 5}


def test_a_large_polygon_fills_the_tiles_inside_it():
    found = clipped([[(0, 0), (8 * EXTENT, 0), (8 * EXTENT, 8 * EXTENT), (0, 8 * EXTENT)]], POLYGON)
    assert len(found) == 64
    ((_, inner),) = found[(3, 4)]
    assert shapely.Polygon(inner).equals(strip(3, 4))


def test_a_line_that_comes_back_has_two_pieces():
    far = 3 * EXTENT
    found = clipped([[(100, 100), (far, 100), (far, 200), (100, 200)]], LINE)
    assert [vertices for _, vertices in found[(0, 0)]] == [
        [(100, 100), (EXTENT + BUFFER, 100)],
        [(EXTENT + BUFFER, 200), (100, 200)],
    ]


def test_a_point_in_the_buffer_is_in_both_tiles():
    found = clipped([[(EXTENT + BUFFER, 10)], [(EXTENT + BUFFER + 1, 10)]], POINT)
    assert [source for source, _ in found[(0, 0)]] == [0]
    assert [source for source, _ in found[(1, 0)]] == [0, 1]
