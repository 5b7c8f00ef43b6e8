"""The check of a delivery, run in a worker: the standard one looks at files, the vector one at tables and geometry."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

from ..faults import Fault, blocking
from ..jobs.progress import Progress
from .examination import examine
from .files import damage_faults, delivered, digest_faults
from .wire import files_of, wired, wishes_of


def run(parameters: Dict[str, Any], work: Path, progress: Progress) -> Dict[str, Any]:
    """Check delivered files and return every fault found: `{"faults": […], "tables": […], "log": […]}`.

    `parameters`: files, srs, md5, tables, and check ("standard", "vector", or "" for both).
    """
    wanted = parameters.get("check") or ""
    files = files_of(parameters)
    faults: List[Fault] = []
    tables: List[Dict[str, Any]] = []
    if wanted != "vector":
        faults += digest_faults(files, parameters.get("md5") or {}, progress)
    delivery = delivered(files, work, progress)
    if wanted != "vector" or delivery.geopackage is None:
        faults += delivery.faults
    if delivery.geopackage is not None:
        damage = damage_faults(delivery.geopackage, delivery.name, progress) if wanted != "vector" else ()
        faults += damage
        if wanted != "standard" and not damage:
            examination = examine(delivery.geopackage, delivery.name, wishes_of(parameters), progress)
            faults += examination.faults
            tables = [_table(table) for table in examination.tables]
    lines = [fault.sentence for fault in faults]
    for line in lines:
        progress.log(line)
    return {"passed": not blocking(faults), "faults": wired(faults), "tables": tables, "log": lines}


def _table(table: Any) -> Dict[str, Any]:
    return {
        "native": table.schema.name,
        "name": table.name,
        "count": len(table.survey.keys),
        "geometry_type": table.geometry_type,
        "srs": table.srs.name if table.srs else "",
        "fields": {field.source.name: field.published.name for field in table.fields},
    }
