"""The share of a publication that is done, and names of columns."""

from __future__ import annotations

import pytest

from geopub_plugin.publish.field_names import clashing, free_name
from geopub_plugin.publish.progression import WEIGHTS, Progression, steps_of


@pytest.mark.parametrize("services", [("wfs",), ("tms",), ("wfs", "wms", "tms")])
def test_all_steps_make_a_whole(services):
    progression = Progression(services)
    assert progression.share == 0
    for step in steps_of(services):
        before = progression.share
        progression.ended(step)
        assert progression.share > before
    assert progression.share == pytest.approx(1)


def test_steps_may_overlap_and_never_go_back():
    progression = Progression(("wfs", "tms"))
    whole = sum(WEIGHTS[step] for step in steps_of(("wfs", "tms")))
    progression.moved("pyramid", 50, 100)
    progression.moved("wfs", 1, 1)
    progression.moved("pyramid", 10, 100)
    progression.moved("pyramid", 5, 0)
    progression.moved("wms", 1, 1)
    assert progression.share == pytest.approx((WEIGHTS["pyramid"] / 2 + WEIGHTS["wfs"]) / whole)


def test_names():
    assert free_name("geom", ["Geom", "GEOM_2"]) == "geom_3"
    assert clashing(["a", "A", "b", "a_2", "A"]) == {1: "A_3", 4: "A_4"}
