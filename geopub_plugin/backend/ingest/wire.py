"""What the jobs of this room take and give, as the queue carries it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterable, List, Tuple

from ..errors import InvalidInput
from ..faults import Fault
from ..translation import tr
from .examination import Wishes


def files_of(parameters: Dict[str, Any]) -> Tuple[Path, ...]:
    """Return the delivered files."""
    return tuple(Path(file) for file in parameters.get("files", ()))


def wishes_of(parameters: Dict[str, Any]) -> Wishes:
    """Return what the user says and wants of the delivery."""
    return Wishes(
        srs=parameters.get("srs") or "",
        target_srs=parameters.get("target_srs") or "",
        multigeom_layers=tuple(parameters.get("multigeom_layers") or ()),
        tables=tuple(parameters.get("tables") or ()),
    )


def wired(faults: Iterable[Fault]) -> List[Dict[str, Any]]:
    """Return faults as JSON, the heaviest first."""
    order = ("error", "repaired", "warning", "info")
    return [fault.as_json() for fault in sorted(faults, key=lambda fault: order.index(fault.severity.value))]


def refusal(errors: Tuple[Fault, ...], faults: Iterable[Fault]) -> InvalidInput:
    """Return the error that refuses a delivery; all faults travel with it, in its attribute `faults`."""
    first = errors[0]
    more = len(errors) - 1
    why = first.why if not more else first.why + " " + tr("There are {count} more errors.", count=more)
    error = InvalidInput(first.what, why, first.cure)
    error.faults = wired(faults)  # type: ignore[attr-defined] - an extra of this refusal, carried by the job's pipe
    return error
