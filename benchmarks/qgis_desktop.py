"""From a right-click on 200,000 polygons to the layer drawn from the live tiles, in a real QGIS under Xvfb.

`python benchmarks/qgis_desktop.py [--runs 3] [--layer FILE.gpkg]`. *Express*, pressed at once; a new profile and data
folder in each run, so that the engine is started, too. The median is told, and how much of the processors others used
meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ingest_data import polygons

from tests.desktop.conftest import HERE, SCREEN, install

ROOT = Path(__file__).resolve().parent.parent
COUNT = 200_000
CACHE = Path(os.environ.get("GEOPUB_TEST_CACHE", Path.home() / ".cache" / "geopub-tests"))
REAL = CACHE / "data" / "buildings_tokyo_centre_4326.gpkg"
LIMIT = 600  # seconds for one run


def busy_seconds() -> float:
    """Return how long the processors have worked since the machine started, for whomever."""
    fields = Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:]
    user, nice, system, _idle, _wait, irq, softirq, *_ = (int(field) for field in fields)
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def one_run(source: Path, archive: Path, display: str, work: Path) -> Dict[str, Any]:
    """Run QGIS once, and return what the scenario noted."""
    profiles = work / "profiles"
    install(archive, profiles / "profiles" / "default", "en")
    for name in ("home", "xdg", "tmp"):
        (work / name).mkdir(mode=0o700)
    given = {"results": str(work / "results.json"), "screenshots": str(ROOT / "build" / "screenshots")}
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": str(work / "home"), "XDG_RUNTIME_DIR": str(work / "xdg"),
        "TMPDIR": str(work / "tmp"), "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1",
        "LANG": "C.UTF-8",
        "GEOPUB_DESKTOP_TEST": json.dumps({**given, "here": str(HERE), "language": "en", "source": str(source)}),
    }  # fmt: skip
    command = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", str(profiles), "--profile", "default"]
    begun, busy, own = time.monotonic(), busy_seconds(), os.times()
    subprocess.run(
        [*command, "--code", str(ROOT / "benchmarks" / "qgis_scenario.py")],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    wall, after = time.monotonic() - begun, os.times()
    used = after.children_user + after.children_system - own.children_user - own.children_system
    found = json.loads((work / "results.json").read_text("utf-8"))
    if found.get("error"):
        sys.exit(found["error"])
    others = busy_seconds() - busy - used
    return {**found, "others": max(others, 0.0) / (wall * (os.cpu_count() or 1))}


def report(runs: List[Dict[str, Any]]) -> None:
    """Print a table: each moment, in each run and its median."""
    print(f"{runs[0]['features']:,} features; seconds since the right-click")
    for name in runs[0]["moments"]:
        seen = [run["moments"][name] for run in runs if name in run["moments"]]
        print(f"{name:<20}{statistics.median(seen):8.2f}   ({', '.join(f'{value:.2f}' for value in seen)})")
    for step in runs[0]["steps"]:
        print(f"  {step['at']:6.2f}  {step['step']}")
    print("the panel's map began to be drawn at:", "; ".join(str(run["renders"]) for run in runs))
    for run in runs:
        print("tiles that were drawn:", ", ".join(f"{place} {at} ({status})" for at, place, status in run["tiles"]))
    print("steps:", ", ".join(f"{name} {seconds}" for name, seconds in runs[0]["times"]))
    print("others had of the processors:", ", ".join(f"{run['others']:.0%}" for run in runs))


def main() -> None:
    """Measure as often as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--layer", type=Path, help="a GeoPackage with one table; else Tokyo's buildings, else polygons made here"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="geopub-bench-") as name:
        work = Path(name)
        subprocess.run([sys.executable, str(ROOT / "tools" / "package.py"), "--out", name], check=True)
        archive = next(work.glob("*.zip"))
        source = asked.layer or (REAL if REAL.exists() else work / "polygons.gpkg")
        if not source.exists():
            polygons(source, COUNT)
        reading, writing = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp"],
            pass_fds=[writing], stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            os.close(writing)
            with os.fdopen(reading) as pipe:
                display = f":{pipe.readline().strip()}"
            runs = []
            for number in range(asked.runs):
                (work / str(number)).mkdir()
                runs.append(one_run(source, archive, display, work / str(number)))
        finally:
            server.terminate()
            server.wait(10)
    report(runs)


if __name__ == "__main__":
    main()
