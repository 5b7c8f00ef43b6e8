"""The processes that build single tiles."""

from __future__ import annotations

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from geopub_plugin.backend.errors import InvalidInput, Unavailable
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.pyramid import build
from geopub_plugin.backend.tiles.pyramid_job import plan_of
from geopub_plugin.backend.tiles.tile_builders import TileBuilders

from ...processes import descendants, gone_within


@pytest.fixture
def builders() -> Iterator[TileBuilders]:
    started = TileBuilders(processes=2)
    yield started
    started.stop()


@pytest.fixture
def job(world_map: Path) -> str:
    entry = {"table": "countries", "layer": "pays", "top_level": 0, "bottom_level": 4, "attributes": ["NAME"]}
    return json.dumps({"data": str(world_map), "composition": [entry], "options": "-S10 -an", "area": "", "name": "n"})


def all_builders() -> set:
    told = {pid: Path(f"/proc/{pid}/cmdline") for pid in descendants(os.getpid())}
    return {pid for pid, path in told.items() if path.exists() and b"tile_process" in path.read_bytes()}


@pytest.fixture(autouse=True)
def own_builders() -> Callable[[], set]:
    """Return what tells the builders that this test has started; some of earlier tests may still wait for work."""
    earlier = all_builders()
    return lambda: all_builders() - earlier


def test_tiles_are_those_of_the_archive(builders, job, tmp_path, own_builders):
    build(plan_of(json.loads(job)), tmp_path / "all.pmtiles")
    archive = Archive(tmp_path / "all.pmtiles")
    places = [*[place for place, _ in archive.tiles()][::4], (4, 0, 15)]
    with ThreadPoolExecutor(4) as threads:
        built = list(threads.map(lambda place: builders.tile(job, *place), places))
    assert built == [archive.tile(*place) for place in places]
    told = builders.told(job)
    assert told.bounds == pytest.approx(archive.bounds, abs=1e-6)
    assert list(told.vector_layers) == archive.metadata()["vector_layers"]
    assert len(own_builders()) == 2


def test_a_plan_that_cannot_be_built_is_refused_and_the_process_goes_on(builders, job, own_builders):
    wrong = json.loads(job)
    wrong["composition"][0]["attributes"] = ["NOM"]
    with pytest.raises(InvalidInput, match="NOM"):
        builders.tile(json.dumps(wrong), 0, 0, 0)
    before = own_builders()
    assert builders.tile(job, 0, 0, 0)
    assert own_builders() == before


def test_processes_may_look_before_they_are_asked(builders, job, own_builders):
    builders.prepare()
    before = own_builders()
    assert len(before) == 2
    builders.prepare(Path(json.loads(job)["data"]))
    asked: List[float] = []
    builders.come_before(asked.append)
    assert builders.tile(job, 0, 0, 0)
    assert own_builders() == before
    assert asked[0] > 1 > asked[-1] >= 0  # others stand back, and may go on soon
    builders.prepare(Path("nowhere.gpkg"))
    assert builders.tile(job, 1, 0, 0)


def test_a_process_that_is_killed_is_replaced(builders, job, own_builders):
    assert builders.tile(job, 0, 0, 0)
    (pid,) = own_builders()
    os.kill(pid, signal.SIGKILL)
    assert gone_within({pid}, 10)
    assert builders.tile(job, 0, 0, 0)
    assert own_builders() and pid not in own_builders()


def test_a_process_that_hangs_is_ended(builders, job, monkeypatch, own_builders):
    assert builders.tile(job, 0, 0, 0)
    monkeypatch.setattr("geopub_plugin.backend.tiles.tile_builders.SECONDS", 0.2)
    (pid,) = own_builders()
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(Unavailable):
        builders.tile(job, 1, 0, 0)
    assert gone_within({pid}, 10)


def test_processes_without_work_end(job, own_builders):
    builders = TileBuilders(processes=1, idle_seconds=0.1)
    assert builders.tile(job, 0, 0, 0)
    assert gone_within(own_builders(), 10)
    assert builders.tile(job, 0, 0, 0)
    builders.stop()
    assert gone_within(own_builders(), 10)
    with pytest.raises(Unavailable):
        builders.tile(job, 0, 0, 0)
