"""A map is the same whenever it is asked for: whole or in bands, alone or beside another, on paper or on glass."""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator, List, Sequence, Tuple

import numpy as np
import pytest

from geopub_plugin.backend.errors import GeoPubError
from geopub_plugin.backend.render.requests import MapRequest
from geopub_plugin.backend.styles.recognition import read

from ..backend.render.conftest import decoded
from ..backend.render.test_bands import Draughtsman, bands  # noqa: F401  (a fixture)
from ..conftest import unzipped_data
from .compare import taken_in
from .generated import write_generated
from .sample import sample_of
from .test_ways import request_of

_FARTHER = (1.0, 1.7)  # times what the picture of a style shows
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
    beside = maps.at_once(request)
    paper, glass = decoded(whole), decoded(maps.picture(replace(request, transparent=True)))
    farthest = int(np.abs(over_white(glass) - paper[:, :, :3]).max())
    found = {
        "again": again != whole,
        "beside another": beside != [whole, whole],
        f"on glass by {farthest}": farthest > _ROUNDING,
    }
    return [what for what, is_so in found.items() if is_so]


def over_white(picture: np.ndarray) -> np.ndarray:
    """Return what is seen of a transparent picture on white paper: int (height, width, 3)."""
    opacity = picture[:, :, 3:].astype(np.int64)
    return (picture[:, :, :3] * opacity + 255 * (255 - opacity) + 127) // 255


def requests_of(paths: Sequence[Path], folder: Path) -> Iterator[Tuple[str, MapRequest]]:
    """Yield maps of each style that is accepted, with their names."""
    for number, path in enumerate(paths):
        try:
            sample = sample_of(path.read_bytes(), folder / f"{number}.gpkg")
        except GeoPubError:  # no style at all
            continue
        intake = taken_in(path, sample)
        if intake.accepted:
            style = folder / f"{number}.qml"
            style.write_bytes(intake.content)
            yield from ((f"{path.name} x {farther}", request_of(sample, style, farther)) for farther in _FARTHER)


def has_rules_for_labels(style: Path) -> bool:
    """Tell whether several rules place labels: before 3.42 QGIS asks them in the order of their addresses in memory."""
    labels = read(style.read_bytes()).root.find("labeling[@type='rule-based']")
    return labels is not None and len(list(labels.iter("settings"))) > 1


def test_generated_styles(tmp_path: Path, maps: Maps, bands: List[int]) -> None:  # noqa: F811
    paths = write_generated(tmp_path / "styles")[::2]
    found = {name: broken(request, maps) for name, request in requests_of(paths, tmp_path)}
    assert {name: lacks for name, lacks in found.items() if lacks} == {}
    assert len(found) == 2 * len(paths) and bands.count(3) > 2 * 10


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
