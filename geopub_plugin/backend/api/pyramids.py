"""Before and after a pyramid: what a plan would make, an area for a sample, and the full pyramid of a sample."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from flask import Blueprint, Response, request

from ..catalogue import processings, samples, tables
from ..catalogue.parameters import DEEPEST, pyramid_parameters
from ..catalogue.stored_data import StoredData, revision, stored_data
from ..errors import Conflict, InvalidInput
from ..services.tms.plan_layers import PLANS, PlanLayers
from ..translation import tr
from .answers import answer
from .context import base_url, datastore_blueprint, space, store
from .executions import EXECUTION, execution_answer
from .fields import Body, Parameter, anything
from .operation import gives, makes, operation
from .schema import ADDRESS, TEXT, shape

blueprint = datastore_blueprint("pyramids")

AREA = shape({"area": TEXT}, "SampleArea")
PLAN_LAYER = shape({"url": ADDRESS, "tiles": TEXT, "metadata": ADDRESS}, "PlanLayer")
PLAN = Body(
    composition=anything({"type": "array"}, "As in the parameters of the processing that makes pyramids."),
    top_level=anything({}, "For tables that do not say their own."),
    bottom_level=anything({}),
    tippecanoe_options=anything({"type": "string"}),
    area=anything({"type": "string"}, "WKT in EPSG:4326."),
)
_NUMBER = {"type": "number"}
_CENTRE = (
    Parameter("bottom_level", {"type": "integer", "minimum": 0, "maximum": DEEPEST}, "14 when absent."),
    Parameter("longitude", _NUMBER, "Of the centre; that of the data when absent."),
    Parameter("latitude", _NUMBER),
)


@blueprint.get("/stored_data/<entity>/sample_area")
@operation(gives(AREA), query=_CENTRE)
def sample_area(entity: str) -> Response:
    """Propose the 10 × 10 tiles of the bottom level around a centre, as the parameter `area` of a sample."""
    level = _number("bottom_level", 0, DEEPEST)
    area = samples.sample_area(
        _stored(entity),
        14 if level is None else int(level),
        _number("longitude", -180, 180),
        _number("latitude", -90, 90),
    )
    return answer({"area": area})


@blueprint.post("/stored_data/<entity>/completion")
@operation(makes(EXECUTION), refuses=(409,))
def complete(entity: str) -> Response:
    """Turn a sample into the full pyramid with the same settings, behind the same id; services follow by themselves."""
    with store().reading() as connection:
        told = samples.completion(connection, stored_data.get(connection, entity, _here()))
    execution = processings.launch(store(), processings.create(store(), space().id, **told))
    return execution_answer(execution, 201)


def plan_layers_blueprint(layers: PlanLayers) -> Blueprint:
    """Return the route that shows plans."""
    routes = datastore_blueprint("plan_layers")

    @routes.post("/stored_data/<entity>/plan_layers")
    @operation(makes(PLAN_LAYER), body=PLAN, refuses=(409,))
    def show(entity: str) -> Response:
        """Show what a pyramid with these parameters would hold: its tiles are built when they are asked for."""
        data = _stored(entity)
        job = _job(data, PLAN.read())
        entries = job["composition"]
        levels = (min(one["top_level"] for one in entries), max(one["bottom_level"] for one in entries))
        name = layers.show(data.name, json.dumps(job, sort_keys=True), levels)
        url = f"{base_url()}{PLANS}/tms/1.0.0/{name}"
        response = answer(
            {"url": url, "tiles": f"{url}/{{z}}/{{x}}/{{y}}.pbf", "metadata": f"{url}/metadata.json"}, 201
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes


def _job(data: StoredData, given: Dict[str, Any]) -> Dict[str, Any]:
    if data.type != "VECTOR-DB" or not data.revision:
        raise Conflict(
            tr("No tiles can be made of “{name}”.", name=data.name),
            tr("It is of type {type} and {status}.", type=data.type, status=data.status),
            tr("Give a VECTOR-DB that is GENERATED."),
        )
    with store().reading() as connection:
        shown = revision(connection, data.id, data.revision)
    return {**pyramid_parameters(shown, given), "data": str(shown.place(store().folder)), "name": data.name}


def _stored(entity: str) -> StoredData:
    with store().reading() as connection:
        return stored_data.get(connection, entity, _here())


def _here() -> Any:
    return tables.stored_data.c.datastore == space().id


def _number(name: str, low: float, high: float) -> Optional[float]:
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = high + 1
    if not low <= value <= high or (name == "bottom_level" and value != int(value)):
        raise InvalidInput(
            tr("The parameter “{name}” cannot be “{value}”.", name=name, value=text[:80]),
            cure=tr("Give a number from {low} to {high}.", low=low, high=high),
        )
    return value
