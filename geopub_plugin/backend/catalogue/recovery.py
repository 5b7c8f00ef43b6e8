"""What a start does with what was interrupted: run again, finish, settle or sweep away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List, Set, Tuple

from sqlalchemy import Connection

from ..disk import sha256_of
from ..tiles.work_folders import sweep as sweep_checkpoints
from ..translation import tr
from . import tables
from .annexes import annexes
from .checks import submit_next
from .deliveries import place_of
from .executions import executions, live_on_output, log
from .lifecycles import LIVE
from .offerings import offerings, style_files
from .preparations import sweep as sweep_preparations
from .processings import run
from .statics import statics
from .store import Store
from .stored_data import DataRevision, abandon, become, revisions, stored_data
from .style_fit import pinned_file, pins_of
from .submissions import waiting_to_resume
from .uploads import settle, upload_files, uploads
from .waiting_offerings import give_up


@dataclass(frozen=True)
class RecoveryReport:
    """What a start has found and done."""

    resumed: Tuple[str, ...]  # executions that run again
    unstable: Tuple[str, ...]  # uploads and stored data that lost a file or their execution
    removed: Tuple[Path, ...]  # files that nothing named


def recover(store: Store) -> RecoveryReport:
    """Bring database and files to agree, then submit what had not ended. Call it once, when the queue is in use."""
    with store.writing() as connection:
        resumed = _wait_again(connection)
        unstable = [*_settle_deliveries(store, connection), *_settle_data(store, connection)]
        unstable += _settle_offerings(store, connection)
    with store.reading() as connection:
        kept = _named_files(store, connection)
        checking = [upload.id for upload in uploads.find(connection, tables.upload.c.status == "CHECKING")]
        processings = waiting_to_resume(connection)
    removed = store.folder.sweep(kept)
    sweep_checkpoints(store.folder.checkpoints)
    sweep_preparations(store)
    for upload in checking:
        submit_next(store, upload)
    for execution in processings:
        run(store, execution)
    return RecoveryReport(tuple(resumed), tuple(unstable), removed)


def _wait_again(connection: Connection) -> List[str]:
    """Let what ran wait: a job is done again from its beginning, in a new work folder."""
    resumed = []
    for execution in executions.find(connection, tables.execution.c.status.in_(LIVE)):
        if execution.status == "PROGRESS":
            log(connection, execution.id, ["INFO " + tr("The backend stopped; the work begins again.")])
        executions.change(connection, execution.id, status="WAITING", started=None, progress=None)
        resumed.append(execution.id)
    return resumed


def _settle_deliveries(store: Store, connection: Connection) -> List[str]:
    """Let the rows of delivered files say what is on disk."""
    unstable = []
    for file in upload_files.find(connection):
        place = place_of(store, file)
        part = store.folder.upload_parts(file.upload) / f"{file.id}.part"
        if file.complete and place.is_file():
            continue
        if not file.complete and place.is_file() and place.stat().st_size == file.total:
            upload_files.change(connection, file.id, received=file.total, sha256=sha256_of(place))  # not yet committed
        elif not file.complete and part.is_file():
            received = min(file.received, part.stat().st_size)
            if received != file.received:
                upload_files.change(connection, file.id, received=received)
        elif file.complete:
            upload_files.remove(connection, file.id)
            unstable.append(_lose_file(connection, file.upload))
        elif file.received:
            upload_files.change(connection, file.id, received=0)
    for upload in uploads.find(connection, tables.upload.c.status == "CHECKING"):
        settle(connection, upload.id)
    return unstable


def _lose_file(connection: Connection, identifier: str) -> str:
    """Mark an upload one of whose files has gone; an open one just has to be sent again."""
    if uploads.get(connection, identifier).status == "CLOSED":
        uploads.change(connection, identifier, status="UNSTABLE")
    return identifier


def _settle_data(store: Store, connection: Connection) -> List[str]:
    unstable = []
    for data in stored_data.find(connection):
        current = next((one for one in revisions(connection, data.id) if one.number == data.revision), None)
        making = live_on_output(connection, data.id)
        if current is not None and not current.place(store.folder).is_file():
            makers = executions.find(connection, tables.execution.c.output == data.id)
            if makers:
                log(connection, makers[-1].id, ["ERROR " + _lost(store, current)])
            if not making and data.status != "UNSTABLE":
                become(connection, data.id, "UNSTABLE")
                unstable.append(data.id)
        elif data.status in ("GENERATING", "MODIFYING") and not making:
            abandon(connection, data.id)
            unstable += give_up(connection, data.id)
            if data.status == "GENERATING":
                unstable.append(data.id)
    return unstable


def _settle_offerings(store: Store, connection: Connection) -> List[str]:
    """Take off the services what shows a file that is no longer there."""
    unstable = []
    every = [one for data in stored_data.find(connection) for one in revisions(connection, data.id)]
    known = {(one.stored_data, one.number): one for one in every}
    for offering in offerings.find(connection, tables.offering.c.status.in_(("PUBLISHED", "MODIFYING"))):
        shown = [known[pin].place(store.folder) for pin in offering.published["data"].items()]
        shown += [pinned_file(store, pin) for pins in pins_of(offering.published) for pin in pins.values()]
        if not all(place.is_file() for place in shown):
            offerings.change(connection, offering.id, status="UNSTABLE")
            unstable.append(offering.id)
    return unstable


def _lost(store: Store, lost: DataRevision) -> str:
    return tr("The file {path} of this data is no longer there.", path=lost.place(store.folder))


def _named_files(store: Store, connection: Connection) -> Set[Path]:
    """Return every file that a row names."""
    kept: Set[Path] = set()
    for file in upload_files.find(connection):
        kept.add(place_of(store, file))
        kept.add(store.folder.upload_parts(file.upload) / f"{file.id}.part")
    for data in stored_data.find(connection):
        kept.update(one.place(store.folder) for one in revisions(connection, data.id))
    kept.update(static.place(store) for static in statics.find(connection))
    kept.update(style_files(store, connection))
    kept.update(store.folder.annexe_file(annexe.id) for annexe in annexes.find(connection))
    return kept
