"""Shapes over the antimeridian and about a pole, drawn: they cover what they are, and nothing else of the world."""

from __future__ import annotations

import math

import numpy as np
import pytest

from .coverage import covered

SAMPLES = 512


def drawn(tiles_of, wkt: str, epsg: int = 4326, level: int = 0) -> np.ndarray:
    """Return which samples of the world at a level are covered: bool (n, n), rows from the north."""
    side = 1 << level
    world = np.zeros((side * SAMPLES, side * SAMPLES), bool)
    for (_, column, row), layers in tiles_of([(wkt, {})], (level, level), epsg=epsg).items():
        world[row * SAMPLES : (row + 1) * SAMPLES, column * SAMPLES : (column + 1) * SAMPLES] = covered(layers)
    return world


def expected(shape: np.ndarray, west: float, east: float, south: float, north: float) -> np.ndarray:
    """Return the samples of a box in longitude and latitude; west of east, east may be beyond 180."""
    side = shape.shape[0]
    at = (np.arange(side) + 0.5) / side
    longitude = at * 360 - 180
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * at))))
    inside = ((longitude >= west) & (longitude <= east)) | (longitude + 360 <= east)
    return ((latitude >= south) & (latitude <= north))[:, None] & inside[None, :]


def away(found: np.ndarray, wanted: np.ndarray) -> int:
    """Count the samples that differ, those beside a border of the wanted shape excepted."""
    border = np.zeros(wanted.shape, bool)
    for axis in (0, 1):
        for step in (-2, -1, 1, 2):
            border |= np.roll(wanted, step, axis) != wanted
    return int(((found != wanted) & ~border).sum())


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON ((170 -20,-170 -20,-170 20,175 21,170 20,170 -20))",  # the short way round
        "POLYGON ((170 -20,190 -20,190 20,175 20.1,170 20,170 -20))",  # beyond 180
        "POLYGON ((-190 -20,-170 -20,-170 20,-175 20.1,-190 20,-190 -20))",  # beyond -180
        "MULTIPOLYGON (((170 -20,180 -20,180 20,170 20,170 -20)),((-180 -20,-170 -20,-170 20,-180 20,-180 -20)))",
    ],
)
def test_over_the_antimeridian(tiles_of, wkt, level):
    if wkt.startswith("POLYGON ((170 -20,-170"):
        wkt = "POLYGON ((170 -20,-170 -20.01,-170 20,175 20.1,170 20,170 -20))"  # a parallel would go round the world
    found = drawn(tiles_of, wkt, level=level)
    assert found.any()
    assert away(found, expected(found, 170, 190, -20, 20)) == 0


def test_a_box_of_a_projected_system_over_the_antimeridian(tiles_of):
    """Fiji's own Mercator: its axis is at 178.75° E."""
    found = drawn(
        tiles_of,
        "POLYGON ((3000000 -2500000,3800000 -2500000,3800000 -1500000,3000000 -1500000,3000000 -2500000))",
        3832,
    )
    columns = np.flatnonzero(found.any(axis=0))
    assert set(columns.tolist()) <= {*range(20), *range(SAMPLES - 20, SAMPLES)}
    assert columns.min() == 0 and columns.max() == SAMPLES - 1


@pytest.mark.parametrize("epsg, south", [(3031, True), (3995, False)])
def test_a_cap_about_a_pole(tiles_of, epsg, south):
    """A circle about the pole in a polar system is a band along the edge of the world."""
    circle = ",".join(
        f"{2_300_000 * math.cos(math.radians(-angle)):.3f} {2_300_000 * math.sin(math.radians(-angle)):.3f}"
        for angle in range(361)
    )
    found = drawn(tiles_of, f"POLYGON (({circle}))", epsg)
    found = found if south else found[::-1]
    edge = int(np.flatnonzero(found.any(axis=1)).min())
    assert SAMPLES * 0.7 < edge < SAMPLES * 0.8  # 69°
    assert found[edge + 2 :].all()  # as far as the edge of the map, all the way round


def test_antarctica_with_its_edge_along_the_pole(tiles_of):
    wkt = "POLYGON ((-180 -90,-180 -70,-60 -75,60 -70,180 -70,180 -90,-180 -90))"
    found = drawn(tiles_of, wkt)
    assert found[-20:].all()
    assert not found[: int(SAMPLES * 0.75)].any()
