"""What a person sees in a terminal: bars while it goes, then tables, faults and changed names."""

from __future__ import annotations

from contextlib import nullcontext
from types import TracebackType
from typing import Any, ContextManager, Dict, Iterable, Mapping, Optional, Sequence, Type

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..backend.amounts import number_text, size_text, unit_text, work_text
from ..backend.errors import GeoPubError
from ..backend.faults import Fault, Severity
from ..backend.translation import tr
from ..publish.client.datasheets import Datasheet, state_text
from ..publish.publication import Listener, PublicationResult, Refused, Step

_COLOURS = {Severity.ERROR: "red", Severity.REPAIRED: "green", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_WIDEST = 4000  # columns: addresses are shown whole, whatever the width of the terminal


class Bars:
    """One bar a step; a listener of a publication."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[amount]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._tasks: Dict[Step, TaskID] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._progress.stop()

    def begun(self, step: Step) -> None:
        """Show a new bar, which only moves to and fro until an amount is known."""
        self._tasks[step] = self._progress.add_task(step.title, total=None, amount="")

    def moved(self, step: Step, done: int, total: int, unit: str) -> None:
        """Move the bar of a step."""
        self._progress.update(self._tasks[step], completed=done, total=total or None, amount=amount(done, total, unit))

    def ended(self, step: Step, seconds: float) -> None:
        """Fill the bar of a step and show its time."""
        shown = tr("{seconds} s", seconds=number_text(seconds, 2))
        self._progress.update(self._tasks[step], completed=1, total=1, amount=shown)


class Lines:
    """One line when a step begins and one when it ends: where there is no terminal to draw bars on."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def begun(self, step: Step) -> None:
        """Say that a step starts."""
        self._console.print(tr("{step} …", step=step.title), markup=False, soft_wrap=True)

    def moved(self, step: Step, done: int, total: int, unit: str) -> None:
        """Say nothing: a log does not need it."""

    def ended(self, step: Step, seconds: float) -> None:
        """Say how long a step took."""
        shown = tr("{seconds} s", seconds=number_text(seconds, 2))
        self._console.print(tr("{name}: {told}", name=step.title, told=shown), markup=False, soft_wrap=True)


def progress_on(console: Console) -> ContextManager[Listener]:
    """Return bars on a terminal, lines elsewhere."""
    return Bars(console) if console.is_terminal else nullcontext(Lines(console))


def amount(done: int, total: int, unit: str) -> str:
    """Return how far a step is, in the unit of the step: "12.0 of 60.0 MB", "4 556 features"."""
    if total > 0 or not done:
        return work_text(done, total, unit)
    return size_text(done) if unit == "bytes" else f"{number_text(done)} {unit_text(unit)}".strip()


def show_result(console: Console, result: PublicationResult) -> None:
    """Print the live addresses, what was found, which names changed and how long each step took."""
    show_faults(console, result.faults)
    show_names(console, result.names)
    title = tr("“{name}” is updated", name=result.datasheet) if result.updated else ""
    console.print()
    console.print(escape(title or tr("“{name}” is live", name=result.datasheet)), style="bold green")
    table = Table(tr("Service"), tr("Address"), box=None, padding=(0, 2, 0, 0))
    for url in result.urls:
        table.add_row(url.type, escape(url.url))
    _print_whole(console, table)
    parts = [f"{step.title} {number_text(seconds, 2)}" for step, seconds in result.times]
    console.print(escape(tr("Seconds: {times}", times=" · ".join(parts))), style="dim", soft_wrap=True)


def show_error(console: Console, error: GeoPubError) -> None:
    """Print what happened, why, what to do, and every fault behind it."""
    console.print(escape(error.what), style="bold red", soft_wrap=True)
    for sentence in error.sentences[1:]:
        console.print(escape(sentence), soft_wrap=True)
    if isinstance(error, Refused):
        show_faults(console, error.faults)


def show_faults(console: Console, faults: Sequence[Fault]) -> None:
    """Print faults as a list: what, why, cure, and some examples."""
    for fault in faults:
        what = tr("{name}: {told}", name=fault.table, told=fault.what) if fault.table else fault.what
        colour = _COLOURS[fault.severity]
        console.print(f"[{colour}]●[/] {escape(what)}", soft_wrap=True)
        for line in _more(fault):
            console.print(f"  {escape(line)}", style="dim", soft_wrap=True)


def show_names(console: Console, names: Mapping[str, Any]) -> None:
    """Print the tables and fields whose names had to change."""
    rows = [row for table, change in names.items() for row in _changes(table, change)]
    if not rows:
        return
    table = Table(tr("As delivered"), tr("As published"), box=None, padding=(0, 2, 0, 0))
    for before, after in rows:
        table.add_row(escape(before), escape(after))
    console.print(tr("Names that services cannot carry were changed:"))
    _print_whole(console, table)


def show_datasheets(console: Console, url: str, datasheets: Sequence[Datasheet]) -> None:
    """Print what a server publishes."""
    console.print(escape(tr("GeoPub answers at {url}", url=url)), style="green")
    if not datasheets:
        console.print(tr("Nothing is published yet."))
        return
    table = Table(tr("Datasheet"), tr("State"), tr("Service"), tr("Address"), box=None, padding=(0, 2, 0, 0))
    for sheet in datasheets:
        table.add_row(escape(sheet.title), state_text(sheet.state), "", "")
        for service in sheet.services:
            for address in service.urls:
                table.add_row("", "", address.type, escape(address.url))
    _print_whole(console, table)


def _print_whole(console: Console, table: Table) -> None:
    """Print a table without cutting addresses, however narrow the terminal is."""
    width = console.width
    console.width = _WIDEST
    try:
        console.print(table, crop=False, no_wrap=True)
    finally:
        console.width = width


def _more(fault: Fault) -> Iterable[str]:
    said = " ".join(part for part in (fault.why, fault.cure) if part)
    if said:
        yield said
    if fault.examples:
        names = ", ".join(fault.examples)
        yield tr("For example: {names}", names=names)


def _changes(table: str, change: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    new = str(change.get("name") or table)
    if new != table:
        yield table, new
    for before, after in (change.get("fields") or {}).items():
        if before != after:
            yield f"{table}.{before}", f"{new}.{after}"
