"""Run the benchmarks one after the other: `make bench`, or `make bench ARGS="name …"`.

Scripts say in their first line how they are called; those that ask for a FILE get the buildings of the real data
where they are, else QGIS's world map. The long comparison of tiles has a target of its own, `make bench-tiles`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import List

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
DATA = (
    Path.home() / ".cache" / "geopub-tests" / "data" / "buildings_tokyo_centre_4326.gpkg",
    Path("/usr/share/qgis/resources/data/world_map.gpkg"),
)


def first_line(script: Path) -> str:
    """Return what a script says of itself."""
    return script.read_text("utf-8").split("\n", 1)[0]


def command(script: Path) -> List[str]:
    """Return how a benchmark is called."""
    asks = "FILE" in first_line(script)
    file = [str(next(path for path in DATA if path.exists()))] if asks else []
    return [sys.executable, str(script), *file]


def main() -> int:
    """Run each benchmark, or the named ones, and return 1 when one failed."""
    wanted = sys.argv[1:]
    failed = []
    for script in sorted(BENCHMARKS.glob("[!_]*.py")):
        runs = f"`python benchmarks/{script.name}" in first_line(script)  # the others are what they share
        if runs and (not wanted or script.stem in wanted):
            called = command(script)
            print(f"== {script.stem} {' '.join(called[2:])}", flush=True)
            if subprocess.run(called, check=False).returncode:
                failed.append(script.stem)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
