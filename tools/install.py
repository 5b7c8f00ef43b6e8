"""Unpack the plugin's zip into a QGIS profile."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

from package import PACKAGE, ROOT, version


def profiles_folder() -> Path:
    """Return where QGIS keeps its profiles on this system."""
    if sys.platform == "win32":
        return Path(os.environ["APPDATA"]) / "QGIS" / "QGIS3" / "profiles"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "QGIS" / "QGIS3" / "profiles"
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "QGIS" / "QGIS3" / "profiles"


def enable(profile: Path) -> None:
    """Tick the plugin in the settings of a profile."""
    settings = profile / "QGIS" / "QGIS3.ini"
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
    """Replace the plugin's folder in the profile by the content of the zip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="default")
    parser.add_argument("--profiles-path", type=Path, help="the folder given to qgis --profiles-path")
    parser.add_argument("--enable", action="store_true")
    given = parser.parse_args()
    root = given.profiles_path / "profiles" if given.profiles_path else profiles_folder()
    plugins = root / given.profile / "python" / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(plugins / PACKAGE, ignore_errors=True)
    with zipfile.ZipFile(ROOT / "dist" / f"geopub-{version()}.zip") as packed:
        packed.extractall(plugins)
    if given.enable:
        enable(root / given.profile)
    print(f"{plugins / PACKAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
