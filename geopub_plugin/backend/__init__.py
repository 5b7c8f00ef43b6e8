"""The publishing engine: ingestion, catalogue, services, tiles. Knows neither Qt nor QGIS (`render` excepted)."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def _point_to_proj_data() -> None:
    """Name the folder of PROJ's data when the system's pyproj runs in a virtual environment.

    There it looks below the environment only, finds nothing and, from 3.7 on, refuses to work.
    """
    data = Path(sys.base_prefix, "share", "proj")
    if sys.prefix != sys.base_prefix and (data / "proj.db").is_file():
        for name in ("PROJ_DATA", "PROJ_LIB"):  # PROJ before 9.1 knows the second only
            os.environ.setdefault(name, str(data))


_point_to_proj_data()
