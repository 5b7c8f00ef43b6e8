"""How long the way from an upload to GENERATED takes, beside a plain copy: `python benchmarks/ingest.py [--count N]`.

In turn, each a few times: `ogr2ogr` copies a GeoPackage of N polygons, with the R-tree that it makes; a backend that
runs already gets the same file over HTTP (chunks with checksums), checks it twice and integrates it, with its R-tree.
Medians of the ratios go into RESULTS.md.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Dict, List, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ingest_data import polygons
from osgeo import gdal
from process_meter import Usage, measured
from tile_report import RESULTS, written

from geopub_plugin.backend.about import __version__
from geopub_plugin.backend.announcement import announced
from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.client.delivery import md5_of
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.publication_jobs import INTEGRATIONS

GOAL = 1.5  # times the copy
_QUIET = 0.1  # of the processors: when others use more, times say little
STEPS = ("upload", "checks", "integration")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Way:
    """One way from upload to GENERATED."""

    wall: float  # seconds
    cpu: float  # seconds, client and backend with its workers
    memory: int  # bytes: the greatest resident set of a worker
    steps: Dict[str, float]  # wall seconds


def main() -> None:
    """Measure, print, and write the section."""
    told = _arguments()
    with tempfile.TemporaryDirectory(dir=told.folder) as name:
        folder = Path(name)
        source = told.source or folder / "source.gpkg"
        origin = source.name if told.source else polygons(source, told.count)
        pairs: List[Tuple[Usage, Way]] = []
        for turn in range(told.runs):
            copied = _copied(source, folder)
            way = _integrated(source, folder / f"data{turn}")
            pairs.append((copied, way))
            print(f"{turn + 1}. ogr2ogr {copied.wall:.1f} s, {copied.cpu:.1f} s CPU; "
                  f"GeoPub {way.wall:.1f} s, {way.cpu:.1f} s CPU, {way.memory / 1e6:.0f} MB", flush=True)  # fmt: skip
        section = _section(pairs, told.count, source.stat().st_size, origin)
    print(section)
    if not told.dry:
        written(section, RESULTS, "ingest")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=500_000, help="polygons")
    parser.add_argument("--source", type=Path, help="a GeoPackage with N polygons; made anew by default")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", default=None, help="where the files are written")
    parser.add_argument("--dry", action="store_true", help="leave RESULTS.md as it is")
    return parser.parse_args()


def _copied(source: Path, folder: Path) -> Usage:
    target = folder / "copy.gpkg"
    target.unlink(missing_ok=True)
    return measured(["ogr2ogr", "-f", "GPKG", str(target), str(source)], folder / "copy.log")


def _integrated(source: Path, data: Path) -> Way:
    with start_backend(data) as backend:
        served = announced(data)
        assert served is not None
        store = open_store(backend.api, backend.token)
        cpu, begin = _cpu(served.pid), time.monotonic()
        ends = [begin]
        digest = md5_of(source)
        upload = store.uploads.create("bench", "EPSG:4326")
        store.uploads.deliver(upload.id, source, source.name)
        store.uploads.deliver_md5(upload.id, digest, source.name)
        store.uploads.close(upload.id)
        ends.append(time.monotonic())
        assert store.uploads.checked(upload.id).status == "CLOSED"
        ends.append(time.monotonic())
        processing = store.executions.processing("VECTOR-DB", "VECTOR", INTEGRATIONS)
        made = store.executions.create(processing, {"upload": [upload.id]}, {"stored_data": {"name": "bench"}}, {})
        store.executions.launch(made.id)
        ended = store.executions.ended(made.id)
        ends.append(time.monotonic())
        used = _cpu(served.pid) - cpu
        assert ended.status == "SUCCESS"
        assert store.stored_data.get(made.stored_data).status == "GENERATED"
        memory = _most_of_children(served.pid)
    steps = {step: after - before for step, before, after in zip(STEPS, ends, ends[1:])}
    return Way(ends[-1] - begin, used, memory, steps)


def _cpu(backend: int) -> float:
    """Return the processor seconds of this process, and of the backend with its workers, ended or not."""
    own = os.times()
    return own.user + own.system + sum(_times(pid) for pid in _family(backend))


def _times(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS  # utime, stime and those of children that have ended


def _family(pid: int) -> List[int]:
    found = [pid]
    for one in found:
        for place in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in place.read_text().split()]
    return found


def _most_of_children(pid: int) -> int:
    """Return the greatest memory of a process of the backend that still runs, or of the backend itself."""
    lines = [line for one in _family(pid) for line in Path(f"/proc/{one}/status").read_text().splitlines()]
    return max(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _section(pairs: List[Tuple[Usage, Way]], count: int, size: int, origin: str) -> str:
    wall = median(way.wall / copied.wall for copied, way in pairs)
    cpu = median(way.cpu / copied.cpu for copied, way in pairs)
    busy = median(copied.disturbance for copied, _ in pairs)
    doubt = ": **the machine was busy, the figures are uncertain**" if busy > _QUIET else ""
    rows = [
        f"| {n} | {copied.wall:.1f} s | {way.wall:.1f} s | {way.wall / copied.wall:.2f} | {copied.cpu:.1f} s | "
        f"{way.cpu:.1f} s | {way.cpu / copied.cpu:.2f} |"
        for n, (copied, way) in enumerate(pairs, 1)
    ]
    steps = ", ".join(f"{step} {median(way.steps[step] for _, way in pairs):.1f} s" for step in STEPS)
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return "\n".join([
        "## From an upload to GENERATED, beside a plain copy", "",
        f"{datetime.date.today():%d %B %Y}, {machine}, GDAL {gdal.__version__}, GeoPub {__version__}. "
        f"{count:,} polygons with 4 columns, {size / 1e6:.0f} MB: {origin}. "
        f"While ogr2ogr ran, other programs took {busy:.0%} of the processors{doubt}.", "",
        "| run | ogr2ogr | GeoPub | ratio | ogr2ogr CPU | GeoPub CPU | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *rows,
        f"| **median** | | | **{wall:.2f}** | | | **{cpu:.2f}** |", "",
        f"The goal is at most {GOAL} times the copy. Both write the R-tree. GeoPub's way is: MD5, chunks with SHA-256 "
        "over HTTP to the disk, the standard and the vector check (MD5, SQLite's own check, every geometry parsed and "
        f"tested for validity), integration in Hilbert order. Medians of its steps: {steps}.",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
