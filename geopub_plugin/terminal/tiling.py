"""`geopub tiles`: the tile engine on a file, without catalogue or server."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Dict, Optional, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ..backend.errors import InvalidInput
from ..backend.features.geopackage import is_geopackage
from ..backend.jobs.progress import Silent
from ..backend.translation import tr
from ..publish.proposal import propose, slug
from .display import amount


class BarProgress:
    """The progress of a job as a bar a step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: Optional[TaskID] = None
        self._done, self._total, self._unit = 0, 0, ""

    def step(self, name: str, total: int, unit: str) -> None:
        """Begin a bar."""
        self._finish()
        self._done, self._total, self._unit = 0, total, unit
        self._task = self._progress.add_task(name, total=total or None, amount="")

    def advance(self, amount_done: int) -> None:
        """Move the bar."""
        self._done += amount_done
        if self._task is not None:
            shown = amount(self._done, self._total, self._unit)
            self._progress.update(self._task, completed=self._done, amount=shown)

    def log(self, line: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(line, markup=False)

    def _finish(self) -> None:
        if self._task is not None:
            self._progress.update(self._task, total=1, completed=1)


def make_archive(
    file: Path,
    archive: Path,
    tables: Sequence[str],
    top: Optional[int],
    bottom: Optional[int],
    console: Optional[Console],
) -> Dict[str, Any]:
    """Make a PMTiles archive of a GeoPackage and return what the engine reports; no console, no bars."""
    from ..backend.tiles import pyramid_job

    if not is_geopackage(file):
        raise InvalidInput(
            tr("{file} is not a GeoPackage.", file=file.name),
            tr("It does not start as an SQLite database with a list of contents does."),
            tr("In QGIS, save the layer as GeoPackage, then try again."),
        )
    proposed = propose(file, tables)
    low = (proposed.top_level or 0) if top is None else top
    high = max(low, (proposed.bottom_level or 0) if bottom is None else bottom)
    levels = {"top_level": str(low), "bottom_level": str(high)}
    composition = [
        {"table": table, "layer": slug(table), **levels, "attributes": ["*"], "filter": ""} for table in proposed.tables
    ]
    parameters = {"data": str(file.absolute()), "composition": composition, "area": "", "options": ""}
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".geopub-", dir=archive.parent) as work:
        if console is None:
            made = pyramid_job.run(parameters, Path(work), Silent())
        else:
            columns = (TextColumn("{task.description}"), BarColumn(30), TextColumn("{task.fields[amount]}"))
            with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
                made = pyramid_job.run(parameters, Path(work), BarProgress(progress))
        os.replace(Path(work) / made["file"], archive)
    return {**made, "file": str(archive)}
