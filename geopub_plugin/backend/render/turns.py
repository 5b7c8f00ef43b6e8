"""Turns at a resource that takes so many at once, and sometimes one alone."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import Deque, Iterator


class Turns:
    """Gives places in the order they were asked for; a turn alone takes them all."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = places
        self._waiting: Deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def one(self, seconds: float) -> Iterator[None]:
        """Hold one place; raise TimeoutError when none is free within so many seconds."""
        with self._held(1, seconds):
            yield

    @contextmanager
    def alone(self, seconds: float) -> Iterator[None]:
        """Hold every place; raise TimeoutError when they are not free within so many seconds."""
        with self._held(self.places, seconds):
            yield

    @contextmanager
    def _held(self, count: int, seconds: float) -> Iterator[None]:
        self._take(count, time.monotonic() + seconds)
        try:
            yield
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()

    def _take(self, count: int, deadline: float) -> None:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or self._free < count:
                    left = deadline - time.monotonic()
                    if left <= 0 or not self._changed.wait(left):
                        raise TimeoutError
                self._free -= count
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
