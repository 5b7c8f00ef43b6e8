"""The check of a delivery, run in a worker: the standard one looks at files, the vector one at tables and geometry."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Dict, List, Optional

from ..faults import Fault
from ..jobs.progress import Progress
from .examination import Examination, examine
from .files import UNPACKED, digest_faults
from .preparation import FOLDER
from .soundness import damage_faults
from .storage import storage_watched
from .wire import described, files_of, limits_of, logged, preparation_of, wired, wishes_of


def run(parameters: Dict[str, Any], work: Path, progress: Progress) -> Dict[str, Any]:
    """Check delivered files and return every fault found: `{"faults": […], "tables": […], "log": […], "keep": […]}`.

    `parameters`: files, md5, srs, target_srs, multigeom_layers, tables, limits (of archives), prepared (the folder with
    what is known of the files), and check, which is "standard", "vector", or "" for both. `keep` names what is to be
    moved beside the delivery. Raises InvalidInput when a reference system it is given is unknown, StorageFull when the
    disk is full.
    """
    with storage_watched(work):
        check = _Check(parameters, work, progress)
        try:
            check.run()
        finally:
            (work / UNPACKED).unlink(missing_ok=True)
            if not check.keep:
                shutil.rmtree(work / FOLDER, ignore_errors=True)
    tables = check.examination.tables if check.examination else ()
    return {
        "faults": wired(check.faults),
        "tables": [described(table) for table in tables],
        "log": [logged(table) for table in tables],
        "keep": check.keep,
    }


class _Check:
    def __init__(self, parameters: Dict[str, Any], work: Path, progress: Progress) -> None:
        self._parameters, self._work, self._progress = parameters, work, progress
        self.faults: List[Fault] = []
        self.examination: Optional[Examination] = None
        self.keep: List[str] = []

    def run(self) -> None:
        """Find everything; keep what the next job can use."""
        parameters, work, progress = self._parameters, self._work, self._progress
        check = parameters.get("check") or ""
        files = files_of(parameters)
        if check != "vector":
            self.faults += digest_faults(files, parameters.get("md5") or {}, progress)
        preparation = preparation_of(parameters)
        delivery = preparation.delivery(work, progress, limits_of(parameters))
        if check != "vector" or delivery.geopackage is None:
            self.faults += delivery.faults
        if delivery.geopackage is None:
            return
        if check != "vector":
            damage = damage_faults(delivery.geopackage, delivery.name, progress)
            self.faults += damage
            if damage:
                return
        if check != "standard":
            known = preparation.surveys()
            self.examination = examine(delivery.geopackage, delivery.name, wishes_of(parameters), progress, known)
            self.faults += self.examination.faults
        if "prepared" in parameters:
            self.keep = preparation.keep(work, delivery, self.examination)
