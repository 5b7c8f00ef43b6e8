"""How the work is cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geopub_plugin.backend.tiles.blocks import Spread, cut_of, sliced
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan

TABLE = TablePlan(Path("data.gpkg"), "t", "t", 5, 14)
PLAN = PyramidPlan((TABLE,), parse_options("-S10 -an"), name="t")


def spread(size: float, count: int = 1000) -> Spread:
    """Return features of 100 vertices, of a size (share of the region's side), in a region of a tile of level 8."""
    random = np.random.default_rng(1)
    side = 2.0**-8
    low = np.array([0.5, 0.35]) + side * (0.1 + random.uniform(0, 0.8 - size, (count, 2)))
    boxes = np.concatenate([low, low + side * size], axis=1)
    return Spread(TABLE, np.arange(count), boxes, np.full(count, 100.0), 0)


def read(blocks) -> int:
    return sum(len(share.fids) for block in blocks for share in block.shares)


def test_small_features_are_cut_to_the_limit():
    blocks = cut_of([spread(0.001)], PLAN, 60_000).blocks
    assert len(blocks) > 1
    assert all(block.weight <= 70_000 for block in blocks)
    assert read(blocks) < 1100


def test_what_reaches_all_over_is_not_read_by_every_block():
    assert len(cut_of([spread(0.6)], PLAN, 60_000).blocks) == 1


def test_but_a_block_is_never_twice_as_heavy_as_it_may_be():
    blocks = cut_of([spread(0.6)], PLAN, 45_000).blocks
    assert len(blocks) > 1
    assert read(blocks) > 1250


@pytest.mark.parametrize("size", [0.001, 0.3, 0.6])
@pytest.mark.parametrize("limit", [10_000, 60_000])
def test_every_feature_is_owned_once(size, limit):
    blocks = cut_of([spread(size)], PLAN, limit).blocks
    owned = np.concatenate([share.fids[share.owned] for block in blocks for share in block.shares])
    assert sorted(owned.tolist()) == list(range(1000))


def test_one_square_is_read_in_slices_that_own_every_feature_once_and_make_no_tile():
    spreads = [spread(0.6), spread(0.6, 10), spread(0.6, 0)]
    whole = cut_of(spreads, PLAN, 60_000)
    cut = sliced(whole, spreads, PLAN, 30_000)
    assert len(cut.blocks) == 4
    assert cut.split_level > PLAN.bottom_level
    for table, count in enumerate((1000, 10, 0)):
        fids = np.concatenate([block.shares[table].fids for block in cut.blocks])
        assert fids.tolist() == list(range(count))
        assert all(block.shares[table].owned.all() for block in cut.blocks)
    assert sliced(whole, spreads, PLAN, 200_000) is whole
    several = cut_of([spread(0.001)], PLAN, 60_000)
    assert sliced(several, [spread(0.001)], PLAN, 1_000) is several
