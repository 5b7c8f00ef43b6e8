"""A store without workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, List

import pytest

from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.data_folder import DataFolder


class Shelf:
    """A queue that only keeps what is submitted."""

    def __init__(self) -> None:
        self.jobs: List[Any] = []

    def submit(self, job: Any) -> None:
        self.jobs.append(job)

    def cancel(self, execution: str) -> bool:
        return False


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with DataFolder(tmp_path / "data") as folder:
        opened = Store(folder)
        opened.use_queue(Shelf())
        yield opened
        opened.close()
