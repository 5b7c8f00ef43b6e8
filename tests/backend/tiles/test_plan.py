"""What a plan refuses, and levels proposed."""

from __future__ import annotations

from pathlib import Path

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.tiles.options import Generalisation, parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", Generalisation(1.0)),
        ("-S10", Generalisation(10.0)),
        ("-an -S15 ", Generalisation(15.0, drop_smallest=True)),
        ("-S2.5", Generalisation(2.5)),
        ("-pn -ab", Generalisation(keep_shared_nodes=True, shared_borders=True)),
        ("-aL -D6", Generalisation(grid_low_zooms=True, detail=6)),
        ("-aL", Generalisation(grid_low_zooms=True, detail=8)),
        ("-ac  -aD", Generalisation(coalesce=True, coalesce_densest=True)),
    ],
)
def test_options(text, expected):
    assert parse_options(text) == expected


@pytest.mark.parametrize(
    "flag", ["-zz", "--simplification=10", "-S", "-S0", "10", "-D", "-D0", "-D13", "-an-ac", "-AN"]
)
def test_an_unknown_flag_is_refused_by_name_and_the_known_ones_are_listed(flag):
    with pytest.raises(InvalidInput) as refused:
        parse_options(f"-S10 {flag}")
    assert f"“{flag}”" in refused.value.what
    assert all(known in refused.value.why for known in ("-S", "-D", "-pn", "-an", "-aL", "-ac", "-aD", "-ab"))


@pytest.mark.parametrize("top, bottom", [(5, 4), (-1, 4), (3, 19)])
def test_levels_out_of_order_are_refused(top, bottom):
    with pytest.raises(InvalidInput):
        TablePlan(Path("a.gpkg"), "a", "a", top, bottom)


def test_a_filter_that_no_table_understands_is_refused_at_once():
    assert TablePlan(Path("a.gpkg"), "a", "a", 0, 1, filter="pop > 3").filter
    with pytest.raises(InvalidInput, match="lower"):
        TablePlan(Path("a.gpkg"), "a", "a", 0, 1, filter="lower(pop) > 3")


def test_a_layer_needs_an_attribute():
    with pytest.raises(InvalidInput, match="attribute"):
        TablePlan(Path("a.gpkg"), "a", "a", 0, 1, attributes=())


def test_two_layers_of_one_name_are_refused():
    with pytest.raises(InvalidInput, match="roads"):
        PyramidPlan(tuple(TablePlan(Path("a.gpkg"), table, "roads", 0, 1) for table in "ab"))
