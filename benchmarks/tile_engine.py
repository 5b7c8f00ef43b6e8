"""The tile engine by itself, with the options of the benchmark; `--profile` prints where one process's time goes."""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


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
    asked.add_argument("--profile", action="store_true")
    given = asked.parse_args()
    profile = cProfile.Profile()
    if given.profile:
        profile.enable()
    build_pyramid_file(
        given.file, given.archive, (given.min_zoom, given.max_zoom), options=given.options, jobs=given.jobs
    )
    if given.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        pstats.Stats(profile).sort_stats("cumtime").print_stats(60)


if __name__ == "__main__":
    main()
