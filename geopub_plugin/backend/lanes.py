"""Two pools of threads: those who fetch many features wait for one another, and keep nobody else waiting."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from waitress.task import ThreadedTaskDispatcher

_FETCHING = ("getfeature", "getpropertyvalue")


class Lanes:
    """A dispatcher for waitress. Answers with features may be long, and as slow as who reads them."""

    def __init__(self, threads: int) -> None:
        """Start as many threads for whatever is quick, and half as many, two at least, for features."""
        self._quick, self._long = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        self._quick.set_thread_count(threads)
        self._long.set_thread_count(max(2, threads // 2))

    def add_task(self, channel: Any) -> None:
        """Have a request answered: the first that a channel has received."""
        (self._long if fetches(channel.requests[0]) else self._quick).add_task(channel)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End both pools."""
        ended = [lane.shutdown(cancel_pending, timeout) for lane in (self._quick, self._long)]
        return any(ended)


def fetches(request: Any) -> bool:
    """Return whether a request (waitress's `HTTPRequestParser`) is for features, through whichever door."""
    path, query = getattr(request, "path", ""), unquote(getattr(request, "query", "")).lower()
    if path.endswith("/wfs/ows"):
        return getattr(request, "command", "GET") == "POST" or any(name in query for name in _FETCHING)
    return "/ogc/features/" in path and path.endswith("/items")
