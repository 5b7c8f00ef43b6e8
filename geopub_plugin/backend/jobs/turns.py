"""Whose turn it is: work that nobody waits for stands back between two of its tasks while somebody waits elsewhere.

The backend asks a worker to stand back, and for how long at most; the worker looks whenever it begins a task. In the
long run it works two thirds of the time, however often it is asked.
"""

from __future__ import annotations

import threading
import time

_MOST = 6.0  # seconds in a row
_EARNED = 0.5  # seconds for each second without it


class Turn:
    """When this process may go on; thread-safe."""

    def __init__(self, most: float = _MOST, earned: float = _EARNED) -> None:
        """Stand back for `most` seconds, and then for `earned` for each second in which it did not."""
        self._changed = threading.Condition()
        self._until = 0.0  # moment (monotonic) until which others come first
        self._left, self._most, self._earned, self._since = most, most, earned, time.monotonic()

    def stand_back(self, seconds: float) -> None:
        """Let others come first for so long from now; 0 to go on."""
        with self._changed:
            self._until = time.monotonic() + seconds
            self._changed.notify_all()

    @property
    def free(self) -> bool:
        """Whether nobody else comes first now."""
        with self._changed:
            return time.monotonic() >= self._until

    def wait(self, at_least: float = 0.0) -> None:
        """Wait until it is our turn; several threads may wait for the same.

        `at_least` so long, unless told to go on: whoever is going to ask us to stand back does it in that time.
        """
        with self._changed:
            now = time.monotonic()
            self._until = max(self._until, now + at_least)
            if now >= self._until:
                return
            self._left = min(self._left + self._earned * (now - self._since), self._most)
            end = now + self._left
            while now < min(self._until, end):
                self._changed.wait(min(self._until, end) - now)
                now = time.monotonic()
            self._left, self._since = max(end - now, 0.0), now


OURS = Turn()  # of this process
