"""Polynomials follow PROJ to a thousandth of a unit of the deepest level, and only where they do."""

from __future__ import annotations

import numpy as np
import pytest

from geopub_plugin.backend.features.projection import Projection
from geopub_plugin.backend.tiles import unit_square as module
from geopub_plugin.backend.tiles.grid import unit_points
from geopub_plugin.backend.tiles.unit_square import unit_square

UNIT = 1 / (4096 << 18)  # of the deepest level


def asked_of_proj(projection: Projection, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack(unit_points(*map(np.asarray, projection.points(x, y))))


@pytest.mark.parametrize(
    ("system", "box"),
    [
        ("EPSG:2154", (100_000, 6_050_000, 1_200_000, 7_100_000)),  # a cone, all of France
        ("EPSG:27700", (100_000, 5_000, 650_000, 1_200_000)),  # another datum
        ("EPSG:2975", (300_000, 7_600_000, 400_000, 7_700_000)),  # south of the equator
        ("EPSG:32633", (100_000, 7_500_000, 900_000, 9_300_000)),  # far north, where Mercator is steep
        ("EPSG:2263", (900_000, 100_000, 1_100_000, 300_000)),  # feet
        ("EPSG:32760", (100_000, 2_000_000, 900_000, 9_000_000)),  # over the antimeridian
        ("EPSG:3857", (-20_000_000, -20_000_000, 20_000_000, 20_000_000)),  # the whole world
        ("EPSG:4258", (-5, 42, 8, 51)),  # degrees
    ],
)
def test_no_point_is_off_by_more_than_a_thousandth_of_a_unit(system, box):
    random = np.random.default_rng(3)
    x, y = random.uniform(box[0], box[2], 20_000), random.uniform(box[1], box[3], 20_000)
    projection = Projection(system, "EPSG:4326")
    found = np.stack(unit_square(projection, x, y))
    assert np.abs(found - asked_of_proj(projection, x, y)).max() < 1.5e-3 * UNIT


def test_a_point_is_where_it_is_whatever_comes_with_it():
    random = np.random.default_rng(4)
    x, y = random.uniform(5e5, 8e5, 5_000), random.uniform(6.2e6, 6.6e6, 5_000)
    projection = Projection("EPSG:2154", "EPSG:4326")
    together = np.stack(unit_square(projection, x, y))
    order = random.permutation(len(x))[:500]
    apart = np.stack(unit_square(Projection("EPSG:2154", "EPSG:4326"), x[order], y[order]))
    assert (apart == together[:, order]).all()


def test_what_proj_cannot_answer_is_not_finite():
    x, y = np.array([700_000.0, np.nan, 1e300, np.inf]), np.array([6_600_000.0, 0.0, 0.0, 0.0])
    found_x, found_y = unit_square(Projection("EPSG:2154", "EPSG:4326"), x, y)
    assert np.isfinite(found_x).tolist() == np.isfinite(found_y).tolist() == [True, False, False, False]


def test_where_no_polynomial_follows_proj_is_asked():
    class Bent(Projection):  # as a grid of datum shifts does
        def points(self, x, y):
            longitude, latitude = super().points(x, y)
            return longitude + 1e-7 * np.abs(np.sin(np.asarray(x) / 7_000)), latitude

    bent = Bent("EPSG:2154", "EPSG:4326")
    module._polynomials.cache_clear()
    x, y = np.linspace(700_000, 760_000, 500), np.full(500, 6_600_000.0)
    try:
        assert (np.stack(unit_square(bent, x, y)) == asked_of_proj(bent, x, y)).all()
    finally:
        module._polynomials.cache_clear()
