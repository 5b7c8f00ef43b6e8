"""Tiles of pyramids that are still being made: built once, kept within bounds, and never more waiting than allowed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import List, Optional

import pytest

from geopub_plugin.backend.errors import InvalidInput, Unavailable
from geopub_plugin.backend.services.tms.fresh_tiles import FreshTiles
from geopub_plugin.backend.tiles.tile_builders import Told

SECONDS = 20


class SlowBuilders:
    """Builders whose work takes until it is allowed to end."""

    def __init__(self, size: int = 10) -> None:
        self.built: List[tuple] = []
        self.begun, self.end = threading.Semaphore(0), threading.Event()
        self._size = size
        self.fails: Optional[Exception] = None

    def tile(self, job: str, z: int, x: int, y: int) -> Optional[bytes]:
        self.built.append((job, z, x, y))
        self.begun.release()
        assert self.end.wait(SECONDS)
        if self.fails is not None:
            raise self.fails
        return None if x == 99 else f"{job}/{z}/{x}/{y}".encode().ljust(self._size)

    def told(self, job: str) -> Told:
        self.built.append((job,))
        return Told((0, 0, 1, 1), ())


@pytest.fixture
def builders() -> SlowBuilders:
    return SlowBuilders()


def test_what_several_ask_for_at_the_same_time_is_built_once(builders):
    fresh = FreshTiles(builders, waiting=8)
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(fresh.tile, "job", 3, 1, 2) for _ in range(8)]
        assert builders.begun.acquire(timeout=SECONDS)
        builders.end.set()
        assert {one.result(SECONDS) for one in asked} == {b"job/3/1/2 "}
    assert builders.built == [("job", 3, 1, 2)]
    assert fresh.tile("job", 3, 1, 2) == b"job/3/1/2 " and len(builders.built) == 1  # kept


def test_an_empty_tile_is_kept_too(builders):
    builders.end.set()
    fresh = FreshTiles(builders)
    assert [fresh.tile("job", 9, 99, 0) for _ in range(3)] == [None] * 3
    assert len(builders.built) == 1


def test_who_would_be_one_too_many_to_wait_is_told_so(builders):
    fresh = FreshTiles(builders, waiting=2)
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(fresh.tile, "job", 3, x, 2) for x in range(2)]
        assert all(builders.begun.acquire(timeout=SECONDS) for _ in asked)
        with pytest.raises(Unavailable, match="again in a second"):
            fresh.tile("job", 3, 7, 2)
        builders.end.set()
        assert all(one.result(SECONDS) for one in asked)
    assert fresh.tile("job", 3, 7, 2) is not None


@pytest.mark.parametrize("error, told", [(InvalidInput("no such table"), InvalidInput), (KeyError("bug"), Unavailable)])
def test_a_failure_is_told_to_all_who_wait_and_not_kept(builders, error, told):
    fresh = FreshTiles(builders, waiting=3)
    builders.fails = error
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(fresh.tile, "job", 3, 1, 2)
        assert builders.begun.acquire(timeout=SECONDS)
        second = threads.submit(fresh.tile, "job", 3, 1, 2)
        while fresh._patience._value > 1:
            pass
        builders.end.set()
        with pytest.raises(type(error)):
            first.result(SECONDS)
        with pytest.raises(told):
            second.result(SECONDS)
    builders.fails = None
    assert fresh.tile("job", 3, 1, 2) is not None


def test_the_tiles_that_were_asked_for_last_stay_within_the_room():
    builders = SlowBuilders(size=800)  # and 200 besides
    builders.end.set()
    fresh = FreshTiles(builders, room=3_000)
    for x in (1, 2, 3, 1, 4):
        fresh.tile("job", 5, x, 0)
    built = len(builders.built)
    fresh.tile("job", 5, 1, 0)
    fresh.tile("job", 5, 4, 0)
    assert len(builders.built) == built
    fresh.tile("job", 5, 2, 0)
    assert len(builders.built) == built + 1


def test_what_a_pyramid_says_of_itself_is_asked_for_once(builders):
    fresh = FreshTiles(builders)
    for job in ("one", "other", "one", "other"):
        fresh.told(job)
    assert builders.built == [("one",), ("other",)]
