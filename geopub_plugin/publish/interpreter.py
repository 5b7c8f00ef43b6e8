"""Which Python runs the backend, and with what environment: inside QGIS neither is a matter of course.

On Windows and macOS `sys.executable` inside QGIS is QGIS itself, and starting it would open a second QGIS
(qgis/QGIS#45646, #66672). So candidates are looked for where each installer puts them, and tried before they are used.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterator, Mapping, Tuple

from ..backend.errors import Unavailable
from ..backend.locations import PACKAGE, shipped
from ..backend.programs import DEVNULL, NO_WINDOW, TimeoutExpired, run
from ..backend.translation import language, tr

PROBE = "import sys, osgeo, numpy; print('%d.%d' % sys.version_info[:2])"
PROBE_SECONDS = 30  # a virus scanner may look at a program when it is first started


@dataclass(frozen=True)
class Host:
    """The process that looks for an interpreter."""

    platform: str  # sys.platform
    executable: str
    base_executable: str
    prefix: str
    version: Tuple[int, int]
    inside_qgis: bool

    @classmethod
    def this(cls) -> Host:
        """Return the present process."""
        return cls(
            sys.platform,
            sys.executable or "",
            getattr(sys, "_base_executable", "") or "",
            sys.prefix,
            (sys.version_info[0], sys.version_info[1]),
            "qgis" in sys.modules or "qgis.core" in sys.modules,
        )


def candidates(host: Host) -> Iterator[Path]:
    """Yield the interpreters that may exist, the one a person named first, then the likeliest."""
    named = os.environ.get("GEOPUB_PYTHON")
    if named:
        yield Path(named).absolute()  # programs are not started in the folder of this process
    own = Path(host.executable)
    if _is_python(own):
        yield own
    elif host.platform == "win32":
        yield from _windows(own, host)
    elif host.platform == "darwin":
        yield from _macos(own, host)
    base = Path(host.base_executable)
    if _is_python(base):
        yield base
    name = "python.exe" if host.platform == "win32" else "bin/python3"
    yield Path(host.prefix) / name
    if host.platform not in ("win32", "darwin"):
        yield Path("/usr/bin/python3")


@lru_cache(maxsize=1)
def find_interpreter() -> Path:
    """Return the Python that runs the backend: the one of this QGIS, or the present one outside QGIS."""
    host = Host.this()
    if not host.inside_qgis and _is_python(Path(host.executable)):
        return Path(host.executable)
    return first_that_works(host)


def first_that_works(host: Host) -> Path:
    """Return the first candidate that has GDAL and numpy and this process's version of Python."""
    tried = []
    for candidate in dict.fromkeys(candidates(host)):
        if candidate.is_file():
            if works(candidate, host):
                return candidate
            tried.append(str(candidate))
    raise Unavailable(
        tr("No Python was found to run the publishing backend with."),
        tr("Tried: {names}.", names=", ".join(tried) or "–")
        + " "
        + tr("It must be the Python of QGIS, with GDAL and numpy."),
        tr("Set the environment variable GEOPUB_PYTHON to the python program that comes with QGIS."),
    )


def works(candidate: Path, host: Host) -> bool:
    """Return whether an interpreter starts, has what the backend needs, and is of the right version."""
    return _is_own(candidate, host) or _probed(candidate, host)


def _is_own(candidate: Path, host: Host) -> bool:
    """Tell whether an interpreter is that of this very process, as Linux names it: what is imported here is there."""
    try:
        real = candidate.resolve(strict=True)
    except OSError:
        return False
    name = "python{}.{}".format(*host.version)
    return host.platform not in ("win32", "darwin") and real == Path(host.prefix, "bin", name).resolve()


def _probed(candidate: Path, host: Host) -> bool:
    try:
        told = run(
            [str(candidate), "-c", PROBE],
            env=backend_environment(host),
            cwd=PACKAGE.parent,
            stdin=DEVNULL,
            capture_output=True,
            timeout=PROBE_SECONDS,
            creationflags=NO_WINDOW,
        )
    except (OSError, TimeoutExpired):
        return False
    return told.returncode == 0 and told.stdout.decode("ascii", "replace").strip() == "{}.{}".format(*host.version)


def backend_environment(host: Host, environment: Mapping[str, str] = os.environ) -> Dict[str, str]:
    """Return the environment of the backend: where GeoPub, Python, PROJ and GDAL keep their files.

    The folder in which QGIS was started is no place for modules: it may be one of downloads. Python looks there first
    unless `PYTHONSAFEPATH` says no, before 3.11 always: so whoever starts a backend does that in `PACKAGE.parent`.
    """
    made = dict(environment)
    vendor = shipped("vendor")
    given = [os.path.abspath(path) for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    made["PYTHONPATH"] = os.pathsep.join([str(PACKAGE.parent), *([str(vendor)] if vendor.is_dir() else []), *given])
    made["PYTHONSAFEPATH"] = "1"
    made["PYTHONUTF8"] = "1"
    made.setdefault("GEOPUB_LANGUAGE", language())
    if host.inside_qgis and host.platform in ("win32", "darwin"):
        made.setdefault("PYTHONHOME", host.prefix)
        made.update({name: value for name, value in _data_folders().items() if name not in environment})
    return made


def _is_python(path: Path) -> bool:
    return path.name.lower().startswith("python")


def _windows(qgis: Path, host: Host) -> Iterator[Path]:
    """Yield OSGeo4W's places: beside qgis-bin.exe, then <root>/apps/Python3*/."""
    yield qgis.parent / "python3.exe"
    yield qgis.parent / "python.exe"
    for root in (qgis.parent.parent, qgis.parent.parent.parent.parent):
        exact = root / "apps" / "Python{}{}".format(*host.version) / "python.exe"
        yield exact
        yield from sorted(root.glob("apps/Python3*/python.exe"), reverse=True)


def _macos(qgis: Path, host: Host) -> Iterator[Path]:
    """Yield the places inside QGIS.app: the older bundle's, then the framework's."""
    yield qgis.parent / "bin" / "python3"
    yield from sorted(qgis.parent.glob("python3*"))
    frameworks = qgis.parent.parent / "Frameworks" / "Python.framework" / "Versions"
    yield frameworks / "{}.{}".format(*host.version) / "bin" / "python3"
    yield from sorted(frameworks.glob("*/bin/python3"), reverse=True)


def _data_folders() -> Dict[str, str]:
    """Return where this process's PROJ and GDAL found their files, as far as they say."""
    import pyproj
    from osgeo import gdal
    from pyproj.exceptions import DataDirError

    try:
        proj = pyproj.datadir.get_data_dir()
    except DataDirError:  # compiled into the library, as on Debian
        proj = ""
    found = {"PROJ_LIB": proj, "PROJ_DATA": proj, "GDAL_DATA": gdal.GetConfigOption("GDAL_DATA") or ""}
    return {name: value for name, value in found.items() if value}
