"""Tiles while their pyramid is being made, read by real clients, and compared with those of the finished archive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np
import requests

from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.grid import unit_points
from geopub_plugin.publish.client.store import Store
from geopub_plugin.publish.publication import LiveUrl, Publication, PublicationRequest, Step

from ..processes import descendants, gone_within
from .conftest import ROOT, Serving
from .small_tables import make_table
from .test_interruption import store_of

FEATURES = 20_000
LEVELS = (8, 14)
BOUNDS = (2.0, 48.0, 2.101, 48.101)


def processes_of(serving: Serving, module: str) -> List[int]:
    told = {pid: Path(f"/proc/{pid}/cmdline") for pid in descendants(serving.process.pid)}
    return [pid for pid, path in told.items() if path.exists() and module.encode() in path.read_bytes()]


def pyramid_of(store: Store, data: str, relation: Any, name: str) -> Tuple[str, str]:
    """Launch a pyramid; return the execution and what it makes."""
    composition = [{"table": relation.name, "attributes": ["*"], "top_level": LEVELS[0], "bottom_level": LEVELS[1]}]
    execution = store.executions.create(
        store.executions.processing("ROK4-PYRAMID-VECTOR", "VECTOR-DB"),
        {"stored_data": [data]},
        {"stored_data": {"name": name}},
        {"composition": composition, "tippecanoe_options": "-S10 -an"},
    )
    store.executions.launch(execution.id)
    return execution.id, execution.stored_data


def offered(store: Store, pyramid: str) -> Tuple[str, str]:
    """Publish a pyramid that is being made; return the offering and its address."""
    used = [{"stored_data": pyramid, "top_level": str(LEVELS[0]), "bottom_level": str(LEVELS[1])}]
    known = store.configurations.create(
        "WMTS-TMS", "live", "live", {"title": "live", "abstract": "", "used_data": used}
    )
    offering = store.offerings.create(known.id, store.describe().endpoint("WMTS-TMS").id)
    return offering.id, offering.urls[0].url


def place_at(level: int, longitude: float, latitude: float) -> Tuple[int, int, int]:
    x, y = unit_points(np.array([longitude]), np.array([latitude]))
    return level, int(x[0] * 2**level), int(y[0] * 2**level)


def tile(url: str, place: Tuple[int, int, int]) -> Tuple[int, str, bytes]:
    """Return status, mark and bytes of a tile, as they go over the line."""
    z, x, y = place
    with requests.get(f"{url}/{z}/{x}/{y}.pbf", stream=True, timeout=60) as answer:
        return answer.status_code, answer.headers.get("ETag", ""), answer.raw.read()


def outcome(script: str, *arguments: object) -> Dict[str, Any]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(Path(__file__).with_name(script)), *map(str, arguments)]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout.splitlines()[-1])


def test_clients_read_tiles_before_their_pyramid_is_begun_and_find_the_same_ones_in_it(serve, tmp_path):
    make_table(tmp_path / "areas.gpkg", 2, FEATURES)
    serving = serve("--workers", "1")
    serving.ready()
    store = store_of(serving)
    request = replace(PublicationRequest.proposed(tmp_path / "areas.gpkg"), services=("wfs",))
    data = Publication(store, request).run().data
    first, _ = pyramid_of(store, data.id, data.relations[0], "first")  # keeps the only worker busy
    stopped = processes_of(serving, "jobs.worker")  # that one, and those that are kept ready
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    execution, pyramid = pyramid_of(store, data.id, data.relations[0], "second")
    offering, url = offered(store, pyramid)

    told = requests.get(f"{url}/metadata.json", timeout=60).json()
    assert (told["minzoom"], told["maxzoom"]) == LEVELS
    west, south, east, north = told["bounds"]
    assert 1.99 < west < 2.001 and 47.99 < south < 48.001 and 2.1 < east < 2.11 and 48.1 < north < 48.11
    places = [place_at(level, 2.05, 48.05) for level in range(LEVELS[0], LEVELS[1] + 1)]
    _, x, y = places[-1]
    places += [(LEVELS[1], x + dx, y + dy) for dx in range(-3, 4) for dy in range(-4, 5)]
    with ThreadPoolExecutor(4) as threads:
        early = dict(zip(places, threads.map(lambda place: tile(url, place), places)))
    assert sum(status == 200 for status, _, _ in early.values()) > 20

    by_gdal = outcome("read_tiles_with_gdal.py", url, 12)
    assert len(by_gdal[data.relations[0].name]) == FEATURES
    by_qgis = outcome("draw_tiles_with_qgis.py", url, *LEVELS, *BOUNDS)
    assert by_qgis["valid"] and not by_qgis["errors"] and by_qgis["drawn"] > 3_000
    assert store.executions.get(execution).status == "WAITING"
    assert store.offerings.get(offering).status == "PUBLISHING"
    builders = processes_of(serving, "tile_process")
    assert builders
    the_server_answers_while_tiles_wait(serving, url, builders, [(13, x // 2 + dx, y // 2 + 1) for dx in range(-6, 6)])

    store.executions.abort(first)
    for pid in stopped:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    assert store.executions.ended(execution).status == "SUCCESS"
    assert store.offerings.get(offering).status == "PUBLISHED"
    for place, answer in early.items():
        assert tile(url, place) == answer, place
    assert requests.get(f"{url}/metadata.json", timeout=60).json() == told
    archive = Archive(next((tmp_path / "data" / "stored" / pyramid).glob("*.pmtiles")))
    for place, (status, _, content) in early.items():
        assert archive.tile(*place) == (content if status == 200 else None)
    assert outcome("read_tiles_with_gdal.py", url, 12) == by_gdal

    serving.close()
    assert gone_within(builders, 5)


def the_server_answers_while_tiles_wait(
    serving: Serving, url: str, builders: List[int], places: List[Tuple[int, int, int]]
) -> None:
    """Ask for more tiles than may wait, while none is built: the server tells who is one too many, and goes on."""
    for pid in builders:
        os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(len(places)) as threads:
        asked = [threads.submit(requests.get, f"{url}/{z}/{x}/{y}.pbf", timeout=60) for z, x, y in places]
        refused = next(one.result() for one in as_completed(asked) if one.result().status_code == 503)
        assert refused.headers["Retry-After"] == "1"
        assert requests.get(f"{serving.announcement.url}/api/health", timeout=10).ok
        for pid in builders:
            os.kill(pid, signal.SIGCONT)
        assert {one.result().status_code for one in asked} <= {200, 204, 503}
    with ThreadPoolExecutor(2) as threads:
        assert {answer[0] for answer in threads.map(lambda place: tile(url, place), places)} <= {200, 204}


class Steps:
    """A listener that remembers which steps have ended."""

    def __init__(self) -> None:
        self.done: List[Step] = []

    def begun(self, step: Step) -> None:
        pass

    def moved(self, step: Step, done: int, total: int, unit: str) -> None:
        pass

    def ended(self, step: Step, seconds: float) -> None:
        self.done.append(step)


def test_a_publication_tells_of_its_tiles_while_they_are_made(serve, tmp_path):
    make_table(tmp_path / "areas.gpkg", 2, FEATURES)
    serving = serve()
    serving.ready()
    steps, seen = Steps(), []

    def live(url: LiveUrl) -> None:
        if url.service == "tms":
            told = requests.get(f"{url.url}/metadata.json", timeout=60).json()
            seen.append((list(steps.done), url, told, tile(url.url, place_at(10, 2.05, 48.05))))

    request = replace(PublicationRequest.proposed(tmp_path / "areas.gpkg"), top_level=8, bottom_level=15)
    result = Publication(store_of(serving), request, steps, live).run()
    ((done, url, told, early),) = seen
    assert Step.PYRAMID not in done and Step.TMS not in done
    assert url.url in [one.url for one in result.urls] and early[0] == 200
    assert tile(url.url, place_at(10, 2.05, 48.05)) == early
    assert requests.get(f"{url.url}/metadata.json", timeout=60).json() == told
