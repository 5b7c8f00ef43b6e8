"""Tiles of pyramids that are still being made: each built once, kept as long as there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from typing import Callable, Dict, Hashable, Optional, Protocol, Tuple, TypeVar, cast

from ...errors import GeoPubError, Unavailable
from ...tiles.tile_builders import Told
from ...translation import tr

ROOM = 64 << 20  # bytes of tiles
_TOLD = 64  # jobs whose descriptions are kept
_EMPTY = 200  # bytes that a tile takes besides its own, about

Answer = TypeVar("Answer")


class Busy(Unavailable):
    """Too many wait already; it will not last."""


class Builders(Protocol):
    """What builds the tiles, see `tiles.tile_builders.TileBuilders`."""

    def tile(self, job: str, z: int, x: int, y: int) -> Optional[bytes]:
        """Return a tile of the pyramid that a job makes, None for an empty one."""

    def told(self, job: str) -> Told:
        """Return what the pyramid that a job makes is going to say of itself."""


class FreshTiles:
    """Tiles and descriptions by job; thread-safe. Who asks for what is being built waits for that.

    Every method raises Busy when `waiting` threads of the server wait already, and what the builders raise; a thread
    that is none of the server's is not `served`.
    """

    def __init__(self, builders: Builders, waiting: int = 6, room: int = ROOM) -> None:
        self._builders, self._room = builders, room
        self._patience = threading.BoundedSemaphore(waiting)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Tuple[str, int, int, int], Optional[bytes]] = OrderedDict()
        self._size = 0
        self._told: OrderedDict[str, Told] = OrderedDict()
        self._pending: Dict[Hashable, Future] = {}

    def tile(self, job: str, z: int, x: int, y: int, served: bool = True) -> Optional[bytes]:
        """Return a tile, compressed with gzip; None where there is nothing."""
        place = (job, z, x, y)
        with self._lock:
            if place in self._kept:
                self._kept.move_to_end(place)
                return self._kept[place]
        return self._once(place, lambda: self._builders.tile(*place), lambda data: self._keep(place, data), served)

    def told(self, job: str, served: bool = True) -> Told:
        """Return bounds and layers of the pyramid that a job makes."""
        with self._lock:
            if job in self._told:
                return self._told[job]
        return self._once(job, lambda: self._builders.told(job), lambda told: self._remember(job, told), served)

    def _once(self, key: Hashable, build: Callable[[], Answer], keep: Callable[[Answer], None], served: bool) -> Answer:
        if not served:
            return self._shared(key, build, keep)
        if not self._patience.acquire(blocking=False):
            raise Busy(
                tr("The tile cannot be built at once."),
                tr("Too many others are being built."),
                tr("Ask again in a second."),
            )
        try:
            return self._shared(key, build, keep)
        finally:
            self._patience.release()

    def _shared(self, key: Hashable, build: Callable[[], Answer], keep: Callable[[Answer], None]) -> Answer:
        """Build, or wait for whoever builds already."""
        with self._lock:
            known = self._pending.get(key)
            future = self._pending.setdefault(key, Future())
        if known is not None:
            return cast(Answer, future.result())
        return self._first(key, future, build, keep)

    def _first(
        self, key: Hashable, future: Future, build: Callable[[], Answer], keep: Callable[[Answer], None]
    ) -> Answer:
        """Build what nobody builds yet, and tell those who wait for it."""
        try:
            made = build()
            with self._lock:
                keep(made)
            future.set_result(made)
        except GeoPubError as error:
            future.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._pending[key]
            if not future.done():  # an error of ours, which the first one who asked is told
                future.set_exception(Unavailable(tr("The tile could not be built.")))
        return made

    def _keep(self, place: Tuple[str, int, int, int], data: Optional[bytes]) -> None:
        """Keep a tile, and let go of those that were not asked for the longest; the caller holds the lock."""
        self._kept[place] = data
        self._size += _weight(data)
        while self._size > self._room:
            self._drop(next(iter(self._kept)))

    def _remember(self, job: str, told: Told) -> None:
        self._told[job] = told
        while len(self._told) > _TOLD:
            self._told.popitem(last=False)

    def _drop(self, place: Tuple[str, int, int, int]) -> None:
        self._size -= _weight(self._kept.pop(place))


def _weight(data: Optional[bytes]) -> int:
    return _EMPTY + len(data or b"")
