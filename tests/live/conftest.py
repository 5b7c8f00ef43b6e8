"""Real backends: `python -m geopub_plugin.backend serve` as processes of their own."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional

import pytest

from geopub_plugin.backend.announcement import Announcement, announced

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60


class Serving:
    """A started backend, and what it says on stdout."""

    def __init__(self, data: Path, *options: str, environment: Optional[Dict[str, str]] = None) -> None:
        self.data = data
        self.catalogue = (environment or {}).get("GEOPUB_CATALOGUE_URL", "")  # "" for SQLite in the data folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "geopub_plugin.backend", "serve", "--data", str(data), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "GEOPUB_LANGUAGE": "en", **(environment or {})},
            text=True,
        )
        self._lines: queue.Queue = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put("")

    def line(self) -> str:
        """Return the next line of stdout, "" at its end."""
        return self._lines.get(timeout=START_SECONDS)

    def ready(self) -> str:
        """Wait for the READY line and return its URL."""
        line = self.line()
        assert line.startswith("READY http://"), (line, self.process.stderr.read() if not line else "")
        return line.split(" ", 1)[1]

    def failure(self) -> Dict[str, object]:
        """Wait for the FAILED line and return what it says."""
        line = self.line()
        assert line.startswith("FAILED "), line
        return json.loads(line.split(" ", 1)[1])

    @property
    def announcement(self) -> Announcement:
        told = announced(self.data)
        assert told is not None
        return told

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def seconds_to_end(self) -> float:
        begin = time.monotonic()
        self.process.wait(20)
        return time.monotonic() - begin

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()


@pytest.fixture
def serve(tmp_path: Path, catalogue_for: Callable[[Path], str]) -> Iterator[Callable[..., Serving]]:
    """Return a starter of backends; all of them are ended after the test."""
    started: List[Serving] = []

    def start(*options: str, data: Optional[Path] = None, environment: Optional[Dict[str, str]] = None) -> Serving:
        place = data or tmp_path / "data"
        kept = {"GEOPUB_CATALOGUE_URL": catalogue_for(place)}
        started.append(Serving(place, *options, environment={**kept, **(environment or {})}))
        return started[-1]

    yield start
    for serving in started:
        serving.close()
