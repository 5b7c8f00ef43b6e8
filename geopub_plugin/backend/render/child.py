"""One life of the renderer process, seen from the backend: started, asked, ended."""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Dict, Optional

from .. import errors
from ..errors import GeoPubError, JobFailed, Unavailable
from ..locations import PACKAGE
from ..programs import NO_WINDOW, PIPE, Process, TimeoutExpired, start
from ..translation import language, tr
from .frames import Frame, read_frame, write_frame
from .requests import Request, as_json

_START_SECONDS = 90  # a cold disk reads 300 MB of QGIS
_KEPT_LOG = 2_000_000  # bytes
# Of the GNU C library, bytes. Else it gives back the memory of each large map and has it cleared for the next one.
_KEPT_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(128 << 20), "MALLOC_MMAP_THRESHOLD_": str(32 << 20)}


class ProcessEnded(Exception):
    """The process ended before it answered."""


class RendererProcess:
    """A running renderer; any thread may ask it, and answers find their requests by number."""

    def __init__(self, folder: Path, threads: int, interpreter: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._waiting: Dict[int, Future[bytes]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._ended = False
        self._popen = _started(folder, threads, interpreter)
        self._read_greeting()
        threading.Thread(target=self._read_answers, name="renderer-answers", daemon=True).start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._popen.pid

    @property
    def ended(self) -> bool:
        """Tell whether the process is known to have ended."""
        return self._ended

    def ask(self, request: Request) -> Future[bytes]:
        """Send a request; the future gets its answer, the GeoPubError it met, or ProcessEnded."""
        answer: Future[bytes] = Future()
        with self._lock:
            if self._ended:
                raise ProcessEnded
            number = next(self._numbers)
            self._waiting[number] = answer
            try:
                write_frame(self._popen.stdin, {"id": number, "request": as_json(request)})
            except OSError as error:  # the process died; the reader tells everyone else
                del self._waiting[number]
                raise ProcessEnded from error
        return answer

    def kill(self) -> None:
        """End the process at once, and with it whatever it draws."""
        self._popen.kill()
        self._popen.wait()
        self._fail_waiting()

    def close(self) -> None:
        """Let the process end by closing its stdin; kill it when it does not within five seconds."""
        with self._lock:
            self._popen.stdin.close()
        try:
            self._popen.wait(5)
        except TimeoutExpired:
            self.kill()
        self._fail_waiting()

    def _read_greeting(self) -> None:
        timer = threading.Timer(_START_SECONDS, self._popen.kill)
        timer.daemon = True
        timer.start()
        frame = read_frame(self._popen.stdout)
        timer.cancel()
        if frame is None or "ready" not in frame[0]:
            self.kill()
            raise _not_started(frame)

    def _read_answers(self) -> None:
        frame = read_frame(self._popen.stdout)
        while frame is not None:
            header, body = frame
            with self._lock:
                answer = self._waiting.pop(header["id"], None)
            if answer is not None and "error" in header:
                answer.set_exception(_error_of(header["error"]))
            elif answer is not None:
                answer.set_result(body)
            frame = read_frame(self._popen.stdout)
        self._popen.wait()
        self._fail_waiting()

    def _fail_waiting(self) -> None:
        with self._lock:
            self._ended = True
            waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.set_exception(ProcessEnded())


def _error_of(wire: Dict[str, str]) -> GeoPubError:
    kind = getattr(errors, wire["kind"], JobFailed)
    return kind(wire["what"], wire["why"], wire["cure"])


def _not_started(frame: Optional[Frame]) -> Unavailable:
    if frame is not None and "missing" in frame[0]:
        return Unavailable(
            tr("Maps cannot be drawn: QGIS's Python modules were not found."),
            str(frame[0]["missing"]),
            tr("Install QGIS with its Python bindings (Debian and Ubuntu: apt install qgis python3-qgis)."),
        )
    return Unavailable(
        tr("Maps cannot be drawn: the renderer did not start."),
        tr("Its process ended or did not answer."),
        tr("Look into the file renderer.log of the log folder."),
    )


def _started(folder: Path, threads: int, interpreter: str) -> Process[bytes]:
    setup = json.dumps({"threads": threads, "profile": str(folder / "profile")})
    log = folder / "renderer.log"
    mode = "wb" if log.exists() and log.stat().st_size > _KEPT_LOG else "ab"
    with log.open(mode) as stderr:
        return start(
            [interpreter, "-m", "geopub_plugin.backend.render.process", setup],
            stdin=PIPE,
            stdout=PIPE,
            stderr=stderr,
            cwd=folder,
            env=_environment(folder),
            creationflags=NO_WINDOW,
        )


def _environment(folder: Path) -> Dict[str, Any]:
    """Return the backend's environment without its secrets, and with what a process without windows needs."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("GEOPUB_")}
    own["GEOPUB_LANGUAGE"] = language()
    paths = [str(PACKAGE.parent), str(PACKAGE / "vendor"), *filter(None, [os.environ.get("PYTHONPATH")])]
    own["PYTHONPATH"] = os.pathsep.join(paths)
    own.update(_KEPT_MEMORY)
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)  # Qt demands that nobody else can read it
    own.setdefault("XDG_RUNTIME_DIR", str(runtime))
    if sys.platform != "win32":  # Qt's offscreen platform has no fonts on Windows, which needs no display anyway
        own["QT_QPA_PLATFORM"] = "offscreen"
    return own
