"""The ingestion benchmark goes its whole way, with a few polygons."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="ogr2ogr is not on this machine (Debian: gdal-bin)")
def test_it_measures_both_ways_and_says_the_ratio(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "ingest.py")]
    options = ["--count", "300", "--runs", "1", "--dry", "--folder", str(tmp_path)]
    told = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    assert "| **median** | | | **" in told.stdout
    assert "300 polygons with 4 columns" in told.stdout
