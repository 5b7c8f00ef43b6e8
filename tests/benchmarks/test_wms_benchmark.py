"""The WMS benchmark says what was measured, and goes its whole way with a few polygons."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest
from map_servers import mapserver, qgis_server
from wms_report import GEOPUB, MAPSERVER, QGIS, Job, Load, Run, report

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_report_says_how_many_times_faster() -> None:
    job = Job(256, 20)
    runs = {
        job: {
            GEOPUB: Run((0.004, 0.005, 0.9), 0.010, 7000.0),
            QGIS: Run((0.020, 0.015, 0.9), 0.030, 14000.0),
            MAPSERVER: Run((0.010, 0.010, 0.9), 0.012, 9000.0),
        }
    }
    loads = {
        job: {
            GEOPUB: Load(300.0, 0.95, 0.1, 10**8),
            QGIS: Load(100.0, 1, 0.1, 2 * 10**8),
            MAPSERVER: Load(150, 1, 0.1, 10**8),
        }
    }
    clear = Job(256, 20, transparent=True)
    runs[clear] = {name: Run((0.001,), 0.001, 1000.0) for name in runs[job]}
    loads[clear] = {name: Load(1.0, 1, 0.1, 10**6) for name in loads[job]}
    alone = dict.fromkeys(runs, (0.004, 0.001))
    alike = {False: {QGIS: 0.0}, True: {QGIS: 0.25}}
    section, clear_maps = report(runs, alone, loads, alike, argparse.Namespace(count=50)).split(
        "### Milliseconds, one client: transparent maps (RGBA)"
    )
    assert "| 256 px, 20 m | 1.0 | 1.0 | 1.0 | **1.0** |" in clear_maps
    assert "| 256 px, 20 m | 5.0 | 20.0 | 10.0 | **2.0** | 10.0 | 30.0 | 12.0 | **1.2** |" in section
    assert "| 256 px, 20 m | 4.0 | 1.0 | 5.0 | 10.0 | 30.0 | 12.0 |" in section
    assert "| 256 px, 20 m | 7.0 | 14.0 | 9.0 |" in section
    assert (
        "| 256 px, 20 m | 300.0 | 100.0 | 150.0 | **2.0** | 95% | 100% | 100% | 105% | 110% | 110% | 100 | 200 | 100 |"
        in section
    )
    assert "50 polygons" in section and "QGIS Server 0.00%" in section and "transparent: QGIS Server 25.00%" in section


@pytest.mark.slow
def test_the_whole_way(tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/wms.py", "--dry", "--count", "400", "--share", "0.2", "--sizes", "64"]
    told = subprocess.run(
        [*command, "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=400
    )
    assert told.returncode == 0, told.stderr[-2000:]
    assert told.stdout.count("| 64 px, ") == 2 * 4 * 3
    assert ("QGIS Server" in told.stdout) is bool(qgis_server()) and ("MapServer" in told.stdout) is bool(mapserver())
