"""What the jobs of this room take and give, as the queue carries it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterable, List, Sequence, Tuple

from ..errors import InvalidInput
from ..faults import Fault, Severity, blocking
from ..translation import tr
from .archive import Limits
from .examination import ExaminedTable, Wishes
from .preparation import Preparation

_WEIGHT = (Severity.ERROR, Severity.REPAIRED, Severity.WARNING, Severity.INFO)


def files_of(parameters: Dict[str, Any]) -> Tuple[Path, ...]:
    """Return the delivered files."""
    return tuple(Path(file) for file in parameters.get("files", ()))


def limits_of(parameters: Dict[str, Any]) -> Limits:
    """Return what an archive may be: the settings of the backend, else the defaults."""
    return Limits(**(parameters.get("limits") or {}))


def preparation_of(parameters: Dict[str, Any]) -> Preparation:
    """Return the delivered files with what an earlier job has found out about them."""
    kept = parameters.get("prepared")
    return Preparation(files_of(parameters), Path(kept) if kept else None)


def wishes_of(parameters: Dict[str, Any]) -> Wishes:
    """Return what the user says and wants of the delivery."""
    return Wishes(
        srs=parameters.get("srs") or "",
        target_srs=parameters.get("target_srs") or "",
        multigeom_layers=tuple(parameters.get("multigeom_layers") or ()),
        tables=tuple(parameters.get("tables") or ()),
    )


def by_weight(faults: Iterable[Fault]) -> Tuple[Fault, ...]:
    """Return faults with the heaviest first."""
    return tuple(sorted(faults, key=lambda fault: _WEIGHT.index(fault.severity)))


def wired(faults: Iterable[Fault]) -> List[Dict[str, Any]]:
    """Return faults as JSON, the heaviest first."""
    return [fault.as_json() for fault in by_weight(faults)]


def refusal(faults: Sequence[Fault]) -> InvalidInput:
    """Return the error that refuses a delivery for its errors, and carries everything that was found."""
    errors = blocking(faults)
    why = errors[0].why
    if len(errors) > 1:
        why += " " + tr("More errors: {count}.", count=len(errors) - 1)
    return InvalidInput(errors[0].what, why, errors[0].cure, by_weight(faults))


def described(table: ExaminedTable) -> Dict[str, Any]:
    """Return what a check says of a table."""
    return {
        "native": table.schema.name,
        "name": table.name,
        "title": table.schema.title or table.schema.name,
        "count": len(table.survey.keys),
        "geometry_type": table.geometry_type,
        "srs": table.srs.name if table.srs else "",
        "fields": {field.source.name: field.published.name for field in table.fields},
    }


def logged(table: ExaminedTable) -> str:
    """Return the line of the log about a table."""
    return tr(
        "INFO {table}: {count} features, {type}, {srs}",
        table=table.schema.name,
        count=len(table.survey.keys),
        type=table.geometry_type,
        srs=(table.srs.name or table.srs.definition[:40]) if table.srs else "–",
    )
