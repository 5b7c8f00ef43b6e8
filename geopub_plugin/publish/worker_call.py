"""One job of the engine in a process of its own, waited for in a thread: QGIS's Python stays free meanwhile."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any, Callable, Dict, Mapping

from qgis.PyQt.QtCore import QProcess

from ..backend.errors import Cancelled, GeoPubError, InvalidInput, JobFailed, Unavailable
from ..backend.locations import PACKAGE
from ..backend.translation import tr
from .launch import launch
from .qt_process import qt_process

LOOK = 100  # ms between two looks whether the work was cancelled
Moved = Callable[[str, int, int], None]  # step, done, total


def run_job(
    function: str, parameters: Mapping[str, Any], work: Path, cancelled: Event, moved: Moved = lambda *_: None
) -> Dict[str, Any]:
    """Run a job and return its result.

    Args:
        function: "ingest.check_job:run", within the backend.
        parameters: of the job.
        work: folder that it may write into.
        cancelled: ends it.
        moved: is told how far it is.

    Raises:
        Cancelled: it was ended.
        GeoPubError: it failed, or could not be started.
    """
    job = {"run": f"{PACKAGE.name}.backend.{function}", "parameters": dict(parameters), "work": str(work)}
    process = _started()
    process.write(json.dumps(job).encode("ascii") + b"\n")
    last: Dict[str, Any] = {}
    step, total, done = "", 0, 0
    while process.state() != QProcess.ProcessState.NotRunning or process.canReadLine():
        if cancelled.is_set():
            process.kill()
            process.waitForFinished(3_000)
            raise Cancelled(tr("The check was cancelled."))
        if not process.canReadLine() and not process.waitForReadyRead(LOOK):
            continue
        said = _message(bytes(process.readLine()))
        if "result" in said or "error" in said:
            last = said
        elif said:
            step, total, done = said.get("step", step), int(said.get("total", total)), int(said.get("done", done))
            moved(str(step), done, total)
    if "result" not in last:
        raise _error(last.get("error") or {}, bytes(process.readAllStandardError()).decode("utf-8", "replace"))
    return dict(last["result"])


def _started() -> QProcess:
    process = qt_process(launch("backend.jobs.worker"))
    process.start()
    if not process.waitForStarted():
        raise Unavailable(tr("The checks could not be started."), process.errorString())
    return process


def _message(line: bytes) -> Dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _error(said: Mapping[str, Any], complaints: str) -> GeoPubError:
    if said.get("what"):
        return InvalidInput(str(said["what"]), str(said.get("why") or ""), str(said.get("cure") or ""))
    lines = [line for line in complaints.splitlines() if line.strip()]
    return JobFailed(tr("The checks could not be finished."), lines[-1] if lines else "")
