"""`geopub doctor --deep`: the backend, as a process of its own, says whether catalogue and files agree."""

from __future__ import annotations

import json
import subprocess  # nosec B404 - starts only our own backend, without a shell
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Tuple

from rich.console import Console

from ..backend.errors import Unavailable
from ..backend.faults import Fault, Severity
from ..backend.locations import PACKAGE
from ..backend.translation import tr
from ..publish.embedded import failure
from ..publish.interpreter import Host, backend_environment, find_interpreter, no_window

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
    told = subprocess.run(  # nosec B603
        [str(find_interpreter()), "-m", f"{PACKAGE.name}.backend", "audit", "--data", str(data)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=backend_environment(Host.this()),
        encoding="utf-8",
        errors="replace",
        creationflags=no_window(),
        check=False,
    )
    line = next(iter(told.stdout.splitlines()), "")
    if line.startswith("FAILED "):
        raise failure(line[len("FAILED ") :])
    try:
        wire = json.loads(line)
    except ValueError:
        last = next(iter(told.stderr.strip().splitlines()[-1:]), "")
        raise Unavailable(
            tr("The data folder {path} could not be looked at.", path=data),
            last,
            tr("Run `geopub doctor` to see what is missing."),
        ) from None
    faults = tuple(Fault.from_json(fault) for fault in wire["faults"])
    return StoreAudit(wire["sound"], wire["files"], wire["rows"], wire["bytes"], faults, wire)


def show_audit(console: Console, found: StoreAudit) -> None:
    """Show an audit to a person."""
    size = f"{found.bytes / 1e6:.1f} MB"
    looked = tr("{files} files ({size}), {rows} rows looked at", files=found.files, size=size, rows=found.rows)
    title = tr("Catalogue and files")
    mark = "[green]✓[/]" if found.sound else "[red]✗[/]"
    console.print(f"{mark} {title:<18} {looked}", soft_wrap=True)
    for fault in found.faults:
        console.print(f"  {_MARKS.get(fault.severity, '[yellow]![/]')} ", end="")
        console.print(f"{fault.sentence} ({fault.count})", soft_wrap=True, markup=False)
        for example in fault.examples[:_SHOWN_EXAMPLES]:
            console.print(f"      {example}", soft_wrap=True, markup=False)
