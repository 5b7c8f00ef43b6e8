"""One life of the renderer process, seen from the backend: started, asked, ended."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, Dict, List, Sequence

from .. import errors
from ..errors import GeoPubError, JobFailed, Unavailable
from ..locations import PACKAGE
from ..programs import NO_WINDOW, PIPE, Process, TimeoutExpired, start
from ..translation import language, tr
from .lines import ERROR, QUESTION, Line, handed_over, line_pair
from .requests import Request, as_json

_START_SECONDS = 90  # a cold disk reads 300 MB of QGIS
_LAST_SECONDS = 1.0  # from the end of a line to the end of the process
_KEPT_LOG = 2_000_000  # bytes
# Of the GNU C library, bytes. Else it gives back the memory of each large map and has it cleared for the next one. It
# takes memory from as many places as there are processors: with a place for each thread, 20 MB more are kept unused.
_KEPT_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_ARENA_MAX": str(max(2, os.cpu_count() or 2)),
}


class ProcessEnded(Exception):
    """The process ended before it answered."""


class RendererProcess:
    """A running renderer; as many threads may ask it at a time as it has threads that draw."""

    def __init__(self, folder: Path, threads: int, interpreter: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._free: List[Line] = []  # on which nothing is under way
        pairs = [line_pair() for _ in range(threads)]
        self._popen = _started(folder, interpreter, [end.fileno() for _, end in pairs])
        number = self._told("pid")  # of Python itself, which a launcher may have started (venv on Windows)
        self._tell({"profile": str(folder / "profile"), "lines": [handed_over(end, number) for _, end in pairs]})
        for _, end in pairs:
            end.close()
        self._told("ready")
        self._free = [line for line, _ in pairs]

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._popen.pid

    @property
    def ended(self) -> bool:
        """Tell whether the process has ended."""
        return self._popen.poll() is not None

    def ask(self, request: Request) -> Answer:
        """Send a request; raise ProcessEnded when nobody is there any more."""
        with self._lock:
            if not self._free:
                raise ProcessEnded
            line = self._free.pop()  # the one used last, whose thread has everything at hand
        try:
            line.send(QUESTION, json.dumps(as_json(request), separators=(",", ":")).encode("utf-8"))
        except OSError as error:
            self.lose(line)
            raise ProcessEnded from error
        return Answer(line, self)

    def kill(self) -> None:
        """End the process at once, and with it whatever it draws."""
        self._popen.kill()
        self._popen.wait()
        self._hang_up()

    def close(self) -> None:
        """Let the process end by closing its stdin; kill it when it does not within five seconds."""
        self._popen.stdin.close()
        try:
            self._popen.wait(5)
        except TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._hang_up()

    def take_back(self, line: Line) -> None:
        """Keep a line for the next request."""
        with self._lock:
            self._free.append(line)

    def lose(self, line: Line) -> None:
        """End the process at the other end of a line that has broken, if it has not done so itself."""
        line.close()
        with contextlib.suppress(TimeoutExpired):
            self._popen.wait(_LAST_SECONDS)  # lines break a moment before the system says that the process has ended
        self.kill()

    def _hang_up(self) -> None:
        with self._lock:
            free, self._free = self._free, []
        for line in free:
            line.close()

    def _tell(self, setup: Dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # it has ended; what it says next tells that
            self._popen.stdin.write(json.dumps(setup).encode("utf-8") + b"\n")
            self._popen.stdin.flush()

    def _told(self, what: str) -> Any:
        """Return what the process, which starts, says of itself on its stdout; raise Unavailable if it does not."""
        timer = threading.Timer(_START_SECONDS, self._popen.kill)
        timer.daemon = True
        timer.start()
        said = self._popen.stdout.readline()
        timer.cancel()
        told = json.loads(said) if said.endswith(b"\n") else {}
        if what not in told:
            self.kill()
            raise _not_started(told)
        return told[what]


class Answer:
    """What a process is about to say to a request."""

    def __init__(self, line: Line, process: RendererProcess) -> None:
        self._line, self._process = line, process

    def result(self, seconds: float) -> bytes:
        """Return the answer; raise the GeoPubError that it tells, ProcessEnded, or TimeoutError after so long."""
        try:
            kind, content = self._line.receive(seconds)
        except EOFError:
            self._process.lose(self._line)
            raise ProcessEnded from None
        except TimeoutError:
            self._line.close()
            raise
        self._process.take_back(self._line)
        if kind == ERROR:
            raise _error_of(json.loads(content))
        return content


def _error_of(wire: Dict[str, str]) -> GeoPubError:
    kind = getattr(errors, wire["kind"], JobFailed)
    return kind(wire["what"], wire["why"], wire["cure"])


def _not_started(told: Dict[str, Any]) -> Unavailable:
    if "missing" in told:
        return Unavailable(
            tr("Maps cannot be drawn: QGIS's Python modules were not found."),
            str(told["missing"]),
            tr("Install QGIS with its Python bindings (Debian and Ubuntu: apt install qgis python3-qgis)."),
        )
    return Unavailable(
        tr("Maps cannot be drawn: the renderer did not start."),
        tr("Its process ended or did not answer."),
        tr("Look into the file renderer.log of the log folder."),
    )


def _started(folder: Path, interpreter: str, ends: Sequence[int]) -> Process[bytes]:
    log = folder / "renderer.log"
    mode = "wb" if log.exists() and log.stat().st_size > _KEPT_LOG else "ab"
    inherited = {} if sys.platform == "win32" else {"pass_fds": ends}
    with log.open(mode) as stderr:
        return start(
            [interpreter, "-m", "geopub_plugin.backend.render.process"],
            stdin=PIPE,
            stdout=PIPE,
            stderr=stderr,
            cwd=folder,
            env=_environment(folder),
            creationflags=NO_WINDOW,
            **inherited,
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
