"""What Windows does otherwise: helpers are spawned, open files are neither renamed nor removed."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path
from typing import List

import pytest

from geopub_plugin.backend.errors import Conflict
from geopub_plugin.backend.tiles import executors, work_folders
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.mbtiles import write_mbtiles
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build
from geopub_plugin.backend.tiles.tile_folder import write_folder

from .conftest import write_table
from .coverage import wriggling_grid

linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which files are open")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> PyramidPlan:
    data = write_table(
        tmp_path_factory.mktemp("data") / "grid.gpkg",
        "grid",
        wriggling_grid(8, 0.1, bends=8),
        {"row": int, "column": int},
    )
    return PyramidPlan((TablePlan(data, "grid", "grid", 4, 9),), parse_options("-ab -S10 -an"))


def test_spawned_helpers_make_the_same_bytes(plan, tmp_path, monkeypatch):
    build(plan, tmp_path / "one.pmtiles")
    monkeypatch.setattr(executors, "_start_method", lambda: "spawn")
    with executors.Crew(2) as crew:
        pids = {pid for _, pid in crew.results(_pid, range(2000))}
    assert len(pids) == 2 and os.getpid() in pids
    build(plan, tmp_path / "two.pmtiles", jobs=2, block=1_000)
    assert (tmp_path / "two.pmtiles").read_bytes() == (tmp_path / "one.pmtiles").read_bytes()


def _pid(number: int) -> int:
    sum(range(20_000))  # long enough for the other to take some
    return os.getpid()


def open_under(folder: Path) -> List[str]:
    """Return the files under a folder that this process has open or mapped."""
    files = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if _is_open(name)]
    mapped = [line.split(maxsplit=5)[-1].strip() for line in Path("/proc/self/maps").read_text().splitlines()]
    return [name for name in {*files, *mapped} if name.startswith(f"{folder}/") and not name.endswith(".lock")]


def _is_open(name: str) -> bool:
    return os.path.islink(f"/proc/self/fd/{name}")


@linux
@pytest.mark.parametrize("kept", [False, True])
def test_nothing_is_open_that_is_removed_or_renamed(plan, tmp_path, monkeypatch, kept):
    left: List[List[str]] = []
    remove, rename = shutil.rmtree, Path.replace

    def removed(place, **how):
        left.append(open_under(Path(place)))
        remove(place, **how)

    def renamed(made, place):
        left.append([name for name in open_under(made.parent) if name == str(made)])
        return rename(made, place)

    monkeypatch.setattr(work_folders.shutil, "rmtree", removed)
    monkeypatch.setattr(Path, "replace", renamed)
    build(plan, tmp_path / "a.pmtiles", block=1_000, checkpoints=tmp_path / "kept" if kept else None)
    assert len(left) >= 2
    assert not any(left)
    assert [path.name for path in tmp_path.iterdir()] == ["a.pmtiles"]


@pytest.fixture
def nothing_open_is_replaced(monkeypatch):
    """As on Windows, while somebody reads a file."""

    def refused(made, place):
        raise PermissionError(errno.EACCES, "Access is denied", str(made), None, str(place))

    return lambda: (monkeypatch.setattr(Path, "replace", refused), monkeypatch.setattr(os, "replace", refused))


def test_an_archive_that_is_open_elsewhere_stays_and_is_named(plan, tmp_path, nothing_open_is_replaced):
    out = tmp_path / "map.pmtiles"
    build(plan, out)
    before = out.read_bytes()
    with Archive(out) as archive:
        write_mbtiles(archive, tmp_path / "map.mbtiles")
        nothing_open_is_replaced()
        for again in (lambda: build(plan, out), lambda: write_mbtiles(archive, tmp_path / "map.mbtiles")):
            with pytest.raises(Conflict, match="cannot be replaced"):
                again()
    assert out.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"map.pmtiles", "map.mbtiles"}


def test_a_folder_that_is_open_elsewhere_is_as_it_was(plan, tmp_path, monkeypatch):
    build(plan, tmp_path / "map.pmtiles")
    rename = os.replace

    def refused_at_last(made, place):
        if Path(made).name == "new" and Path(place).name == "tiles":
            raise PermissionError(errno.EACCES, "Access is denied", str(made), None, str(place))
        rename(made, place)

    with Archive(tmp_path / "map.pmtiles") as archive:
        write_folder(archive, tmp_path / "tiles")
        (tmp_path / "tiles" / "metadata.json").write_text("{}")
        monkeypatch.setattr(os, "replace", refused_at_last)
        with pytest.raises(Conflict):
            write_folder(archive, tmp_path / "tiles")
    assert (tmp_path / "tiles" / "metadata.json").read_text() == "{}"
    assert {path.name for path in tmp_path.iterdir()} == {"map.pmtiles", "tiles"}
