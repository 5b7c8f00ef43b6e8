"""What GeoPub needs of a machine, looked at one by one: the findings of `geopub doctor`."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Callable, List, Optional, Tuple

from ..backend.about import __version__
from ..backend.amounts import number_text
from ..backend.translation import tr

NEEDED_PACKAGES = ("flask", "waitress", "sqlalchemy", "pmtiles", "defusedxml", "requests", "jinja2", "pyproj")
FREE_SPACE = 500_000_000  # bytes below which publishing soon ends


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    found: str  # version or place; "" when it is missing
    ok: bool
    needed: bool  # whether GeoPub cannot do without it
    cure: str = ""


def diagnose(data: Path) -> Tuple[Finding, ...]:
    """Look at everything that publishing needs."""
    findings = [
        Finding("GeoPub", __version__, True, True),
        _python(),
        _module("numpy", "numpy", lambda m: str(m.__version__), tr("Install python3-numpy; it comes with QGIS.")),
        _module("GDAL", "osgeo.gdal", _gdal_version, tr("Install python3-gdal; it comes with QGIS.")),
        _module("PROJ", "pyproj", lambda m: str(m.proj_version_str), tr("Install python3-pyproj; it comes with QGIS.")),
        _sqlite(),
        _qgis(),
    ]
    return (*findings, *_packages(), _data_folder(data), _free_port())


def missing(findings: Tuple[Finding, ...]) -> Tuple[Finding, ...]:
    """Return the findings that keep GeoPub from working."""
    return tuple(finding for finding in findings if finding.needed and not finding.ok)


def _module(title: str, name: str, version: Callable[[Any], str], cure: str, needed: bool = True) -> Finding:
    try:
        return Finding(title, version(import_module(name)), True, needed)
    except ImportError as error:
        return Finding(title, "", False, needed, f"{error}. {cure}")


def _python() -> Finding:
    new_enough = sys.version_info >= (3, 9)
    return Finding("Python", platform.python_version(), new_enough, True, tr("Python 3.9 or later is needed."))


def _gdal_version(module: Any) -> str:
    return str(module.VersionInfo("RELEASE_NAME"))


def _qgis() -> Finding:
    """Look for PyQGIS, which draws the WMS pictures."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    cure = tr("Without PyQGIS there is no WMS. On Debian and Ubuntu: apt install python3-qgis.")
    return _module("QGIS", "qgis.core", lambda m: str(m.Qgis.QGIS_VERSION), cure)


def _sqlite() -> Finding:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING rtree(id, minx, maxx)")
        rtree = True
    except sqlite3.OperationalError:
        rtree = False
    finally:
        connection.close()
    cure = tr("This SQLite has no R-tree: use the Python that comes with QGIS.")
    return Finding("SQLite", sqlite3.sqlite_version, rtree, True, "" if rtree else cure)


def _packages() -> List[Finding]:
    cure = tr("They come with the plugin; in a checkout: make setup.")
    return [Finding(name, _version(name) or "", _version(name) is not None, True, cure) for name in NEEDED_PACKAGES]


def _version(package: str) -> Optional[str]:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _data_folder(data: Path) -> Finding:
    """Write into the data folder, or into the first folder above it that exists."""
    place = next(folder for folder in (data, *data.parents) if folder.exists())
    title = tr("Data folder")
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        cure = tr("Give a folder that you may write with --data or GEOPUB_DATA.")
        return Finding(title, str(data), False, True, f"{error.strerror or error}. {cure}")
    free = _free_bytes(place)
    enough = free is None or free > FREE_SPACE
    shown = f"{data}" if free is None else tr("{path}, {free} GB free", path=data, free=number_text(free / 1e9, 1))
    return Finding(title, shown, enough, True, "" if enough else tr("The disk is nearly full: make room."))


def _free_bytes(place: Path) -> Optional[int]:
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return None


def _free_port() -> Finding:
    title = tr("Port on 127.0.0.1")
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return Finding(title, str(server.getsockname()[1]), True, True)
    except OSError as error:
        cure = tr("A firewall or a policy forbids to listen on 127.0.0.1: allow it for Python.")
        return Finding(title, "", False, True, f"{error.strerror or error}. {cure}")
