"""One attempt at a publication: what it was asked, what it has made so far, and how to take that back."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import Callable, Dict, Iterator, List

from ..backend.errors import Conflict, GeoPubError, JobFailed, NotFound
from ..backend.faults import Fault, blocking
from ..backend.translation import tr
from .client import Store
from .client.executions import Execution
from .publication_values import LiveUrl, PublicationRequest, Refused
from .steps import Listener, Step


class Attempt:
    """What the stages of a publication share."""

    def __init__(
        self, store: Store, request: PublicationRequest, listener: Listener, live: Callable[[LiveUrl], None]
    ) -> None:
        """Begin with nothing made."""
        self.store, self.request, self.listener, self.live = store, request, listener, live
        self.undo: List[Callable[[Store], None]] = []
        self.times: Dict[Step, float] = {}
        self.faults: List[Fault] = []
        self.anew = False  # nothing of an earlier attempt, or of what it replaces, can be there

    def tags(self) -> Dict[str, str]:
        """Return the tags by which what is made is found again."""
        return {"datasheet_name": self.request.datasheet, "layer_name": self.request.layer_name}

    @contextmanager
    def timed(self, step: Step) -> Iterator[None]:
        """Tell that a step begins and ends, and how long it took."""
        self.listener.begun(step)
        start = time.monotonic()
        yield
        self.times[step] = time.monotonic() - start
        self.listener.ended(step, self.times[step])

    def succeeded(self, execution: Execution, step: Step) -> None:
        """Wait until an execution has ended; raise what it failed of."""

        def seen(state: Execution) -> None:
            it = state.progress
            self.listener.moved(step, it.done, it.total, it.unit)

        ended = self.store.executions.ended(execution.id, seen)
        if ended.status != "SUCCESS":
            what = tr("The step “{step}” failed.", step=step.title)
            why = self.last_words(execution.id, False)
            if blocking(ended.faults):
                raise Refused(what, why, tr("Correct what is listed and publish again."), ended.faults)
            raise JobFailed(what, why or tr("The server does not say why."))
        self.faults += ended.faults

    def last_words(self, execution: str, check: bool) -> str:
        """Return the end of a log, where it says why: its lines of ERROR, else the last line."""
        lines = [line.strip() for line in self.store.executions.logs(execution, check)] if execution else []
        wrong = [line.partition("ERROR")[2].strip(" :") for line in lines if line.startswith("ERROR")]
        return " ".join(wrong[:3] or [line for line in lines if line][-1:])

    def take_back(self) -> None:
        """Remove what this publication made, the latest first; what the store keeps anyway stays for a person."""
        store = self.store.sparing_cancel()
        for remove in reversed(self.undo):
            with suppress(GeoPubError):
                remove(store)
        self.undo.clear()


def stop(store: Store, execution: str) -> None:
    """End an execution and wait until it has ended: its output cannot be deleted before."""
    state = store.executions.get(execution)
    if state.status == "CREATED":
        store.executions.delete(execution)
    elif not state.ended:
        store.executions.abort(execution)
        store.executions.ended(execution)


def remove_upload(store: Store, upload: str) -> None:
    """Delete an upload; its checks, which forbid it, are ended first."""
    try:
        store.uploads.delete(upload)
    except Conflict:
        for run in store.uploads.checks(upload):
            if run.state in ("asked", "in_progress"):
                with suppress(Conflict, NotFound):
                    store.executions.end_check(run.execution)
        store.uploads.checked(upload)
        store.uploads.delete(upload)
