"""QGIS stays responsive: no gap in the GUI thread over 100 ms while a layer is published, and cancel is quick."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .conftest import LONGEST_GAP, Run, calm

pytestmark = pytest.mark.desktop


def check(run) -> None:
    seen = run.results
    assert run.returncode == 0
    assert seen["stalled"]["largest"] > LONGEST_GAP, "a stall that was made on purpose was not measured"
    assert seen["button"].replace("&", "") == "Update"
    outcome, seconds = seen["cancel"]
    assert outcome in ("cancelled", "finished") and seconds < 5, seen["cancel"]
    assert seen["jobs_shown"] == 0
    assert not list(run.profile.parents[2].joinpath("run", "tmp").glob("geopub-*")), "an export was left behind"


def test_while_publishing_the_provinces_of_the_world(qgis, world_map, tmp_path):
    file = shutil.copy(world_map, tmp_path / "world_map.gpkg")
    source = f"{file}|layername=states_provinces"
    check(calm(lambda profiles: qgis("scenario_pulse.py", profiles_in=profiles, source=source), "publishing"))


@pytest.mark.slow
def test_while_publishing_two_hundred_thousand_buildings(qgis, real_data, tmp_path):
    file = shutil.copy(real_data / "buildings_tokyo_centre_4326.gpkg", tmp_path / "buildings.gpkg")
    scenario = {"seconds": 400, "source": str(file)}
    run = calm(lambda profiles: qgis("scenario_pulse.py", profiles_in=profiles, **scenario), "publishing")
    check(run)
    assert run.results["cancel"][0] == "cancelled"


QUIET, WAITED, WORKED = [[30.0, 1.0, 20.0]], [[130.0, 1.0, 20.0], [30.0, 2.0, 20.0]], [[130.0, 1.0, 128.0]]


@pytest.mark.parametrize("plays, taken", [([QUIET], 1), ([WAITED, QUIET], 2), ([WAITED, WAITED, QUIET], 3)])
def test_a_gap_that_does_not_come_again_is_a_strangers(plays, taken):
    folders = []
    calm(lambda folder: folders.append(folder) or run_with(plays[len(folders) - 1]), "pulse")
    assert len(set(folders)) == taken, "each play has a profile of its own"


@pytest.mark.parametrize("plays, told", [([WORKED, QUIET], "at work"), ([WAITED] * 3, "each time")])
def test_a_gap_of_ours_is_told(plays, told):
    left = iter(plays)
    with pytest.raises(AssertionError, match=told):
        calm(lambda _folder: run_with(next(left)), "pulse")


def run_with(worst: list) -> Run:
    return Run(0, {"pulse": {"worst": worst}}, "", Path())
