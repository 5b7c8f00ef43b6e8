"""Who does the blocks: this process, or several."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing.connection import wait
from typing import Any, Callable


class InThisProcess(Executor):
    """An executor that does everything at once, where it is asked to."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do the work now; what it raises is raised here."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def processes(count: int) -> Executor:
    """Return an executor of this many processes (spawned: the same on every system), or of this one for 1."""
    if count <= 1:
        return InThisProcess()
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, mp_context=context, initializer=end_with_parent)


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def usual_count() -> int:
    """Return how many processes to use when nobody says: one a core, eight at most."""
    return max(1, min(8, os.cpu_count() or 1))
