"""Stored data."""

from __future__ import annotations

from flask import Response
from sqlalchemy import Connection

from ..catalogue.spaces import storages
from ..catalogue.stored_data import StoredData, delete_stored_data, stored_data
from .answers import Json, answer, answer_page, nothing, present
from .context import datastore_blueprint, space, store
from .questions import changes, listing
from .tagging import add_tag_routes

blueprint = datastore_blueprint("stored_data")

FILTERS = {"name": "name", "type": "type", "status": "status", "srs": "srs"}


@blueprint.get("/stored_data")
def list_stored_data() -> Response:
    """Return stored data."""
    with store().reading() as connection:
        page = stored_data.page(connection, listing(FILTERS), stored_data.table.c.datastore == space().id)
        return answer_page(page, lambda data: stored_data_form(connection, data))


@blueprint.get("/stored_data/<entity>")
def one(entity: str) -> Response:
    """Return one stored data."""
    with store().reading() as connection:
        return answer(stored_data_form(connection, _get(connection, entity)))


@blueprint.patch("/stored_data/<entity>")
def change(entity: str) -> Response:
    """Change name, description, edition or extra."""
    given = changes(("name", "description"), ("edition", "extra"))
    with store().writing() as connection:
        current = _get(connection, entity)
        if "extra" in given:  # what the store itself says there stays
            given["extra"] = {**given["extra"], "geopub": current.extra.get("geopub", {})}
        return answer(stored_data_form(connection, stored_data.change(connection, entity, **given)))


@blueprint.delete("/stored_data/<entity>")
def delete(entity: str) -> Response:
    """Delete a stored data that nothing uses."""
    with store().reading() as connection:
        data = _get(connection, entity)
    delete_stored_data(store(), data)
    return nothing()


add_tag_routes(blueprint, "/stored_data", stored_data)


def stored_data_form(connection: Connection, data: StoredData) -> Json:
    """Return a stored data as JSON."""
    storage = storages.get(connection, data.storage)
    form = {
        "_id": data.id,
        "name": data.name,
        "description": data.description,
        "type": data.type,
        "srs": data.srs,
        "status": data.status,
        "open": False,
        "size": data.size,
        "extent": data.extent,
        "edition": data.edition or None,
        "type_infos": data.type_infos,
        "storage": {"type": storage.type, "labels": storage.labels},
        "last_event": {"title": data.status, "date": data.updated},
        "tags": data.tags,
        "extra": data.extra,
        "creation": data.created,
        "update": data.updated,
    }
    return present(form)


def _get(connection: Connection, entity: str) -> StoredData:
    return stored_data.get(connection, entity, stored_data.table.c.datastore == space().id)
