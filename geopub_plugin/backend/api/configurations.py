"""Configurations: the definitions of services."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from flask import Response, request
from sqlalchemy import ColumnElement, Connection, select

from ..catalogue import tables
from ..catalogue.configurations import (
    Configuration,
    configurations,
    create_configuration,
    delete_configuration,
    replace_configuration,
)
from ..catalogue.stored_data import stored_data
from .answers import Json, answer, answer_page, nothing, present
from .context import datastore_blueprint, space, store
from .questions import body, listing, object_field
from .tagging import add_tag_routes

blueprint = datastore_blueprint("configurations")

FILTERS = {"name": "name", "layer_name": "layer_name", "type": "type", "status": "status"}


@blueprint.get("/configurations")
def list_configurations() -> Response:
    """Return configurations."""
    columns = tables.configuration.c
    with store().reading() as connection:
        conditions = [columns.datastore == space().id, *_using(request.args.get("stored_data"))]
        page = configurations.page(connection, listing(FILTERS), *conditions)
        return answer_page(page, lambda one: configuration_form(connection, one))


@blueprint.post("/configurations")
def create() -> Response:
    """Keep a new definition."""
    return _answer(create_configuration(store(), space(), body()), 201)


@blueprint.get("/configurations/<entity>")
def one(entity: str) -> Response:
    """Return one definition."""
    return _answer(_configuration(entity))


@blueprint.put("/configurations/<entity>")
def replace(entity: str) -> Response:
    """Put another definition in the place of one."""
    return _answer(replace_configuration(store(), _configuration(entity), body()))


@blueprint.patch("/configurations/<entity>")
def change(entity: str) -> Response:
    """Change name or extra."""
    configuration, given = _configuration(entity), body("name", "extra")
    values: Dict[str, Any] = {}
    if given.get("name"):
        values["name"] = str(given["name"])
    if "extra" in given:
        values["extra"] = object_field(given["extra"], "extra")
    with store().writing() as connection:
        changed = configurations.change(connection, configuration.id, **values)
    return _answer(changed)


@blueprint.delete("/configurations/<entity>")
def delete(entity: str) -> Response:
    """Delete a definition that is not published."""
    delete_configuration(store(), _configuration(entity))
    return nothing()


add_tag_routes(blueprint, "/configurations", configurations)


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
