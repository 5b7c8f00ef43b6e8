"""The embedded backend of a data folder: found when it runs, started when it does not."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Callable, Deque, Optional, Type

from ..backend.announcement import Announcement, announced
from ..backend.errors import DataFolderLocked, GeoPubError, Unavailable
from ..backend.programs import NEW_GROUP, NO_WINDOW, PIPE, TimeoutExpired, start
from ..backend.translation import tr
from .client import Connection
from .client.datastores import health
from .default_transport import default_transport
from .launch import FAILED, READY, Launch, failure, serving
from .transport import Transport

START_SECONDS = 60  # the first start may have to wait for a virus scanner
STOP_SECONDS = 15


@dataclass(frozen=True)
class Backend:
    """A backend that answers; `process` is there when this process started it."""

    url: str  # "http://127.0.0.1:8123"
    token: str
    pid: int
    process: Optional[StartedProcess] = None
    handover: Optional[Path] = None  # folder through which it takes files

    @property
    def api(self) -> str:
        """The address of its store API."""
        return f"{self.url}/api"

    def stop(self) -> None:
        """End the backend if this process started it, and leave it alone otherwise."""
        if self.process is not None:
            self.process.stop()

    def __enter__(self) -> Backend:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.stop()


def find_backend(data: Path, transport: Optional[Transport] = None) -> Optional[Backend]:
    """Return the backend that runs on a data folder, or None: a file alone does not prove that it still does."""
    announcement = announced(data)
    return backend_of(announcement) if announcement and answers(announcement.url, transport) else None


def open_backend(data: Path, port: int = 0, transport: Optional[Transport] = None) -> Backend:
    """Return the backend that runs on a data folder; start one that ends with this process when none does."""
    found = find_backend(data, transport)
    if found is not None:
        return found
    try:
        return start_backend(data, port)
    except DataFolderLocked:  # somebody else was faster, or the one that runs is still starting
        return _wait_for_other(data, transport)


def answers(url: str, transport: Optional[Transport] = None) -> bool:
    """Return whether a GeoPub backend answers at this address."""
    try:
        told = health(Connection(transport or default_transport(), f"{url}/api"))
    except GeoPubError:
        return False
    return told.name == "GeoPub" and told.status == "ready"


def start_backend(data: Path, port: int = 0, host: str = "127.0.0.1") -> Backend:
    """Start a backend on a data folder; it ends when this process ends, however it ends.

    Raises:
        GeoPubError: what the backend said why it cannot start; Unavailable when it said nothing.
    """
    process = StartedProcess(serving(data, "--host", host, "--port", str(port)))
    try:
        url = process.announced_url(START_SECONDS)
    except GeoPubError:
        process.stop()
        raise
    announcement = announced(data)
    if announcement is None:
        process.stop()
        raise Unavailable(tr("The publishing backend started and wrote no address into {path}.", path=data))
    return replace(backend_of(announcement), url=url, process=process)


class StartedProcess:
    """A backend process and what it says; its stdin stays open as long as it is wanted."""

    def __init__(self, launched: Launch) -> None:
        self._process = start(
            launched.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=dict(launched.environment),
            cwd=launched.folder,
            encoding="utf-8",
            errors="replace",
            creationflags=NO_WINDOW | NEW_GROUP,
            start_new_session=os.name != "nt",  # Ctrl-C in a terminal is for us; we end it when we are done
        )
        self._lines: queue.Queue[Optional[str]] = queue.Queue()
        self._complaints: Deque[str] = deque(maxlen=20)
        out, complaints = self._process.stdout, self._process.stderr
        if out is None or complaints is None:  # never: both are pipes
            raise Unavailable(tr("The publishing backend did not start."))
        self._listen(out, self._lines.put, lambda: self._lines.put(None))
        self._listen(complaints, self._complaints.append, _nothing)

    @property
    def running(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def announced_url(self, seconds: float) -> str:
        """Wait for the READY line and return its address; raise what a FAILED line says."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(deadline - time.monotonic(), 0.0))
            except queue.Empty:
                raise self._silent(tr("It said nothing for {seconds} seconds.", seconds=int(seconds))) from None
            if line is None:
                raise self._silent(tr("It ended at once."))
            if line.startswith(READY):
                return line[len(READY) :].strip()
            if line.startswith(FAILED):
                raise failure(line[len(FAILED) :].strip())

    def wait(self) -> int:
        """Wait for the end of the process and return its exit code."""
        return self._process.wait()

    def stop(self) -> None:
        """Ask the process to end by closing its stdin, and insist when it does not."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        if not self._ends_within(STOP_SECONDS):
            self._process.terminate()
            if not self._ends_within(STOP_SECONDS):
                self._process.kill()
                self._process.wait()

    def _ends_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except TimeoutExpired:
            return False
        return True

    @staticmethod
    def _listen(stream: IO[str], keep: Callable[[str], None], at_end: Callable[[], None]) -> None:
        threading.Thread(target=_drain, args=(stream, keep, at_end), daemon=True).start()

    def _silent(self, why: str) -> GeoPubError:
        return Unavailable(
            tr("The publishing backend did not start."),
            " ".join((why, *list(self._complaints)[-1:])),  # the last line of a traceback says what it was
            tr("Run `geopub doctor` to see what is missing."),
        )


def backend_of(announcement: Announcement) -> Backend:
    """Return the backend that announces itself so."""
    handover = Path(announcement.handover) if announcement.handover else None
    return Backend(announcement.url, announcement.token, announcement.pid, handover=handover)


def _wait_for_other(data: Path, transport: Optional[Transport]) -> Backend:
    """Return the backend that holds the folder, as soon as it answers."""
    pause, deadline = threading.Event(), time.monotonic() + START_SECONDS / 4
    while time.monotonic() < deadline:
        found = find_backend(data, transport)
        if found is not None:
            return found
        pause.wait(0.2)
    raise DataFolderLocked(
        tr("Another GeoPub backend works on the data folder {path} and does not answer.", path=data),
        tr("It may still be starting or ending."),
        tr("Try again in a moment, or give another data folder."),
    )


def _drain(stream: IO[str], keep: Callable[[str], None], at_end: Callable[[], None]) -> None:
    """Hand every line on, so that the process never waits for a full pipe."""
    for line in stream:
        keep(line.rstrip("\n"))
    at_end()


def _nothing() -> None:
    """Do nothing at the end of a stream."""
