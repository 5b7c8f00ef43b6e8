"""Waiting for the server's work: first often, then once a second, until done or cancelled."""

from __future__ import annotations

from typing import Callable, TypeVar

from .connection import Connection

FIRST, LONGEST, GROWTH = 0.1, 1.0, 1.4  # seconds, seconds, factor
T = TypeVar("T")


def wait_until(connection: Connection, probe: Callable[[], T], done: Callable[[T], bool]) -> T:
    """Probe until `done` of what it returns, and return that; raise Cancelled when the work is cancelled."""
    delay = FIRST
    while True:
        found = probe()
        if done(found):
            return found
        connection.pause(delay)
        delay = min(delay * GROWTH, LONGEST)
