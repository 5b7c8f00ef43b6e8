"""Numbers of tiles, varints, the unit square."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from pmtiles.tile import tileid_to_zxy, zxy_to_tileid

from geopub_plugin.backend.tiles import grid
from geopub_plugin.backend.tiles.varint import read_varints, varint, varint_sizes, varints


@pytest.mark.parametrize("level", [0, 1, 2, 5, 11, 18])
def test_numbers_are_those_of_pmtiles(level):
    rng = np.random.default_rng(level)
    column, row = rng.integers(0, 1 << level, (2, 50))
    numbers = grid.tile_ids(level, column, row)
    for x, y, number in zip(column.tolist(), row.tolist(), numbers.tolist()):
        assert number == zxy_to_tileid(level, x, y) == grid.tile_id(level, x, y)
        assert grid.tile_of(number) == tileid_to_zxy(number) == (level, x, y)


@pytest.mark.parametrize("greatest", [1, 127, 128, 16_383, 16_384, 1 << 21, 1 << 28, 1 << 35, 1 << 56, (1 << 64) - 1])
def test_varints_come_back(greatest):
    rng = np.random.default_rng(3)
    values = np.append(rng.integers(0, greatest, 999, dtype=np.uint64, endpoint=True), np.uint64(greatest))
    data = varints(values, varint_sizes(values)).tobytes()
    assert data == b"".join(varint(value) for value in values.tolist())
    assert (read_varints(data) == values).all()


def test_the_unit_square_is_web_mercator():
    longitude, latitude = np.array([-180.0, 2.35, 179.9, 12.0]), np.array([85.0, 48.85, -70.0, 0.0])
    x, y = grid.unit_points(longitude, latitude)
    east, north = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(longitude, latitude)
    assert np.allclose((x - 0.5) * 2 * grid.HALF_WORLD, east)
    assert np.allclose((0.5 - y) * 2 * grid.HALF_WORLD, north)
    assert grid.degrees(x[1], y[1]) == pytest.approx((2.35, 48.85))


def test_poles_stay_finite():
    _, y = grid.unit_points(np.array([0.0, 0.0]), np.array([90.0, -90.0]))
    assert y.tolist() == [-0.5, 1.5]
