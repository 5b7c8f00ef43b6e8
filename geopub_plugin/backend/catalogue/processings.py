"""Runs of processings: made with their output at once, launched, ended."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from sqlalchemy import Connection

from ..disk import sha256_of
from ..errors import Conflict, GeoPubError, InvalidInput, JobFailed
from ..faults import Fault
from ..notifications.callbacks import checked_callback
from ..translation import tr
from . import tables
from .executions import PROCESSING, Execution, add_inputs, executions, inputs_of, live_on_output, log, move
from .lifecycles import READABLE
from .offerings import follow
from .parameters import integration_parameters, pyramid_parameters
from .preparations import forget as forget_prepared
from .programs import Processing
from .quotas import DATA, require_room
from .samples import mark_sample
from .sharings import usable_in
from .store import Store
from .stored_data import (
    SUFFIXES,
    StoredData,
    abandon,
    add_revision,
    become,
    create_output,
    next_number,
    prune,
    revision,
    stored_data,
)
from .submissions import submit
from .uploads import uploads
from .waiting_offerings import give_up, wait_again


def create(
    store: Store,
    datastore: str,
    program: Processing,
    inputs: Mapping[str, Sequence[str]],
    output: Mapping[str, Any],
    parameters: Mapping[str, Any],
    callback: Any = None,
) -> Execution:
    """Make an execution and its output: new under `output["name"]`, or the existing one of `output["id"]`."""
    with store.writing() as connection:
        read = _inputs(connection, datastore, program, inputs)
        _check_parameters(connection, program, read, parameters)
        made = _output(connection, datastore, program, output)
        execution = executions.add(
            connection,
            datastore=datastore,
            family=PROCESSING,
            program=program.id,
            status="CREATED",
            output=made.id,
            parameters=dict(parameters),
            callback=checked_callback(callback),
        )
        add_inputs(connection, execution.id, read)
        return execution


def launch(store: Store, execution: Execution) -> Execution:
    """Let an execution run when a worker is free."""
    with store.writing() as connection:
        for one in inputs_of(connection, execution.id):
            _require_ready(connection, one.kind, one.entity)
        _refuse_second(connection, execution)
        launched = move(connection, execution, "WAITING")
        output = stored_data.get(connection, execution.output or "")
        become(connection, output.id, "MODIFYING" if output.revision else "GENERATING")
        wait_again(connection, output.id)
    run(store, launched)
    return launched


def run(store: Store, execution: Execution) -> None:
    """Put an execution that waits into the queue."""
    try:
        submit(store, execution)
    except GeoPubError as error:  # no room for its work folder
        failed(store, execution, error)


def abort(store: Store, execution: Execution) -> None:
    """End an execution that waits or runs; the listener is told when its worker has ended."""
    if not execution.live:
        raise Conflict(
            tr("Execution {identifier} cannot be aborted.", identifier=execution.id),
            tr("It is {status}.", status=execution.status),
        )
    if not store.queue.cancel(execution.id) and execution.id not in store.works:
        aborted(store, execution)  # no job of it was ever in the queue


def delete(store: Store, execution: Execution) -> None:
    """Delete an execution that has not been launched, with its new and empty output."""
    with store.writing() as connection:
        current = executions.get(connection, execution.id)
        if current.status != "CREATED":
            raise Conflict(
                tr("Execution {identifier} cannot be deleted.", identifier=current.id),
                tr("It was launched: it is {status}.", status=current.status),
            )
        executions.remove(connection, current.id)
        output = stored_data.get(connection, current.output or "")
        if output.status == "CREATED":
            stored_data.remove(connection, output.id)


def succeeded(store: Store, execution: Execution, result: Mapping[str, Any], made: Any) -> None:
    """Put the file of an execution in its place, then commit its revision, then let the services follow.

    Args:
        store: where.
        execution: that has ended.
        result: of the job.
        made: the file that the job made, in its work folder.
    """
    output_id = execution.output or ""
    with store.alone(output_id):
        with store.reading() as connection:
            number = next_number(connection, output_id)
            read = inputs_of(connection, execution.id)
            filled = stored_data.get(connection, output_id)
            require_room(connection, filled.datastore, DATA, int(result["size"]), filled.storage)
        suffix = SUFFIXES[filled.type]
        _verify(made, result)
        sha256 = str(result.get("sha256") or sha256_of(made))
        place = store.folder.stored_file(output_id, str(number), suffix)
        store.folder.publish(made, place)
        with store.writing() as connection:
            output = add_revision(connection, output_id, number, result, sha256)
            lines = [Fault.from_json(wire).sentence for wire in result.get("faults", ())]
            log(connection, execution.id, lines)
            faults = list(result.get("faults", ()))
            progress = store.progress.get(execution.id)
            move(connection, execution, "SUCCESS", faults=faults, progress=progress)
            mark_sample(connection, execution)
            log(connection, execution.id, follow(store, connection, output))
            old = prune(connection, output_id, store.kept_revisions)
        for one in old:
            store.folder.remove(one.place(store.folder))
        for one in read:
            if one.kind == "upload":
                forget_prepared(store, one.entity)


def failed(store: Store, execution: Execution, error: GeoPubError) -> None:
    """Keep that an execution has failed, and why."""
    with store.writing() as connection:
        lines = [f"ERROR {sentence}" for sentence in error.sentences]
        lines += [f"ERROR {fault.sentence}" for fault in error.faults]
        log(connection, execution.id, lines)
        _end(connection, execution, "FAILURE", [fault.as_json() for fault in error.faults])


def aborted(store: Store, execution: Execution) -> None:
    """Keep that an execution was ended by its user."""
    with store.writing() as connection:
        log(connection, execution.id, ["INFO " + tr("Aborted by the user.")])
        _end(connection, execution, "ABORTED", [])


def _end(connection: Connection, execution: Execution, status: str, faults: List[Dict[str, Any]]) -> None:
    move(connection, execution, status, faults=faults)
    abandon(connection, execution.output or "")
    give_up(connection, execution.output or "")


def _inputs(
    connection: Connection, datastore: str, program: Processing, inputs: Mapping[str, Sequence[str]]
) -> List[Dict[str, str]]:
    rows = []
    for kind, table in (("upload", uploads), ("stored_data", stored_data)):
        for identifier in inputs.get(kind, ()):
            entity: Any = table.get(connection, identifier, usable_in(table.table, datastore))  # type: ignore[attr-defined]
            if entity.type not in program.input_types[kind]:
                raise InvalidInput(
                    tr("“{processing}” cannot read “{name}”.", processing=program.name, name=entity.name),
                    tr("It is of type {type}.", type=entity.type),
                )
            _require_ready(connection, kind, identifier)
            rows.append({"entity": identifier, "kind": kind, "name": entity.name, "type": entity.type})
    if not rows:
        raise InvalidInput(
            tr("“{processing}” needs something to read.", processing=program.name),
            tr("The field “inputs” names no upload and no stored data."),
        )
    return rows


def _check_parameters(
    connection: Connection, program: Processing, read: Sequence[Mapping[str, str]], given: Mapping[str, Any]
) -> None:
    """Refuse parameters now that would make the job fail later."""
    if program.job == "integrate":
        integration_parameters("", given)
    else:
        data = stored_data.get(connection, read[0]["entity"])
        pyramid_parameters(revision(connection, data.id, data.revision), given)


def _require_ready(connection: Connection, kind: str, identifier: str) -> None:
    entity: Any = uploads.get(connection, identifier) if kind == "upload" else stored_data.get(connection, identifier)
    if entity.status not in ({"CLOSED"} if kind == "upload" else READABLE):
        cure = (
            tr("Close the upload and wait for its checks.") if kind == "upload" else tr("Wait until it is GENERATED.")
        )
        raise Conflict(
            tr("“{name}” is not ready to be read.", name=entity.name), tr("It is {status}.", status=entity.status), cure
        )


def _output(connection: Connection, datastore: str, program: Processing, output: Mapping[str, Any]) -> StoredData:
    identifier, name = output.get("id"), output.get("name")
    if identifier:
        existing = stored_data.get(connection, str(identifier), tables.stored_data.c.datastore == datastore)
        if existing.type != program.output_type:
            raise InvalidInput(
                tr("“{processing}” cannot update “{name}”.", processing=program.name, name=existing.name),
                tr(
                    "It is of type {type}; the result is of type {other}.",
                    type=existing.type,
                    other=program.output_type,
                ),
            )
        return existing
    if not name:
        raise InvalidInput(
            tr("The output needs a name."), tr("The field “output.stored_data” has neither “name” nor “id”.")
        )
    return create_output(connection, datastore, str(name), program.output_type)


def _refuse_second(connection: Connection, execution: Execution) -> None:
    others = live_on_output(connection, execution.output or "")
    if others and others[0].id != execution.id:
        raise Conflict(
            tr("Execution {identifier} cannot be launched.", identifier=execution.id),
            tr("Execution {other} is making the same data.", other=others[0].id),
            tr("Wait for its end, or abort it."),
        )


def _verify(made: Any, result: Mapping[str, Any]) -> None:
    size = made.stat().st_size if made.is_file() else -1
    if size != result["size"] or size == 0:
        raise JobFailed(
            tr("The result of the job is not what it announced."),
            tr("“{name}” has {size} bytes instead of {expected}.", name=made.name, size=size, expected=result["size"]),
            tr("Launch it again; if it fails again, report it with the log."),
        )
