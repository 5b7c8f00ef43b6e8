"""How `geopub tiles` shows a person what will be made, how far it is, and what it has become."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, Mapping, Optional

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..backend.amounts import number_text, size_text, span_text
from ..backend.translation import tr
from .display import amount


@contextmanager
def bars(console: Console) -> Iterator[BarProgress]:
    """Show bars as long as the work lasts."""
    columns = (TextColumn("{task.description}"), BarColumn(30), TextColumn("{task.fields[amount]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        yield BarProgress(progress)


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


def show_estimate(console: Console, estimate: Mapping[str, Any]) -> None:
    """Print an estimate in one line."""
    text = tr("Tiles: about {tiles}, {size}, {time}.", tiles=number_text(estimate["tiles"]),
              size=size_text(estimate["size"]), time=span_text(estimate["seconds"]))  # fmt: skip
    console.print(text, soft_wrap=True, markup=False)


def show_tiles(console: Console, made: Mapping[str, Any]) -> None:
    """Print what was made, and what each level holds."""
    low, *_, high = (*made["levels"], *made["levels"][-1:])
    size = size_text(made["size"])
    text = tr("{path}: levels {top} to {bottom}, {size}", path=made["file"], top=low, bottom=high, size=size)
    console.print(text, soft_wrap=True, markup=False)
    if made["report"]["copied"]:
        counts = {name: number_text(made["report"][name]) for name in ("rebuilt", "copied")}
        text = tr("Tiles built: {rebuilt}; copied: {copied}.", **counts)
        console.print(text, soft_wrap=True, markup=False)
    heads = (tr("Level"), tr("Tiles"), tr("Features"), tr("Left out"), tr("Size"), tr("Largest tile"), tr("Seconds"))
    table = Table(box=None, padding=(0, 2, 0, 0))
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place == 5 else "right", no_wrap=True)
    for level in made["report"]["levels"]:
        largest = next((f"{tile['path']} {size_text(tile['bytes'])}" for tile in level["largest"]), "–")
        table.add_row(
            str(level["level"]), *(number_text(level[name]) for name in ("tiles", "features", "dropped")),
            size_text(level["bytes"]), largest, number_text(level["seconds"], 1),
        )  # fmt: skip
    console.print(table)
