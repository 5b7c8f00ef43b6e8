"""Answers that come when something has changed: `Prefer: wait=1` (RFC 7240 §4.3), an extension.

A client that waits for an execution learns of its end at once, and need not ask ten times a second. It is told to ask
again after half a second, since it also shows progress and may be cancelled.
"""

from __future__ import annotations

import re
import threading
from typing import Callable

from flask import request
from sqlalchemy import Connection

from .context import store
from .fields import Parameter
from .schema import TEXT

LONGEST = 0.5  # seconds
_MOST = 1  # requests at the same time, each of which keeps a thread; others are answered at once

PREFER = Parameter("Prefer", TEXT, "`wait=1`: answer after the next change, or half a second.", "header")
_WAIT = re.compile(r"\bwait=[1-9]")
_waiting = threading.BoundedSemaphore(_MOST)


def wait_while(lasts: Callable[[Connection], bool]) -> None:
    """Wait as long as something lasts, if the client prefers that, there is room for it, and it takes no longer."""
    if not _WAIT.search(request.headers.get("Prefer", "")) or not _waiting.acquire(blocking=False):
        return
    of = store()

    def over() -> bool:
        with of.reading() as connection:
            return not lasts(connection)

    try:
        with of.database.committed:
            of.database.committed.wait_for(over, LONGEST)
    finally:
        _waiting.release()
