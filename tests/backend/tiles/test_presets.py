"""The seven presets of the platform (../shared/facts/entrepot-api.md §7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from geopub_plugin.backend.catalogue.parameters import pyramid_parameters
from geopub_plugin.backend.catalogue.stored_data import DataRevision
from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.tiles.options import Generalisation
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.presets import PRESETS, preset, titles
from geopub_plugin.backend.tiles.pyramid import build

from .conftest import all_tiles

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


@pytest.mark.parametrize("one", PRESETS, ids=[one.name for one in PRESETS])
def test_the_store_takes_every_preset(one):
    relation = {"name": "roads", "attributes": {"name": "text"}}
    data = DataRevision("id", 1, "", ".gpkg", 1, "EPSG:2154", (0, 0, 1, 1), {"relations": [relation]})
    assert pyramid_parameters(data, {"tippecanoe_options": f"{one.flags} "})["options"] == one.flags


@pytest.mark.parametrize("one", PRESETS, ids=[one.name for one in PRESETS])
def test_every_preset_makes_valid_tiles_of_the_world(one, world_map: Path, tmp_path: Path):
    names = ("countries", "disputed_borders")
    plan = PyramidPlan(tuple(TablePlan(world_map, name, name, 0, 3) for name in names), one.options, budget=60_000)
    report = build(plan, tmp_path / "a.pmtiles")
    assert [level.tiles for level in report.levels][:2] == [1, 4]
    assert {layer.name for layer in all_tiles(tmp_path / "a.pmtiles")[1, 1, 0]} == set(names)
