"""Turns at a resource that takes so many at once, and sometimes one alone."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import Deque, Iterator


class _Ticket:
    """Somebody who waits for so many places."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.given = threading.Event()


class Turns:
    """Gives places in the order they were asked for; a turn alone takes them all."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = places
        self._waiting: Deque[_Ticket] = deque()
        self._lock = threading.Lock()

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
        self._take(_Ticket(count), seconds)
        try:
            yield
        finally:
            with self._lock:
                self._free += count
                self._hand_out()

    def _take(self, ticket: _Ticket, seconds: float) -> None:
        with self._lock:
            self._waiting.append(ticket)
            self._hand_out()
        if ticket.given.wait(seconds):
            return
        with self._lock:
            if not ticket.given.is_set():
                self._waiting.remove(ticket)
                self._hand_out()  # who waited behind may need fewer places
                raise TimeoutError

    def _hand_out(self) -> None:
        """Give places to those who wait longest, and wake nobody else."""
        while self._waiting and self._waiting[0].count <= self._free:
            ticket = self._waiting.popleft()
            self._free -= ticket.count
            ticket.given.set()
