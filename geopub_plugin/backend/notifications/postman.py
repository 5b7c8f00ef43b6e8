"""The postman: one thread that does what is due, and sleeps until something is."""

from __future__ import annotations

import logging
import threading
from typing import Callable, Optional

from ..errors import GeoPubError

_log = logging.getLogger(__name__)

_PAUSE = 30.0  # seconds, when the catalogue does not answer
_END = 5.0  # seconds that a delivery may take when the end is asked for

Work = Callable[[], Optional[float]]  # does one thing; returns the seconds until the next one, None when there is none


class Postman:
    """One thread beside everything else."""

    def __init__(self, work: Work) -> None:
        """Do nothing before `start`: the work may need what its owner has yet to make."""
        self.abandoned = False  # the end did not wait for a delivery: nothing more may be written
        self._work = work
        self._woken = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)

    def start(self) -> None:
        """Begin, with what may be left from before."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something to do."""
        self._woken.set()

    def stop(self) -> None:
        """End within a moment, once what is being delivered has arrived."""
        self._stop.set()
        self._woken.set()
        self._thread.join(_END)
        self.abandoned = self._thread.is_alive()

    def _run(self) -> None:
        while True:
            self._woken.clear()
            if self._stop.is_set():
                return
            try:
                pause = self._work()
            except GeoPubError as error:
                _log.warning("no message can be delivered now: %s", error)
                pause = _PAUSE
            if pause is None or pause > 0:
                self._woken.wait(pause)
