"""Polygons too tangled to be mended become the cells that they wind around, in bounded time; others do not change."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geopub_plugin.backend.tiles import sound_rings as mending
from geopub_plugin.backend.tiles.sound_rings import sound_rings
from geopub_plugin.backend.tiles.tangles import tangled

from .test_sound_rings import SQUARE, outer_first, polygons_of, rings_of, winding


def scrawl(size: int) -> list:
    corners = np.random.default_rng(size).integers(-80, 4177, (size, 2))
    return outer_first([tuple(corner) for corner in corners.tolist()])


@pytest.mark.parametrize("size, by_boxes", [(300, False), (2500, True)])
def test_a_scrawl_becomes_the_cells_that_it_winds_around(size: int, by_boxes: bool, monkeypatch):
    looked_at = []
    known = mending.contacts
    monkeypatch.setattr(mending, "contacts", lambda x, *more: looked_at.append(len(x)) or known(x, *more))
    ring, beside = scrawl(size), [(x + 100, y) for x, y in SQUARE]
    rings = rings_of([[SQUARE], [ring], [beside]])
    assert tangled(rings).tolist() == [False, by_boxes, False]
    made = sound_rings(rings)
    assert looked_at[0] == (8 if by_boxes else size + 8)
    assert [polygons_of(made, one)[0].equals(shapely.Polygon(own)) for one, own in ((0, SQUARE), (2, beside))] == [
        True
    ] * 2
    found = shapely.MultiPolygon(polygons_of(made, 1))
    assert found.is_valid and all(value % 32 == 16 for value in made.x[8:-8].tolist() + made.y[8:-8].tolist())
    for x, y in np.random.default_rng(1).integers(0, 133, (20, 2)).tolist():
        middle = shapely.Point(x * 32 - 64, y * 32 - 64)
        assert found.contains(middle) == (winding([ring], middle) > 0)


def test_many_edges_are_no_tangle():
    angles = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    reach = np.where(np.arange(4000) % 2, 1900, 2000)
    star = np.column_stack([2048 + reach * np.cos(angles), 2048 + reach * np.sin(angles)]).astype(int)
    assert not tangled(rings_of([[outer_first([tuple(point) for point in star.tolist()])]])).any()


def test_a_tile_with_a_scrawl_is_valid(tiles_of):
    corners = np.random.default_rng(5).uniform((0, 0), (80, 80), (1500, 2)).tolist()
    ring = ", ".join(f"{x} {y}" for x, y in [*corners, corners[0]])
    tiles = tiles_of([(f"POLYGON (({ring}))", {})], (0, 3))
    assert set(tiles) >= {(0, 0, 0), (3, 5, 3)}
