"""Configurations: the definitions of services."""

from __future__ import annotations

from typing import Optional, Sequence

from flask import Response
from sqlalchemy import ColumnElement, Connection, select

from ..catalogue import tables
from ..catalogue.configurations import (
    Configuration,
    change_configuration,
    configurations,
    create_configuration,
    delete_configuration,
    replace_configuration,
)
from ..catalogue.definitions import TYPES
from ..catalogue.lifecycles import CONFIGURATION as LIFE
from ..catalogue.stored_data import stored_data
from .answers import Json, answer, answer_page, nothing, present
from .context import datastore_blueprint, space, store
from .deletions import CASCADE, add_deletion_route, cascaded
from .fields import Body, Parameter, anything, mapping, text
from .journals import LAST_EVENT, add_comment_routes, add_event_route
from .operation import gives, gives_nothing, gives_page, lists, makes, operation
from .questions import listing
from .schema import ID, NUMBER, OBJECT, TAGS, TEXT, entity, list_of, nullable, one_of, shape
from .tagging import add_tag_routes

blueprint = datastore_blueprint("configurations")

FILTERS = {"name": "name", "layer_name": "layer_name", "type": "type", "status": "status"}

BBOX = shape(dict.fromkeys(("west", "south", "east", "north"), NUMBER))
ATTRIBUTION = shape({"title": TEXT, "url": TEXT, "logo?": OBJECT})
LINK = shape({"format": TEXT, "url": TEXT, "type": TEXT})
CONFIGURATION = entity(
    "Configuration",
    {
        "name": TEXT,
        "layer_name": TEXT,
        "type": one_of(*TYPES),
        "status": one_of(*LIFE),
        "attribution?": ATTRIBUTION,
        "metadata": list_of(LINK),
        "type_infos": {**OBJECT, "properties": {"bbox": nullable(BBOX)}, "required": ["bbox", "used_data"]},
        "last_event": LAST_EVENT,
        "tags": TAGS,
        "extra": OBJECT,
    },
)
_CONTENT = {
    "name": text("By default the layer_name."),
    "type_infos": anything(OBJECT, "What is shown, by the type; docs/api.md describes it.", required=True),
    "attribution": anything(nullable(OBJECT), "Title and URL; empty ones count as none."),
    "metadata": anything(nullable(list_of(LINK)), "Links to records."),
}
NEW = Body(type=text(choices=TYPES, required=True), layer_name=text("Unique for its type.", required=True), **_CONTENT)
REPLACEMENT = Body(type=text(choices=TYPES), **_CONTENT)
CHANGE = Body(name=text(), extra=mapping())
STORED_DATA = Parameter("stored_data", ID, "That they show.")


@blueprint.get("/configurations")
@operation(gives_page(CONFIGURATION), query=lists(FILTERS, STORED_DATA, tagged=True))
def list_configurations() -> Response:
    """List configurations."""
    columns = tables.configuration.c
    with store().reading() as connection:
        conditions = [columns.datastore == space().id, *_using(STORED_DATA.value)]
        page = configurations.page(connection, listing(FILTERS), *conditions)
        return answer_page(page, lambda one: configuration_form(connection, one))


@blueprint.post("/configurations")
@operation(makes(CONFIGURATION), body=NEW, refuses=(409,))
def create() -> Response:
    """Keep a new definition."""
    return _answer(create_configuration(store(), space(), NEW.read()), 201)


@blueprint.get("/configurations/<entity>")
@operation(gives(CONFIGURATION))
def one(entity: str) -> Response:
    """Return one definition."""
    return _answer(_configuration(entity))


@blueprint.put("/configurations/<entity>")
@operation(gives(CONFIGURATION), body=REPLACEMENT, refuses=(409,))
def replace(entity: str) -> Response:
    """Put another definition in the place of one; its offering shows it once it is synchronised."""
    return _answer(replace_configuration(store(), _configuration(entity), REPLACEMENT.read()))


@blueprint.patch("/configurations/<entity>")
@operation(gives(CONFIGURATION), body=CHANGE)
def change(entity: str) -> Response:
    """Change name or extra."""
    configuration, given = _configuration(entity), CHANGE.read()
    values = {name: value for name, value in given.items() if name != "name" or value}
    return _answer(change_configuration(store(), configuration, **values))


@blueprint.delete("/configurations/<entity>")
@operation(gives_nothing(), query=(CASCADE,), refuses=(409,))
def delete(entity: str) -> Response:
    """Delete a definition that is not published, or its offerings and styles, too."""
    configuration = _configuration(entity)
    if not cascaded(configurations, configuration.id):
        delete_configuration(store(), configuration)
    return nothing()


add_tag_routes(blueprint, "/configurations", configurations)
add_comment_routes(blueprint, "/configurations", configurations)
add_event_route(blueprint, "/configurations", configurations)
add_deletion_route(blueprint, "/configurations", configurations)


def configuration_form(connection: Connection, configuration: Configuration) -> Json:
    """Return a definition as JSON."""
    form = {
        "_id": configuration.id,
        "name": configuration.name,
        "layer_name": configuration.layer_name,
        "type": configuration.type,
        "status": configuration.status,
        "attribution": configuration.attribution,
        "metadata": configuration.metadata,
        "type_infos": {"bbox": _bbox(connection, configuration.type_infos), **configuration.type_infos},
        "last_event": {"title": configuration.status, "date": configuration.updated},
        "tags": configuration.tags,
        "extra": configuration.extra,
        "creation": configuration.created,
        "update": configuration.updated,
    }
    return present(form)


def _bbox(connection: Connection, infos: Json) -> Optional[Json]:
    """Return the extent of the data that a definition uses; viewers insist on one."""
    ids = {item["stored_data"] for item in infos["used_data"]}
    used = stored_data.find(connection, tables.stored_data.c.id.in_(ids))
    points = [point for data in used if data.extent for point in data.extent["geometry"]["coordinates"][0]]
    if not points:
        return None
    longitudes, latitudes = zip(*points)
    return {"west": min(longitudes), "south": min(latitudes), "east": max(longitudes), "north": max(latitudes)}


def _using(identifier: Optional[str]) -> Sequence[ColumnElement[bool]]:
    if not identifier:
        return ()
    link = tables.configuration_data
    return [tables.configuration.c.id.in_(select(link.c.configuration).where(link.c.stored_data == identifier))]


def _configuration(entity: str) -> Configuration:
    with store().reading() as connection:
        return configurations.get(connection, entity, configurations.table.c.datastore == space().id)


def _answer(configuration: Configuration, status: int = 200) -> Response:
    with store().reading() as connection:
        return answer(configuration_form(connection, configuration), status)
