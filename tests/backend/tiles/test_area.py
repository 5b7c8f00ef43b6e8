"""Which tiles an area meets, against shapely; samples."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.tiles.area import Area, area_of
from geopub_plugin.backend.tiles.grid import HIGHEST, unit_points
from geopub_plugin.backend.tiles.sample import full, propose_area


def met(area: Area, level: int):
    side = 1 << level
    row, column = np.divmod(np.arange(side * side), side)
    return {(int(c), int(r)) for c, r in np.argwhere(area.meets(level, column, row).reshape(side, side).T)}


def expected(area: Area, level: int):
    """Return the same by shapely: tiles that share more than a border with the shape in the unit square."""
    shape = shapely.Polygon()
    for ring in area.rings:
        x, y = unit_points(*np.array(ring).T)
        shape = shape.symmetric_difference(shapely.Polygon(np.stack([x, y], axis=1)).buffer(0))
    step = 2.0**-level
    found = set()
    for column in range(1 << level):
        for row in range(1 << level):
            box = shapely.box(column * step, row * step, (column + 1) * step, (row + 1) * step)
            if shape.intersection(box).area > 1e-12:
                found.add((column, row))
    return found


def test_a_text():
    assert area_of("  ") is None
    area = area_of("POLYGON ((2 48, 3 48, 3 49, 2 49, 2 48))")
    assert area.bounds == (2.0, 48.0, 3.0, 49.0)
    assert area_of("SRID=4326;polygon z((2 48 1,3 48 1,3 49 1,2 49 1,2 48 1))") == area
    assert len(area_of("MULTIPOLYGON(((0 0,9 0,9 9,0 0),(2 1,3 1,3 2,2 1)),((20 0,21 0,21 1,20 0)))").rings) == 3


@pytest.mark.parametrize(
    "wkt, told",
    [
        ("POLYGON ((2 48", "WKT"),
        ("POLYGON EMPTY", "WKT"),
        ("MULTIPOLYGON EMPTY", "WKT"),
        ("POINT (2 48)", "POINT"),
        ("LINESTRING (0 0, 1 1)", "LINESTRING"),
        ("GEOMETRYCOLLECTION (POLYGON ((0 0,1 0,1 1,0 0)))", "GEOMETRYCOLLECTION"),
        ("CURVEPOLYGON (CIRCULARSTRING (0 0,1 0,1 1,0 1,0 0))", "CURVEPOLYGON"),
        ("POLYGON ((652000 6862000, 653000 6862000, 653000 6863000, 652000 6862000))", "180"),
        ("POLYGON ((48 2, 49 95, 48 3, 48 2))", "90"),
    ],
)
def test_refusals(wkt, told):
    with pytest.raises(InvalidInput) as refused:
        area_of(wkt)
    assert told in refused.value.why and "POLYGON" in refused.value.cure


@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON ((-180 0, 180 0, 180 80, -180 0))",
        "POLYGON ((-90 -66.51326044311186, 0 -66.51326044311186, 0 0, -90 0, -90 -66.51326044311186))",  # 1 tile of z2
        "POLYGON ((-100 60, 100 60, 100 -60, -100 -60, -100 60), (-80 50, 80 50, 80 -50, -80 -50, -80 50))",
        "MULTIPOLYGON (((0 0, 0.1 0, 0.1 0.1, 0 0)), ((-170 -80, -169 -80, -169 80, -170 -80)))",
        "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))",
    ],
)
@pytest.mark.parametrize("level", [0, 1, 2, 4])
def test_tiles(wkt, level):
    area = area_of(wkt)
    assert met(area, level) == expected(area, level)
    assert area.tile_count(level) == len(met(area, level))


corner = st.tuples(st.integers(-360, 360).map(lambda n: n / 2), st.integers(-170, 170).map(lambda n: n / 2))


@settings(deadline=None, max_examples=60)
@given(st.lists(corner, min_size=3, max_size=6), st.integers(0, 4))
def test_tiles_of_any_ring(corners, level):
    x, y = unit_points(*np.array(corners).T)
    if not shapely.Polygon(np.stack([x, y], axis=1)).is_valid:
        return
    area = Area(((*corners, corners[0]),))
    found, must = met(area, level), expected(area, level)
    assert must <= found  # and at most those besides where the shape is thinner than a line is wide
    shape = shapely.Polygon(np.stack([x, y], axis=1))
    assert all(
        shape.distance(shapely.box(c / (s := 1 << level), r / s, (c + 1) / s, (r + 1) / s)) == 0 for c, r in found
    )


@pytest.mark.parametrize("level", [0, 3, 5, 14, 18])
@pytest.mark.parametrize("centre", [(2.35, 48.85), (-61.5, 16.2), (179.999, 85.0), (-180, -85.05), (0, 0)])
def test_a_proposed_sample(centre, level):
    wkt = propose_area(*centre, level)
    area = area_of(wkt)
    side = min(10, 1 << level)
    assert area.tile_count(level) == side * side
    west, south, east, north = area.bounds
    assert west - 1e-5 <= centre[0] <= east + 1e-5
    assert south - 1e-5 <= max(min(centre[1], HIGHEST), -HIGHEST) <= north + 1e-5
    assert all(len(number.split(".")[1]) == 5 for pair in wkt[9:-2].split(", ") for number in pair.split())


def test_from_the_sample_to_the_whole():
    sample = {"composition": [{"table": "a"}], "tippecanoe_options": "-S10", "area": "POLYGON((0 0,1 0,1 1,0 0))"}
    assert full(sample) == {"composition": [{"table": "a"}], "tippecanoe_options": "-S10"}
    assert "area" in sample
