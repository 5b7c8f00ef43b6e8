"""One job of the engine in a process of its own, waited for in a thread: QGIS's Python stays free meanwhile."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryFile
from threading import Event, Thread
from typing import IO, Any, Callable, Dict, Iterator, Mapping

from ..backend.errors import Cancelled, GeoPubError, JobFailed, Unavailable
from ..backend.locations import PACKAGE
from ..backend.programs import NO_WINDOW, PIPE, Process, start
from ..backend.translation import tr
from .launch import failure, launch

LOOK = 100  # ms between two looks whether the work was cancelled
Moved = Callable[[str, int, int], None]  # step, done, total
Said = Callable[[str], None]  # a line of log


def run_job(
    function: str,
    parameters: Mapping[str, Any],
    work: Path,
    cancelled: Event,
    moved: Moved = lambda *_: None,
    said: Said = lambda _: None,
) -> Dict[str, Any]:
    """Run a job and return its result.

    Args:
        function: "ingest.check_job:run", within the backend.
        parameters: of the job.
        work: folder that it may write into.
        cancelled: ends it.
        moved: is told how far it is.
        said: is told what it logs.

    Raises:
        Cancelled: it was ended.
        GeoPubError: it failed, or could not be started.
    """
    job = {"run": f"{PACKAGE.name}.backend.{function}", "parameters": dict(parameters), "work": str(work)}
    last: Dict[str, Any] = {}
    step, total, done = "", 0, 0
    with TemporaryFile() as complaints:
        with _started(complaints) as process, _heard(process) as heard:
            _order(process, json.dumps(job).encode("ascii") + b"\n")
            for line in _lines(heard, cancelled):
                told = _message(line)
                if "result" in told or "error" in told:
                    last = told
                elif "log" in told:
                    for one in told["log"]:
                        said(str(one))
                elif told:
                    step = told.get("step", step)
                    total, done = int(told.get("total", total)), int(told.get("done", done))
                    moved(str(step), done, total)
        complaints.seek(0)
        complained = complaints.read().decode("utf-8", "replace")
    if "result" not in last:
        raise _error(last.get("error") or {}, complained)
    return dict(last["result"])


def _started(complaints: IO[bytes]) -> Process[bytes]:
    """Start a worker. QProcess would hold Python's lock while it waits for one of Qt's, which the GUI may hold."""
    worker = launch("backend.jobs.worker")
    try:
        return start(
            worker.command, stdin=PIPE, stdout=PIPE, stderr=complaints, env=dict(worker.environment),
            cwd=worker.folder, creationflags=NO_WINDOW,
        )  # fmt: skip
    except OSError as error:
        raise Unavailable(tr("The program could not be started."), error.strerror or str(error)) from error


def _order(process: Process[bytes], job: bytes) -> None:
    try:
        process.stdin.write(job)
        process.stdin.flush()
    except OSError:  # it has ended; what it complained of tells why
        with suppress(OSError):  # what was not written is tried again, which must not be left to the end of the process
            process.stdin.close()


@contextmanager
def _heard(process: Process[bytes]) -> Iterator[Queue[bytes]]:
    """Listen to a worker beside, so that nobody has to wait for its next line, b"" the last; then it is ended."""
    said: Queue[bytes] = Queue()

    def listen() -> None:
        for line in process.stdout:
            said.put(line)
        said.put(b"")

    listener = Thread(target=listen, name="worker", daemon=True)
    listener.start()
    try:
        yield said
    finally:
        process.kill()
        listener.join()


def _lines(heard: Queue[bytes], cancelled: Event) -> Iterator[bytes]:
    """Yield what a worker says of its job until it ends."""
    while True:
        if cancelled.is_set():
            raise Cancelled(tr("The work was cancelled."))
        with suppress(Empty):
            line = heard.get(timeout=LOOK / 1000)
            if not line:
                return
            yield line


def _message(line: bytes) -> Dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _error(said: Mapping[str, Any], complaints: str) -> GeoPubError:
    if said.get("what"):
        return failure(json.dumps(said))
    lines = [line for line in complaints.splitlines() if line.strip()]
    return JobFailed(tr("The work failed."), lines[-1] if lines else "")
