"""Which function does which kind of job; each is `run(parameters: dict, work: Path, progress: Progress) -> dict`."""

from __future__ import annotations

from typing import Mapping

_BACKEND = __package__.rpartition(".")[0]  # the plugin's folder has its own name in QGIS

KINDS: Mapping[str, str] = {
    "check": f"{_BACKEND}.ingest.check_job:run",
    "integrate": f"{_BACKEND}.ingest.integration_job:run",
    "pyramid": f"{_BACKEND}.tiles.pyramid_job:run",
}

# Jobs of these kinds leave a worker as it was, so that it can do the next one: no time to start, no imports.
LASTING = frozenset({"check", "integrate"})

# Jobs of these kinds stand back when they are asked to, see `turns`.
PATIENT = frozenset({"pyramid"})
