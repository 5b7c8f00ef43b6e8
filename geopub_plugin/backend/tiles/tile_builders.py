"""The processes that build single tiles, as the backend uses them: a few, started when they are needed."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ..errors import Unavailable
from ..features.schema import Bounds
from ..jobs.messages import encode, error_from_json
from ..jobs.process import worker_environment
from ..locations import PACKAGE
from ..programs import NO_WINDOW, PIPE, start
from ..translation import tr

SECONDS = 60.0  # that one tile may take
IDLE_SECONDS = 30.0  # after which processes without work end: they start again in a second
_FIRST_SECONDS = 5.0  # for which others stand back for one tile
_NEXT_SECONDS = 0.3  # and after the last one: who looks at a map asks for more

Answer = Tuple[Dict[str, Any], Optional[bytes]]  # header and body

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """What a pyramid says of itself before it is there."""

    bounds: Bounds
    vector_layers: Tuple[Mapping[str, Any], ...]


class TileBuilders:
    """Builds tiles in `processes` processes; thread-safe, one tile a process at a time.

    Every method raises Unavailable when a process breaks down, and what the building itself raises.
    """

    def __init__(self, processes: int = 2, idle_seconds: float = IDLE_SECONDS) -> None:
        self._most, self._idle_seconds = processes, idle_seconds
        self._stand_back: Callable[[float], None] = lambda seconds: None
        self._changed = threading.Condition()
        self._idle: List[_BuilderProcess] = []
        self._count = self._asking = 0
        self._stopped = False
        self._timer: Optional[threading.Timer] = None

    def tile(self, job: str, z: int, x: int, y: int) -> Optional[bytes]:
        """Return a tile of the pyramid that a job (JSON, as `pyramid_job.run` is told) makes; None for an empty one."""
        _, body = self._ask({"job": json.loads(job), "tile": [z, x, y]})
        return body

    def told(self, job: str) -> Told:
        """Return what the pyramid that a job makes is going to say of itself."""
        header, _ = self._ask({"job": json.loads(job)})
        west, south, east, north = header["told"]["bounds"]
        return Told((west, south, east, north), tuple(header["told"]["vector_layers"]))

    def prepare(self, data: Optional[Path] = None) -> None:
        """Start the processes, which are going to be asked soon, and have them look at what they will be asked about.

        To start takes longer than many a tile, and so does a look at a large GeoPackage; nobody waits for it here.
        """
        with self._changed, contextlib.suppress(Unavailable):  # that none can be started is told who asks
            while self._count < self._most and not self._stopped:
                self._idle.append(_BuilderProcess())
                self._count += 1
            self._rest()
            idle, self._idle = (self._idle, []) if data is not None else ([], self._idle)
        for process in idle:
            threading.Thread(target=self._have_looked, args=(process, str(data)), daemon=True).start()

    def _have_looked(self, process: _BuilderProcess, data: str) -> None:
        try:
            process.ask({"look": data})
        finally:
            self._give_back(process)

    def come_before(self, stand_back: Callable[[float], None]) -> None:
        """Ask others with `stand_back` to let us work for some seconds, whenever somebody waits for a tile."""
        self._stand_back = stand_back

    def stop(self) -> None:
        """End the processes, and start none again."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._end_idle()

    def _ask(self, order: Dict[str, Any]) -> Answer:
        with self._changed:
            self._asking += 1
        self._stand_back(_FIRST_SECONDS)
        try:
            return self._answer(order)
        finally:
            with self._changed:
                self._asking -= 1
                last = self._asking == 0
            if last:
                self._stand_back(_NEXT_SECONDS)

    def _answer(self, order: Dict[str, Any]) -> Answer:
        answer, may_have_been_dead = self._try(order)
        if answer is None and may_have_been_dead:
            answer, _ = self._try(order)
        if answer is None:
            _log.error("A tile builder ended over %s", order)
            raise Unavailable(
                tr("The tile could not be built."),
                tr("The process that builds tiles broke down, or took longer than {seconds} seconds.",
                   seconds=round(SECONDS)),
                tr("Zoom in, or ask again when the pyramid is finished."),
            )  # fmt: skip
        if "error" in answer[0]:
            raise error_from_json(answer[0]["error"])
        return answer

    def _try(self, order: Dict[str, Any]) -> Tuple[Optional[Answer], bool]:
        """Return the answer, and where there is none whether the process may have ended before it was asked."""
        process = self._take()
        used = process.used
        try:
            answer = process.ask(order)
        finally:
            self._give_back(process)
        return answer, used and not process.hung

    def _take(self) -> _BuilderProcess:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._idle or self._count < self._most)
            if self._stopped:
                raise Unavailable(tr("The tile cannot be built."), tr("The backend is ending."))
            while self._idle:
                process = self._idle.pop()
                if not process.ended:
                    return process
                self._count -= 1
            process = _BuilderProcess()
            self._count += 1
            return process

    def _give_back(self, process: _BuilderProcess) -> None:
        with self._changed:
            if process.ended or self._stopped:
                self._count -= 1
                process.close()
            else:
                self._idle.append(process)
            self._changed.notify()
            self._rest()

    def _rest(self) -> None:
        """Let the processes end when nothing is asked for a while; the caller holds the lock."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._stopped:
            self._timer = threading.Timer(self._idle_seconds, self._end_idle)
            self._timer.daemon = True
            self._timer.start()

    def _end_idle(self) -> None:
        with self._changed:
            idle, self._idle = self._idle, []
            self._count -= len(idle)
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        for process in idle:
            process.close()


class _BuilderProcess:
    """One process; one thread at a time asks it."""

    def __init__(self) -> None:
        self.used = self.hung = False
        try:
            self._process = start(
                [sys.executable, "-m", f"{__package__}.tile_process"],
                stdin=PIPE,
                stdout=PIPE,
                cwd=PACKAGE.parent,
                env=worker_environment(os.environ),
                creationflags=NO_WINDOW,
            )
        except OSError as error:
            raise Unavailable(
                tr("The tile could not be built."),
                tr("The system says: {reason}.", reason=error.strerror or error),
                tr("Close other programs, then ask again."),
            ) from error

    @property
    def ended(self) -> bool:
        """Whether the process has ended, as far as is known."""
        return self._process.poll() is not None

    def ask(self, order: Mapping[str, Any]) -> Optional[Answer]:
        """Return header and body of the answer; None if the process ended, or hung and was ended."""
        self.used = True
        timer = threading.Timer(SECONDS, self._give_up)
        timer.daemon = True
        timer.start()
        try:
            self._process.stdin.write(encode(dict(order)))
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            header = json.loads(line) if line.endswith(b"\n") else None
            if header is not None:
                size = header.get("size")
                body = None if size is None else self._process.stdout.read(size)
                if size is None or len(body) == size:
                    return header, body
        except OSError:
            _log.debug("A tile builder does not listen", exc_info=True)
        finally:
            timer.cancel()
        self._process.kill()
        self._process.wait()
        return None

    def _give_up(self) -> None:
        self.hung = True
        self._process.kill()

    def close(self) -> None:
        """End the process, which holds nothing that has to be kept."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # an order that was never read
                pipe.close()
