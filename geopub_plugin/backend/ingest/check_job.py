"""The check of a delivery, run in a worker: the standard one looks at files, the vector one at tables and geometry."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Tuple

from ..faults import Fault
from ..jobs.progress import Progress
from .examination import ExaminedTable, examine
from .files import UNPACKED, damage_faults, delivered, digest_faults
from .storage import storage_watched
from .wire import described, files_of, limits_of, logged, wired, wishes_of


def run(parameters: Dict[str, Any], work: Path, progress: Progress) -> Dict[str, Any]:
    """Check delivered files and return every fault found: `{"faults": […], "tables": […], "log": […]}`.

    `parameters`: files, md5, srs, target_srs, multigeom_layers, tables, limits (of archives), and check, which is
    "standard", "vector", or "" for both. Raises InvalidInput when a reference system it is given is unknown,
    StorageFull when the disk is full.
    """
    with storage_watched(work):
        faults, tables = _checked(parameters, work, progress)
    return {
        "faults": wired(faults),
        "tables": [described(table) for table in tables],
        "log": [logged(table) for table in tables],
    }


def _checked(
    parameters: Dict[str, Any], work: Path, progress: Progress
) -> Tuple[List[Fault], Tuple[ExaminedTable, ...]]:
    check = parameters.get("check") or ""
    files = files_of(parameters)
    faults: List[Fault] = []
    if check != "vector":
        faults += digest_faults(files, parameters.get("md5") or {}, progress)
    delivery = delivered(files, work, progress, limits_of(parameters))
    if check != "vector" or delivery.geopackage is None:
        faults += delivery.faults
    if delivery.geopackage is None:
        return faults, ()
    tables: Tuple[ExaminedTable, ...] = ()
    damage = damage_faults(delivery.geopackage, delivery.name, progress) if check != "vector" else ()
    faults += damage
    if check != "standard" and not damage:
        examination = examine(delivery.geopackage, delivery.name, wishes_of(parameters), progress)
        faults += examination.faults
        tables = examination.tables
    (work / UNPACKED).unlink(missing_ok=True)
    return faults, tables
