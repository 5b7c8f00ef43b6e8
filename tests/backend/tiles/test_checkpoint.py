"""A crash costs at most the blocks that were being built; nothing is left behind otherwise."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geopub_plugin.backend import folder_lock
from geopub_plugin.backend.errors import InvalidInput, StorageFull
from geopub_plugin.backend.folder_lock import FolderLock
from geopub_plugin.backend.tiles import pyramid
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build
from geopub_plugin.backend.tiles.work_folders import sweep, work_folder

from .conftest import write_table
from .test_pyramid_job import Heard

BLOCK = 1_500  # vertices: the squares in a dozen blocks
ROOT = Path(__file__).resolve().parents[3]
DIES = """
import os, signal, sys
from pathlib import Path
from geopub_plugin.backend.tiles import checkpoint, pyramid
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan

data, out, place, left = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
keep, done = pyramid.keep, []

def keep_and_die(result):
    keep(result)
    done.append(result)
    if len(done) == left:
        os.kill(os.getpid(), signal.SIGKILL)

pyramid.keep = keep_and_die
plan = PyramidPlan((TablePlan(data, "squares", "squares", 0, 3),))
pyramid.build(plan, out, block=1_500, checkpoints=place)
"""


def plan_of(data: Path, bottom: int = 3) -> PyramidPlan:
    return PyramidPlan((TablePlan(data, "squares", "squares", 0, bottom),))


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    rows = []
    for n in range(1200):
        x, y = n % 40 * 4 - 80, n // 40 * 4 - 60
        rows.append((f"POLYGON (({x} {y}, {x + 3} {y}, {x + 3} {y + 3}, {x} {y + 3}, {x} {y}))", {"n": n}))
    return write_table(tmp_path_factory.mktemp("data") / "squares.gpkg", "squares", rows, {"n": int})


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory) -> bytes:
    out = tmp_path_factory.mktemp("whole") / "a.pmtiles"
    build(plan_of(data), out, block=BLOCK)
    return out.read_bytes()


def crashed(data: Path, place: Path, after: int) -> Path:
    """Let a process die after so many blocks, and return its work folder."""
    script = [sys.executable, "-c", DIES, str(data), str(place.parent / "a.pmtiles"), str(place), str(after)]
    assert subprocess.run(script, cwd=ROOT, timeout=60, check=False).returncode == -signal.SIGKILL
    (work,) = (path for path in place.iterdir() if path.is_dir())
    return work


def resumed(data: Path, place: Path, monkeypatch) -> int:
    """Build again, and return how many blocks were built."""
    built = []
    before = pyramid.build_block
    monkeypatch.setattr(pyramid, "build_block", lambda task: built.append(task) or before(task))
    heard = Heard()
    report = build(plan_of(data), place.parent / "a.pmtiles", heard, block=BLOCK, checkpoints=place)
    assert heard.done == heard.steps[0][0] == report.features
    assert [path.name for path in place.parent.iterdir()] == ["a.pmtiles"]  # nothing else is left
    return len(built)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_a_crash_goes_on_at_the_last_finished_block(data, whole, tmp_path, monkeypatch):
    crashed(data, tmp_path / "kept", 3)
    total = resumed(data, tmp_path / "kept", monkeypatch) + 3
    assert total > 6
    assert (tmp_path / "a.pmtiles").read_bytes() == whole


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_blocks_that_are_not_whole_are_built_again(data, whole, tmp_path, monkeypatch):
    work = crashed(data, tmp_path / "kept", 5)
    notes = sorted(path for path in work.glob("block-*.npz"))
    assert len(notes) == 5
    notes[0].write_bytes(notes[0].read_bytes()[:100])  # cut off
    contents = notes[1].with_suffix("")
    contents.write_bytes(contents.read_bytes()[:-1] + b"?")  # other bytes
    notes[2].with_suffix("").write_bytes(b"")  # never reached the disk
    remainder = next((work / f"up-{notes[3].stem.split('-')[1]}").iterdir())
    octets = bytearray(remainder.read_bytes())
    octets[len(octets) // 2] ^= 255
    remainder.write_bytes(octets)
    built = resumed(data, tmp_path / "kept", monkeypatch)
    assert (tmp_path / "a.pmtiles").read_bytes() == whole
    monkeypatch.undo()
    crashed(data, tmp_path / "kept", 5)
    assert built == resumed(data, tmp_path / "kept", monkeypatch) + 4


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_another_plan_or_changed_data_begin_anew(data, tmp_path):
    work = crashed(data, tmp_path / "kept", 2)
    build(plan_of(data, 2), tmp_path / "b.pmtiles", block=BLOCK, checkpoints=tmp_path / "kept")
    assert work.is_dir()  # of somebody who may come back
    os.utime(data)
    heard = Heard()
    build(plan_of(data), tmp_path / "c.pmtiles", heard, block=BLOCK, checkpoints=tmp_path / "kept")
    assert work.is_dir()
    sweep(tmp_path / "kept")
    assert work.is_dir()  # for a day
    sweep(tmp_path / "kept", 0)
    assert not (tmp_path / "kept").exists()


def test_whoever_makes_the_same_at_the_same_time_works_elsewhere(data, whole, tmp_path):
    place = tmp_path / "kept"
    place.mkdir()
    name = pyramid.fingerprint(plan_of(data), (pyramid.tile_fields(plan_of(data).tables[0]),), BLOCK)
    lock = FolderLock(place / f"{name}.lock")
    assert lock.acquire()
    (place / name).mkdir()
    build(plan_of(data), tmp_path / "a.pmtiles", block=BLOCK, checkpoints=place)
    sweep(place, 0)
    assert (place / name).is_dir()  # in use
    lock.release()
    assert (tmp_path / "a.pmtiles").read_bytes() == whole


@pytest.mark.parametrize("at", ["acquire", "_lock"])
def test_a_place_that_is_cleared_while_it_is_entered_is_made_anew(tmp_path, monkeypatch, at):
    out, place = tmp_path / "out.pmtiles", tmp_path / "checkpoints"
    former = work_folder(out, place, "plan")
    former.__enter__()
    owner = folder_lock if at == "_lock" else FolderLock
    real = getattr(owner, at)

    def late(lock):
        monkeypatch.setattr(owner, at, real)
        former.__exit__(None, None, None)
        return real(lock)

    monkeypatch.setattr(owner, at, late)
    with work_folder(out, place, "plan") as work:
        assert work == place / "plan" and work.is_dir()
        with work_folder(out, place, "plan") as beside:
            assert beside != work
    assert not place.exists()


@pytest.mark.parametrize("error", [InvalidInput("no"), KeyboardInterrupt(), OSError("broken")])
def test_what_is_refused_or_given_up_leaves_nothing(data, tmp_path, monkeypatch, error):
    def fails(*_):
        raise error

    monkeypatch.setattr(pyramid, "_archive", fails)
    with pytest.raises(type(error)):
        build(plan_of(data, 1), tmp_path / "a.pmtiles", checkpoints=tmp_path / "kept")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_a_helper_that_dies_is_told_of_and_what_is_done_is_kept(data, tmp_path):
    script = f"""
import os, signal, sys
from pathlib import Path
from geopub_plugin.backend.errors import JobFailed
from geopub_plugin.backend.tiles import pyramid
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
own = os.getpid()
build_block = pyramid.build_block
def dies(task):
    if os.getpid() != own:
        os.kill(os.getpid(), signal.SIGKILL)
    return build_block(task)
pyramid.build_block = dies
plan = PyramidPlan((TablePlan(Path({str(data)!r}), "squares", "squares", 0, 3),))
try:
    folder = Path({str(tmp_path)!r})
    pyramid.build(plan, folder / "a.pmtiles", jobs=2, block=500, checkpoints=folder / "kept")
except JobFailed as error:
    print(error)
"""
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "GEOPUB_LANGUAGE": "en"},
    )  # fmt: skip
    assert "ended by the system" in told.stdout, told.stderr
    assert any((tmp_path / "kept").iterdir())


def test_the_note_of_a_block_costs_little(data, tmp_path, monkeypatch):
    times = []
    keep = pyramid.keep

    def timed(result):
        begun = time.perf_counter()
        keep(result)
        times.append(time.perf_counter() - begun)

    monkeypatch.setattr(pyramid, "keep", timed)
    build(plan_of(data), tmp_path / "a.pmtiles", block=BLOCK, checkpoints=tmp_path / "kept")
    assert sorted(times)[len(times) // 2] < 0.1


def test_a_full_disk_is_said_and_leaves_nothing(data, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pyramid, "build_block", full)
    with pytest.raises(StorageFull):
        build(plan_of(data, 1), tmp_path / "a.pmtiles", checkpoints=tmp_path / "kept")
    assert not list(tmp_path.iterdir())
