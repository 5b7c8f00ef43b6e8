"""From a file to all of it drawn from tiles that are built when asked for: `python benchmarks/first_tiles.py [FILE]`.

What QGIS's panel does, without QGIS: the file is published in a running engine, and as soon as the tiles are offered
their metadata are read and all tiles of one level that the layer covers are asked for, six at a time. Each moment is
told in seconds since the start, with the processor time that the engine's processes had used by then.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from process_meter import busy_seconds, family_seconds

from geopub_plugin.backend.announcement import announced
from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.publication import LiveUrl, Publication, PublicationRequest, Step
from geopub_plugin.publish.steps import Quiet

CACHE = Path(os.environ.get("GEOPUB_TEST_CACHE", Path.home() / ".cache" / "geopub-tests"))
REAL = CACHE / "data" / "buildings_tokyo_centre_4326.gpkg"
PANEL = 400  # pixels: the width of the map in the panel
AT_ONCE = 6  # requests of QGIS to one server
_QGIS_TILE = 542  # pixels that a tile has on a screen of 96 dpi where QGIS changes the level, see `_level`
Moments = Dict[str, Tuple[float, float]]  # seconds since the start, of processor


class Watch(Quiet):
    """Notes when each step begins and ends, and what was used by then."""

    def __init__(self, engine: int) -> None:
        self._engine, self._start, self._used = engine, time.monotonic(), family_seconds(engine)
        self.moments: Moments = {}

    def note(self, name: str) -> None:
        """Note a moment, the first time that it comes."""
        used = family_seconds(self._engine) - self._used
        self.moments.setdefault(name, (time.monotonic() - self._start, used))

    def ended(self, step: Step, seconds: float) -> None:
        """Hear that a step has ended."""
        self.note(step.value)


def main() -> None:
    """Measure, and print a table."""
    told = _arguments()
    runs: List[Moments] = []
    for _ in range(told.runs):
        with tempfile.TemporaryDirectory(dir=told.folder) as folder:
            busy, begun = busy_seconds(), time.monotonic()
            moments, own, tiles = one_run(told.file, Path(folder) / "data", told.wait)
            others = busy_seconds() - busy - own
            share = max(others, 0.0) / ((time.monotonic() - begun) * (os.cpu_count() or 1))
            print(f"{tiles}; others had {share:.0%} of the processors", flush=True)
            runs.append(moments)
    print(f"{'moment':<22}{'s':>8}{'CPU s':>8}")
    for name in runs[0]:
        seen = [run[name] for run in runs if name in run]
        wall, cpu = (statistics.median(one[place] for one in seen) for place in (0, 1))
        print(f"{name:<22}{wall:8.2f}{cpu:8.2f}   ({', '.join(f'{one[0]:.2f}' for one in seen)})")


def one_run(file: Path, data: Path, wait: float) -> Tuple[Moments, float, str]:
    """Publish a file in a new data folder; return the moments, the processor seconds used, and what was asked for."""
    with start_backend(data) as backend:
        served = announced(data)
        assert served is not None
        time.sleep(wait)  # an engine that has run for a while: its workers are ready
        store = open_store(backend.api, backend.token)
        watch = Watch(served.pid)
        viewers: List[threading.Thread] = []
        seen: List[str] = []

        def live(url: LiveUrl) -> None:
            if url.service == "tms" and not viewers:
                watch.note("offered")
                viewers.append(threading.Thread(target=lambda: seen.append(look(url.url, watch))))
                viewers[0].start()

        Publication(store, PublicationRequest.proposed(file), watch, live).run()
        for viewer in viewers:
            viewer.join()
        watch.note("everything")
        own = os.times()
        return watch.moments, family_seconds(served.pid) + own.user + own.system, "; ".join(seen)


def look(url: str, watch: Watch) -> str:
    """Ask for the tiles of the whole layer as QGIS does; return how many they were."""
    base = url.rstrip("/")
    about = json.loads(_got(f"{base}/metadata.json"))
    watch.note("described")
    level, places = view(about)

    def ask(place: Tuple[int, int]) -> int:
        size = len(_got(f"{base}/{level}/{place[0]}/{place[1]}.pbf"))
        watch.note("first tile")
        return size

    with ThreadPoolExecutor(AT_ONCE) as threads:
        sizes = list(threads.map(ask, places))
    watch.note("all tiles")
    return f"{len(places)} tiles of level {level}, {[round(size / 1000) for size in sizes]} KB"


def view(about: Dict[str, Any]) -> Tuple[int, List[Tuple[int, int]]]:
    """Return the level at which QGIS shows all of a layer in the panel, and the tiles there."""
    west, south, east, north = about["bounds"]
    x0, y0, x1, y1 = (*_unit(west, north), *_unit(east, south))
    level = round(math.log2(PANEL / (_QGIS_TILE * 1.05 * max(x1 - x0, y1 - y0))))
    level = min(max(level, about["minzoom"]), about["maxzoom"])
    columns, rows = (range(int(a * 2**level), int(b * 2**level) + 1) for a, b in ((x0, x1), (y0, y1)))
    return level, [(x, y) for x in columns for y in rows]


def _unit(longitude: float, latitude: float) -> Tuple[float, float]:
    y = math.asinh(math.tan(math.radians(latitude)))
    return longitude / 360 + 0.5, 0.5 - y / (2 * math.pi)


def _got(url: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})) as answer:  # nosec B310
        body: bytes = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip" and not url.endswith(".pbf"):
            return gzip.decompress(body)
        return body


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("file", type=Path, nargs="?", default=REAL)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--wait", type=float, default=1.0, help="seconds that the engine runs before")
    parser.add_argument("--folder", default=None, help="where the data folders are made")
    return parser.parse_args()


if __name__ == "__main__":
    main()
