"""`geopub doctor --deep`: the backend, as a process of its own, says whether catalogue and files agree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Tuple

from rich.console import Console

from ..backend.amounts import number_text, size_text
from ..backend.faults import Fault, Severity
from ..backend.translation import tr
from .backend_command import answer_of_backend

_MARKS = {Severity.ERROR: "[red]✗[/]"}
_SHOWN_EXAMPLES = 5


@dataclass(frozen=True)
class StoreAudit:
    """What an audit looked at, and what it found."""

    sound: bool
    files: int
    rows: int
    bytes: int
    faults: Tuple[Fault, ...]
    wire: Dict[str, Any]  # as the backend said it


def audit_store(data: Path) -> StoreAudit:
    """Look at every row and every byte of a data folder on which no backend works.

    Raises:
        GeoPubError: what the backend said why it cannot look.
    """
    wire = answer_of_backend("audit", data, None, tr("The data folder {path} could not be looked at.", path=data))
    faults = tuple(Fault.from_json(fault) for fault in wire["faults"])
    return StoreAudit(wire["sound"], wire["files"], wire["rows"], wire["bytes"], faults, wire)


def show_audit(console: Console, found: StoreAudit) -> None:
    """Show an audit to a person."""
    told = {"files": number_text(found.files), "size": size_text(found.bytes), "rows": number_text(found.rows)}
    looked = tr("{files} files ({size}), {rows} rows looked at", **told)
    title = tr("Catalogue and files")
    mark = "[green]✓[/]" if found.sound else "[red]✗[/]"
    console.print(f"{mark} {title:<18} {looked}", soft_wrap=True)
    for fault in found.faults:
        console.print(f"  {_MARKS.get(fault.severity, '[yellow]![/]')} ", end="")
        console.print(f"{fault.sentence} ({fault.count})", soft_wrap=True, markup=False)
        for example in fault.examples[:_SHOWN_EXAMPLES]:
            console.print(f"      {example}", soft_wrap=True, markup=False)
