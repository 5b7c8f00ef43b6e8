"""The benchmark of what one backend serves asks every kind of request, and says what each takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import serving

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_it_asks_all_kinds_of_requests(world_map: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "serving.py"), "--clients", "1", "--seconds", "0.05"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    rows = told.stdout.splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows] == list(serving.requests_of("world"))
