"""Python compiles what it imports for the first time, and keeps that: three seconds when it is all of the engine.

`python -m geopub_plugin.backend.compilation` imports all of it, at the lowest priority, as an installation does with a
package: so that nobody waits for it who starts the engine to publish a layer.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

from .locations import PACKAGE

_MODULES = ("server", "jobs.worker", "ingest.check_job", "ingest.integration_job", "tiles.pyramid_job")
_LAST = ("tiles", "tile_process")
_LOWEST = 19  # priority on Unix


def compiled(package: Path = PACKAGE) -> bool:
    """Tell whether the engine is compiled for the Python that asks, or cannot be: its folder may not be written."""
    last = package.joinpath("backend", *_LAST).with_suffix(".py")
    kept = Path(importlib.util.cache_from_source(str(last)))
    return kept.exists() or sys.dont_write_bytecode or not os.access(last.parent, os.W_OK)


def main() -> int:
    """Import everything that the engine and its processes run, QGIS's drawing excepted."""
    if hasattr(os, "nice"):
        os.nice(_LOWEST)
    backend = __spec__.name.rpartition(".")[0]
    for module in (*_MODULES, ".".join(_LAST)):
        importlib.import_module(f"{backend}.{module}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
