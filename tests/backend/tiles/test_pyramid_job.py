"""The job: parameters in, archive and result out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from geopub_plugin.backend.jobs.progress import Silent
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.area import area_of
from geopub_plugin.backend.tiles.pyramid_job import build_pyramid_file, run
from geopub_plugin.backend.tiles.sample import full, propose_area


class Heard(Silent):
    def __init__(self) -> None:
        self.steps, self.done = [], 0

    def step(self, name: str, total: int, unit: str) -> None:
        self.steps.append((total, unit))

    def advance(self, amount: int) -> None:
        self.done += amount


def test_run(world_map: Path, tmp_path: Path):
    heard = Heard()
    table = {
        "table": "countries",
        "top_level": "0",
        "bottom_level": "2",
        "attributes": "NAME, iso_a2,geom",
        "filter": "",
    }
    result = run({"data": str(world_map), "composition": [table], "area": "", "options": "-S10 "}, tmp_path, heard)
    assert result["levels"] == ["0", "1", "2"]
    assert result["size"] == (tmp_path / result["file"]).stat().st_size
    assert json.loads(json.dumps(result["report"]))["levels"][0]["tiles"] == 1
    (layer,) = Archive(tmp_path / result["file"]).metadata()["vector_layers"]
    assert set(layer["fields"]) == {"NAME", "iso_a2"}
    assert heard.steps[0][1] == "features" and heard.done == heard.steps[0][0] == result["report"]["features"]


def test_the_whole_file(world_map: Path, tmp_path: Path):
    report = build_pyramid_file(world_map, tmp_path / "world.pmtiles", (0, 1), options="-S10", jobs=1)
    assert [level.tiles for level in report.levels] == [1, 4]


def test_an_area_limits_the_tiles_to_those_that_meet_it(world_map: Path, tmp_path: Path):
    europe = "POLYGON ((-9 36, 3 43, -9 43, -9 36))"  # a triangle: at level 6 its box holds 12 tiles
    table = {"table": "countries", "top_level": 6, "bottom_level": 6}
    result = run({"data": str(world_map), "composition": [table], "area": europe}, tmp_path, Heard())
    area = area_of(europe)
    places = [place for place, _ in Archive(tmp_path / result["file"]).tiles()]
    assert len(places) == area.tile_count(6) < 12
    assert all(area.meets(6, np.array([column]), np.array([row])).all() for _, column, row in places)


def test_checkpoints_are_gone_when_the_work_is_done(world_map: Path, tmp_path: Path):
    kept, work = tmp_path / "kept", tmp_path / "work"
    work.mkdir()
    (kept / "older").mkdir(parents=True)
    os.utime(kept / "older", (0, 0))  # left by a crash, long ago
    table = {"table": "countries", "top_level": 0, "bottom_level": 1}
    parameters = {"data": str(world_map), "composition": [table], "checkpoints": str(kept), "jobs": 1}
    result = run(parameters, work, Heard())
    assert [path.name for path in work.iterdir()] == [result["file"]]
    assert not kept.exists()


def test_the_bottom_of_a_sample_is_that_of_the_full_pyramid(world_map: Path, tmp_path: Path):
    table = {"table": "countries", "top_level": 2, "bottom_level": 6, "filter": "\"NAME\" <> 'Spain'"}
    sample = {"data": str(world_map), "composition": [table], "options": "-S10", "area": propose_area(2.3, 46.5, 6)}
    tiles = []
    for name, parameters in (("sample", sample), ("full", full(sample))):
        (tmp_path / name).mkdir()
        run(parameters, tmp_path / name, Heard())
        with Archive(tmp_path / name / "pyramid.pmtiles") as archive:
            tiles.append(dict(archive.tiles()))
    few, every = tiles
    assert few.keys() <= every.keys() and len(few) < len(every) / 4
    area = area_of(sample["area"])
    lowest = [place for place in every if place[0] == 6]
    met = area.meets(6, np.array([x for _, x, _ in lowest]), np.array([y for _, _, y in lowest]))
    bottom = {place for place, meets in zip(lowest, met) if meets}
    assert {place for place in few if place[0] == 6} == bottom
    assert all(few[place] == every[place] for place in bottom)
