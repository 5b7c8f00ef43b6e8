"""A map is the same whenever it is asked for: whole or in bands, alone or beside another, on paper or on glass."""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator, List, Sequence

import numpy as np
import pytest

from geopub_plugin.backend.render.requests import MapRequest

from ..backend.render.conftest import decoded
from ..backend.render.test_bands import Draughtsman, bands  # noqa: F401  (a fixture)
from ..conftest import unzipped_data
from .generated import write_generated
from .sample_maps import has_rules_for_labels, requests_of

_ROUNDING = 1  # of 255


@dataclass
class Maps:
    """What a `Draughtsman` draws, as the bytes that a client gets."""

    draughtsman: Draughtsman
    threads: ThreadPoolExecutor

    def picture(self, request: MapRequest) -> bytes:
        (picture,) = self._drawn([request])
        return picture

    def at_once(self, request: MapRequest) -> List[bytes]:
        """Return a map drawn by two threads that begin together."""
        return self._drawn([request, request])

    def _drawn(self, requests: Sequence[MapRequest]) -> List[bytes]:
        from qgis.PyQt.QtCore import QCoreApplication

        together = threading.Barrier(len(requests))

        def draw(request: MapRequest) -> bytes:
            with self.draughtsman.layers.lent(request.view.layers) as copies:
                together.wait(60)
                return self.draughtsman.maps.picture(request, copies)

        answers: List[Future[bytes]] = [self.threads.submit(draw, request) for request in requests]
        while not all(answer.done() for answer in answers):
            QCoreApplication.processEvents()  # layers are opened and copied in this thread
        return [answer.result() for answer in answers]


@pytest.fixture
def maps(qgis_app: object) -> Iterator[Maps]:
    draughtsman = Draughtsman(math.inf)
    with ThreadPoolExecutor(2) as threads:
        yield Maps(draughtsman, threads)
    draughtsman.close()


def broken(request: MapRequest, maps: Maps) -> List[str]:
    """Return which properties a map lacks."""
    maps.draughtsman.forget()
    whole, again = maps.picture(request), maps.picture(request)  # again in bands, where these may be
    maps.draughtsman.forget()
    found = {"again": again != whole, "beside another": maps.at_once(request) != [whole, whole]}
    return [what for what, is_so in found.items() if is_so]


def from_glass_to_paper(request: MapRequest, maps: Maps) -> int:
    """Return how far a transparent map on white paper is from the map with a white ground, of 255."""
    paper, glass = (decoded(maps.picture(replace(request, transparent=is_glass))) for is_glass in (False, True))
    return int(np.abs(over_white(glass) - paper[:, :, :3]).max())


def over_white(picture: np.ndarray) -> np.ndarray:
    """Return what is seen of a transparent picture on white paper: int (height, width, 3)."""
    opacity = picture[:, :, 3:].astype(np.int64)
    return (picture[:, :, :3] * opacity + 255 * (255 - opacity) + 127) // 255


def test_generated_styles(tmp_path: Path, maps: Maps, bands: List[int]) -> None:  # noqa: F811
    paths = write_generated(tmp_path / "styles")[::2]
    found = {name: broken(request, maps) for name, request in requests_of(paths, tmp_path)}
    assert {name: lacks for name, lacks in found.items() if lacks} == {}
    assert len(found) == 2 * len(paths) and bands.count(3) > 2 * 10


def test_generated_styles_on_glass(tmp_path: Path, maps: Maps) -> None:
    """Real styles lay many translucent colours on each other, and Qt rounds each: up to 19 of 255 with effects."""
    paths = write_generated(tmp_path / "styles")[::2]
    found = {name: from_glass_to_paper(request, maps) for name, request in requests_of(paths, tmp_path)}
    assert {name: far for name, far in found.items() if far > _ROUNDING} == {}
    assert len(found) == 2 * len(paths)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_real_styles(part: int, tmp_path: Path, maps: Maps, bands: List[int]) -> None:  # noqa: F811
    paths = sorted((unzipped_data() / "styles").rglob("*.qml"))[part::4]
    found = {
        f"{number} {name}": broken(request, maps)
        for number, (name, request) in enumerate(requests_of(paths, tmp_path))
        if not has_rules_for_labels(request.view.layers[0].style)
    }
    assert {name: lacks for name, lacks in found.items() if lacks} == {}
    assert len(found) > 1.8 * len(paths) and bands.count(3) > len(paths)
