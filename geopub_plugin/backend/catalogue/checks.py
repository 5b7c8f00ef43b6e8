"""Checks of an upload: asked when it is closed, run one after the other, their outcome kept as faults."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Sequence

from sqlalchemy import Connection

from ..errors import Conflict, GeoPubError
from ..faults import Fault, Severity, blocking
from ..translation import tr
from . import tables
from .executions import CHECK, Execution, executions, executions_of_upload, log, move
from .lifecycles import UPLOAD, step
from .preparations import keep
from .programs import CHECKS, Check, check
from .store import Store
from .submissions import submit
from .uploads import Upload, files_of, settle, uploads


def close(store: Store, upload: Upload) -> Upload:
    """End the delivery of an upload and have it checked."""
    return ask(store, upload, CHECKS, anew=True)


def ask(store: Store, upload: Upload, wanted: Sequence[Check], anew: bool = False) -> Upload:
    """Have checks run on an upload; `anew` forgets those of a former closing."""
    with store.alone(upload.id), store.writing() as connection:
        current = uploads.get(connection, upload.id)
        if not anew and current.status == "CLOSED":  # more checks on what has passed
            current = uploads.change(connection, current.id, status="UNSTABLE")
        status = step(UPLOAD, current.name, current.status, "CHECKING")
        _refuse_incomplete(connection, current)
        again = {one.id for one in wanted}
        for former in executions_of_upload(connection, current.id):
            if anew or former.program in again:
                executions.remove(connection, former.id)
        for one in wanted:
            executions.add(
                connection,
                datastore=current.datastore,
                family=CHECK,
                program=one.id,
                status="WAITING",
                upload=current.id,
            )
        closed = uploads.change(connection, current.id, status=status)
    submit_next(store, upload.id)
    return closed


def submit_next(store: Store, upload: str) -> None:
    """Submit the next waiting check of an upload, unless one runs."""
    with store.reading() as connection:
        live = [one for one in executions_of_upload(connection, upload) if one.live]
    if live and all(one.status == "WAITING" for one in live):
        try:
            submit(store, live[0])
        except GeoPubError as error:  # no room for its work folder
            failed(store, live[0], error)


def passed(store: Store, execution: Execution, result: Dict[str, Any]) -> None:
    """Keep the outcome of a check that ran to its end, then run the next one."""
    faults = [Fault.from_json(wire) for wire in result["faults"]]
    failed = bool(blocking(faults))
    keep(store, execution.upload or "", store.works[execution.id], result.get("keep", ()))
    with store.writing() as connection:
        current = executions.get(connection, execution.id)
        log(connection, current.id, [*map(str, result.get("log", ())), *_lines(faults)])
        if not failed:
            log(connection, current.id, ["INFO " + tr("Nothing forbids the publication.")])
        status = "FAILURE" if failed else "SUCCESS"
        move(connection, current, status, faults=[fault.as_json() for fault in faults])
        if failed:
            _skip_waiting(connection, current)
        settle(connection, current.upload or "")
    submit_next(store, execution.upload or "")


def failed(store: Store, execution: Execution, error: GeoPubError) -> None:
    """Keep that a check could not run to its end."""
    found = error.faults or (Fault("check.failed", Severity.ERROR, error.what, error.why, error.cure),)
    with store.writing() as connection:
        log(connection, execution.id, _lines(found))
        move(connection, execution, "FAILURE", faults=[fault.as_json() for fault in found])
        _skip_waiting(connection, execution)
        settle(connection, execution.upload or "")


def cancel(store: Store, execution: Execution) -> None:
    """End a check that waits or runs, or forget one that has ended."""
    if not execution.live:
        with store.writing() as connection:
            executions.remove(connection, execution.id)
        return
    store.queue.cancel(execution.id)


def _refuse_incomplete(connection: Connection, upload: Upload) -> None:
    files = files_of(connection, upload.id)
    if not any(file.kind == "data" for file in files):
        raise Conflict(
            tr("The upload “{name}” cannot be closed.", name=upload.name),
            tr("It holds no data file."),
            tr("Send a file first."),
        )
    for file in files:
        if not file.complete:
            raise Conflict(
                tr("The upload “{name}” cannot be closed.", name=upload.name),
                tr(
                    "“{path}” is not complete: {received} of {total} bytes are here.",
                    path=file.path,
                    received=file.received,
                    total=file.total,
                ),
                tr("Send what is missing, or delete the file."),
            )


def _skip_waiting(connection: Connection, failed_one: Execution) -> None:
    """End the checks behind one that has failed: they would only find the same fault again."""
    columns = tables.execution.c
    waiting = executions.find(connection, columns.upload == failed_one.upload, columns.status == "WAITING")
    for other in waiting:
        reason = tr("Not run: “{name}” has failed.", name=check(failed_one.program).name)
        log(connection, other.id, ["INFO " + reason])
        move(connection, other, "FAILURE")


def _lines(faults: Iterable[Fault]) -> List[str]:
    """Return faults as lines of a log.

    The platform's clients look for ERROR, and for a path in parentheses: of the files to delete and send again.
    """
    words = {Severity.ERROR: "ERROR", Severity.REPAIRED: "INFO", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}
    lines = []
    for fault in faults:
        places = fault.examples if fault.id.startswith("file.") and fault.examples else (fault.table,)
        lines += [f"{words[fault.severity]} {fault.sentence}" + (f" ({place})" if place else "") for place in places]
    return lines
