"""Checks, processings, their executions and logs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Dict, List, Union

from flask import Response, request
from sqlalchemy import ColumnElement, Connection, select

from ..catalogue import checks, processings, programs, tables
from ..catalogue.executions import CHECK, PROCESSING, Execution, executions, inputs_of, log_lines
from ..catalogue.rows import Page
from ..catalogue.stored_data import stored_data
from ..catalogue.uploads import uploads
from ..errors import InvalidInput
from ..translation import tr
from .answers import Json, answer, answer_page, content_range, nothing, present
from .context import datastore_blueprint, space, store
from .questions import body, listing, names_field, object_field, page

blueprint = datastore_blueprint("executions")

LINES = 100  # of a log, when the client does not say


@blueprint.get("/checks")
def list_checks() -> Response:
    """Return the checks that this datastore runs."""
    return answer_page(_known(programs.CHECKS), check_form)


@blueprint.get("/checks/<entity>")
def one_check(entity: str) -> Response:
    """Return one check."""
    return answer(check_form(programs.check(entity)))


@blueprint.get("/processings")
def list_processings() -> Response:
    """Return the processings that this datastore runs."""
    return answer_page(_known(programs.PROCESSINGS), processing_form)


@blueprint.get("/processings/<entity>")
def one_processing(entity: str) -> Response:
    """Return one processing."""
    return answer(processing_form(programs.processing(entity)))


@blueprint.get("/checks/executions")
def list_check_executions() -> Response:
    """Return executions of checks."""
    return _list(CHECK, {"status": "status", "check": "program", "upload": "upload"})


@blueprint.get("/checks/executions/<entity>")
def one_check_execution(entity: str) -> Response:
    """Return one execution of a check."""
    return _answer(_execution(entity, CHECK))


@blueprint.delete("/checks/executions/<entity>")
def delete_check_execution(entity: str) -> Response:
    """End an execution of a check, or forget it."""
    checks.cancel(store(), _execution(entity, CHECK))
    return nothing()


@blueprint.get("/checks/executions/<entity>/logs")
def check_logs(entity: str) -> Response:
    """Return lines of log."""
    return _logs(_execution(entity, CHECK))


@blueprint.get("/processings/executions")
def list_executions() -> Response:
    """Return executions of processings."""
    return _list(
        PROCESSING,
        {"status": "status", "processing": "program", "output_stored_data": "output", "output_upload": "upload"},
    )


@blueprint.post("/processings/executions")
def create() -> Response:
    """Make an execution; its output is there at once."""
    given = body()
    output = object_field(given.get("output"), "output")
    if "stored_data" not in output:
        raise InvalidInput(
            tr("The output must be a stored data."),
            tr("The field “output.stored_data” is missing."),
            tr("Give it with a name, or with the id of what is to be updated."),
        )
    inputs = object_field(given.get("inputs"), "inputs")
    execution = processings.create(
        store(),
        space().id,
        programs.processing(str(given.get("processing") or "")),
        {kind: names_field(inputs.get(kind), f"inputs.{kind}") for kind in ("upload", "stored_data")},
        object_field(output["stored_data"], "output.stored_data"),
        object_field(given.get("parameters"), "parameters"),
        given.get("callback"),
    )
    return _answer(execution, 201)


@blueprint.get("/processings/executions/<entity>")
def one(entity: str) -> Response:
    """Return one execution."""
    return _answer(_execution(entity, PROCESSING))


@blueprint.delete("/processings/executions/<entity>")
def delete(entity: str) -> Response:
    """Delete an execution that has not been launched."""
    processings.delete(store(), _execution(entity, PROCESSING))
    return nothing()


@blueprint.post("/processings/executions/<entity>/launch")
def launch(entity: str) -> Response:
    """Let an execution run."""
    processings.launch(store(), _execution(entity, PROCESSING))
    return nothing()


@blueprint.post("/processings/executions/<entity>/abort")
def abort(entity: str) -> Response:
    """End an execution."""
    processings.abort(store(), _execution(entity, PROCESSING))
    return nothing()


@blueprint.get("/processings/executions/<entity>/logs")
def logs(entity: str) -> Response:
    """Return lines of log."""
    return _logs(_execution(entity, PROCESSING))


def check_form(check: programs.Check) -> Json:
    """Return a check as JSON."""
    form = {name: value for name, value in asdict(check).items() if name not in ("id", "variant")}
    return {"_id": check.id, **form}


def processing_form(processing: programs.Processing) -> Json:
    """Return a processing as JSON."""
    return {
        "_id": processing.id,
        "name": processing.name,
        "description": processing.description,
        "priority": processing.priority,
        "input_types": processing.input_types,
        "output_type": {"stored_data": processing.output_type, "storage": processing.storage_types},
        "parameters": [present(asdict(parameter)) for parameter in processing.parameters],
        "required_checks": [
            {"_id": check.id, "name": check.name, "description": check.description}
            for check in processing.required_checks
        ],
    }


def execution_form(connection: Connection, execution: Execution) -> Json:
    """Return an execution as JSON."""
    form: Dict[str, Any] = {
        "_id": execution.id,
        "status": execution.status,
        "creation": execution.created,
        "launch": execution.launched,
        "start": execution.started,
        "finish": execution.finished,
        "progress": store().progress.get(execution.id) or execution.progress,
        "faults": execution.faults,
    }
    if execution.family == CHECK:
        check = programs.check(execution.program)
        upload = uploads.get(connection, execution.upload or "")
        form["check"] = {"_id": check.id, "name": check.name}
        form["upload"] = {"_id": upload.id, "name": upload.name, "type": upload.type}
        return present(form)
    processing = programs.processing(execution.program)
    output = stored_data.get(connection, execution.output or "")
    form["processing"] = {"_id": processing.id, "name": processing.name}
    form["inputs"] = _inputs_form(connection, execution)
    form["output"] = {
        "stored_data": {
            "_id": output.id,
            "name": output.name,
            "type": output.type,
            "status": output.status,
            "srs": output.srs,
        }
    }
    form["parameters"] = execution.parameters
    form["callback"] = execution.callback
    return present(form)


def _inputs_form(connection: Connection, execution: Execution) -> Json:
    form: Json = {"upload": [], "stored_data": []}
    for one in inputs_of(connection, execution.id):
        table = uploads.table if one.kind == "upload" else stored_data.table
        row = connection.execute(select(table.c.status, table.c.srs).where(table.c.id == one.entity)).first()
        status, srs = (row.status, row.srs) if row else ("DELETED", "")
        form[one.kind].append({"_id": one.entity, "name": one.name, "type": one.type, "status": status, "srs": srs})
    return form


def _known(known: Any) -> Page[Any]:
    """Return the part that is asked for of a list that is not in the database."""
    asked = listing({"name": "name"})
    name = asked.filters.get("name", "").lower()
    chosen = [one for one in known if _named(one, name)]
    return Page(tuple(chosen[asked.offset : asked.offset + asked.limit]), asked.offset, len(chosen))


def _named(program: Union[programs.Check, programs.Processing], text: str) -> bool:
    """Say whether a name matches; only leading and trailing `%` are known here."""
    name, plain = program.name.lower(), text.strip("%")
    if "%" in text:
        return plain in name
    return not text or name == text


def _list(family: str, filters: Dict[str, str]) -> Response:
    columns = tables.execution.c
    conditions = [columns.datastore == space().id, columns.family == family, *_reading()]
    with store().reading() as connection:
        page_ = executions.page(connection, listing(filters), *conditions)
        return answer_page(page_, lambda execution: execution_form(connection, execution))


def _reading() -> List[ColumnElement[bool]]:
    """Return the conditions on what executions read."""
    link = tables.execution_input
    return [
        tables.execution.c.id.in_(
            select(link.c.execution).where(link.c.kind == kind, link.c.entity == request.args[f"input_{kind}"])
        )
        for kind in ("upload", "stored_data")
        if request.args.get(f"input_{kind}")
    ]


def _execution(entity: str, family: str) -> Execution:
    columns = tables.execution.c
    with store().reading() as connection:
        return executions.get(connection, entity, columns.datastore == space().id, columns.family == family)


def _answer(execution: Execution, status: int = 200) -> Response:
    with store().reading() as connection:
        return answer(execution_form(connection, execution), status)


def _logs(execution: Execution) -> Response:
    offset, limit = page(LINES)
    with store().reading() as connection:
        lines, total = log_lines(connection, execution.id, offset, limit)
    return answer(lines, **content_range(offset, len(lines), total))
