"""A queue of small jobs, and a listener that remembers."""

from __future__ import annotations

import os
import queue
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Tuple

import pytest

from geopub_plugin.backend.errors import GeoPubError
from geopub_plugin.backend.jobs.queue import Job, ProgressState, Queue

from . import some_jobs

KINDS = {
    name: f"some_jobs:{name}"
    for name, value in vars(some_jobs).items()
    if callable(value) and getattr(value, "__module__", "") == some_jobs.__name__
}
ENDS = ("finished", "failed", "cancelled")


class Remembering:
    """A listener that puts every report into `reports`, and the last ones into a queue that can be waited on."""

    def __init__(self) -> None:
        self.reports: List[Tuple[Any, ...]] = []
        self._ends: Dict[str, queue.Queue] = {}
        self._starts: Dict[str, queue.Queue] = {}  # of their progress
        self._begun: Dict[str, queue.Queue] = {}

    def _channel(self, channels: Dict[str, queue.Queue], execution: str) -> queue.Queue:
        return channels.setdefault(execution, queue.Queue())

    def _remember(self, *report: Any) -> None:
        self.reports.append(report)
        if report[0] in ENDS:
            self._channel(self._ends, report[1]).put(report)

    def started(self, execution: str) -> None:
        self._remember("started", execution)
        self._channel(self._begun, execution).put(execution)

    def progressed(self, execution: str, state: ProgressState) -> None:
        self._remember("progressed", execution, state)
        self._channel(self._starts, execution).put(state)

    def logged(self, execution: str, lines: Tuple[str, ...]) -> None:
        self._remember("logged", execution, lines)

    def finished(self, execution: str, result: Dict[str, Any]) -> None:
        self._remember("finished", execution, result)

    def failed(self, execution: str, error: GeoPubError) -> None:
        self._remember("failed", execution, error)

    def cancelled(self, execution: str) -> None:
        self._remember("cancelled", execution)

    def end(self, execution: str, seconds: float = 20) -> Tuple[Any, ...]:
        """Wait for the last report of an execution."""
        return self._channel(self._ends, execution).get(timeout=seconds)

    def begun(self, execution: str) -> None:
        """Wait until the worker of an execution has begun."""
        self._channel(self._begun, execution).get(timeout=20)

    def first_progress(self, execution: str) -> ProgressState:
        """Wait until the job itself says something."""
        return self._channel(self._starts, execution).get(timeout=20)

    def log(self, execution: str) -> List[str]:
        return [line for report in self.reports if report[:2] == ("logged", execution) for line in report[2]]

    def states(self, execution: str) -> List[ProgressState]:
        return [report[2] for report in self.reports if report[:2] == ("progressed", execution)]

    def kinds(self, execution: str) -> List[str]:
        return [report[0] for report in self.reports if report[1] == execution]


@pytest.fixture
def listener() -> Remembering:
    return Remembering()


@pytest.fixture
def jobs_of(tmp_path: Path) -> Callable[..., Job]:
    """Return a maker of jobs, each with its own work folder."""

    def make(kind: str, **parameters: Any) -> Job:
        execution = str(uuid.uuid4())
        work = tmp_path / execution
        work.mkdir()
        return Job(execution, kind, parameters, work)

    return make


@pytest.fixture
def start_queue(listener: Remembering, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Queue]]:
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    queues: List[Queue] = []

    def start(workers: int = 2, listener: Any = listener, lasting: FrozenSet[str] = frozenset(), **more: Any) -> Queue:
        queues.append(Queue(workers, listener, KINDS, lasting, **more))
        return queues[-1]

    yield start
    for started in queues:
        started.stop()
