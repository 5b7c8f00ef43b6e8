"""How long a publication takes, step by step: `python benchmarks/publication.py FILE.gpkg`.

Prints the seconds of each step into a new data folder (a backend is started for it), and beside them those of a plain
copy by ogr2ogr, which the way from upload to integration is measured against.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.publication import Publication, PublicationRequest, Step

PREPARING = (Step.DELIVERY, Step.CHECKS, Step.INTEGRATION)


def copy_seconds(file: Path, folder: Path) -> float:
    """Return how long ogr2ogr takes to copy the file."""
    start = time.monotonic()
    subprocess.run(["ogr2ogr", "-f", "GPKG", str(folder / "copy.gpkg"), str(file)], check=True)
    return time.monotonic() - start


def main() -> None:
    """Publish the file given and print a table."""
    file = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        plain = copy_seconds(file, Path(folder))
        start = time.monotonic()
        with start_backend(Path(folder) / "data") as backend:
            print(f"{'start of the backend':<28}{time.monotonic() - start:8.2f} s")
            store = open_store(backend.api, backend.token)
            start = time.monotonic()
            result = Publication(store, PublicationRequest.proposed(file)).run()
            whole = time.monotonic() - start
    for step, seconds in result.times:
        print(f"{step.value:<28}{seconds:8.2f} s")
    prepared = sum(seconds for step, seconds in result.times if step in PREPARING)
    print(f"{'everything':<28}{whole:8.2f} s")
    print(f"{'ogr2ogr copy':<28}{plain:8.2f} s   upload to integration: {prepared / plain:.1f} times as long")


if __name__ == "__main__":
    main()
