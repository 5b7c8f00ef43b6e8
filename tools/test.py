"""Run the usual tests: `make test`, or `make test ARGS="-k name"`.

First those that bear company, on all processors; then, one after the other, those marked `alone`, which measure time,
memory or processes, and those marked `desktop`, which drive a screen.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import List

NOTHING_CHOSEN = 5  # pytest's exit status where ARGS choose no test
MOST_WORKERS = 4  # each is a QGIS of its own, with the servers it starts


def main(arguments: List[str]) -> int:
    """Run both parts, and return the status of the first that failed."""
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    together = ["-m", "not slow and not alone and not desktop", "--numprocesses", str(workers), "--dist", "loadfile"]
    alone = ["-m", "not slow and (alone or desktop)"]
    states = [
        subprocess.run([sys.executable, "-m", "pytest", *part, *arguments], check=False).returncode
        for part in (together, alone)
    ]
    if arguments and any(state != NOTHING_CHOSEN for state in states):
        states = [state for state in states if state != NOTHING_CHOSEN]  # ARGS chose tests of one part only
    return next((state for state in states if state), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
