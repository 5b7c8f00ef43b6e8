"""The tile engine by itself, with the options of the benchmark; `--profile` prints where one process's time goes."""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any, Callable, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ENGINE = "geopub_plugin.backend.tiles"
STAGES = {  # functions, without others named here that they call; what is left holds them together
    "cut into blocks": ("blocks.spreads_of", "blocks.cut_of", "blocks.sliced"),
    "read rows": ("block.read_state",),
    "attributes": ("records.records_of",),
    "outline, reproject": ("outline.shapes_of", "unit_square.unit_square"),
    "significance": ("significance.significances",),
    "generalise": ("generalise.at_level",),
    "clip": ("clip.to_tiles",),
    "mend rings": ("sound_rings.sound_rings",),
    "commands": ("encode.encoded",),
    "features to bytes": ("layer.layer_of", "assemble.tiles_of"),
    "compress": ("assemble.gzipped",),
    "hand up": ("remainder.surviving", "remainder.save", "remainder.together"),
    "archive": ("pyramid._archive",),
}
UPPER = "block.build_upper"


class Stopwatches:
    """Processor time of functions, each without the others that it calls, and with them."""

    def __init__(self) -> None:
        self.own: Dict[str, float] = defaultdict(float)
        self.whole: Dict[str, float] = defaultdict(float)
        self._within: List[float] = []  # seconds of others, in each of the functions that are being called

    def put_on(self, name: str) -> None:
        """Time a function of the engine wherever one of its modules calls it."""
        place, _, function = name.partition(".")
        plain = getattr(import_module(f"{ENGINE}.{place}"), function)
        timed = self._timed(name, plain)
        for module in [module for name, module in sys.modules.items() if name.startswith(ENGINE)]:
            for known, value in list(vars(module).items()):
                if value is plain:
                    setattr(module, known, timed)

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*given: Any, **named: Any) -> Any:
            self._within.append(0.0)
            begun = time.process_time()
            try:
                return function(*given, **named)
            finally:
                took = time.process_time() - begun
                self.own[name] += took - self._within.pop()
                self.whole[name] += took
                if self._within:
                    self._within[-1] += took

        return timed


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
    asked.add_argument("--profile", action="store_true", help="in one process: seconds by stage")
    given = asked.parse_args()
    watches = Stopwatches()
    if given.profile:
        for name in (UPPER, *(name for names in STAGES.values() for name in names)):
            watches.put_on(name)
    started = time.process_time()
    jobs = 1 if given.profile else given.jobs
    build_pyramid_file(given.file, given.archive, (given.min_zoom, given.max_zoom), options=given.options, jobs=jobs)
    if given.profile:
        print_stages(watches, started, time.process_time())


def print_stages(watches: Stopwatches, started: float, total: float) -> None:
    """Print seconds and share of each stage, `started` being the time until modules were loaded."""
    seconds = {stage: sum(watches.own[name] for name in names) for stage, names in STAGES.items()}
    rest = total - started - sum(seconds.values())
    for stage, took in {"start": started, **seconds, "the rest": rest}.items():
        print(f"{stage:<20}{took:7.2f} s {took / total:4.0%}")
    upper = watches.whole[UPPER]
    print(f"{'total':<20}{total:7.2f} s, of which levels above the blocks {upper:.2f} s {upper / total:4.0%}")


if __name__ == "__main__":
    main()
