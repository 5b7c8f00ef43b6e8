"""Unpack the plugin's zip into a QGIS profile."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path
from typing import List

from package import PACKAGE, ROOT, version

MAJORS = (3, 4)  # of QGIS: each keeps profiles of its own


def profiles_folders() -> List[Path]:
    """Return where QGIS keeps its profiles on this system: that of 3, of 4 or both, as they are there."""
    if sys.platform == "win32":
        data = Path(os.environ["APPDATA"])
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    folders = [data / "QGIS" / f"QGIS{major}" / "profiles" for major in MAJORS]
    return [folder for folder in folders if folder.is_dir()] or folders[:1]


def install(profile: Path) -> Path:
    """Replace the plugin's folder in a profile by the content of the zip, and return it."""
    plugins = profile / "python" / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(plugins / PACKAGE, ignore_errors=True)
    with zipfile.ZipFile(ROOT / "dist" / f"geopub-{version()}.zip") as packed:
        packed.extractall(plugins)
    return plugins / PACKAGE


def enable(profile: Path) -> None:
    """Tick the plugin in the settings of a profile, in those of each QGIS: it reads the file with its own number."""
    for major in MAJORS:
        settings = profile / "QGIS" / f"QGIS{major}.ini"
        settings.parent.mkdir(parents=True, exist_ok=True)
        ini = ConfigParser(interpolation=None, strict=False)
        ini.optionxform = str  # keys of QSettings have capitals
        ini.read(settings, encoding="utf-8")
        if not ini.has_section("PythonPlugins"):
            ini.add_section("PythonPlugins")
        ini.set("PythonPlugins", PACKAGE, "true")
        with settings.open("w", encoding="utf-8") as file:
            ini.write(file, space_around_delimiters=False)


def main() -> int:
    """Install the plugin."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="default")
    parser.add_argument("--profiles-path", type=Path, help="the folder given to qgis --profiles-path")
    parser.add_argument("--enable", action="store_true")
    given = parser.parse_args()
    for root in [given.profiles_path / "profiles"] if given.profiles_path else profiles_folders():
        print(install(root / given.profile))
        if given.enable:
            enable(root / given.profile)
    return 0


if __name__ == "__main__":
    sys.exit(main())
