"""The checks and processings that a datastore runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Union

from flask import Response

from ..catalogue import programs
from ..catalogue.rows import Page
from .answers import Json, answer, answer_page, present
from .context import datastore_blueprint, space
from .operation import gives, gives_page, lists, operation
from .questions import listing
from .schema import ANY, FLAG, TEXT, list_of, reference, shape

blueprint = datastore_blueprint("programs")

FILTERS = {"name": "name"}
CHECK = {
    **reference("name", "description", "priority", default_uploads_check=list_of(TEXT)),
    "title": "Check",
}
PARAMETER = shape({"name": TEXT, "description": TEXT, "mandatory": FLAG, "default_value?": ANY})
PROCESSING = {
    **reference(
        "name",
        "description",
        "priority",
        input_types=shape({"upload": list_of(TEXT), "stored_data": list_of(TEXT)}),
        output_type=shape({"stored_data": TEXT, "storage": list_of(TEXT)}),
        parameters=list_of(PARAMETER),
        required_checks=list_of(reference("name", "description")),
    ),
    "title": "Processing",
}


@blueprint.get("/checks")
@operation(gives_page(CHECK), query=lists(FILTERS))
def list_checks() -> Response:
    """List the checks that this datastore runs."""
    return answer_page(_known(programs.CHECKS), check_form)


@blueprint.get("/checks/<entity>")
@operation(gives(CHECK))
def one_check(entity: str) -> Response:
    """Return one check."""
    return answer(check_form(programs.check(entity)))


@blueprint.get("/processings")
@operation(gives_page(PROCESSING), query=lists(FILTERS))
def list_processings() -> Response:
    """List the processings that this datastore runs."""
    return answer_page(_known(programs.processings_of(space().id)), processing_form)


@blueprint.get("/processings/<entity>")
@operation(gives(PROCESSING))
def one_processing(entity: str) -> Response:
    """Return one processing."""
    return answer(processing_form(programs.processing(entity)))


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


def _known(known: Any) -> Page[Any]:
    """Return the part that is asked for of a list that is not in the database."""
    asked = listing(FILTERS)
    name = asked.filters.get("name", "").lower()
    chosen = [one for one in known if _named(one, name)]
    return Page(tuple(chosen[asked.offset : asked.offset + asked.limit]), asked.offset, len(chosen))


def _named(program: Union[programs.Check, programs.Processing], text: str) -> bool:
    """Say whether a name matches; only leading and trailing `%` are known here."""
    name, plain = program.name.lower(), text.strip("%")
    if "%" in text:
        return plain in name
    return not text or name == text
