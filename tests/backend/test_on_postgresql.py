"""What stands for all tests of the catalogue, once more, with PostgreSQL; `make test-postgresql` runs them all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Sequence

import pytest

from ..catalogues import WITH_POSTGRESQL
from ..postgresql import GIVEN, Cluster

ROOT = Path(__file__).resolve().parent.parent.parent
REPRESENTATIVE = (
    "tests/backend/catalogue/test_database.py",
    "tests/backend/catalogue/test_publications.py",
    "tests/backend/api/test_whole_life.py::test_a_layer_goes_in_and_live_services_come_out",
)


def run_again(cluster: Cluster, chosen: Sequence[str]) -> None:
    """Run tests in a process of their own, with PostgreSQL; show what they say when they fail."""
    environment = {**os.environ, "GEOPUB_TEST_CATALOGUE": "postgresql", GIVEN: cluster.url}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "not slow", *chosen]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert told.returncode == 0, told.stdout[-20_000:] + told.stderr[-2_000:]


@pytest.mark.skipif(WITH_POSTGRESQL, reason="this is that run")
def test_what_stands_for_all_of_it_holds_with_postgresql(postgresql: Cluster) -> None:
    run_again(postgresql, REPRESENTATIVE)
