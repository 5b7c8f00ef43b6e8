"""What becomes of an execution: the listener of the queue, which turns the ends of jobs into states."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence

from ..errors import Cancelled, GeoPubError, JobFailed, NotFound
from ..jobs.messages import ProgressState
from ..translation import tr
from . import checks, processings
from .executions import CHECK, PROCESSING, Execution, executions, log, move
from .programs import processing
from .store import Store
from .stored_data import revision, stored_data


class Outcomes:
    """Implements `jobs.queue.Listener` on a store."""

    def __init__(
        self,
        store: Store,
        announce: Callable[[str], None] = lambda execution: None,
        expect_tiles: Callable[[Optional[Path]], None] = lambda data: None,
    ) -> None:
        """Keep outcomes in a store.

        Args:
            store: where.
            announce: is told of each execution that has ended.
            expect_tiles: is called when data come in, which somebody may want to see in a moment, and again with
                their file when they are there.
        """
        self._store, self._announce, self._expect_tiles = store, announce, expect_tiles

    def started(self, execution: str) -> None:
        """Keep that a worker has begun."""
        with self._store.writing() as connection:
            begun = move(connection, executions.get(connection, execution), "PROGRESS")
        if _integrates(begun):
            self._expect_tiles(None)

    def progressed(self, execution: str, state: ProgressState) -> None:
        """Remember where the job stands, in memory: it comes ten times a second, and a restart begins anew."""
        self._store.progress[execution] = state.as_json()

    def logged(self, execution: str, lines: Sequence[str]) -> None:
        """Keep new lines of log."""
        with self._store.writing() as connection:
            log(connection, execution, lines)

    def finished(self, execution: str, result: Dict[str, Any]) -> None:
        """Keep the result of a job that succeeded."""
        current = self._get(execution)
        work = self._store.works[execution]
        try:
            if current.family == CHECK:
                checks.passed(self._store, current, result)
            else:
                processings.succeeded(self._store, current, result, work / result["file"])
                self._store.made(current.output or "")
        except (OSError, KeyError) as error:  # the file is gone, or the result is not what a job of its kind returns
            raise JobFailed(
                tr("The result of the job could not be kept."),
                f"{type(error).__name__}: {error}",
                tr("Launch it again; if it fails again, report it with the log."),
            ) from error
        if _integrates(current):
            with suppress(NotFound):  # deleted already
                self._expect_tiles(self._data(current.output or ""))
        self._forget(execution)

    def failed(self, execution: str, error: GeoPubError) -> None:
        """Keep why a job could not be done."""
        current = self._get(execution)
        if current.family == CHECK:
            checks.failed(self._store, current, error)
        else:
            processings.failed(self._store, current, error)
            self._store.made(current.output or "")
        self._forget(execution)

    def cancelled(self, execution: str) -> None:
        """Keep that a job was ended on demand."""
        current = self._get(execution)
        if current.family == CHECK:
            checks.failed(self._store, current, Cancelled(tr("Aborted by the user.")))
        else:
            processings.aborted(self._store, current)
            self._store.made(current.output or "")
        self._forget(execution)

    def _get(self, execution: str) -> Execution:
        with self._store.reading() as connection:
            return executions.get(connection, execution)

    def _data(self, identifier: str) -> Path:
        with self._store.reading() as connection:
            made = stored_data.get(connection, identifier)
            return revision(connection, identifier, made.revision).place(self._store.folder)

    def _forget(self, execution: str) -> None:
        self._store.progress.pop(execution, None)
        work = self._store.works.pop(execution, None)
        if work is not None:
            self._store.folder.remove(work)
        self._announce(execution)


def _integrates(execution: Execution) -> bool:
    return execution.family == PROCESSING and processing(execution.program).job == "integrate"
