"""Stored data."""

from __future__ import annotations

from flask import Response
from sqlalchemy import Connection

from ..catalogue.lifecycles import STORED_DATA as LIFE
from ..catalogue.sharings import visible_in
from ..catalogue.spaces import storages
from ..catalogue.stored_data import SUFFIXES, StoredData, delete_stored_data, stored_data
from .answers import Json, answer, answer_page, nothing, present
from .context import contact, datastore_blueprint, space, store
from .deletions import CASCADE, add_deletion_route, cascaded
from .fields import Body, flag, mapping, text
from .journals import LAST_EVENT, add_comment_routes, add_event_route
from .operation import gives, gives_nothing, gives_page, lists, operation
from .questions import listing
from .schema import COUNT, FLAG, OBJECT, TAGS, TEXT, entity, list_of, one_of, shape
from .sharings import add_sharing_routes
from .tagging import add_tag_routes

blueprint = datastore_blueprint("stored_data")

FILTERS = {"name": "name", "type": "type", "status": "status", "srs": "srs"}

STORED_DATA = entity(
    "StoredData",
    {
        "name": TEXT,
        "description": TEXT,
        "type": one_of(*SUFFIXES),
        "srs": TEXT,
        "status": one_of(*LIFE),
        "open": FLAG,
        "public_activity": FLAG,
        "contact": TEXT,
        "size": COUNT,
        "extent?": OBJECT,
        "edition?": OBJECT,
        "type_infos": OBJECT,
        "storage": shape({"type": TEXT, "labels": list_of(TEXT)}),
        "last_event": LAST_EVENT,
        "tags": TAGS,
        "extra": OBJECT,
    },
)
CHANGE = Body(
    name=text(),
    description=text(),
    open=flag("Whether other datastores see it."),
    public_activity=flag(),
    edition=mapping("`from` and `to`."),
    extent=mapping("GeoJSON."),
    extra=mapping(),
)


@blueprint.get("/stored_data")
@operation(gives_page(STORED_DATA), query=lists(FILTERS, tagged=True))
def list_stored_data() -> Response:
    """List stored data."""
    with store().reading() as connection:
        page = stored_data.page(connection, listing(FILTERS), stored_data.table.c.datastore == space().id)
        return answer_page(page, lambda data: stored_data_form(connection, data))


@blueprint.get("/stored_data/<entity>")
@operation(gives(STORED_DATA))
def one(entity: str) -> Response:
    """Return one stored data; also one that is open, or shared with this datastore."""
    with store().reading() as connection:
        seen = visible_in(stored_data.table, space().id)
        return answer(stored_data_form(connection, stored_data.get(connection, entity, seen)))


@blueprint.patch("/stored_data/<entity>")
@operation(gives(STORED_DATA), body=CHANGE)
def change(entity: str) -> Response:
    """Change name, description, open, public_activity, edition, extent or extra."""
    given = CHANGE.read()
    with store().writing() as connection:
        current = _get(connection, entity)
        if "extra" in given:  # what the store itself says there stays
            given["extra"] = {**given["extra"], "geopub": current.extra.get("geopub", {})}
        return answer(stored_data_form(connection, stored_data.change(connection, entity, **given)))


@blueprint.delete("/stored_data/<entity>")
@operation(gives_nothing(), query=(CASCADE,), refuses=(409,))
def delete(entity: str) -> Response:
    """Delete a stored data that nothing uses, or all that uses it, too."""
    with store().reading() as connection:
        data = _get(connection, entity)
    if not cascaded(stored_data, data.id):
        delete_stored_data(store(), data)
    return nothing()


add_tag_routes(blueprint, "/stored_data", stored_data)
add_comment_routes(blueprint, "/stored_data", stored_data)
add_event_route(blueprint, "/stored_data", stored_data)
add_sharing_routes(blueprint, "/stored_data", stored_data)
add_deletion_route(blueprint, "/stored_data", stored_data)


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
        "open": data.open,
        "public_activity": data.public_activity,
        "contact": contact(connection, data.datastore),
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
