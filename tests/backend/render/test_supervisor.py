"""A crash or a hang of the renderer costs the one request that caused it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Iterator, List

import pytest

from geopub_plugin.backend.errors import Unavailable
from geopub_plugin.backend.render import supervisor as supervisor_module
from geopub_plugin.backend.render.requests import MapRequest
from geopub_plugin.backend.render.supervisor import Renderer

from .conftest import decoded, map_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the signals of this test are POSIX's")


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Renderer]:
    """Return a renderer that may be hurt: two threads, two seconds for each drawing."""
    pytest.importorskip("qgis.core")
    made = Renderer(tmp_path / "log", seconds=2.0, threads=2)
    yield made
    made.stop()


def in_background(renderer: Renderer, request: MapRequest) -> Future:
    """Ask for a map in another thread, and return when the process has got the request."""
    with_process = threading.Event()
    original = supervisor_module.RendererProcess.ask

    def ask(process: supervisor_module.RendererProcess, asked: MapRequest) -> Future:
        answer = original(process, asked)
        with_process.set()
        return answer

    supervisor_module.RendererProcess.ask = ask
    try:
        future: Future = Future()
        threading.Thread(target=lambda: _complete(future, renderer, request), daemon=True).start()
        assert with_process.wait(30)
    finally:
        supervisor_module.RendererProcess.ask = original
    return future


def _complete(future: Future, renderer: Renderer, request: MapRequest) -> None:
    try:
        future.set_result(renderer.draw(request))
    except Unavailable as error:
        future.set_exception(error)


def big(world_map: Path) -> MapRequest:
    """Return a map that takes long enough to be interrupted."""
    return map_of(world_map, "states_provinces", "countries", size=(3000, 3000), bounds=(-2e7, -1e7, 2e7, 2e7))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_starts_at_the_first_request_and_stops(tmp_path: Path, world_map: Path) -> None:
    renderer = Renderer(tmp_path / "log")
    assert renderer.pid is None
    assert decoded(renderer.draw(map_of(world_map, "countries"))).shape == (256, 256, 4)
    pid = renderer.pid
    renderer.stop()
    assert renderer.pid is None
    assert gone(pid)
    with pytest.raises(Unavailable, match="stopped"):
        renderer.draw(map_of(world_map, "countries"))


def test_a_killed_process_is_replaced_and_its_request_drawn_again(
    fragile: Renderer, world_map: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fragile._seconds = 60.0  # drawing takes what it takes on a busy machine
    small = map_of(world_map, "countries")
    before = fragile.draw(small)
    first = fragile.pid
    with caplog.at_level(logging.WARNING):
        interrupted = in_background(fragile, big(world_map))
        os.kill(first, signal.SIGKILL)
        assert decoded(interrupted.result(120)).shape == (3000, 3000, 4)
    assert fragile.draw(small) == before
    assert fragile.pid != first
    assert "states_provinces" in caplog.text  # what was drawn is told


def test_a_request_that_brings_the_process_down_twice_is_given_up(fragile: Renderer, world_map: Path) -> None:
    small = map_of(world_map, "countries")
    before = fragile.draw(small)
    interrupted = in_background(fragile, big(world_map))
    first = fragile.pid
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while fragile.pid in (None, first) and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    os.kill(fragile.pid, signal.SIGKILL)
    with pytest.raises(Unavailable, match="twice"):
        interrupted.result(30)
    assert fragile.draw(small) == before


def test_a_hanging_process_is_ended_after_the_time_limit(
    fragile: Renderer, world_map: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = map_of(world_map, "countries")
    fragile._seconds = 60.0  # drawing takes what it takes on a busy machine
    before = fragile.draw(small)
    first = fragile.pid
    os.kill(first, signal.SIGSTOP)
    started, fragile._seconds = time.monotonic(), 2.0
    with caplog.at_level(logging.ERROR), pytest.raises(Unavailable, match="2 seconds"):
        fragile.draw(small)
    assert 1.5 < time.monotonic() - started < 10
    assert "countries" in caplog.text
    fragile._seconds = 60.0
    assert fragile.draw(small) == before
    assert gone(first)


def test_those_who_wait_beside_a_hanging_request_get_their_pictures(fragile: Renderer, world_map: Path) -> None:
    fragile._seconds = 6.0  # for the one that hangs; the others need less even on a busy machine
    requests = [map_of(world_map, "countries", size=(100 + i, 100)) for i in range(6)]
    fragile.draw(requests[0])
    os.kill(fragile.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(6) as pool:
        outcomes: List[Future] = [pool.submit(fragile.draw, request) for request in requests]
    failed = [outcome for outcome in outcomes if outcome.exception() is not None]
    assert len(failed) == 1
    assert isinstance(failed[0].exception(), Unavailable)


def test_it_is_not_started_for_ever(fragile: Renderer, world_map: Path) -> None:
    small = map_of(world_map, "countries", size=(10, 10))
    fragile._ends.extend([time.monotonic()] * 6)
    with pytest.raises(Unavailable, match="too often"):
        fragile.draw(small)
    fragile._ends[0] = time.monotonic() - 3600
    assert fragile.draw(small)


def test_a_python_without_qgis_is_told_with_the_cure(tmp_path: Path, world_map: Path) -> None:
    """A Python that finds no `qgis`: isolated from the system's packages by a module of the same name that fails."""
    hidden = tmp_path / "qgis"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise ImportError('No module named qgis')")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path}:$PYTHONPATH" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    renderer = Renderer(tmp_path / "log", interpreter=str(python))
    with pytest.raises(Unavailable, match="python3-qgis"):
        renderer.draw(map_of(world_map, "countries"))
    renderer.stop()


def test_the_process_ends_with_its_stdin(fragile: Renderer, world_map: Path) -> None:
    fragile.draw(map_of(world_map, "countries"))
    process = fragile._process._popen
    process.stdin.close()
    assert process.wait(5) == 0
