"""The job: parameters in, archive and result out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.jobs.progress import Silent
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.pyramid_job import area_bounds, build_pyramid_file, run


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


def test_area():
    assert area_bounds("") is None
    assert area_bounds("POLYGON ((2 48, 3 48, 3 49, 2 49, 2 48))") == (2.0, 48.0, 3.0, 49.0)
    with pytest.raises(InvalidInput):
        area_bounds("POLYGON ((2 48")
