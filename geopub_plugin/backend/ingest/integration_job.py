"""The integration of a delivery, run in a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

from ..faults import blocking
from ..jobs.progress import Progress
from .examination import examine
from .files import UNPACKED
from .integration import integrate
from .storage import require_room, storage_watched
from .wire import limits_of, logged, preparation_of, refusal, wired, wishes_of

RESULT = "data.gpkg"


def run(parameters: Dict[str, Any], work: Path, progress: Progress) -> Dict[str, Any]:
    """Integrate delivered files into `work/data.gpkg` and return what the stored data is to say of it.

    Raises InvalidInput, with all faults, for what cannot be published, and StorageFull when the disk is full; nothing
    is left in the work folder then.
    """
    with storage_watched(work):
        preparation = preparation_of(parameters)
        delivery = preparation.delivery(work, progress, limits_of(parameters))
        if delivery.geopackage is None:
            raise refusal(delivery.faults)
        require_room(work, delivery.geopackage.stat().st_size)
        known = preparation.surveys()
        examination = examine(delivery.geopackage, delivery.name, wishes_of(parameters), progress, known)
        faults = (*delivery.faults, *examination.faults)
        if blocking(faults):
            raise refusal(faults)
        integrated = integrate(examination, work / RESULT, progress)
        (work / UNPACKED).unlink(missing_ok=True)
    for table in examination.tables:
        progress.log(logged(table))
    return {
        "file": RESULT,
        "srs": examination.target.name,
        "bounds": list(integrated.bounds),
        "size": (work / RESULT).stat().st_size,
        "relations": list(integrated.relations),
        "names": integrated.names,
        "faults": wired((*delivery.faults, *integrated.faults)),
    }
