"""A worker that is waited for: whatever becomes of it, it is gone afterwards, and the reason is told."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any, Dict

import pytest

from geopub_plugin.backend.errors import Cancelled, GeoPubError, JobFailed, NotFound
from geopub_plugin.backend.programs import Process, start
from geopub_plugin.publish import worker_call
from geopub_plugin.publish.launch import Launch

TALKING = 'import os, time; print(\'{"step": "%d"}\' % os.getpid(), flush=True); time.sleep(600)'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return what runs a program in the place of the worker."""

    def run(
        program: str, parameters: Dict[str, Any], moved=lambda *_: None, cancelled=None, said=lambda _line: None
    ) -> Dict[str, Any]:
        launched = Launch(sys.executable, ("-c", program), dict(os.environ), tmp_path)
        monkeypatch.setattr(worker_call, "launch", lambda _module: launched)
        return worker_call.run_job("none:run", parameters, tmp_path, cancelled or threading.Event(), moved, said)

    return run


def test_cancelled(run) -> None:
    cancelled, said = threading.Event(), []

    def moved(step: str, _done: int, _total: int) -> None:
        said.append(int(step))
        cancelled.set()

    with pytest.raises(Cancelled):
        run(TALKING, {}, moved, cancelled)
    with pytest.raises(ProcessLookupError):  # neither at work nor a zombie
        os.kill(said[0], 0)
    assert "worker" not in {thread.name for thread in threading.enumerate()}


def test_ends_before_it_has_read_its_job(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*command: Any, **options: Any) -> Process[bytes]:
        process = start(*command, **options)
        process.wait(60)
        return process

    monkeypatch.setattr(worker_call, "start", ended)
    with pytest.raises(JobFailed) as failed:
        run("raise SystemExit('no module of that name')", {})
    assert failed.value.why == "no module of that name"


def test_listener_fails(run) -> None:
    def moved(*_told: object) -> None:
        raise GeoPubError("enough")

    with pytest.raises(GeoPubError, match="enough"):
        run(TALKING, {}, moved)


def test_what_is_logged_and_why_it_failed(run) -> None:
    told: list = []
    wire = '{"kind": "NotFound", "what": "Gone.", "why": "It went.", "cure": "Look."}'
    program = f'print(\'{{"log": ["one", "two"]}}\'); print(\'{{"error": {wire}}}\')'
    with pytest.raises(NotFound) as failed:
        run(program, {}, said=told.append)
    assert told == ["one", "two"] and failed.value.sentences == ("Gone.", "It went.", "Look.")
