"""The benchmarks' modules are scripts beside one another."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent.parent / "benchmarks"))

collect_ignore = [] if hasattr(os, "wait4") else ["test_tile_benchmark.py"]
