"""Waiting for the server's work: first often, then less, as long as it has taken, until done or cancelled."""

from __future__ import annotations

import time
from typing import Callable, Dict, TypeVar

from .connection import Connection

FIRST, LONGEST = 0.1, 1.0  # seconds between two looks
SHARE = 0.08  # of the time so far: what waiting adds to the work at most
WHEN_CHANGED: Dict[str, str] = {"Prefer": "wait=1"}  # RFC 7240: a server that can answers when there is news
T = TypeVar("T")


def wait_until(connection: Connection, probe: Callable[[], T], done: Callable[[T], bool]) -> T:
    """Probe until `done` of what it returns, and return that; raise Cancelled when the work is cancelled.

    A probe may take as long as it likes: the time until the next one counts from its beginning.
    """
    begin = time.monotonic()
    while True:
        asked = time.monotonic()
        found = probe()
        if done(found):
            return found
        left = min(max(FIRST, SHARE * (asked - begin)), LONGEST) - (time.monotonic() - asked)
        connection.pause(max(left, 0.0))
