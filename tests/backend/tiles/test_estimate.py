"""Estimates are of the right size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geopub_plugin.backend.tiles.area import Area
from geopub_plugin.backend.tiles.estimate import estimate
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build

from .conftest import write_table


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Fields, roads and posts over some degrees."""
    path = tmp_path_factory.mktemp("estimate") / "land.gpkg"
    places = [(n % 50 / 20, n // 50 / 20) for n in range(2500)]
    field = "POLYGON (({0} {1}, {2} {1}, {2} {3}, {0} {3}, {0} {1}))"
    fields = [(field.format(x, y, x + 0.05, y + 0.05), {"n": n, "t": f"field {n}"}) for n, (x, y) in enumerate(places)]
    write_table(path, "fields", fields, {"n": int, "t": str})
    roads = [
        (f"LINESTRING ({x} {y}, {x + 0.02} {y + 0.03}, {x + 0.04} {y})", {"n": n % 7})
        for n, (x, y) in enumerate(places)
    ]
    write_table(path, "roads", roads, {"n": int})
    write_table(path, "posts", [(f"POINT ({x} {y})", {"n": n}) for n, (x, y) in enumerate(places)], {"n": int})
    return path


@pytest.mark.parametrize("table", ["fields", "roads", "posts"])
@pytest.mark.parametrize("area", [None, Area.of_bounds((0.3, 0.3, 1.2, 0.9))])
def test_a_sample_gives_the_right_size(data, tmp_path, table, area):
    plan = PyramidPlan((TablePlan(data, table, table, 4, 12),), area=area)
    report = build(plan, tmp_path / "a.pmtiles")
    size = sum(level.bytes for level in report.levels)
    for sample, tolerance in ((False, 6), (True, 2)):
        told = estimate(plan, sample=sample)
        assert report.tiles / 1.6 < told.tiles < report.tiles * 1.6
        assert size / tolerance < told.size < size * tolerance
        assert told.seconds >= 0
        assert [level.level for level in told.levels] == list(range(4, 13))
    assert json.dumps(told.as_json())


def test_levels_of_several_tables(data):
    tables = (TablePlan(data, "fields", "fields", 4, 6), TablePlan(data, "posts", "posts", 8, 9))
    told = estimate(PyramidPlan(tables))
    assert [level.tiles > 0 for level in told.levels] == [True, True, True, False, True, True]
    assert told.features == 5000


def test_many_processes_take_less_time(data):
    plan = PyramidPlan((TablePlan(data, "fields", "fields", 4, 14),))
    assert estimate(plan, jobs=4).seconds < estimate(plan, jobs=1).seconds


def test_more_than_can_be_looked_at_is_inferred(data):
    plan = PyramidPlan((TablePlan(data, "fields", "fields", 12, 16),))
    levels = estimate(plan).levels
    assert 3.5 < levels[-1].tiles / levels[-2].tiles <= 4


def test_nothing_is_nothing(data):
    plan = PyramidPlan((TablePlan(data, "posts", "posts", 0, 3, filter="n < 0"),))
    told = estimate(plan, sample=True)
    assert (told.features, told.tiles, told.size) == (0, 0, 0)
