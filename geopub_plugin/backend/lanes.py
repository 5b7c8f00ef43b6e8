"""Pools of threads: who fetches many features, or has maps drawn, waits for his like, and keeps nobody else waiting."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import unquote

from waitress.task import ThreadedTaskDispatcher

_FETCHING = ("getfeature", "getpropertyvalue")
_DRAWING = ("getmap", "getlegendgraphic", "getstyles", "gettile", "getfeatureinfo")


class Lanes:
    """A dispatcher for waitress. Features may be many, and as slow as who reads them; maps wait for the renderer."""

    def __init__(self, threads: int) -> None:
        """Start threads: so many for what is quick, so many for maps, and half of that, two at least, for features."""
        self._quick, self._long, self._drawn = (ThreadedTaskDispatcher() for _ in range(3))
        self._quick.set_thread_count(threads)
        self._long.set_thread_count(max(2, threads // 2))
        self._drawn.set_thread_count(threads)
        self._all = (self._quick, self._long, self._drawn)

    def add_task(self, channel: Any) -> None:
        """Have a request answered: the first that a channel has received."""
        request = channel.requests[0]
        lane = self._long if fetches(request) else self._drawn if is_drawn(request) else self._quick
        lane.add_task(channel)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End the pools, all within the same time."""
        end = time.monotonic() + timeout
        for lane in self._all:
            lane.set_thread_count(0)
        ended = [lane.shutdown(cancel_pending, max(0.0, end - time.monotonic())) for lane in self._all]
        return any(ended)

    def are_empty(self) -> bool:
        """Say whether no thread answers any more."""
        return not any(lane.threads for lane in self._all)


def fetches(request: Any) -> bool:
    """Return whether a request (waitress's `HTTPRequestParser`) is for features, through whichever door."""
    path = getattr(request, "path", "")
    if path.endswith("/wfs/ows"):
        return getattr(request, "command", "GET") == "POST" or _names(request, _FETCHING)
    return "/ogc/features/" in path and path.endswith("/items")


def is_drawn(request: Any) -> bool:
    """Return whether the renderer may have to answer: for WMS, WMTS, the glyphs of labels, through whichever door."""
    path = getattr(request, "path", "")
    if path.endswith(("/wms-v/ows", "/wmts", "/wmts/")):
        return getattr(request, "command", "GET") == "POST" or _names(request, _DRAWING)
    return "/tms/1.0.0/fonts/" in path or ("/wmts/1.0.0/" in path and not path.endswith(".xml"))


def _names(request: Any, operations: tuple) -> bool:
    query = unquote(getattr(request, "query", "")).lower()
    return any(name in query for name in operations)
