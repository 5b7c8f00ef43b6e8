"""What one backend serves: `python benchmarks/serving.py [--seconds N] [--clients N]`.

A backend of its own publishes the world map; clients in other processes ask one kind of request after the other, each
client one at a time over a connection that stays open. Told are the requests a second, and the processor time of one
request in the backend and in its renderer: what is left when the machine has other things to do.
"""

from __future__ import annotations

import argparse
import http.client
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geopub_plugin.backend.announcement import announced
from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.publication import Publication, PublicationRequest

WORLD = Path("/usr/share/qgis/resources/data/world_map.gpkg")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """What was served of one kind of request."""

    name: str
    requests: int
    seconds: float
    own: float  # processor seconds of the backend
    others: float  # and of what it has started
    size: int  # bytes of one answer

    @property
    def line(self) -> str:
        """A row of the table."""
        per = 1000 / self.requests
        return (
            f"| {self.name} | {self.size / 1000:.1f} kB | {self.requests / self.seconds:,.0f} | "
            f"{self.own * per:.2f} ms | {self.others * per:.2f} ms |"
        )


def main() -> None:
    """Measure and print."""
    told = _arguments()
    with ExitStack() as opened:
        data = Path(opened.enter_context(tempfile.TemporaryDirectory())) / "data"
        backend = opened.enter_context(start_backend(data))
        served = announced(data)
        assert served is not None
        store = open_store(backend.api, backend.token)
        request = PublicationRequest.proposed(WORLD, ["countries"])
        Publication(store, request).run()
        name = request.layer_name
        print("| request | answer | a second | backend | renderer |\n| --- | --- | --- | --- | --- |")
        for kind, path in requests_of(name).items():
            print(_measured(kind, served.url, path, served.pid, told.clients, told.seconds).line, flush=True)


def requests_of(name: str) -> Dict[str, str]:
    """Return what is asked for, by what it is called."""
    wfs = f"/wfs/ows?service=WFS&version=2.0.0&request=GetFeature&typeNames={name}:countries"
    wms = f"/wms-v/ows?service=WMS&version=1.3.0&request=GetMap&layers={name}&styles=&crs=EPSG:3857&format=image/png"
    return {
        "vector tile": f"/tms/1.0.0/{name}/3/4/2.pbf",
        "10 features, GeoJSON": f"{wfs}&count=10&outputFormat=application/json",
        "10 features, GML": f"{wfs}&count=10",
        "features in a box, GeoJSON": f"{wfs}&bbox=40,0,50,10,EPSG:4326&outputFormat=application/json",
        "WFS capabilities": "/wfs/ows?service=WFS&request=GetCapabilities",
        "WMTS tile, drawn before": f"/wmts/1.0.0/{name}/default/PM/3/2/4.png",
        "WMS map, 256 × 256": f"{wms}&width=256&height=256&bbox=0,5000000,2000000,7000000",
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="for each kind of request")
    parser.add_argument("--clients", type=int, default=8, help="at the same time")
    return parser.parse_args()


def _measured(name: str, url: str, path: str, pid: int, clients: int, seconds: float) -> Load:
    _, size = ask((url, path, 0.0))  # the first answer may open files
    before, begin = _cpu(pid), time.monotonic()
    with ProcessPoolExecutor(clients) as pool:
        counted = list(pool.map(ask, [(url, path, seconds)] * clients))
    took = time.monotonic() - begin
    own, others = (after - at_first for at_first, after in zip(before, _cpu(pid)))
    return Load(name, sum(count for count, _ in counted), took, own, others, size)


def ask(told: Tuple[str, str, float]) -> Tuple[int, int]:
    """Ask one thing again and again for some seconds; return how often, and the bytes of the last answer."""
    url, path, seconds = told
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    count, size, end = 0, 0, time.monotonic() + seconds
    while count == 0 or time.monotonic() < end:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        size = len(answer.read())
        assert answer.status == 200, (path, answer.status)
        count += 1
    return count, size


def _cpu(pid: int) -> Tuple[float, float]:
    """Return the processor seconds of a process, and of those that it has started and that still run."""
    family: List[int] = [pid]
    for one in family:
        for place in Path(f"/proc/{one}/task").glob("*/children"):
            family += [int(child) for child in place.read_text().split()]
    own, *others = (_times(one) for one in family)
    return own, sum(others)


def _times(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(ticks) for ticks in fields[11:13]) / _TICKS  # utime, stime


if __name__ == "__main__":
    main()
