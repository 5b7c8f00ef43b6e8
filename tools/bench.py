"""Run the benchmarks that need no argument, one after the other: `make bench`, or `make bench ARGS="name …"`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def main() -> int:
    """Run each benchmark, or the named ones, and return 1 when one failed."""
    wanted = sys.argv[1:]
    failed = []
    for script in sorted(BENCHMARKS.glob("[!_]*.py")):
        if not wanted or script.stem in wanted:
            print(f"== {script.stem}", flush=True)
            if subprocess.run([sys.executable, str(script)], check=False).returncode:
                failed.append(script.stem)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
