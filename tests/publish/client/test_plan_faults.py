"""Plans: each fault with its field, and a plan that comes back from JSON as it went."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from geopub_plugin.publish.metadata.description import Description
from geopub_plugin.publish.plan_faults import PlanLimits, plan_faults
from geopub_plugin.publish.publication_plan import LayerPlan, plan_from
from geopub_plugin.publish.table_plan import FILE, Access, StyleChoice, TablePlan

ROADS = TablePlan(
    "roads", "Roads", "All of them", ("way",), "ways", ("name",), 3, 9, StyleChoice(FILE, "/a.qml"), "id1"
)
LAKES = TablePlan("lakes", "Lakes")
PLAN = LayerPlan(
    "Town", "Town", "town", tables=(ROADS, LAKES), flags="-S10", area="POLYGON((0 0, 1 0, 1 1, 0 0))", record=True,
    service_title="Town services",
    description=Description("A", "i", ("economy",), ("x",), ("y",), "a@b.fr", "g", "2024-01-01", "daily", "O", "a@b.fr",
                            "t", "https://t.fr", "series", "eng", "utf16", 5000),
    access=Access(True, "L", "2030-01-01"),
)  # fmt: skip


def test_a_plan_comes_back_as_it_went():
    assert plan_from(json.loads(json.dumps(asdict(PLAN)))) == PLAN


@pytest.mark.parametrize(
    "nonsense",
    [{"tables": [1, {}, {"table": 3, "attributes": "x", "style": 4}]}, {"description": []},
     {"access": {"restricted": 1}},
     {"top_level": True}, {"bottom_level": 99}, {"description": {"resolution": "x", "categories": 4}}],
)  # fmt: skip
def test_nonsense_is_left_out(nonsense):
    read = plan_from({"datasheet": "Town", "layer_name": "town", **nonsense})
    assert read is not None and replace(read, tables=()) == LayerPlan("Town", "Town", "town")


@pytest.mark.parametrize("kept", [{}, {"datasheet": "x"}, {"datasheet": "x", "layer_name": "9"}])
def test_without_a_name_there_is_no_plan(kept):
    assert plan_from(kept) is None


@pytest.mark.parametrize(
    "change, field, table",
    [
        ({"title": " "}, "title", ""),
        ({"layer_name": "a b"}, "layer_name", ""),
        ({"layer_name": "taken"}, "layer_name", ""),
        ({"services": ()}, "services", ""),
        ({"top_level": 15}, "levels", ""),
        ({"tables": (replace(ROADS, public_name="a b"), LAKES)}, "public_name", "roads"),
        ({"tables": (ROADS, replace(LAKES, public_name="WAYS"))}, "public_name", "roads"),
        ({"tables": (ROADS, replace(LAKES, title=""))}, "table_title", "lakes"),
        ({"tables": (replace(ROADS, attributes=()), LAKES)}, "attributes", "roads"),
        ({"tables": (replace(ROADS, top_level=10), LAKES)}, "table_levels", "roads"),
        ({"tables": (replace(ROADS, bottom_level=19), LAKES)}, "table_levels", "roads"),
        ({"description": replace(PLAN.description, organisation="")}, "organisation", ""),
        ({"access": Access(True)}, "access", ""),
    ],
)
def test_each_fault_has_its_field(change, field, table):
    limits = PlanLimits(
        {"taken": "Another"}, restrictable=frozenset() if "access" in change else frozenset(PLAN.services)
    )
    assert plan_faults(replace(PLAN, access=Access()), limits) == ()
    found = plan_faults(replace(PLAN, access=Access(), **{k: v for k, v in change.items() if k != "access"})
                        if "access" not in change else replace(PLAN, **change), limits)  # fmt: skip
    assert (found[0].field, found[0].table) == (field, table) and found[0].text.endswith((".", ":", "?"))


def test_prefixes_and_systems_of_the_store():
    limits = PlanLimits(name_prefix="tn", identifier_prefix="fr", needs_srs=True)
    assert [fault.field for fault in plan_faults(PLAN, limits)] == ["layer_name", "srs", "identifier"]
    assert plan_faults(replace(PLAN, srs="EPSG:2154"), PlanLimits(needs_srs=True, update=True)) == ()
