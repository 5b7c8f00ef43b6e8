"""Fixtures of the tests of ingestion."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from geopub_plugin.backend.ingest import check_job, integration_job
from geopub_plugin.backend.jobs.progress import Silent
from geopub_plugin.backend.translation import language, use_language


@pytest.fixture(autouse=True)
def english():
    before = language()
    use_language("en")
    yield
    use_language(before)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def check(work: Path) -> Callable[..., Dict[str, Dict[str, Any]]]:
    """Check files and return the faults by their ids."""

    def checked(*files: Path, **parameters: Any) -> Dict[str, Dict[str, Any]]:
        result = check_job.run({"files": [str(file) for file in files], **parameters}, work, Silent())
        return {fault["id"]: fault for fault in result["faults"]}

    return checked


@pytest.fixture
def integrate(work: Path) -> Callable[..., Dict[str, Any]]:
    """Integrate files and return the job's result, with the path of the GeoPackage as "path"."""

    def integrated(*files: Path, **parameters: Any) -> Dict[str, Any]:
        result = integration_job.run({"files": [str(file) for file in files], **parameters}, work, Silent())
        return {**result, "path": work / result["file"], "ids": {fault["id"]: fault for fault in result["faults"]}}

    return integrated
