"""Executions of checks and processings, and their logs."""

from __future__ import annotations

from typing import Any, Dict, List

from flask import Response
from sqlalchemy import ColumnElement, Connection, select

from ..catalogue import checks, lifecycles, processings, programs, tables
from ..catalogue.executions import CHECK, PROCESSING, Execution, executions, inputs_of, log_lines
from ..catalogue.stored_data import stored_data
from ..catalogue.uploads import uploads
from ..errors import InvalidInput
from ..translation import tr
from .answers import Json, answer, answer_page, content_range, nothing, present
from .context import datastore_blueprint, space, store
from .fields import Body, Parameter, anything, mapping, text
from .openapi import FAULT
from .operation import PAGING, gives, gives_list, gives_nothing, gives_page, lists, makes, operation
from .questions import listing, names_field, object_field, page
from .schema import COUNT, ID, MOMENT, OBJECT, TEXT, Schema, list_of, one_of, reference, shape
from .waiting import PREFER, wait_while

blueprint = datastore_blueprint("executions")

LINES = 100  # of a log, when the client does not say

CHECK_FILTERS = {"status": "status", "check": "program", "upload": "upload"}
FILTERS = {"status": "status", "processing": "program", "output_stored_data": "output", "output_upload": "upload"}
INPUTS = {kind: Parameter(f"input_{kind}", ID, "That they read.") for kind in ("upload", "stored_data")}

PROGRESS = shape({"step": TEXT, "done": COUNT, "total": COUNT, "unit": TEXT})


def _execution_shape(title: str, cycle: lifecycles.LifeCycle, **more: Schema) -> Schema:
    moments = dict.fromkeys(("creation", "launch?", "start?", "finish?"), MOMENT)
    common = {"_id": ID, "status": one_of(*cycle), **moments, "progress?": PROGRESS, "faults": list_of(FAULT)}
    return shape({**common, **more}, title)


CHECK_EXECUTION = _execution_shape(
    "CheckExecution", lifecycles.CHECK_EXECUTION, check=reference("name"), upload=reference("name", "type")
)
_READ = list_of(reference("name", "type", "status", "srs"))
EXECUTION = _execution_shape(
    "ProcessingExecution",
    lifecycles.PROCESSING_EXECUTION,
    **{
        "processing": reference("name"),
        "inputs": shape({"upload": _READ, "stored_data": _READ}),
        "output": shape({"stored_data": reference("name", "type", "status", "srs")}),
        "parameters": OBJECT,
        "callback?": OBJECT,
    },
)
_TARGET = shape({"name?": TEXT, "id?": ID, "storage_type?": TEXT, "storage_tags?": list_of(TEXT)})
NEW = Body(
    processing=text(required=True, schema=ID),
    inputs=mapping(schema=shape({"upload?": list_of(ID), "stored_data?": list_of(ID)})),
    output=mapping("A name for new data, the id of data to update.", schema=shape({"stored_data": _TARGET})),
    parameters=mapping("As the processing describes them."),
    callback=anything({"type": ["object", "null"]}),
)


@blueprint.get("/checks/executions")
@operation(gives_page(CHECK_EXECUTION), query=lists(CHECK_FILTERS))
def list_check_executions() -> Response:
    """List executions of checks."""
    return _list(CHECK, CHECK_FILTERS)


@blueprint.get("/checks/executions/<entity>")
@operation(gives(CHECK_EXECUTION))
def one_check_execution(entity: str) -> Response:
    """Return one execution of a check."""
    return execution_answer(_execution(entity, CHECK))


@blueprint.delete("/checks/executions/<entity>")
@operation(gives_nothing(), refuses=(409,))
def delete_check_execution(entity: str) -> Response:
    """End an execution of a check, or forget it."""
    checks.cancel(store(), _execution(entity, CHECK))
    return nothing()


@blueprint.get("/checks/executions/<entity>/logs")
@operation(gives_list(TEXT), query=PAGING)
def check_logs(entity: str) -> Response:
    """Return lines of log, oldest first."""
    return _logs(_execution(entity, CHECK))


@blueprint.get("/processings/executions")
@operation(gives_page(EXECUTION), query=lists(FILTERS, *INPUTS.values()))
def list_executions() -> Response:
    """List executions of processings."""
    return _list(PROCESSING, FILTERS)


@blueprint.post("/processings/executions")
@operation(makes(EXECUTION), body=NEW, refuses=(409,))
def create() -> Response:
    """Make an execution; its output is there at once."""
    given = NEW.read()
    output, inputs = given.get("output", {}), given.get("inputs", {})
    if "stored_data" not in output:
        raise InvalidInput(
            tr("The output must be a stored data."),
            tr("The field “output.stored_data” is missing."),
            tr("Give it with a name, or with the id of what is to be updated."),
        )
    execution = processings.create(
        store(),
        space().id,
        programs.processing(given["processing"]),
        {kind: names_field(inputs.get(kind), f"inputs.{kind}") for kind in INPUTS},
        object_field(output["stored_data"], "output.stored_data"),
        given.get("parameters", {}),
        given.get("callback"),
    )
    return execution_answer(execution, 201)


@blueprint.get("/processings/executions/<entity>")
@operation(gives(EXECUTION), query=(PREFER,))
def one(entity: str) -> Response:
    """Return one execution."""
    asked = _execution(entity, PROCESSING)
    wait_while(lambda connection: executions.get(connection, asked.id).live)
    return execution_answer(_execution(entity, PROCESSING))


@blueprint.delete("/processings/executions/<entity>")
@operation(gives_nothing(), refuses=(409,))
def delete(entity: str) -> Response:
    """Delete an execution that has not been launched."""
    processings.delete(store(), _execution(entity, PROCESSING))
    return nothing()


@blueprint.post("/processings/executions/<entity>/launch")
@operation(gives_nothing(), refuses=(409,))
def launch(entity: str) -> Response:
    """Let an execution run."""
    processings.launch(store(), _execution(entity, PROCESSING))
    return nothing()


@blueprint.post("/processings/executions/<entity>/abort")
@operation(gives_nothing(), refuses=(409,))
def abort(entity: str) -> Response:
    """End an execution."""
    processings.abort(store(), _execution(entity, PROCESSING))
    return nothing()


@blueprint.get("/processings/executions/<entity>/logs")
@operation(gives_list(TEXT), query=PAGING)
def logs(entity: str) -> Response:
    """Return lines of log, oldest first."""
    return _logs(_execution(entity, PROCESSING))


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
        tables.execution.c.id.in_(select(link.c.execution).where(link.c.kind == kind, link.c.entity == parameter.value))
        for kind, parameter in INPUTS.items()
        if parameter.value
    ]


def _execution(entity: str, family: str) -> Execution:
    columns = tables.execution.c
    with store().reading() as connection:
        return executions.get(connection, entity, columns.datastore == space().id, columns.family == family)


def execution_answer(execution: Execution, status: int = 200) -> Response:
    """Answer with an execution."""
    with store().reading() as connection:
        return answer(execution_form(connection, execution), status)


def _logs(execution: Execution) -> Response:
    offset, limit = page(LINES)
    with store().reading() as connection:
        lines, total = log_lines(connection, execution.id, offset, limit)
    return answer(lines, **content_range(offset, len(lines), total))
