"""The check of a delivery, run in a worker: the standard one looks at files, the vector one at tables and geometry."""

from __future__ import annotations

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from ..errors import InvalidInput
from ..faults import Fault
from ..jobs.progress import Progress, Silent
from .examination import Examination, examine
from .files import UNPACKED, Delivery, digest_faults
from .preparation import FOLDER, Preparation
from .soundness import damage_faults
from .storage import storage_watched
from .wire import described, files_of, limits_of, logged, preparation_of, wired, wishes_of


def run(parameters: Dict[str, Any], work: Path, progress: Progress) -> Dict[str, Any]:
    """Check delivered files and return every fault found: `{"faults": […], "tables": […], "log": […], "keep": […]}`.

    `parameters`: files, md5, srs, target_srs, multigeom_layers, tables, limits (of archives), prepared (the folder with
    what is known of the files), check, which is "standard", "vector", or "" for both, and ahead: whether the vector
    check comes next, so that the standard one may do its work beside its own. `keep` names what is to be moved beside
    the delivery. Raises InvalidInput when a reference system it is given is unknown, StorageFull when the disk is full.
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
        parameters = self._parameters
        check = parameters.get("check") or ""
        preparation = preparation_of(parameters)
        delivery = preparation.delivery(self._work, self._progress, limits_of(parameters))
        if check != "standard":
            if self._is_whole(delivery, self._progress, verify=check != "vector"):
                self.examination = self._examined(delivery, preparation)
                self.faults += self.examination.faults
                self._keep(preparation, delivery, self.examination)
        elif parameters.get("ahead") and delivery.geopackage is not None:
            with ThreadPoolExecutor(1) as beside:  # a checksum and SQLite's own check let other threads work
                ahead = beside.submit(self._examined, delivery, preparation)
                whole = self._is_whole(delivery, Silent())
            if whole:
                self._keep(preparation, delivery, _outcome(ahead))
        elif self._is_whole(delivery, self._progress):
            self._keep(preparation, delivery, None)

    def _is_whole(self, delivery: Delivery, progress: Progress, verify: bool = True) -> bool:
        """Say whether there is a GeoPackage to look into; `verify` the files, down to the pages of the database."""
        if verify:
            self.faults += digest_faults(files_of(self._parameters), self._parameters.get("md5") or {}, progress)
        if verify or delivery.geopackage is None:
            self.faults += delivery.faults
        damage: Sequence[Fault] = ()
        if verify and delivery.geopackage is not None:
            damage = damage_faults(delivery.geopackage, delivery.name, progress)
            self.faults += damage
        return delivery.geopackage is not None and not damage

    def _examined(self, delivery: Delivery, preparation: Preparation) -> Examination:
        """Look at the tables of what is whole."""
        known = preparation.surveys()
        geopackage = delivery.geopackage or Path()
        return examine(geopackage, delivery.name, wishes_of(self._parameters), self._progress, known)

    def _keep(self, preparation: Preparation, delivery: Delivery, seen: Optional[Examination]) -> None:
        if "prepared" in self._parameters:
            self.keep = preparation.keep(self._work, delivery, seen)


def _outcome(ahead: Future[Examination]) -> Optional[Examination]:
    """Return what was seen; None where what was asked for cannot be done, which is for the vector check to tell."""
    try:
        return ahead.result()
    except InvalidInput:
        return None
