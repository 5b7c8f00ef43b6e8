"""Waiting for the server's work: first often, then less, as long as it has taken, until done or cancelled."""

from __future__ import annotations

import time
from typing import Callable, TypeVar

from .connection import Connection

FIRST, LONGEST = 0.1, 1.0  # seconds between two looks
SHARE = 0.08  # of the time so far: what waiting adds to the work at most
T = TypeVar("T")


def wait_until(connection: Connection, probe: Callable[[], T], done: Callable[[T], bool]) -> T:
    """Probe until `done` of what it returns, and return that; raise Cancelled when the work is cancelled."""
    begin = time.monotonic()
    while True:
        found = probe()
        if done(found):
            return found
        connection.pause(min(max(FIRST, SHARE * (time.monotonic() - begin)), LONGEST))
