"""The tile engine by itself, with the options of the benchmark; `--profile` prints where one process's time goes."""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from pathlib import Path
from typing import Dict, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# Functions that do not call one another, by stage; what is left is the loops that hold them together.
STAGES = (
    ("cut into blocks", ("blocks.py:cut",)),
    ("read rows", ("geopackage.py:batches",)),
    ("attributes", ("records.py:records_of",)),
    ("reproject", ("projection.py:points", "grid.py:unit_points")),
    ("significance", ("significance.py:significances",)),
    ("generalise", ("generalise.py:at_level",)),
    ("clip", ("clip.py:to_tiles",)),
    ("commands", ("encode.py:encoded",)),
    ("features to bytes", ("layer.py:layer_of",)),
    ("compress", ("assemble.py:gzipped",)),
    ("hand up", ("remainder.py:surviving", "remainder.py:save", "remainder.py:together")),
    ("archive", ("pyramid.py:_archive",)),
)


def main() -> None:
    """Make one archive."""
    from geopub_plugin.backend.tiles.pyramid_job import build_pyramid_file

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("file", type=Path)
    asked.add_argument("archive", type=Path)
    asked.add_argument("--min-zoom", type=int, default=5)
    asked.add_argument("--max-zoom", type=int, default=14)
    asked.add_argument("--options", default="-S10 -an")
    asked.add_argument("--jobs", type=int, default=1)
    asked.add_argument("--profile", action="store_true", help="in one process: seconds by stage, and by function")
    given = asked.parse_args()
    levels = (given.min_zoom, given.max_zoom)
    if not given.profile:
        build_pyramid_file(given.file, given.archive, levels, options=given.options, jobs=given.jobs)
        return
    profile = cProfile.Profile(time.process_time)
    profile.runcall(build_pyramid_file, given.file, given.archive, levels, options=given.options, jobs=1)
    stats = pstats.Stats(profile)
    print_stages(stats)
    stats.sort_stats("tottime").print_stats(25)


def print_stages(stats: pstats.Stats) -> None:
    """Print seconds and share of each stage."""
    by_function = {
        f"{Path(file).name}:{name}": seconds - _within_cut(callers)
        for (file, _, name), (_, _, _, seconds, callers) in stats.stats.items()  # type: ignore[attr-defined]
    }
    total = stats.total_tt  # type: ignore[attr-defined]
    left = total
    for stage, functions in STAGES:
        seconds = sum(by_function.get(function, 0.0) for function in functions)
        left -= seconds
        print(f"{stage:<20}{seconds:7.2f} s {seconds / total:4.0%}")
    print(f"{'the rest':<20}{left:7.2f} s {left / total:4.0%}")
    upper = by_function.get("block.py:build_upper", 0.0)
    print(f"{'total':<20}{total:7.2f} s, of which levels above the blocks {upper:.2f} s {upper / total:4.0%}")


def _within_cut(callers: Dict[Tuple[str, int, str], Tuple[int, int, float, float]]) -> float:
    """Return the seconds of the calls made for boxes, which count as cutting."""
    return sum(row[3] for (_, _, name), row in callers.items() if name == "_unit_boxes")


if __name__ == "__main__":
    main()
