"""Features made one: by attributes, and where a tile is too full; dissolved borders against shapely's union."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Callable, Tuple

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geopub_plugin.backend.features.ragged import starts_of
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.dissolve import dissolved
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build

from .conftest import all_tiles, write_table
from .coverage import covered, inside, wriggling_grid
from .mvt_checker import doubled_area


def as_shape(x, y, starts) -> shapely.Geometry:
    """Return polygons of rings as a tile has them, each hole with the outer ring before it."""
    found = []
    for a, b in zip(starts.tolist(), starts[1:].tolist()):
        ring = list(zip(x[a:b].tolist(), y[a:b].tolist()))
        if doubled_area(ring) > 0:
            found.append((ring, []))
        else:
            found[-1][1].append(ring)
    return shapely.MultiPolygon([shapely.Polygon(outer, holes) for outer, holes in found])


def of_cells(cells, groups):
    rings = np.array([[(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)] for i, j in cells]) * 7
    flat = rings.reshape(-1, 2)
    return dissolved(flat[:, 0], flat[:, 1], starts_of(np.full(len(cells), 4)), np.array(groups))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=49, unique=True))
def test_cells_become_what_shapely_makes_of_them(cells):
    x, y, starts, group = of_cells(cells, [5] * len(cells))
    shape = as_shape(x, y, starts)
    expected = shapely.union_all([shapely.box(7 * i, 7 * j, 7 * i + 7, 7 * j + 7) for i, j in cells])
    assert shape.is_valid
    assert shape.equals(expected)
    assert (group == 5).all()


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_triangles_of_any_shape(count, seed):
    """A triangulation's triangles, some of them, in three groups."""
    rng = np.random.default_rng(seed)
    points = rng.integers(-80, 4176, (40, 2))
    mesh = [one for one in shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(points))) if one.area > 0]
    chosen = [mesh[n] for n in rng.permutation(len(mesh))[:count]]
    rings = [shapely.get_coordinates(one.normalize())[:-1][::-1].astype(int) for one in chosen]
    groups = rng.integers(0, 3, len(rings))
    flat = np.concatenate(rings)
    x, y, starts, group = dissolved(flat[:, 0], flat[:, 1], starts_of(np.array([3] * len(rings))), groups)
    for number in range(3):
        expected = shapely.union_all([one for one, own in zip(chosen, groups) if own == number])
        rows = np.flatnonzero(group == number)
        if len(rows) == 0:
            assert expected.is_empty
            continue
        a, b = starts[rows[0]], starts[rows[-1] + 1]
        shape = as_shape(x[a:b], y[a:b], starts[rows[0] : rows[-1] + 2] - a)
        assert shape.is_valid
        assert shape.symmetric_difference(expected).area == pytest.approx(0, abs=1e-6)


def test_polygons_with_the_same_attributes_become_one_without_a_border_between(tiles_of):
    rows = [(f"POLYGON (({x} 0,{x + 5} 0,{x + 5} 5,{x} 5,{x} 0))", {"kind": kind}) for x, kind in
            ((0, "wood"), (5, "wood"), (10, "field"), (15, "wood"))]  # fmt: skip
    ((layer,),) = tiles_of(rows, (0, 0), {"kind": str}, options="-ac -S1").values()
    assert [(one.id, one.tags["kind"], len(one.paths)) for one in layer.features] == [(1, "wood", 2), (3, "field", 1)]
    assert sorted(len(path) for path in layer.features[0].paths) == [4, 4]


def test_lines_points_and_those_without_attributes(tiles_of):
    rows = [
        ("LINESTRING (0 0,10 10)", {"n": 1}), ("POINT (5 5)", {"n": 1}), ("LINESTRING (20 0,30 10)", {"n": 1}),
        ("POINT (7 5)", {"n": 1}), ("LINESTRING (40 0,50 10)", {}), ("MULTILINESTRING ((60 0,70 10),(80 0,90 9))", {}),
    ]  # fmt: skip
    ((layer,),) = tiles_of(rows, (0, 0), {"n": int}, options="-ac").values()
    assert [(one.id, one.kind, one.tags, len(one.paths)) for one in layer.features] == [
        (1, 2, {"n": 1}, 2), (2, 1, {"n": 1}, 1), (5, 2, {}, 3),
    ]  # fmt: skip
    assert len(layer.features[1].paths[0]) == 2 and layer.features[0].paths[1][0] == (2276, 2048)


@pytest.fixture(scope="module")
def dense(tmp_path_factory) -> Path:
    rows = [(wkt, {**values, "name": f"place number {n}"}) for n, (wkt, values) in enumerate(wriggling_grid(40, 0.015))]
    fields = {"row": int, "column": int, "name": str}
    return write_table(tmp_path_factory.mktemp("dense") / "grid.gpkg", "grid", rows, fields)


@pytest.fixture(scope="module")
def land() -> Callable[[Tuple[int, int, int]], np.ndarray]:
    """Return a function that tells which samples of a tile lie in the coverage, reckoned once for all tests."""
    whole = shapely.union_all([shapely.from_wkt(wkt) for wkt, _ in wriggling_grid(40, 0.015)])
    return cache(lambda place: inside(whole, place, 40))


@pytest.mark.parametrize(
    "options, few", [("-aD -an -S5", 0.002), ("-aD -ab -S5", 0), ("-ab -S5", 0), ("-aL -D8 -S5", 0)]
)
def test_the_densest_go_into_their_neighbours_and_the_budget_is_kept(dense, land, options, few):
    out = dense.parent / "a.pmtiles"
    table = TablePlan(dense, "grid", "grid", 9, 10 if "-aL" in options else 9)
    plan = PyramidPlan((table,), parse_options(options), budget=14_000)
    report = build(plan, out)
    assert max(len(data) for _, data in Archive(out).tiles()) <= 14_000
    assert report.levels[0].dropped > 100
    tiles = all_tiles(out)
    bare = sum(int((land(place) & ~covered(layers)).sum()) for place, layers in tiles.items())
    assert bare <= few * sum(int(land(place).sum()) for place in tiles)


@pytest.mark.parametrize("kind", ["POLYGON", "LINESTRING"])
def test_the_smallest_are_dropped_as_needed(tiles_of, kind):
    rng = np.random.default_rng(1)
    rows = []
    for n, (x, y) in enumerate(rng.uniform(0, 40, (3000, 2))):
        side = 0.5 + (n * 7919 % 3000) / 1500
        corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
        text = ",".join(f"{a} {b}" for a, b in corners)
        rows.append((f"POLYGON (({text}))" if kind == "POLYGON" else f"LINESTRING ({text})", {"n": n}))
    ((layer,),) = tiles_of(rows, (0, 0), {"n": int}, options="-an -S1", budget=15_000).values()
    sizes = np.array([n * 7919 % 3000 for n in range(3000)])
    left = np.array([feature.tags["n"] for feature in layer.features])
    assert 100 < len(left) < 2000
    assert np.median(sizes[left]) > np.quantile(sizes, 1 - 0.62 * len(left) / 3000)  # latitude enlarges a little
    assert sizes[left].min() > 0.5 * (3000 - len(left)) - 300


def test_budget_tiles_are_gzip(dense):
    for _, data in Archive(dense.parent / "a.pmtiles").tiles():
        assert gzip.decompress(data)
