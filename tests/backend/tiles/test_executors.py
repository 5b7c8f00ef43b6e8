"""The crew that does the blocks, and the compression of tiles."""

from __future__ import annotations

import gzip
import os

import pytest

from geopub_plugin.backend.tiles.assemble import gzipped
from geopub_plugin.backend.tiles.executors import Crew


def _pid_and_square(number: int):
    return os.getpid(), number * number


def _refuse(number: int) -> int:
    if number == 5:
        raise ValueError(number)
    return number


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_task_is_done_once_and_nobody_stands_by(count):
    with Crew(count) as crew:
        found = dict(crew.results(_pid_and_square, range(200)))
    assert [found[place][1] for place in range(200)] == [n * n for n in range(200)]
    assert os.getpid() in {pid for pid, _ in found.values()}
    assert len({pid for pid, _ in found.values()}) <= count


@pytest.mark.parametrize("count", [1, 2])
def test_what_a_task_raises_is_raised_and_ends_the_work(count):
    with Crew(count) as crew, pytest.raises(ValueError):
        list(crew.results(_refuse, range(50)))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 70_000])
def test_small_and_large_tiles_are_gzip_for_everybody(size):
    data = bytes(range(256)) * 300
    assert gzip.decompress(gzipped(data[:size])) == data[:size]
