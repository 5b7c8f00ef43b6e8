"""The renderer as the backend uses it: always there, whatever happens to its process."""

from __future__ import annotations

import logging
import os
import struct
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Deque, Optional, Tuple

from ..errors import Unavailable
from ..translation import tr
from .child import ProcessEnded, RendererProcess
from .requests import (
    FeatureInfoRequest,
    GlyphsRequest,
    LegendRequest,
    MapRequest,
    MessageRequest,
    MetatileRequest,
    Request,
    SldRequest,
    SpritesRequest,
    described,
)
from .turns import Turns

_log = logging.getLogger(__name__)
_PATIENCE = 4  # a request may wait so many times longer for its turn than for its drawing
_ENDS, _WINDOW = 6, 60.0  # after so many ends of the process within so many seconds it is not started again


class Renderer:
    """Draws maps, legends and texts, and finds features, in a process that is started at the first call.

    Thread-safe. A crash or a hang costs the one request that caused it: the others that were under way are drawn
    again, each alone, so that a second crash names its cause. Every method raises Unavailable when QGIS is missing,
    when a drawing takes longer than `seconds`, and when it brought the process down.
    """

    def __init__(
        self, log_folder: Path, *, seconds: float = 30.0, threads: int = 0, interpreter: str = sys.executable
    ) -> None:
        self._folder, self._seconds, self._interpreter = log_folder.resolve(), seconds, interpreter
        cores = max(2, os.cpu_count() or 2)
        self._turns = Turns(threads or min(8, cores + 1))  # while one is on its way, all processors draw
        self._lock = threading.Lock()
        self._process: Optional[RendererProcess] = None
        self._ends: Deque[float] = deque(maxlen=_ENDS)
        self._stopped = False

    def draw(self, request: MapRequest) -> bytes:
        """Return the picture of a map."""
        return self._answer(request)

    def metatile(self, request: MetatileRequest) -> bytes:
        """Return a square of tiles: how many, the length of each (big-endian uint32), and their PNGs row by row."""
        return self._answer(request)

    def feature_info(self, request: FeatureInfoRequest) -> bytes:
        """Return JSON: for each table of the request a list of GeoJSON features in the system of the map."""
        return self._answer(request)

    def legend(self, request: LegendRequest) -> bytes:
        """Return a legend."""
        return self._answer(request)

    def sld(self, request: SldRequest) -> bytes:
        """Return the style of a table as an SLD of either version."""
        return self._answer(request)

    def message(self, request: MessageRequest) -> bytes:
        """Return the picture of a text."""
        return self._answer(request)

    def sprites(self, request: SpritesRequest) -> Tuple[bytes, bytes]:
        """Return a sheet of pictures: its JSON and its PNG."""
        answer = self._answer(request)
        (length,) = struct.unpack_from(">I", answer)
        return answer[4 : 4 + length], answer[4 + length :]

    def glyphs(self, request: GlyphsRequest) -> bytes:
        """Return the glyphs of a range as a protocol buffer."""
        return self._answer(request)

    @property
    def pid(self) -> Optional[int]:
        """The number of the running process, None before the first request and after an end."""
        process = self._process
        return None if process is None or process.ended else process.pid

    def stop(self) -> None:
        """End the process, and start none again."""
        with self._lock:
            self._stopped = True
            process, self._process = self._process, None
        if process is not None:
            process.close()

    def _answer(self, request: Request) -> bytes:
        try:
            try:
                with self._turns.one(self._seconds * _PATIENCE):
                    return self._ask(request)
            except ProcessEnded:
                _log.warning("The renderer ended while it drew, among others: %s", described(request))
            with self._turns.alone(self._seconds * _PATIENCE):
                return self._ask(request)
        except ProcessEnded:
            _log.error("The renderer ended while it drew only: %s", described(request))
            raise _crashed() from None
        except TimeoutError:
            raise _busy() from None

    def _ask(self, request: Request) -> bytes:
        process = self._running()
        answer = process.ask(request)
        try:
            return answer.result(self._seconds)
        except TimeoutError:
            self._end_hanging(process, request)
            raise _too_slow(self._seconds) from None

    def _end_hanging(self, process: RendererProcess, request: Request) -> None:
        """End a process that hangs. Where another request has just done so, this one was not the cause."""
        with self._lock:
            if process.ended:
                raise ProcessEnded
            _log.error("The renderer was ended after %s s with: %s", self._seconds, described(request))
            process.kill()

    def _running(self) -> RendererProcess:
        with self._lock:
            if self._stopped:
                raise _no_more()
            if self._process is not None and not self._process.ended:
                return self._process
            if self._process is not None:
                self._ends.append(time.monotonic())
                self._process = None
            if len(self._ends) == _ENDS and time.monotonic() - self._ends[0] < _WINDOW:
                raise _no_more()
            self._process = RendererProcess(self._folder, self._turns.places, self._interpreter)
            return self._process


def _crashed() -> Unavailable:
    return Unavailable(
        tr("The map could not be drawn."),
        tr("The renderer broke down over it, twice."),
        tr("Try a simpler style, and look into the file renderer.log of the log folder."),
    )


def _too_slow(seconds: float) -> Unavailable:
    return Unavailable(
        tr("The map could not be drawn."),
        tr("It took longer than {seconds} seconds.", seconds=round(seconds)),
        tr("Zoom in, ask for a smaller picture, or show fewer features at this scale."),
    )


def _busy() -> Unavailable:
    return Unavailable(tr("The map could not be drawn."), tr("The renderer is too busy."), tr("Try again in a minute."))


def _no_more() -> Unavailable:
    return Unavailable(
        tr("The map could not be drawn."),
        tr("The renderer has ended too often, or was stopped."),
        tr("Try again in a minute; if it goes on, look into the file renderer.log of the log folder."),
    )
