"""Vector tile pyramids of GeoPub beside those of tippecanoe and GDAL: `make bench-tiles`, written to RESULTS.md.

All programs make levels 5 to 14 of the same GeoPackage with equivalent options, in turn. The times of tippecanoe hold
the conversion that it needs. GDAL is ended when it has taken longer than the goal asks for, and not run again then.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from statistics import median
from typing import Dict, List, Sequence

from process_meter import Usage
from tile_archives import contents_of, dropped, opened
from tile_data import DataSet, data_sets
from tile_growth import grown
from tile_limits import limits_of
from tile_peers import BOTTOM, GDAL, GEOPUB, TIPPECANOE, TOP, Program, compile_geopub
from tile_pictures import compare
from tile_report import RESULTS, Outcome, growth_published, published, written

WORK = Path(__file__).resolve().parent.parent / "build" / "bench-tiles"
GDAL_TIMES = 21.0  # one more than the goal


def measure(data: DataSet, runs: int, gdal_times: float) -> Outcome:
    """Run all programs on one set, then look at what they made."""
    folder = WORK / data.name
    folder.mkdir(parents=True, exist_ok=True)
    turns: Dict[str, List[Usage]] = {}
    for _ in range(runs):
        for program in (GEOPUB, TIPPECANOE):
            turns.setdefault(program.name, []).append(_told(program, data, folder))
        if gdal_times > 0 and all(used.complete for used in turns.get(GDAL.name, ())):
            limit = gdal_times * median(used.wall for used in turns[GEOPUB.name])
            turns.setdefault(GDAL.name, []).append(_told(GDAL, data, folder, limit))
    archives = {program.name: opened(program.archive(folder)) for program in (GEOPUB, TIPPECANOE)}
    contents = {name: contents_of(archive) for name, archive in archives.items()}
    own, peer = archives[GEOPUB.name], archives[TIPPECANOE.name]
    print(f"   pictures in {folder / 'pictures'}", flush=True)
    shares = compare(own, peer, (TOP, BOTTOM), folder / "pictures")
    limits = limits_of(data.path, data.layer, own, GEOPUB.archive(folder))
    return Outcome(data, turns, contents, dropped(peer), shares, limits)


def _told(program: Program, data: DataSet, folder: Path, limit: float = 0.0) -> Usage:
    used = program.run(data.path, folder, data.layer, limit or None)
    ended = "" if used.complete else f"  (ended after {limit:.0f} s)"
    print(
        f"   {program.name:<14}{used.wall:8.2f} s {used.cpu:8.2f} s CPU {used.memory / 1e6:8.0f} MB"
        f"   others {used.disturbance:4.0%}{ended}",
        flush=True,
    )
    return used


def main() -> None:
    """Measure the sets asked for and write RESULTS.md."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sets", default="", help="names with commas between; all by default")
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--gdal-times", type=float, default=GDAL_TIMES, help="of GeoPub's time at most; 0: without")
    asked.add_argument("--results", type=Path, default=RESULTS)
    asked.add_argument("--growth", action="store_true", help="measure ten times the polygons, and one process, instead")
    given = asked.parse_args()
    load = os.getloadavg()[0]
    compile_geopub()
    sets = data_sets([name for name in given.sets.split(",") if name], WORK / "made")
    if given.growth:
        data = max((data for data in sets if data.kind == "polygon"), key=lambda data: data.features)
        written(growth_published(data, grown(data, WORK / "growth", given.runs), load), given.results, "tile growth")
    else:
        _compare(sets, given.runs, given.gdal_times, load, given.results)
    print(f"written: {given.results}")


def _compare(sets: Sequence[DataSet], runs: int, gdal_times: float, load: float, results: Path) -> None:
    outcomes = []
    for data in sets:
        print(f"== {data.name}: {data.features:,} {data.kind}s{'' if data.real else ' (made)'}", flush=True)
        outcomes.append(measure(data, runs, gdal_times))
        written(published(outcomes, runs, load), results, "tiles")


if __name__ == "__main__":
    main()
