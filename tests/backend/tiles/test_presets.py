"""The seven presets of the platform (../shared/facts/entrepot-api.md §7)."""

from __future__ import annotations

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.tiles.options import Generalisation
from geopub_plugin.backend.tiles.presets import PRESETS, preset, titles

MEANING = [
    ("mixed", "-S10", Generalisation(10.0)),
    ("network", "-pn -S15", Generalisation(15.0, keep_shared_nodes=True)),
    ("lines", "-an -S15", Generalisation(15.0, drop_smallest=True)),
    ("grid", "-aL -D8 -S15", Generalisation(15.0, grid_low_zooms=True, detail=8)),
    (
        "selection",
        "-ac -aD -an -S15",
        Generalisation(15.0, drop_smallest=True, coalesce=True, coalesce_densest=True),
    ),
    ("fusion", "-ac -an -S10", Generalisation(10.0, drop_smallest=True, coalesce=True)),
    ("borders", "-ab -S20", Generalisation(20.0, shared_borders=True)),
]


@pytest.mark.parametrize("name, flags, meaning", MEANING)
def test_meaning(name, flags, meaning):
    assert (preset(name).flags, preset(name).options) == (flags, meaning)
    assert preset(f"{flags} ") == preset(f" {name}") == preset(preset(name).label + " ")


def test_every_preset_has_a_name_a_label_and_a_title():
    assert [one.name for one in PRESETS] == [name for name, _, _ in MEANING] == list(titles())
    assert len({one.label for one in PRESETS}) == 7


def test_an_unknown_preset_is_named_and_the_others_are_listed():
    with pytest.raises(InvalidInput, match="wild") as refused:
        preset("wild")
    assert "selection" in refused.value.why
