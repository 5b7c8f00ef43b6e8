"""Rings that touch or cross themselves: found and mended, against GEOS and a winding number counted by hand."""

from __future__ import annotations

from typing import List, Sequence, Tuple

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geopub_plugin.backend.features.ragged import starts_of
from geopub_plugin.backend.tiles.ring_contacts import contacts
from geopub_plugin.backend.tiles.sound_rings import PolygonRings, sound_rings

Point = Tuple[int, int]
Ring = List[Point]
SQUARE = [(0, 0), (40, 0), (40, 40), (0, 40)]

corner = st.tuples(st.integers(0, 12), st.integers(0, 12))
wide = st.tuples(st.integers(-80, 4176), st.integers(-80, 4176))


def rings_of(polygons: Sequence[Sequence[Ring]]) -> PolygonRings:
    """Return polygons, each its outer ring and its holes, as the engine has them."""
    rings = [ring for polygon in polygons for ring in polygon]
    flat = np.array([point for ring in rings for point in ring], np.int64)
    number = np.repeat(np.arange(len(polygons)), [len(polygon) for polygon in polygons])
    return PolygonRings(flat[:, 0].copy(), flat[:, 1].copy(), starts_of(np.array([len(one) for one in rings])), number)


def polygons_of(rings: PolygonRings, number: int = 0) -> List[shapely.Polygon]:
    """Return the polygons that rings of one number make: each outer one with the holes that follow it."""
    found: List[List[Ring]] = []
    for a, b, own in zip(rings.starts.tolist(), rings.starts[1:].tolist(), rings.polygon.tolist()):
        if own == number:
            ring = list(zip(rings.x[a:b].tolist(), rings.y[a:b].tolist()))
            if doubled_area(ring) > 0:
                found.append([ring])
            else:
                found[-1].append(ring)
    return [shapely.Polygon(outer, holes) for outer, *holes in found]


def doubled_area(ring: Ring) -> int:
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1]))


def outer_first(points: Sequence[Point]) -> Ring:
    """Return a ring without repeated vertices, its area positive."""
    ring = [point for point, before in zip(points, [points[-1], *points]) if point != before]
    return ring if doubled_area(ring) > 0 else ring[::-1]


def wound(rings: Sequence[Ring]) -> shapely.Geometry:
    """Return what rings wind around at least once, as GEOS nodes them."""
    lines = shapely.unary_union([shapely.LineString([*ring, ring[0]]) for ring in rings])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    return shapely.unary_union([face for face in faces if winding(rings, face.representative_point()) > 0])


def winding(rings: Sequence[Ring], at: shapely.Point) -> int:
    number = 0
    for ring in rings:
        for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]]):
            if (ay > at.y) != (by > at.y) and ax + (at.y - ay) * (bx - ax) / (by - ay) > at.x:
                number += 1 if by > ay else -1
    return number


def found_by_pairs(ring: Ring) -> set:
    """Return the pairs of edges that meet, by looking at all of them with GEOS."""
    edges = [shapely.LineString(pair) for pair in zip(ring, [*ring[1:], ring[0]])]
    size, found = len(ring), set()
    for i in range(size):
        for j in range(i + 1, size):
            if j - i not in (1, size - 1) and edges[i].intersects(edges[j]):
                found.add((i, j))
    return found


@settings(max_examples=40, deadline=None)
@given(st.lists(corner, min_size=4, max_size=9))
def test_pairs_that_meet_are_those_that_geos_sees(points):
    ring = outer_first(points)
    if len(ring) < 4 or doubled_area(ring) == 0:
        return
    one, other = contacts(*(getattr(rings_of([[ring]]), name) for name in ("x", "y", "starts", "polygon")))
    assert {tuple(sorted(pair)) for pair in zip(one.tolist(), other.tolist())} == found_by_pairs(ring)


@pytest.mark.parametrize("size", [5, 30, 64, 65, 100, 1500])
def test_one_touch_in_a_ring_of_any_size_is_found(size):
    """A star, and the same with one vertex moved onto an edge far away; between others of all sizes."""
    angle = np.linspace(0, 2 * np.pi, size, endpoint=False)
    radius = np.where(np.arange(size) % 2, 1500, 2000)
    star = [(int(2048 + r * np.cos(a)), int(2048 + r * np.sin(a))) for r, a in zip(radius, angle)]
    far = [*star]
    far[1] = star[size // 2]
    others = [outer_first(star[:n]) for n in range(3, min(size, 70))]
    rings = rings_of([*([one] for one in others), [star], [far], *([one] for one in others)])
    one, other = contacts(rings.x, rings.y, rings.starts, rings.polygon)
    polygon = rings.polygon[np.searchsorted(rings.starts, one, "right") - 1]
    assert len(others) not in polygon
    assert len(others) + 1 in polygon
    assert (polygon == rings.polygon[np.searchsorted(rings.starts, other, "right") - 1]).all()


@pytest.mark.parametrize(
    "rings, expected",
    [
        ([SQUARE], [[SQUARE]]),
        # two squares that a ring visits at a common corner become two
        (
            [[(0, 0), (20, 0), (20, 20), (40, 20), (40, 40), (20, 40), (20, 20), (0, 20)]],
            [[[(0, 0), (20, 0), (20, 20), (0, 20)]], [[(20, 20), (40, 20), (40, 40), (20, 40)]]],
        ),
        # a ring that touches itself from within has a hole
        (
            [[(0, 0), (40, 0), (40, 40), (0, 40), (0, 20), (10, 30), (20, 20), (10, 10), (0, 20)]],
            [[SQUARE, [(0, 20), (10, 30), (20, 20), (10, 10)]]],
        ),
        # a spike goes
        ([[(0, 0), (40, 0), (40, 20), (70, 20), (40, 20), (40, 40), (0, 40)]], [[SQUARE]]),
        # a loop turned over goes, with its crossing on the grid
        ([[(0, 0), (40, 0), (40, 40), (20, 40), (20, 60), (30, 60), (10, 40), (0, 40)]], None),
        # a vertex on an edge far away cuts in two
        (
            [[(0, 0), (40, 0), (40, 40), (20, 0), (0, 40)]],
            [[[(0, 0), (20, 0), (0, 40)]], [[(20, 0), (40, 0), (40, 40)]]],
        ),
        # a hole beyond its outline is cut off, one that reaches its border a bay
        ([SQUARE, [(10, 10), (10, 20), (60, 20), (60, 10)]], None),
        # one that lies beside it, or within another, without touching it, was none
        ([SQUARE, [(50, 10), (50, 20), (60, 20)]], [[SQUARE]]),
        ([SQUARE, [(5, 5), (5, 35), (35, 35), (35, 5)], [(10, 10), (10, 20), (20, 20)]], None),
        # a hole that is the whole polygon leaves nothing
        ([SQUARE, SQUARE[::-1]], []),
    ],
)
def test_what_becomes_of_rings(rings, expected):
    found = polygons_of(sound_rings(rings_of([rings])))
    assert all(one.is_valid for one in found)
    shape = shapely.unary_union(found)
    assert shape.symmetric_difference(wound(rings)).area == 0
    if expected is not None:
        assert {one.normalize() for one in found} == {shapely.Polygon(a, b).normalize() for a, *b in expected}


any_rings = given(
    st.lists(corner, min_size=4, max_size=14), st.lists(corner, min_size=4, max_size=8), st.integers(1, 5)
)


@settings(max_examples=30, deadline=None)
@any_rings
def test_any_rings_become_valid_ones(points, hole, scale):
    become_valid(points, hole, scale)


@pytest.mark.slow
@settings(max_examples=800, deadline=None)
@any_rings
def test_very_many_rings_become_valid_ones(points, hole, scale):
    become_valid(points, hole, scale)


def become_valid(points: List[Point], hole: List[Point], scale: int) -> None:
    rings = [[(scale * x, scale * y) for x, y in outer_first(points)], outer_first(hole)[::-1]]
    if min(len(ring) for ring in rings) < 3 or not all(map(doubled_area, rings)):
        return
    found = polygons_of(sound_rings(rings_of([rings])))
    assert all(one.is_valid for one in found)
    is_what_was_wound(found, rings)


@settings(max_examples=12, deadline=None)
@given(st.lists(wide, min_size=4, max_size=30))
def test_large_tangles(points):
    ring = outer_first(points)
    if len(ring) < 3 or doubled_area(ring) == 0:
        return
    found = polygons_of(sound_rings(rings_of([[ring]])))
    assert all(one.is_valid for one in found)
    is_what_was_wound(found, [ring])


def is_what_was_wound(found: Sequence[shapely.Polygon], rings: Sequence[Ring]) -> None:
    """Crossings go to the grid, so there is more by up to a unit along edges, but nothing is lost."""
    expected, whole = wound(rings), shapely.unary_union(found)
    assert expected.difference(whole).area == pytest.approx(0, abs=1e-6)
    assert whole.difference(expected).area <= sum(shapely.LinearRing(ring).length for ring in rings)


def test_sound_polygons_keep_every_vertex_and_their_order():
    triangle = [(0, 0), (30, 0), (0, 30)]
    bow = [(0, 0), (40, 0), (40, 40), (20, 0), (0, 40)]
    rings = rings_of([[SQUARE, [(10, 10), (10, 20), (20, 20)]], [bow], [triangle]])
    found = sound_rings(rings)
    assert found.polygon.tolist() == [0, 0, 1, 1, 2]
    assert found.x[:7].tolist() == rings.x[:7].tolist() and found.y[:7].tolist() == rings.y[:7].tolist()
    assert found.x[-3:].tolist() == [0, 30, 0]


def test_holes_in_line_with_one_another_are_apart():
    """The last edge of one and the first of the next lie on one line: they stay as they are, vertex by vertex."""
    holes = [[(8, 12), (8, 6), (2, 6), (2, 12)], [(26, 12), (20, 12), (20, 20), (26, 20)]]
    rings = rings_of([[SQUARE, *holes]])
    assert len(contacts(rings.x, rings.y, rings.starts, rings.polygon)[0]) == 0
    assert sound_rings(rings) is rings


def test_neighbours_whose_border_crosses_itself_leave_no_gap():
    """Each loses the loop that lies on the wrong side, and nothing besides: the other covers what it loses."""
    border = [(0, 0), (13, 8), (29, 3), (12, 1), (7, 40)]
    left, right = [*border, (-40, 40), (-40, 0)], [*border[::-1], (0, -10), (60, -10), (60, 40)]
    found = sound_rings(rings_of([[outer_first(left)], [outer_first(right)]]))
    whole = shapely.unary_union([*polygons_of(found, 0), *polygons_of(found, 1)])
    assert shapely.Polygon([(0, 0), (-40, 0), (-40, 40), (60, 40), (60, -10), (0, -10)]).difference(whole).area == 0
