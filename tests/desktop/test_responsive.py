"""QGIS stays responsive: no gap in the GUI thread over 100 ms while a layer is published, and cancel is quick."""

from __future__ import annotations

import shutil

import pytest

LONGEST_GAP = 100  # ms

pytestmark = pytest.mark.desktop


def check(run) -> None:
    seen = run.results
    assert run.returncode == 0
    assert seen["stalled"]["largest"] > 140, "a stall that was made on purpose was not measured"
    assert seen["publishing"]["largest"] < LONGEST_GAP, seen
    assert seen["button"].replace("&", "") == "Update"
    outcome, seconds = seen["cancel"]
    assert outcome in ("cancelled", "finished") and seconds < 5, seen["cancel"]
    assert seen["jobs_shown"] == 0
    assert not list(run.profile.parents[2].joinpath("run", "tmp").glob("geopub-*")), "an export was left behind"


def test_while_publishing_the_provinces_of_the_world(qgis, world_map, tmp_path):
    file = shutil.copy(world_map, tmp_path / "world_map.gpkg")
    check(qgis("scenario_pulse.py", source=f"{file}|layername=states_provinces"))


@pytest.mark.slow
def test_while_publishing_two_hundred_thousand_buildings(qgis, real_data, tmp_path):
    file = shutil.copy(real_data / "buildings_tokyo_centre_4326.gpkg", tmp_path / "buildings.gpkg")
    run = qgis("scenario_pulse.py", seconds=400, source=str(file))
    check(run)
    assert run.results["cancel"][0] == "cancelled"
