"""Polygons that leave a tile and come back: rings that do not run to and fro on its border, against GEOS."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geopub_plugin.backend.features.batch import POLYGON
from geopub_plugin.backend.features.ragged import starts_of
from geopub_plugin.backend.tiles.clip import to_tiles
from geopub_plugin.backend.tiles.generalise import GridPaths
from geopub_plugin.backend.tiles.nesting import Rings, nested_order
from geopub_plugin.backend.tiles.plan import BUFFER, EXTENT

from .test_clip import clipped, strip

COMB = [(0, 0), (9000, 0), (9000, 1000), (1000, 1000), (1000, 2000), (9000, 2000), (9000, 3000), (0, 3000)]
radii = st.lists(st.integers(300, 9000), min_size=5, max_size=30)
middle = st.tuples(st.integers(5000, 20000), st.integers(5000, 20000))


def star(centre, distances, turn=1):
    """A polygon that never crosses itself, however its corners jump."""
    angle = turn * np.linspace(0, 2 * np.pi, len(distances), endpoint=False)
    x, y = centre[0] + distances * np.cos(angle), centre[1] + distances * np.sin(angle)
    return list(dict.fromkeys(zip(np.rint(x).astype(int).tolist(), np.rint(y).astype(int).tolist())))


def without_repeats(ring):
    """Leave out points that stand twice in a row; a ring may come to a point again where a hole touches the outline."""
    kept = [point for point, _ in groupby(ring)]
    return kept[:-1] if kept[0] == kept[-1] else kept


def pieces_of(rings):
    """Return the pieces of one polygon's rings in each tile, the outer one's and the inner ones' apart."""
    flat = np.array([point for ring in rings for point in ring], np.int64)
    count = len(rings)
    grid = GridPaths(
        flat[:, 0].copy(), flat[:, 1].copy(), starts_of(np.array([len(ring) for ring in rings])), np.arange(count),
        np.zeros(count, np.int64),
    )  # fmt: skip
    pieces = to_tiles(grid, POLYGON, (0, 0, 7, 7))
    found = {}
    for number, source in enumerate(pieces.source.tolist()):
        span = slice(pieces.path_start[number], pieces.path_start[number + 1])
        ring = without_repeats(zip(pieces.x[span].tolist(), pieces.y[span].tolist()))
        if len(ring) > 2 and shapely.Polygon(ring).area > 0:
            outer, inner = found.setdefault((int(pieces.column[number]), int(pieces.row[number])), ([], []))
            (inner if source else outer).append(ring)
    return found


def runs_on_border_twice(rings, place) -> bool:
    """Say whether two edges lie on one another on a border of the tile."""
    west, north, east, south = strip(*place).bounds
    spans = {}
    for ring in rings:
        for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]]):
            for border, on in (("w", ax == bx == west), ("e", ax == bx == east)):
                if on:
                    spans.setdefault(border, []).append(sorted((ay, by)))
            for border, on in (("n", ay == by == north), ("s", ay == by == south)):
                if on:
                    spans.setdefault(border, []).append(sorted((ax, bx)))
    ordered = [sorted(one) for one in spans.values()]
    return any(first[1] > second[0] for one in ordered for first, second in zip(one, one[1:]))


def test_the_teeth_of_a_comb_are_pieces_of_their_own():
    found = clipped([COMB], POLYGON)
    (_, upper), (_, lower) = sorted(found[(1, 0)], key=lambda piece: min(y for _, y in piece[1]))
    west = EXTENT - BUFFER
    assert set(upper) == {(west, 0), (2 * EXTENT + BUFFER, 0), (2 * EXTENT + BUFFER, 1000), (west, 1000)}
    assert set(lower) == {(west, 2000), (2 * EXTENT + BUFFER, 2000), (2 * EXTENT + BUFFER, 3000), (west, 3000)}
    assert len(found[(0, 0)]) == 1


@pytest.mark.parametrize("turn", [1, -1])
def test_a_hole_over_a_border_is_a_part_of_the_outline(turn):
    outer = [(0, 0), (8000, 0), (8000, 4000), (0, 4000)]
    hole = [(3000, 1000), (3000, 3000), (6000, 3000), (6000, 1000)]
    found = pieces_of([outer[::turn], hole[::turn]])
    for place in ((0, 0), (1, 0)):
        outers, inner = found[place]
        assert [len(ring) for ring in outers] == [8] and not inner


def test_a_bay_in_a_hole_is_an_island():
    """What lies between the arms of a hole, cut off by the border, is an outer ring made of the hole's edges only."""
    outer = [(0, 0), (9000, 0), (9000, 4000), (0, 4000)]
    hole = [
        (1000, 500),
        (1000, 3500),
        (8000, 3500),
        (8000, 2500),
        (2000, 2500),
        (2000, 1500),
        (8000, 1500),
        (8000, 500),
    ]
    outers, inner = pieces_of([outer, hole])[0, 0]
    assert not inner and len(outers) == 2
    island = min((shapely.Polygon(ring) for ring in outers), key=shapely.area)
    assert island.equals(shapely.box(2000, 1500, EXTENT + BUFFER, 2500))


@settings(max_examples=80, deadline=None)
@given(middle, radii, st.booleans())
@example((5000, 11888), [300, 337, 559, 932, 560], True)  # within the tile, the hole touches the outline in one point
@example((16386, 16304), [4096, 300, 9000, 4096, 9000, 301, 4486, 300], True)  # a part that rounding makes thinner
def test_stars_with_holes_are_what_geos_cuts(centre, lengths, hole):
    rings = [star(centre, np.array(lengths))]
    if hole:
        rings.append(star(centre, np.array(lengths) * 0.6, turn=-1 if len(lengths) % 2 else 1))
    try:
        polygon = shapely.Polygon(rings[0], rings[1:])
    except ValueError:
        return
    if not polygon.is_valid:
        return
    # As the engine has it: inner rings run the other way round.
    rings = [rings[0], *(ring if shapely.LinearRing(ring).is_ccw else ring[::-1] for ring in rings[1:])]
    if shapely.LinearRing(rings[0]).is_ccw:
        rings[0] = rings[0][::-1]
    found = pieces_of(rings)
    for place in [(column, row) for column in range(8) for row in range(8)]:
        expected = shapely.intersection(polygon, strip(*place))
        outers, inner = found.get(place, ([], []))
        area = sum(shapely.Polygon(ring).area for ring in outers) - sum(shapely.Polygon(ring).area for ring in inner)
        assert area == pytest.approx(expected.area, abs=2 * expected.length + 10)  # rounding
        assert not runs_on_border_twice(outers + inner, place)
        # Rounding moves an edge by a unit at most: of what is left 3 units within a part, ours has something 2 within.
        large = shapely.buffer(shapely.get_parts(expected), -3)
        # A corner on the border may join two of them in that point; it is taken apart with all that touch themselves.
        made = shapely.get_parts([shapely.Polygon(ring).buffer(-2) for ring in outers])
        assert np.count_nonzero(~shapely.is_empty(made)) >= np.count_nonzero(~shapely.is_empty(large))


def test_holes_follow_the_outline_around_them():
    squares = [(0, 0, 100), (200, 0, 100), (400, 0, 100), (210, 10, 20), (10, 10, 20), (240, 10, 20), (460, 60, 30)]
    x = np.array([x + dx * side for x, _, side in squares for dx in (0, 1, 1, 0)])
    y = np.array([y + dy * side for _, y, side in squares for dy in (0, 0, 1, 1)])
    rings = Rings(x, y, np.arange(0, len(x) + 1, 4), np.arange(7))
    outer = np.array([True] * 3 + [False] * 4)
    one = np.zeros(7, np.int64)
    assert nested_order(rings, one, one, outer).tolist() == [0, 4, 1, 3, 5, 2, 6]
    assert nested_order(rings, one, np.array([0, 0, 0, 0, 0, 0, 0]) + np.arange(7), outer).tolist() == list(range(7))
