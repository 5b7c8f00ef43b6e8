"""The backend in a process of its own: started when needed, found when it runs, gone with QGIS."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from threading import Event
from typing import Iterator

import pytest

from geopub_plugin.backend.errors import DataFolderNewer, JobFailed, Unavailable
from geopub_plugin.publish.embedded import Backend, answers
from geopub_plugin.publish.embedded_process import BackendState, EmbeddedProcess, Launch
from geopub_plugin.publish.embedded_settings import EmbeddedSettings, for_others, network_address
from geopub_plugin.publish.store_source import StoreSource
from geopub_plugin.publish.targets import this_computer


@pytest.fixture
def process(qgis_app, tmp_path, monkeypatch) -> Iterator[EmbeddedProcess]:
    monkeypatch.setenv("GEOPUB_PYTHON", sys.executable)
    made = EmbeddedProcess(tmp_path / "data")
    yield made
    made.close()


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def started(qtbot, process: EmbeddedProcess):
    with qtbot.waitSignal(process.ready, timeout=30_000) as heard:
        process.start()
    return heard.args[0]


def test_start_find_and_stop(qtbot, process, tmp_path):
    states: list = []
    process.changed.connect(states.append)
    backend = started(qtbot, process)
    assert backend.url.startswith("http://127.0.0.1:") and backend.token and alive(backend.pid) and process.ours
    assert started(qtbot, process) == backend

    other = EmbeddedProcess(tmp_path / "data")
    assert started(qtbot, other).url == backend.url and not other.ours
    other.close()
    assert alive(backend.pid)

    with qtbot.waitSignal(process.changed, timeout=10_000, check_params_cb=lambda s: s is BackendState.STOPPED):
        process.stop()
    assert not alive(backend.pid) and not process.ours
    assert states == [BackendState.STARTING, BackendState.READY, BackendState.STOPPING, BackendState.STOPPED]


def test_unloading_ends_the_backend(qtbot, process, downloads):
    pid = started(qtbot, process).pid
    process.close()
    assert not alive(pid)
    assert not (downloads / "imported").exists(), "it imports nothing from the folder that QGIS was started in"


def test_a_backend_that_dies_is_noticed_and_can_be_started_again(qtbot, process):
    pid = started(qtbot, process).pid
    with qtbot.waitSignal(process.failed, timeout=10_000) as heard:
        os.kill(pid, 9)
    assert isinstance(heard.args[0], Unavailable) and process.state is BackendState.STOPPED
    assert alive(started(qtbot, process).pid)


def test_why_it_cannot_start_is_said(qtbot, process, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "version").write_text(json.dumps({"format": 999, "written_by": "9.9"}))
    with qtbot.waitSignal(process.failed, timeout=30_000) as heard:
        process.start()
    assert isinstance(heard.args[0], DataFolderNewer) and "9.9" in heard.args[0].why
    assert process.state is BackendState.STOPPED


@pytest.mark.parametrize(
    "program, arguments, why",
    [
        ("/nowhere/python", (), "could not be started"),
        (sys.executable, ("-c", "raise SystemExit('no luck today')"), "no luck today"),
    ],
)
def test_a_program_that_does_not_serve(qtbot, qgis_app, tmp_path, program, arguments, why):
    process = EmbeddedProcess(tmp_path, find=lambda _data: Launch(program, arguments, {}))
    with qtbot.waitSignal(process.failed, timeout=10_000) as heard:
        process.start()
    assert why in heard.args[0].why and process.state is BackendState.STOPPED
    process.close()


def test_a_folder_that_is_just_being_left_is_tried_again(qtbot, process, tmp_path):
    first = EmbeddedProcess(tmp_path / "data")
    started(qtbot, first)
    (tmp_path / "data" / "server.json").unlink()  # it has withdrawn and is still ending
    process.start()
    qtbot.wait(1500)
    assert process.state is BackendState.STARTING
    with qtbot.waitSignal(process.ready, timeout=15_000):
        first.stop()
    assert process.ours
    first.close()


def test_served_anew_with_other_settings(qtbot, process, tmp_path):
    """Sharing with the network is real: the address of the network answers with it, and not without."""
    outside = network_address()
    if not outside:
        pytest.skip("this machine is in no network")
    backend = started(qtbot, process)
    port = backend.url.rpartition(":")[2]
    assert not answers(f"http://{outside}:{port}")
    shared = EmbeddedSettings(process.data, 0, True)
    with qtbot.waitSignal(process.ready, timeout=30_000) as heard:
        process.serve(shared.folder, shared.options)
    again = heard.args[0]
    assert again.url == backend.url and not alive(backend.pid)
    assert answers(for_others(again.url))
    with qtbot.waitSignal(process.ready, timeout=30_000) as heard:
        process.serve(tmp_path / "elsewhere", ())
    assert process.data == tmp_path / "elsewhere" and (process.data / "catalogue.sqlite").exists()
    assert not answers(for_others(heard.args[0].url))


def test_wanted_again_while_it_stops_it_starts_again(qtbot, process):
    pid = started(qtbot, process).pid
    process.stop()
    assert process.state is BackendState.STOPPING
    again = started(qtbot, process)
    assert again.pid != pid and alive(again.pid) and not alive(pid)


@pytest.mark.parametrize("place", ["search", "process"])
def test_who_waits_hears_that_it_was_stopped(qtbot, qgis_app, tmp_path, place):
    found = Event()

    def find(_data: Path) -> Launch:
        assert place == "process" or found.wait(20)
        return Launch(sys.executable, ("-c", "import sys; sys.stdin.read(); print('READY', flush=True)"), {})

    process = EmbeddedProcess(tmp_path, find=find)
    process.start()
    if place == "process":
        qtbot.waitUntil(lambda: process.ours, timeout=10_000)
    with qtbot.waitSignal(process.failed, timeout=10_000) as heard:
        process.stop()
    assert "was stopped" in heard.args[0].what
    found.set()
    qtbot.waitUntil(lambda: process.state is BackendState.STOPPED, timeout=10_000)
    qtbot.wait(100)
    assert process.state is BackendState.STOPPED and not process.ours
    process.close()


def test_another_folder_named_during_the_search_is_served_to_who_waits(qtbot, qgis_app, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    left = Event()

    def find(data: Path) -> Backend:
        assert data == there or left.wait(20)
        return Backend(f"http://{data.name}", "", 1)

    process = EmbeddedProcess(here, find=find)
    process.start()
    with qtbot.waitSignal(process.ready, timeout=10_000) as heard:
        process.serve(there, ())
        left.set()
    assert heard.args[0].url == "http://there"
    process.close()


def test_nobody_is_sent_to_one_of_another_program_that_has_ended(qtbot, qgis_app, tmp_path):
    found = [Backend("http://gone", "", 1), Launch(sys.executable, ("-c", "import sys; sys.stdin.read()"), {})]
    process = EmbeddedProcess(tmp_path, find=lambda _data: found.pop(0))
    source = StoreSource(this_computer(), process)
    with qtbot.waitSignal(process.ready, timeout=10_000):
        process.start()
    assert source.address.api == "http://gone/api"
    process.start()
    qtbot.waitUntil(lambda: process.state is BackendState.STARTING, timeout=10_000)
    assert source.address is None
    process.close()
    assert process.state is BackendState.STOPPED


def test_one_that_was_too_slow_does_not_end_the_next(qtbot, process, tmp_path, monkeypatch):
    slow = Launch(sys.executable, ("-c", "import time; time.sleep(60)"), {})
    launches = [slow]
    real = process._find
    process._find = lambda data: launches.pop() if launches else real(data)
    process._patience.setInterval(300)
    failures: list = []
    process.failed.connect(failures.append)

    def again(_error: object) -> None:
        process._patience.setInterval(60_000)
        process.start()

    process.failed.connect(again)
    with qtbot.waitSignal(process.ready, timeout=30_000):
        process.start()
    assert len(failures) == 1 and "did not get ready" in failures[0].why and process.ours


def test_what_nobody_foresaw_is_told_to_who_waits(qtbot, qgis_app, tmp_path):
    made = EmbeddedProcess(tmp_path, find=lambda _data: Launch(sys.executable, (), {"ODD": object()}))
    with qtbot.waitSignal(made.failed, timeout=10_000) as told:
        made.start()
    assert isinstance(told.args[0], JobFailed) and made.state is BackendState.STOPPED and not made.ours
    made.close()


def test_a_search_that_ends_after_unloading_starts_nothing(qtbot, qgis_app, tmp_path):
    begun, go, looked = Event(), Event(), Event()

    def find(_data: Path) -> Launch:
        begun.set()
        go.wait(10)
        looked.set()
        return Launch(sys.executable, ("-c", "input()"), {})

    made = EmbeddedProcess(tmp_path, find=find)
    made.start()
    qtbot.waitUntil(begun.is_set, timeout=10_000)
    made.close()
    go.set()
    qtbot.waitUntil(looked.is_set, timeout=10_000)
    qtbot.wait(50)
    assert not made.ours
