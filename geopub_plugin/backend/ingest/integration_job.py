"""The integration of a delivery, run in a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

from ..faults import blocking
from ..jobs.progress import Progress
from ..translation import tr
from .examination import Examination, examine
from .files import UNPACKED
from .integration import integrate
from .keys import keep_keys
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
        if parameters.get("previous"):
            _keep_keys(examination, work / RESULT, Path(parameters["previous"]), progress)
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


def _keep_keys(examination: Examination, target: Path, previous: Path, progress: Progress) -> None:
    """Let features keep the keys that they had in the revision that is updated, if it is still there."""
    if not previous.is_file():
        return
    progress.step(tr("Comparing with the previous revision"), 0, "features")
    own = {
        table.name: field.published.name
        for table in examination.tables
        for field in table.fields
        if field.source.name == table.schema.fid
    }
    for one in keep_keys(target, previous, own):
        progress.log(
            tr(
                "{table}: {kept} features keep their keys, {new} are new, {gone} are gone.",
                table=one.table, kept=one.kept, new=one.new, gone=one.gone,
            )
        )  # fmt: skip
