"""How fast maps come, beside those of QGIS Server and MapServer: `make bench-wms`, written to RESULTS.md.

In turn, on one GeoPackage in one plain style: GeoPub over HTTP, the others over FastCGI with no web server between, one
client and eight. Of QGIS Server and MapServer as many processes run as the machine has cores. Maps are opaque (RGB) or
transparent (RGBA), as those that lie over others are asked for; each answer is looked at for which it is.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from map_servers import (
    PATIENCE,
    FastCgiServer,
    ServedLayer,
    mapserver,
    qgis_server,
    start_mapserver,
    start_qgis_server,
)
from tile_report import RESULTS, written
from wfs_data import KEY, SRS, TABLE, columns_of, corner, parcels
from wms_report import GEOPUB, LIGHT, MAPSERVER, QGIS, Job, Load, Run, report

from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.proposal import TableStyle
from geopub_plugin.publish.publication import Publication, PublicationRequest

CELL = 229.0  # metres: 200,000 polygons fill a map of 1024 pixels at 100 m a pixel
CLIENTS = 8
SIZES, SCALES = (256, 512, 1024), (2, 20, 100)  # pixels; metres of a pixel
LOOKS = (False, True)  # transparent
_COLOUR_TYPE, _RGB, _RGBA = 25, 2, 6  # where a PNG says what its pixels are (second edition, §11.2.2), and what
_MAPS = {2: 20, 20: 12, 100: 4}  # maps of each job, by scale
_LOAD_SECONDS = 4.0  # that eight clients keep each server busy at each job
_STYLE = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology"><renderer-v2 type="singleSymbol" symbollevels="0"><symbols>
<symbol type="fill" name="0" alpha="1" clip_to_extent="1" force_rhr="0"><layer class="SimpleFill" enabled="1" pass="0">
<prop k="color" v="200,220,180,255"/><prop k="style" v="solid"/><prop k="joinstyle" v="bevel"/>
<prop k="outline_color" v="80,80,80,255"/><prop k="outline_style" v="solid"/><prop k="outline_width" v="1"/>
<prop k="outline_width_unit" v="Pixel"/></layer></symbol></symbols></renderer-v2>
<layerGeometryType>2</layerGeometryType></qgis>
"""
Bounds = Tuple[float, float, float, float]


@dataclass(frozen=True)
class Peer:
    """One server, with as many processes as it has."""

    name: str
    pids: Tuple[int, ...]
    fetch: Callable[[str, int], bytes]  # a query, and the number of the client that asks
    layer: str
    formats: Tuple[str, str] = ("image/png", "image/png")  # of opaque and of transparent maps

    def cpu(self) -> float:
        """Return the seconds of processor that it has used."""
        return sum(_used(one) for pid in self.pids for one in _family(pid))

    def memory(self) -> int:
        """Return the memory of all its processes in bytes; what several share counts once."""
        return sum(_proportional(one) for pid in self.pids for one in _family(pid))


def main() -> None:
    """Measure, print, and write the section."""
    told = _arguments()
    with tempfile.TemporaryDirectory(dir=told.folder) as name, ExitStack() as running:
        folder = Path(name)
        source, style = folder / "parcels.gpkg", folder / "plain.qml"
        parcels(source, told.count, CELL)
        style.write_text(_STYLE, "utf-8")
        peers = _started(source, style, folder, running)
        _let_builders_end(peers[0])
        jobs = [Job(size, scale, look) for look in LOOKS for size in told.sizes for scale in told.scales]
        alike = {look: _alike(peers, look, told.count) for look in LOOKS}
        runs = {job: _one_client(job, peers, told) for job in jobs}
        alone = _drawing_alone(jobs, source, style, told)
        loads = {job: _clients(job, peers, runs[job], told) for job in jobs}
    section = report(runs, alone, loads, alike, told)
    print(section)
    if not told.dry:
        written(section, RESULTS, "wms")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=200_000, help="polygons")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="pixels")
    parser.add_argument("--scales", type=int, nargs="+", default=SCALES, help="metres of a pixel")
    parser.add_argument("--share", type=float, default=1.0, help="of the maps that are asked for")
    parser.add_argument("--folder", default=None, help="where the files are written")
    parser.add_argument("--dry", action="store_true", help="leave RESULTS.md as it is")
    return parser.parse_args()


# The servers --------------------------------------------------------------------------------------------------------


def _started(source: Path, style: Path, folder: Path, running: ExitStack) -> List[Peer]:
    layer = ServedLayer(source, TABLE, TABLE, SRS, style=style)
    peers = [_geopub(source, style, folder, running)]
    numbers = range(os.cpu_count() or 1)
    if qgis_server():
        several = [running.enter_context(start_qgis_server([layer], folder, name=f"{QGIS} {n}")) for n in numbers]
        peers.append(_fast_cgi(QGIS, several))
    if mapserver():
        several = [running.enter_context(start_mapserver([layer], folder, KEY, f"{MAPSERVER} {n}")) for n in numbers]
        peers.append(_fast_cgi(MAPSERVER, several, ("png", "rgbapng")))
        peers.append(_fast_cgi(LIGHT, several, ("lightpng", "lightrgbapng")))
    return peers


def _fast_cgi(
    name: str, several: Sequence[FastCgiServer], formats: Tuple[str, str] = ("image/png", "image/png")
) -> Peer:
    """Return a server whose processes take the clients in turn."""
    free: List[threading.Lock] = [threading.Lock() for _ in several]

    def fetch(query: str, client: int) -> bytes:
        number = client % len(several)
        with free[number]:  # a process answers one request at a time
            return several[number].fetch(query)

    return Peer(name, tuple(server.pid for server in several), fetch, TABLE, formats)


def _geopub(source: Path, style: Path, folder: Path, running: ExitStack) -> Peer:
    """Publish the table and return the backend that serves it."""
    backend = running.enter_context(start_backend(folder / "data"))
    store = open_store(backend.api, backend.token)
    proposed = PublicationRequest.proposed(source)
    request = PublicationRequest(
        **{**proposed.__dict__, "services": ("wms",), "styles": (TableStyle(TABLE, style.name, style.read_bytes()),)}
    )
    result = Publication(store, request).run()
    place = next(url.url for url in result.urls if url.type == "WMS").partition("://")[2].partition("/")[0]
    kept = threading.local()

    def fetch(query: str, _client: int) -> bytes:
        if not hasattr(kept, "connection"):
            kept.connection = http.client.HTTPConnection(place, timeout=PATIENCE)
        kept.connection.request("GET", f"/wms-v/ows?{query}")
        return kept.connection.getresponse().read()

    return Peer(GEOPUB, (backend.pid,), fetch, result.layer_name)


def _query(peer: Peer, job: Job, bounds: Bounds) -> str:
    west, south, east, north = bounds
    return urlencode(
        {
            "SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetMap", "LAYERS": peer.layer, "STYLES": "", "CRS": SRS,
            "BBOX": f"{west:.1f},{south:.1f},{east:.1f},{north:.1f}", "WIDTH": job.size, "HEIGHT": job.size,
            "FORMAT": peer.formats[job.transparent], "TRANSPARENT": str(job.transparent).upper(),
        }
    )  # fmt: skip


def _picture(peer: Peer, job: Job, bounds: Bounds, client: int = 0) -> bytes:
    """Return a map; end the benchmark with what was answered when it is no PNG with or without alpha as asked for."""
    content = peer.fetch(_query(peer, job, bounds), client)
    if not content.startswith(b"\x89PNG") or content[_COLOUR_TYPE] != (_RGBA if job.transparent else _RGB):
        raise SystemExit(f"{peer.name}, {job}: {content[:600]!r}")
    return content


def _windows(job: Job, count: int, features: int) -> List[Bounds]:
    """Return places to look at, the same for every server."""
    chosen = random.Random(job.size * 1000 + job.scale)
    x, y = corner()
    side, across = columns_of(features) * CELL, job.size * job.scale
    found = []
    for _ in range(count):
        west, south = (start + chosen.uniform(0, max(side - across, 0.0)) for start in (x, y))
        found.append((west, south, west + across, south + across))
    return found


# The measuring ------------------------------------------------------------------------------------------------------


def _one_client(job: Job, peers: Sequence[Peer], told: argparse.Namespace) -> Dict[str, Run]:
    """Ask each server for the same maps, one after the other, in turn."""
    count = max(2, round(_MAPS[_nearest(job.scale)] * told.share))
    walls: Dict[str, List[float]] = {peer.name: [] for peer in peers}
    cpus = dict.fromkeys(walls, 0.0)
    sizes: Dict[str, List[int]] = {peer.name: [] for peer in peers}
    for number, bounds in enumerate([None, *_windows(job, count, told.count)]):
        for peer in peers:
            used, begun = peer.cpu(), time.perf_counter()
            content = _picture(peer, job, bounds or _windows(job, 1, told.count)[0])
            wall = time.perf_counter() - begun
            if number:  # the first one warms up
                walls[peer.name].append(wall)
                cpus[peer.name] += peer.cpu() - used
                sizes[peer.name].append(len(content))
    found = {name: Run(tuple(walls[name]), cpus[name] / count, sum(sizes[name]) / count) for name in walls}
    for name, run in found.items():
        print(f"{job.name:24} {name:18} {run.wall * 1000:9.1f} ms {run.size / 1000:8.1f} kB", flush=True)
    return found


def _drawing_alone(
    jobs: Sequence[Job], source: Path, style: Path, told: argparse.Namespace
) -> Dict[Job, Tuple[float, float]]:
    """Return the seconds of processor that a map of each job takes in QGIS alone, and to write it as PNG."""
    views = [(job, _windows(job, max(2, round(_MAPS[_nearest(job.scale)] * told.share)), told.count)) for job in jobs]
    asked = [
        json.dumps(
            {"srs": SRS, "bounds": bounds, "width": job.size, "height": job.size, "transparent": job.transparent}
        )
        for job, several in views
        for bounds in (several[0], *several)  # the first one warms up
    ]
    command = [sys.executable, str(Path(__file__).with_name("wms_drawing.py")), TABLE, str(source), str(style)]
    answer = subprocess.run(command, input="\n".join(asked), capture_output=True, text=True, check=True)
    lines = iter(answer.stdout.splitlines())
    found = {}
    for job, several in views:
        taken = [json.loads(line) for line in itertools.islice(lines, len(several) + 1)][1:]
        found[job] = tuple(sum(part) / len(taken) for part in zip(*taken))
        print(
            f"{job.name:24} drawing alone {found[job][0] * 1000:.1f} ms, writing {found[job][1] * 1000:.1f} ms of CPU"
        )
    return found


def _clients(job: Job, peers: Sequence[Peer], alone: Dict[str, Run], told: argparse.Namespace) -> Dict[str, Load]:
    """Let eight clients ask each server, one server after the other, for some seconds each."""
    cores = os.cpu_count() or 1
    found = {}
    for peer in peers:
        count = max(3 * CLIENTS, round(_LOAD_SECONDS * cores / alone[peer.name].wall * told.share))
        waiting: queue.SimpleQueue[Bounds] = queue.SimpleQueue()
        for bounds in _windows(job, count, told.count):
            waiting.put(bounds)
        threads = [threading.Thread(target=_ask_all, args=(peer, job, waiting, n)) for n in range(CLIENTS)]
        ended, sizes = threading.Event(), [peer.memory()]
        watch = threading.Thread(target=_watch_memory, args=(peer, ended, sizes))
        used, own, begun = peer.cpu(), time.process_time(), time.perf_counter()
        for thread in (*threads, watch):
            thread.start()
        for thread in threads:
            thread.join()
        wall = (time.perf_counter() - begun) * cores
        load = Load(count * cores / wall, (peer.cpu() - used) / wall, (time.process_time() - own) / wall, max(sizes))
        ended.set()
        watch.join()
        found[peer.name] = load
        print(
            f"{job.name:24} {peer.name:18} {load.rate:9.1f} maps/s by {CLIENTS} clients, "
            f"{load.used:.0%} and {load.clients:.0%} of the processors, {load.memory / 1e6:.0f} MB",
            flush=True,
        )
    return found


def _watch_memory(peer: Peer, ended: threading.Event, sizes: List[int]) -> None:
    while not ended.wait(0.5):  # to look is not free
        sizes.append(peer.memory())


def _ask_all(peer: Peer, job: Job, waiting: queue.SimpleQueue[Bounds], client: int) -> None:
    while True:
        try:
            bounds = waiting.get_nowait()
        except queue.Empty:
            return
        _picture(peer, job, bounds, client)


def _nearest(scale: int) -> int:
    return min(_MAPS, key=lambda known: abs(known - scale))


def _alike(peers: Sequence[Peer], transparent: bool, features: int) -> Dict[str, float]:
    """Return the share of pixels in which each server's map differs at all from GeoPub's."""
    import numpy as np
    from osgeo import gdal

    job = Job(512, 20, transparent)
    (bounds,) = _windows(job, 1, features)

    def pixels(peer: Peer) -> np.ndarray:
        gdal.FileFromMemBuffer("/vsimem/map.png", _picture(peer, job, bounds))
        return gdal.Open("/vsimem/map.png").ReadAsArray()

    own = pixels(peers[0])
    return {peer.name: float((pixels(peer) != own).any(axis=0).mean()) for peer in peers[1:]}


def _let_builders_end(peer: Peer) -> None:
    """Wait until the processes end that built tiles for the publication, which they do half a minute after it."""
    deadline = time.monotonic() + 90
    while any(_builds_tiles(pid) for pid in _family(peer.pids[0])) and time.monotonic() < deadline:
        time.sleep(1)


def _builds_tiles(pid: int) -> bool:
    try:
        return b".tile_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _family(pid: int) -> List[int]:
    found = [pid]
    for one in found:
        try:
            tasks = os.listdir(f"/proc/{one}/task")
            lists = [Path(f"/proc/{one}/task/{task}/children").read_text() for task in tasks]
        except OSError:
            continue
        found += [int(child) for text in lists for child in text.split()]
    return found


def _used(pid: int) -> float:
    """Return the seconds of processor that a process has used, by its clock (Linux); /proc counts in hundredths."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def _proportional(pid: int) -> int:
    """Return the proportional set size of a process (proc(5), smaps_rollup)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    main()
