"""How fast features come, beside those of QGIS Server and MapServer: `make bench-wfs`, written to RESULTS.md.

In turn, on one GeoPackage: GeoPub over HTTP, the others over FastCGI with no web server between; answers are counted.
Full table, pages of 20,000, a box of 100 features, GML and GeoJSON; hits; the first byte. Medians go into RESULTS.md.
"""

from __future__ import annotations

import argparse
import datetime
import http.client
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Callable, Dict, List, Optional, Sequence, Tuple
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from map_servers import (
    PATIENCE,
    Answer,
    Counted,
    ServedLayer,
    cpu_of,
    forget_peak,
    mapserver,
    peak_memory,
    qgis_server,
    start_mapserver,
    start_qgis_server,
)
from osgeo import gdal
from tile_report import RESULTS, written
from wfs_data import CELL, KEY, SRS, TABLE, columns_of, corner, parcels

from geopub_plugin.backend.about import __version__
from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.publication import Publication, PublicationRequest

GEOPUB, QGIS, MAPSERVER = "GeoPub", "QGIS Server", "MapServer"
GOAL = 8.0  # times the faster of the others
PAGE = 20_000
_QUIET = 0.1  # of the processors
_PIECE = 1 << 18


@dataclass(frozen=True)
class Job:
    """One thing that every server is asked."""

    name: str
    features: int
    parameters: Dict[str, str]
    form: str  # "GML", "GeoJSON", or "" for hits


@dataclass(frozen=True)
class Peer:
    """One server, running."""

    name: str
    pid: int
    ask: Callable[[str, bytes], Answer]
    dialect: Callable[[Job], Dict[str, str]]  # its own parameters for a job
    marks: Dict[str, bytes]  # what stands once in every feature, by form


@dataclass(frozen=True)
class Run:
    """What one answer took."""

    wall: float
    first: float
    cpu: float
    memory: int
    size: int
    others: float  # share of the processors that everything else used


def main() -> None:
    """Measure, print, and write the section."""
    told = _arguments()
    with tempfile.TemporaryDirectory(dir=told.folder) as name:
        source = Path(name) / "parcels.gpkg"
        parcels(source, told.count)
        runs: Dict[str, Dict[str, List[Run]]] = {job.name: {} for job in jobs(told.count)}
        for start in range(told.starts):
            folder = Path(name) / str(start)
            folder.mkdir()
            with ExitStack() as running:
                peers = _started(source, folder, running)
                for job in jobs(told.count):
                    for server, several in _in_turn(job, peers, told.runs).items():
                        runs[job.name].setdefault(server, []).extend(several)
    section = report(runs, jobs(told.count), told)
    print(section)
    if not told.dry:
        written(section, RESULTS, "wfs")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=200_000, help="polygons")
    parser.add_argument("--starts", type=int, default=3, help="of each server: one process is faster than the next")
    parser.add_argument("--runs", type=int, default=3, help="after each start")
    parser.add_argument("--folder", default=None, help="where the files are written")
    parser.add_argument("--dry", action="store_true", help="leave RESULTS.md as it is")
    return parser.parse_args()


def jobs(count: int) -> List[Job]:
    """Return what is asked of every server."""
    x, y = corner()
    middle, side = (columns_of(count) // 2) * CELL, 10 * CELL
    west, south = x + middle, y + middle
    box = f"{west:.1f},{south:.1f},{west + side:.1f},{south + side:.1f}"
    page, forms = min(PAGE, count), ("GML", "GeoJSON")
    return [
        *(Job(f"whole table, {form}", count, {}, form) for form in forms),
        *(Job(f"page of {page:,}, {form}", page, {"count": str(page)}, form) for form in forms),
        Job("hits", count, {"resultType": "hits"}, ""),
        # at the end: MapServer 8.0 leaves a box on a connection that it keeps
        *(Job(f"box of 100, {form}", 100, {"bbox": box}, form) for form in forms),
    ]


def _started(source: Path, folder: Path, running: ExitStack) -> List[Peer]:
    layer = ServedLayer(source, TABLE, TABLE, SRS)
    peers = [_geopub(source, folder, running)]
    if qgis_server():
        server = running.enter_context(start_qgis_server([layer], folder))
        peers.append(Peer(QGIS, server.pid, server.ask, _old, {"GML": b"<gml:featureMember", "GeoJSON": b'"geometry"'}))
    if mapserver():
        server = running.enter_context(start_mapserver([layer], folder, KEY))
        peers.append(
            Peer(MAPSERVER, server.pid, server.ask, _mapserver, {"GML": b"<wfs:member>", "GeoJSON": b'"geometry"'})
        )
    return peers


def _geopub(source: Path, folder: Path, running: ExitStack) -> Peer:
    """Publish the table and return the backend that serves it."""
    backend = running.enter_context(start_backend(folder / "data"))
    store = open_store(backend.api, backend.token)
    result = Publication(store, PublicationRequest.proposed(source)).run()
    address = next(url.url for url in result.urls if url.type == "WFS")
    types = address.partition("typeNames=")[2]
    place = address.partition("://")[2].partition("/")[0]

    def ask(query: str, mark: bytes) -> Answer:
        begun = time.monotonic()
        connection = http.client.HTTPConnection(place, timeout=PATIENCE)
        connection.request("GET", f"/wfs/ows?{query}")
        response = connection.getresponse()
        counted = Counted(mark, begun)
        while True:
            piece = response.read1(_PIECE)
            if not piece:
                break
            counted.take(piece)
        connection.close()
        return counted.answer(response.status, response.headers["Content-Type"])

    def dialect(job: Job) -> Dict[str, str]:
        form = {"GeoJSON": "application/json"}.get(job.form)
        own = {"version": "2.0.0", "typeNames": types, **({"outputFormat": form} if form else {})}
        return {**own, **({"srsName": SRS} if job.form == "GeoJSON" else {}), **_with_system(job)}

    marks = {"GML": b"<wfs:member>", "GeoJSON": b'"type":"Feature",'}
    return Peer(GEOPUB, backend.pid, ask, dialect, marks)


def _with_system(job: Job) -> Dict[str, str]:
    box = job.parameters.get("bbox")
    return {**job.parameters, **({"bbox": f"{box},{SRS}"} if box else {})}


def _old(job: Job) -> Dict[str, str]:
    """Return the parameters as WFS 1.1.0 has them, the newest that QGIS Server serves."""
    form = {"GeoJSON": "GeoJSON", "GML": "GML3"}.get(job.form)
    told = _with_system(job)
    if "count" in told:
        told["maxFeatures"] = told.pop("count")
    return {"version": "1.1.0", "typeName": TABLE, **({"outputFormat": form} if form else {}), **told}


def _mapserver(job: Job) -> Dict[str, str]:
    form = {"GeoJSON": "geojson"}.get(job.form)
    return {"version": "2.0.0", "typeNames": TABLE, **({"outputFormat": form} if form else {}), **_with_system(job)}


def _in_turn(job: Job, peers: Sequence[Peer], runs: int) -> Dict[str, List[Run]]:
    """Ask each server once so that it is warm, then all of them in turn."""
    found: Dict[str, List[Run]] = {peer.name: [] for peer in peers}
    for turn in range(runs + 1):
        for peer in peers:
            run = _run(job, peer)
            if turn:
                found[peer.name].append(run)
    for name, several in found.items():
        typical = median(run.wall for run in several)
        print(
            f"{job.name:24} {name:12} {typical * 1000:9.1f} ms {job.features / typical:11,.0f} features/s", flush=True
        )
    return found


def _run(job: Job, peer: Peer) -> Run:
    query = urlencode({"service": "WFS", "request": "GetFeature", **peer.dialect(job)}, quote_via=quote)
    mark = peer.marks.get(job.form, b"\0")
    forget_peak(peer.pid)
    busy, used, begun = _busy(), cpu_of(peer.pid), time.monotonic()
    own = time.process_time()
    answer = peer.ask(query, mark)
    wall, cpu = time.monotonic() - begun, cpu_of(peer.pid) - used
    others = max(0.0, _busy() - busy - cpu - (time.process_time() - own)) / (wall * (os.cpu_count() or 1))
    wanted = job.features if job.form else 0
    if answer.status != 200 or (job.form and answer.found != wanted):
        raise SystemExit(f"{peer.name}, {job.name}: {answer.found} features of {wanted}: {answer.head[:600]!r}")
    if not job.form and str(job.features).encode() not in answer.head:
        raise SystemExit(f"{peer.name}, {job.name}: {answer.head[:600]!r}")
    return Run(answer.wall, answer.first, cpu, peak_memory(peer.pid), answer.size, others)


def _busy() -> float:
    user, nice, system, _, _, irq, softirq = (int(word) for word in Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


# The report ---------------------------------------------------------------------------------------------------------


def report(runs: Dict[str, Dict[str, List[Run]]], asked: Sequence[Job], told: argparse.Namespace) -> str:
    """Return the section."""
    names = list(next(iter(runs.values())))
    parts = [_circumstances(runs, told, names), _speeds(runs, asked, names), _small(runs, asked, names)]
    return "\n\n".join([*parts, _costs(runs, asked, names)])


def _typical(runs: Sequence[Run], of: Callable[[Run], float]) -> float:
    return median(of(run) for run in runs)


def _circumstances(runs: Dict[str, Dict[str, List[Run]]], told: argparse.Namespace, names: Sequence[str]) -> str:
    every = [run for several in runs.values() for some in several.values() for run in some if run.wall > 0.2]
    others = median(run.others for run in every) if every else 0.0
    busy = " **The machine was busy: trust the processor's time, not the clock.**" if others > _QUIET else ""
    versions = [f"* GeoPub, version {__version__} ({_commit()})"]
    versions += [f"* QGIS Server {_package('qgis-server-bin', 'qgis-server')}, WFS 1.1.0"] if QGIS in names else []
    versions += [f"* MapServer {_package('cgi-mapserver')}, WFS 2.0.0"] if MAPSERVER in names else []
    return "\n".join(
        [
            "## WFS",
            "",
            f"{datetime.datetime.now():%-d %B %Y}, {os.cpu_count()} cores of {_processor()}, Linux, Python "
            f"{platform.python_version()}. {_runs(told)}, in turn, after one that warms up.",
            f"{told.count:,} polygons of 15 vertices with 8 attributes, Lambert-93, a GeoPackage with its R-tree;",
            "millimetres written by all. GeoPub answers over HTTP, the others over FastCGI with no web server between.",
            f"Meanwhile other programs took {others:.0%} of the processors (median of the longer answers).{busy}",
            "",
            *versions,
            f"* GDAL {gdal.__version__}",
        ]
    )


def _runs(told: argparse.Namespace) -> str:
    count = told.starts * told.runs
    return "One run each" if count == 1 else f"Medians of {count} runs, {told.runs} after each of {told.starts} starts"


def _commit() -> str:
    told = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False,
                          cwd=Path(__file__).parent)  # fmt: skip
    return told.stdout.strip() or "no checkout"


def _package(*names: str) -> str:
    command = ["dpkg-query", "-W", "-f", "${Version} ", *names]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return told[0] if told else "of unknown version"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())


def _fastest(several: Dict[str, List[Run]], of: Callable[[Run], float]) -> Optional[float]:
    others = [_typical(runs, of) for name, runs in several.items() if name != GEOPUB]
    return min(others) if others else None


def _speeds(runs: Dict[str, Dict[str, List[Run]]], asked: Sequence[Job], names: Sequence[str]) -> str:
    lines = ["### Features per second", "", _head(["", *names, "times the faster", "by CPU"])]
    for job in asked:
        if job.features <= 100 or not job.form:
            continue
        several = runs[job.name]
        cells = [f"{job.features / _typical(several[name], lambda run: run.wall):,.0f}" for name in names]
        lines.append(
            _row([job.name, *cells, _ratio(several, lambda run: run.wall), _ratio(several, lambda run: run.cpu)])
        )
    return "\n".join([*lines, "", f"The goal is {GOAL:.0f} times the faster of the others."])


def _small(runs: Dict[str, Dict[str, List[Run]]], asked: Sequence[Job], names: Sequence[str]) -> str:
    lines = ["### Milliseconds", "", _head(["", *names, "times the faster"])]
    for job in asked:
        several = runs[job.name]
        small = job.features <= 100 or not job.form
        of: Tuple[str, Callable[[Run], float]] = (job.name, lambda run: run.wall)
        if not small:
            if "whole" not in job.name:
                continue
            of = (f"first byte of the {job.name}", lambda run: run.first)
        cells = [f"{_typical(several[name], of[1]) * 1000:.1f}" for name in names]
        lines.append(_row([of[0], *cells, _ratio(several, of[1])]))
    return "\n".join(lines)


def _costs(runs: Dict[str, Dict[str, List[Run]]], asked: Sequence[Job], names: Sequence[str]) -> str:
    heads = [f"{name}, {what}" for what in ("CPU s", "peak MB", "sent MB") for name in names]
    lines = ["### Processor, peak of memory, size", "", _head(["", *heads])]
    for job in asked:
        if job.features <= 100 or not job.form:
            continue
        several = runs[job.name]
        cells = [f"{_typical(several[name], lambda run: run.cpu):.2f}" for name in names]
        cells += [f"{max(run.memory for run in several[name]) / 1e6:.0f}" for name in names]
        cells += [f"{several[name][0].size / 1e6:.0f}" for name in names]
        lines.append(_row([job.name, *cells]))
    return "\n".join(lines)


def _ratio(several: Dict[str, List[Run]], of: Callable[[Run], float]) -> str:
    best, own = _fastest(several, of), _typical(several[GEOPUB], of)
    return f"**{best / own:.1f}**" if best and own else "–"


def _head(cells: Sequence[str]) -> str:
    return _row(cells) + "\n" + _row(["---"] * len(cells))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
