"""Who does the blocks: this process and its helpers, or an executor of somebody else's."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from multiprocessing.connection import wait
from queue import SimpleQueue
from types import TracebackType
from typing import Callable, Deque, Iterator, Optional, Sequence, Tuple, Type, TypeVar

from ..allocator import keep_freed_memory
from ..jobs.turns import OURS
from .unit_square import to_wgs84

Task = TypeVar("Task")
Result = TypeVar("Result")


class Crew:
    """This process and helpers of its own, who take the next task whenever they have done one."""

    def __init__(self, count: int) -> None:
        """Have `count` processes in all; helpers that are not forked begin to import the engine now."""
        keep_freed_memory()
        self._helpers = max(count, 1) - 1
        self._pool: Optional[ProcessPoolExecutor] = None
        if self._helpers:
            method = _start_method()
            context = multiprocessing.get_context(method)
            self._pool = ProcessPoolExecutor(self._helpers, mp_context=context, initializer=end_with_parent)
            if method != "fork":
                for _ in range(self._helpers):
                    self._pool.submit(_import_engine)

    @property
    def count(self) -> int:
        """How many processes there are in all."""
        return self._helpers + 1

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._pool is None:
            return
        if error is None:
            self._pool.shutdown(wait=False)  # they end while their work is put together
            return
        for helper in multiprocessing.active_children():  # nobody wants it any more
            helper.terminate()
        self._pool.shutdown(cancel_futures=True)

    def results(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Tuple[int, Result]]:
        """Yield the place and the result of each task as it is done; they are begun in this order, in our turn."""
        left: Deque[int] = deque(range(len(tasks)))
        done: SimpleQueue[Tuple[int, Future[Result]]] = SimpleQueue()

        def give() -> None:
            OURS.wait()
            place = None if self._pool is None else _next(left)
            if self._pool is None or place is None:
                return
            try:
                future = self._pool.submit(work, tasks[place])
            except RuntimeError as error:  # the helpers have broken down
                future = Future()
                future.set_exception(error)
            future.add_done_callback(lambda one: take(place, one))

        def take(place: int, future: Future[Result]) -> None:
            done.put((place, future))
            if future.exception() is None:
                give()

        try:
            for _ in range(self._helpers):
                give()
            finished = 0
            while finished < len(tasks):
                OURS.wait()
                own = _next(left)
                if own is not None:
                    yield own, work(tasks[own])
                    finished += 1
                while finished < len(tasks) and (own is None or not done.empty()):
                    place, future = done.get()
                    yield place, future.result()
                    finished += 1
        finally:
            left.clear()


def _next(left: Deque[int]) -> Optional[int]:
    try:
        return left.popleft()
    except IndexError:
        return None


def results_of(
    executor: Optional[Executor], crew: Crew, work: Callable[[Task], Result], tasks: Sequence[Task]
) -> Iterator[Tuple[int, Result]]:
    """Yield the place and the result of each task as it is done, by the executor or, without one, by the crew."""
    if executor is None:
        yield from crew.results(work, tasks)
        return
    waiting = {executor.submit(work, task): place for place, task in enumerate(tasks)}
    for done in as_completed(waiting):
        yield waiting[done], done.result()


def _start_method() -> str:
    """Return how helpers start: forked where that is safe, which takes no time; else spawned."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _import_engine() -> None:
    from . import block  # noqa: F401 - so that the first task finds it


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, however it went; Ctrl-C is for that one to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    to_wgs84.cache_clear()  # two processes that read the same open grid of PROJ's would move each other's place in it
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def usual_count() -> int:
    """Return how many processes to use when nobody says: one a core, eight at most."""
    return max(1, min(8, os.cpu_count() or 1))
