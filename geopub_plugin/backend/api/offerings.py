"""Offerings: what is published, and where it is found."""

from __future__ import annotations

from typing import Any, Dict, List

from flask import Response, request
from sqlalchemy import ColumnElement, Connection, func, select

from ..catalogue import tables
from ..catalogue.configurations import Configuration, configurations
from ..catalogue.offerings import Offering, checked_openness, offerings, publish, synchronise, unpublish
from ..catalogue.spaces import endpoints
from .answers import Json, answer, answer_page, nothing
from .context import base_url, datastore_blueprint, space, store
from .questions import body, flag, listing, object_field

blueprint = datastore_blueprint("offerings")

FILTERS = {"status": "status", "endpoint": "endpoint", "configuration": "configuration"}


@blueprint.get("/offerings")
def list_offerings() -> Response:
    """Return offerings."""
    return _list()


@blueprint.get("/configurations/<entity>/offerings")
def list_of_configuration(entity: str) -> Response:
    """Return the offerings of a configuration."""
    configuration = _configuration(entity)
    return _list(tables.offering.c.configuration == configuration.id)


@blueprint.post("/configurations/<entity>/offerings")
def create(entity: str) -> Response:
    """Publish a configuration."""
    given = body()
    offering = publish(
        store(), _configuration(entity), str(given.get("endpoint") or ""), flag(given.get("open"), "open")
    )
    return _answer(offering, 201)


@blueprint.get("/offerings/<entity>")
def one(entity: str) -> Response:
    """Return one offering."""
    return _answer(_offering(entity))


@blueprint.patch("/offerings/<entity>")
def change(entity: str) -> Response:
    """Change open, available or extra."""
    offering, given = _offering(entity), body("open", "available", "extra")
    values: Dict[str, Any] = {}
    with store().writing() as connection:
        if "open" in given:
            checked_openness(endpoints.get(connection, offering.endpoint), flag(given["open"], "open"))
        if "available" in given:
            values["available"] = flag(given["available"], "available") is not False
        if "extra" in given:
            values["extra"] = object_field(given["extra"], "extra")
        changed = offerings.change(connection, offering.id, **values)
    return _answer(changed)


@blueprint.put("/offerings/<entity>")
def refresh(entity: str) -> Response:
    """Show the configuration and the data as they are now; the body is empty and is not read."""
    return _answer(synchronise(store(), _offering(entity)))


@blueprint.delete("/offerings/<entity>")
def delete(entity: str) -> Response:
    """End a publication."""
    unpublish(store(), _offering(entity))
    return nothing()


def offering_form(connection: Connection, offering: Offering) -> Json:
    """Return an offering as JSON."""
    configuration = configurations.get(connection, offering.configuration)
    endpoint = endpoints.get(connection, offering.endpoint)
    return {
        "_id": offering.id,
        "open": offering.open,
        "available": offering.available,
        "layer_name": configuration.layer_name,
        "type": configuration.type,
        "status": offering.status,
        "configuration": {
            "_id": configuration.id,
            "name": configuration.name,
            "status": configuration.status,
        },
        "endpoint": {"_id": endpoint.id, "name": endpoint.name},
        "urls": urls(configuration, offering),
        "extra": offering.extra,
        "creation": offering.created,
        "update": offering.updated,
    }


def urls(configuration: Configuration, offering: Offering) -> List[Json]:
    """Return where an offering is found, in the forms that clients take apart."""
    base, name = base_url(), configuration.layer_name
    if configuration.type == "WFS":
        query = f"{base}/wfs/ows?service=WFS&version=2.0.0&request=GetFeature&typeNames={name}:"
        used = offering.published["type_infos"]["used_data"]
        return [
            {"type": "WFS", "url": query + relation["public_name"]} for item in used for relation in item["relations"]
        ]
    if configuration.type == "WMS-VECTOR":
        return [{"type": "WMS", "url": f"{base}/wms-v/ows?service=WMS&version=1.3.0&request=GetMap&layers={name}"}]
    return [{"type": "TMS", "url": f"{base}/tms/1.0.0/{name}"}]


def _list(*more: ColumnElement[bool]) -> Response:
    with store().reading() as connection:
        conditions = [tables.offering.c.datastore == space().id, *_of_configurations(), *_is_open(), *more]
        page = offerings.page(connection, listing(FILTERS), *conditions)
        return answer_page(page, lambda one: offering_form(connection, one))


def _is_open() -> List[ColumnElement[bool]]:
    wanted = flag(request.args.get("is_open", request.args.get("open")), "is_open")
    return [] if wanted is None else [tables.offering.c.open.is_(wanted)]


def _of_configurations() -> List[ColumnElement[bool]]:
    """Return the conditions on the configurations of offerings: type, layer_name, stored_data."""
    columns, offered = tables.configuration.c, tables.offering.c.configuration
    found = [
        offered.in_(select(columns.id).where(func.lower(columns[name]) == func.lower(request.args[name])))
        for name in ("type", "layer_name")
        if request.args.get(name)
    ]
    if request.args.get("stored_data"):
        link = tables.configuration_data
        using = select(link.c.configuration).where(link.c.stored_data == request.args["stored_data"])
        found.append(offered.in_(using))
    return found


def _offering(entity: str) -> Offering:
    with store().reading() as connection:
        return offerings.get(connection, entity, tables.offering.c.datastore == space().id)


def _configuration(entity: str) -> Configuration:
    with store().reading() as connection:
        return configurations.get(connection, entity, tables.configuration.c.datastore == space().id)


def _answer(offering: Offering, status: int = 200) -> Response:
    with store().reading() as connection:
        return answer(offering_form(connection, offering), status)
