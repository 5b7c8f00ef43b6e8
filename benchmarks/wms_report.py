"""The section of RESULTS.md on maps: milliseconds, sizes, and what eight clients get."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import List, Mapping, Sequence, Tuple

from geopub_plugin.backend.about import __version__

GEOPUB, QGIS, MAPSERVER, LIGHT = "GeoPub", "QGIS Server", "MapServer", "MapServer, light"


@dataclass(frozen=True)
class Job:
    """Maps of a size at a scale."""

    size: int  # pixels
    scale: int  # metres of a pixel
    transparent: bool = False  # RGBA, or RGB

    @property
    def name(self) -> str:
        """As people read it."""
        return f"{self.size} px, {self.scale} m"


@dataclass(frozen=True)
class Run:
    """What one client got."""

    walls: Tuple[float, ...]  # seconds of each map
    cpu: float  # seconds of processor of a map, on average
    size: float  # bytes of a map, on average

    @property
    def wall(self) -> float:
        """The median."""
        return median(self.walls)


@dataclass(frozen=True)
class Load:
    """What eight clients got."""

    rate: float  # maps per second
    used: float  # share of all processors that the server used
    clients: float  # and the clients
    memory: int  # bytes (PSS), most of all its processes at one time


def report(
    runs: Mapping[Job, Mapping[str, Run]],
    alone: Mapping[Job, Tuple[float, float]],
    loads: Mapping[Job, Mapping[str, Load]],
    alike: Mapping[bool, Mapping[str, float]],
    told: argparse.Namespace,
) -> str:
    """Return the section."""
    names = list(next(iter(runs.values())))
    parts = [_circumstances(told, names, alike)]
    for look, title in ((False, "opaque maps (RGB)"), (True, "transparent maps (RGBA)")):
        of_look = {job: run for job, run in runs.items() if job.transparent == look}
        loads_of_look = {job: load for job, load in loads.items() if job.transparent == look}
        parts += [
            _times(of_look, names, title),
            _parts(of_look, alone, names, title),
            _sizes(of_look, names, title),
            _rates(loads_of_look, names, title),
        ]
    return "\n\n".join(parts)


def _circumstances(told: argparse.Namespace, names: Sequence[str], alike: Mapping[bool, Mapping[str, float]]) -> str:
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    busy = " **The machine was busy: trust the processor's time, not the clock.**" if load > 1.3 else ""  # ours is one
    versions = [f"* GeoPub, version {__version__} ({_commit()}), QGIS {_package('python3-qgis')}"]
    versions += [f"* QGIS Server {_package('qgis-server-bin', 'qgis-server')}"] if QGIS in names else []
    versions += [f"* MapServer {_package('cgi-mapserver')}; “light”: COMPRESSION=1"] if MAPSERVER in names else []
    same = {
        look: ", ".join(f"{name} {share:.2%}" for name, share in several.items()) for look, several in alike.items()
    }
    return "\n".join(
        [
            "## WMS",
            "",
            f"{datetime.datetime.now():%-d %B %Y}, {os.cpu_count()} cores of {_processor()}, Linux, Python "
            f"{platform.python_version()}. Medians, in turn, after a map that warms up.",
            f"{told.count:,} polygons of 15 vertices, Lambert-93, one fill and an outline of one pixel, image/png.",
            f"GeoPub answers over HTTP, the others over FastCGI. Load of the last minute: {load:.1f} a core.{busy}",
            "Transparent maps are what QGIS, OpenLayers and Leaflet ask for to lay one map over another; the goal's",
            "figures were measured with them. MapServer's opaque maps are cheaper for it than its transparent ones.",
            "The first map is asked for once the processes that built tiles for the publication have ended.",
            "",
            *versions,
            "",
            f"Pixels that differ at all from GeoPub's map (512 px, 20 m): {same[False] or '–'};",
            f"transparent: {same[True] or '–'}.",
            "GeoPub's file has the features sorted by place: where outlines overlap, another one lies on top.",
        ]
    )


def _times(runs: Mapping[Job, Mapping[str, Run]], names: Sequence[str], title: str) -> str:
    heads = ["", *names, "times the faster", *(f"CPU ms, {name}" for name in names), "by CPU"]
    lines = [f"### Milliseconds, one client: {title}", "", _head(heads)]
    for job, several in runs.items():
        walls = {name: run.wall for name, run in several.items()}
        cpus = {name: run.cpu for name, run in several.items()}
        cells = [f"{walls[name] * 1000:.1f}" for name in names]
        more = [f"{cpus[name] * 1000:.1f}" for name in names]
        lines.append(_row([job.name, *cells, _ratio(walls), *more, _ratio(cpus)]))
    return "\n".join(lines)


def _parts(
    runs: Mapping[Job, Mapping[str, Run]], alone: Mapping[Job, Tuple[float, float]], names: Sequence[str], title: str
) -> str:
    """Return what QGIS's drawing alone takes, which nobody who draws with QGIS can go below."""
    heads = ["", "QGIS draws", "PNG", "the rest of GeoPub", *(f"{name}, in all" for name in names)]
    lines = [f"### Processor of a map, milliseconds, by part: {title}", "", _head(heads)]
    for job, several in runs.items():
        drawing, writing = alone[job]
        rest = several[GEOPUB].cpu - drawing - writing
        cells = [f"{part * 1000:.1f}" for part in (drawing, writing, rest, *(several[name].cpu for name in names))]
        lines.append(_row([job.name, *cells]))
    return "\n".join(lines)


def _sizes(runs: Mapping[Job, Mapping[str, Run]], names: Sequence[str], title: str) -> str:
    lines = [f"### Kilobytes of a map: {title}", "", _head(["", *names])]
    for job, several in runs.items():
        lines.append(_row([job.name, *(f"{several[name].size / 1000:.1f}" for name in names)]))
    return "\n".join(lines)


def _rates(loads: Mapping[Job, Mapping[str, Load]], names: Sequence[str], title: str) -> str:
    heads = ["", *(f"{name}, maps/s" for name in names), "times the faster"]
    heads += [f"{name}, {what}" for what in ("CPU used", "with its clients", "MB") for name in names]
    lines = [f"### Eight clients: {title}", "", _head(heads)]
    for job, several in loads.items():
        rates = {name: 1 / load.rate for name, load in several.items()}
        cells = [f"{several[name].rate:.1f}" for name in names]
        more = [f"{several[name].used:.0%}" for name in names]
        more += [f"{several[name].used + several[name].clients:.0%}" for name in names]
        more += [f"{several[name].memory / 1e6:.0f}" for name in names]
        lines.append(_row([job.name, *cells, _ratio(rates), *more]))
    return "\n".join(lines)


def _ratio(seconds: Mapping[str, float]) -> str:
    """Return how many times faster GeoPub is than the faster of the others."""
    others = [value for name, value in seconds.items() if name != GEOPUB]
    return f"**{min(others) / seconds[GEOPUB]:.1f}**" if others and seconds[GEOPUB] else "–"


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    return told.stdout.strip() or "no checkout"


def _package(*names: str) -> str:
    command = ["dpkg-query", "-W", "-f", "${Version} ", *names]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return told[0] if told else "of unknown version"


def _processor() -> str:
    lines: List[str] = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())


def _head(cells: Sequence[str]) -> str:
    return _row(cells) + "\n" + _row(["---"] * len(cells))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
