"""Points thinned with every level up."""

from __future__ import annotations

import numpy as np
import pytest

from geopub_plugin.backend.features.batch import LINE, POINT
from geopub_plugin.backend.tiles.shapes import Shapes, chances
from geopub_plugin.backend.tiles.thinning import thinned, thinning_steps


def shapes(kind: int, count: int) -> Shapes:
    place = np.arange(count)
    zeros = np.zeros(count)
    return Shapes(
        kind, zeros, zeros, zeros, np.arange(count + 1), place, place, zeros == 0, zeros,
        chances(place + 1, np.zeros(1)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "features, steps", [(0, 0), (1, 0), (5_000, 0), (12_499, 0), (12_501, 1), (322_020, 4), (2_000_000, 6)]
)
def test_the_more_features_the_more_levels_are_thinned(features, steps):
    assert thinning_steps(features) == steps


@pytest.mark.parametrize("above, share", [(0, 1.0), (1, 0.4), (2, 0.16), (3, 0.064), (4, 0.064), (9, 0.064)])
def test_each_level_has_its_share_and_no_fewer_than_the_last_step(above, share):
    assert len(thinned(shapes(POINT, 100_000), above, 3)) == pytest.approx(100_000 * share, abs=3)


def test_what_a_level_keeps_all_below_keep():
    before = set(range(50_000))
    for above in range(5):
        stays = set(thinned(shapes(POINT, 50_000), above, 4).feature.tolist())
        assert stays <= before
        before = stays
    gaps = np.diff(sorted(before))
    assert gaps.max() <= 3 * gaps.mean()  # neighbours in the file are neighbours on the map: evenly


def test_only_points_are_thinned():
    assert len(thinned(shapes(LINE, 1_000), 3, 3)) == 1_000
