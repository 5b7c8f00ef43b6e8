"""Delivers messages beside everything else, and tries again a few times where nobody opens."""

from __future__ import annotations

import logging
import queue
import smtplib
import threading
from contextlib import suppress
from typing import Callable, Optional, Protocol, Sequence, Tuple

from .notice import Notice

_log = logging.getLogger(__name__)

PAUSES = (2.0, 30.0, 300.0)  # seconds before the second, third and fourth try; after that it is given up
MOST_WAITING = 1000  # messages; more are not kept


class Way(Protocol):
    """A way for a message to go."""

    def send(self, notice: Notice) -> None:
        """Deliver it, or raise OSError or SMTPException."""


Delivered = Callable[[Notice, str, Optional[Exception]], None]  # the message, the way, why it was given up


class Postman:
    """One thread that delivers."""

    def __init__(self, delivered: Delivered, pauses: Sequence[float] = PAUSES) -> None:
        """Begin; `delivered` is told of each message that has arrived or was given up."""
        self._delivered, self._pauses = delivered, tuple(pauses)
        self._waiting: queue.Queue[Optional[Tuple[Notice, str, Way]]] = queue.Queue(MOST_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._deliver_all, name="postman", daemon=True)
        self._thread.start()

    def take(self, notice: Notice, name: str, way: Way) -> None:
        """Deliver a message some time soon; `name` is that of the way, for the log."""
        try:
            self._waiting.put_nowait((notice, name, way))
        except queue.Full:
            _log.warning("too many messages wait; that of execution %s is dropped", notice.execution)

    def stop(self) -> None:
        """End within a moment; what was not delivered is dropped."""
        self._stop.set()
        with suppress(queue.Full):  # then the thread is not waiting for one
            self._waiting.put_nowait(None)
        self._thread.join(5)

    def _deliver_all(self) -> None:
        while not self._stop.is_set():
            one = self._waiting.get()
            if one is not None:
                self._deliver(*one)

    def _deliver(self, notice: Notice, name: str, way: Way) -> None:
        failure: Optional[Exception] = None
        for pause in (0.0, *self._pauses):
            if self._stop.wait(pause):
                return
            failure = _tried(way, notice)
            if failure is None:
                break
            _log.warning("%s of execution %s: %s", name, notice.execution, type(failure).__name__)
        self._delivered(notice, name, failure)


def _tried(way: Way, notice: Notice) -> Optional[Exception]:
    try:
        way.send(notice)
    except (OSError, smtplib.SMTPException) as error:  # what they say may hold an address or a password
        return error
    return None
