"""What `make run` does: publish one's own file, or a copy of QGIS's world map, and serve it until Ctrl-C."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORLD = Path("/usr/share/qgis/resources/data/world_map.gpkg")


def copied_world() -> Path:
    """Return a copy of the world map (QGIS and SQLite would write into the original)."""
    if not WORLD.exists():
        sys.exit(f"{WORLD} is not there: give a file of your own, as in: make run ARGS=my.gpkg")
    folder = ROOT / "build" / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(WORLD, folder / WORLD.name))


def main() -> int:
    """Run `geopub publish` and return its exit code."""
    arguments = sys.argv[1:] or [str(copied_world())]
    geopub = Path(sys.executable).with_name("geopub")
    try:
        return subprocess.run([str(geopub), "publish", *arguments], check=False).returncode
    except KeyboardInterrupt:
        return 0  # the way to end serving


if __name__ == "__main__":
    sys.exit(main())
