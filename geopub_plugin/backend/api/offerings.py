"""Offerings: what is published, and where it is found."""

from __future__ import annotations

from typing import List

from flask import Response, request
from sqlalchemy import ColumnElement, Connection, func, select

from ..catalogue import tables
from ..catalogue.configurations import Configuration, configurations
from ..catalogue.definitions import TYPES
from ..catalogue.lifecycles import OFFERING as LIFE
from ..catalogue.offerings import Offering, checked_openness, offerings, publish, synchronise, unpublish
from ..catalogue.seeds import door_of
from ..catalogue.spaces import endpoints
from .answers import Json, answer, answer_page, nothing
from .context import base_url, datastore_blueprint, settings, space, store
from .fields import Body, Parameter, flag, mapping, text
from .operation import gives, gives_nothing, gives_page, lists, makes, operation
from .questions import listing
from .schema import ADDRESS, FLAG, ID, OBJECT, TEXT, entity, list_of, one_of, reference, shape

blueprint = datastore_blueprint("offerings")

FILTERS = {"status": "status", "endpoint": "endpoint", "configuration": "configuration"}
BY_CONFIGURATION = {"type": "type", "layer_name": "layer_name"}

URLS = list_of(shape({"type": TEXT, "url": ADDRESS}))
OFFERING = entity(
    "Offering",
    {
        "open": FLAG,
        "available": FLAG,
        "layer_name": TEXT,
        "type": one_of(*TYPES),
        "status": one_of(*LIFE),
        "configuration": reference("name", "status"),
        "endpoint": reference("name"),
        "urls": URLS,
        "public_activity": FLAG,
        "extra": OBJECT,
    },
)
NEW = Body(
    endpoint=text(required=True, schema=ID),
    open=flag("Whether everybody may use it; as its endpoint is when absent."),
    available=flag("Whether it is to be found there, or by preview links only.", otherwise=True),
    public_activity=flag(),
)
CHANGE = Body(open=flag(), available=flag(otherwise=True), public_activity=flag(), extra=mapping())
STORED_DATA = Parameter("stored_data", ID, "That they show.")
IS_OPEN = Parameter("is_open", FLAG)
FILTERED = lists({**FILTERS, **BY_CONFIGURATION}, STORED_DATA, IS_OPEN)


@blueprint.get("/offerings")
@operation(gives_page(OFFERING), query=FILTERED)
def list_offerings() -> Response:
    """List offerings."""
    return _list()


@blueprint.get("/configurations/<entity>/offerings")
@operation(gives_page(OFFERING), query=FILTERED)
def list_of_configuration(entity: str) -> Response:
    """List the offerings of a configuration."""
    configuration = _configuration(entity)
    return _list(tables.offering.c.configuration == configuration.id)


@blueprint.post("/configurations/<entity>/offerings")
@operation(makes(OFFERING), body=NEW, refuses=(409,))
def create(entity: str) -> Response:
    """Publish a configuration."""
    configuration, given = _configuration(entity), NEW.read()
    offering = publish(store(), configuration, given["endpoint"], given.get("open"), given.get("available", True))
    return _answer(offering, 201)


@blueprint.get("/offerings/<entity>")
@operation(gives(OFFERING))
def one(entity: str) -> Response:
    """Return one offering."""
    return _answer(_offering(entity))


@blueprint.patch("/offerings/<entity>")
@operation(gives(OFFERING), body=CHANGE)
def change(entity: str) -> Response:
    """Change open, available, public_activity or extra."""
    offering, given = _offering(entity), CHANGE.read()
    with store().writing() as connection:
        if "open" in given:
            given["open"] = checked_openness(endpoints.get(connection, offering.endpoint), given["open"])
        changed = offerings.change(connection, offering.id, **given)
    return _answer(changed)


@blueprint.put("/offerings/<entity>")
@operation(gives(OFFERING), refuses=(409,))
def refresh(entity: str) -> Response:
    """Show the configuration and the data as they are now; the body is empty and is not read."""
    return _answer(synchronise(store(), _offering(entity)))


@blueprint.delete("/offerings/<entity>")
@operation(gives_nothing(), refuses=(409,))
def delete(entity: str) -> Response:
    """End a publication: it is gone, or (setting unpublish=keep) UNPUBLISHED until it is deleted again."""
    unpublish(store(), _offering(entity), keep=settings().unpublish == "keep")
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
        "public_activity": offering.public_activity,
        "extra": offering.extra,
        "creation": offering.created,
        "update": offering.updated,
    }


def urls(configuration: Configuration, offering: Offering, base: str = "") -> List[Json]:
    """Return where an offering is found, in the forms that clients take apart; `base` is "" for where all find it."""
    base, name = base or base_url() + door_of(offering.endpoint), configuration.layer_name
    if not offering.published:
        return []
    if configuration.type == "WFS":
        query = f"{base}/wfs/ows?service=WFS&version=2.0.0&request=GetFeature&typeNames={name}:"
        used = offering.published["type_infos"]["used_data"]
        return [
            {"type": "WFS", "url": query + relation["public_name"]} for item in used for relation in item["relations"]
        ]
    if configuration.type == "WMS-VECTOR":
        return [
            {"type": "WMS", "url": f"{base}/wms-v/ows?service=WMS&version=1.3.0&request=GetMap&layers={name}"},
            {"type": "WMTS", "url": f"{base}/wmts?service=WMTS&version=1.0.0&request=GetCapabilities&layer={name}"},
        ]
    return [{"type": "TMS", "url": f"{base}/tms/1.0.0/{name}"}]


def _list(*more: ColumnElement[bool]) -> Response:
    with store().reading() as connection:
        conditions = [tables.offering.c.datastore == space().id, *_of_configurations(), *_is_open(), *more]
        page = offerings.page(connection, listing(FILTERS), *conditions)
        return answer_page(page, lambda one: offering_form(connection, one))


def _is_open() -> List[ColumnElement[bool]]:
    wanted = IS_OPEN.truth
    return [] if wanted is None else [tables.offering.c.open.is_(wanted)]


def _of_configurations() -> List[ColumnElement[bool]]:
    """Return the conditions on the configurations of offerings: type, layer_name, stored_data."""
    columns, offered = tables.configuration.c, tables.offering.c.configuration
    found = [
        offered.in_(select(columns.id).where(func.lower(columns[name]) == func.lower(request.args[name])))
        for name in BY_CONFIGURATION
        if request.args.get(name)
    ]
    if STORED_DATA.value:
        link = tables.configuration_data
        using = select(link.c.configuration).where(link.c.stored_data == STORED_DATA.value)
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
