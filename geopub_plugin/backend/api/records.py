"""Metadata records."""

from __future__ import annotations

from flask import Response
from sqlalchemy import Connection

from ..catalogue.records import Record, create_record, delete_record, place_on, records, replace_document
from ..catalogue.spaces import endpoints
from .answers import Json, answer, answer_page, nothing
from .context import datastore_blueprint, space, store
from .questions import body, changes, file, flag, listing, names_field, text
from .tagging import add_tag_routes

blueprint = datastore_blueprint("metadata")

FILTERS = {"type": "type", "level": "level", "file_identifier": "file_identifier"}


@blueprint.get("/metadata")
def list_records() -> Response:
    """Return records."""
    with store().reading() as connection:
        page = records.page(connection, listing(FILTERS), records.table.c.datastore == space().id)
        return answer_page(page, lambda record: record_form(connection, record))


@blueprint.post("/metadata")
def create() -> Response:
    """Keep a document (multipart)."""
    document = file().read()
    open_data = bool(flag(text("open_data"), "open_data"))
    return _answer(create_record(store(), space().id, document, text("type"), open_data), 201)


@blueprint.post("/metadata/publication")
def publish() -> Response:
    """Publish records on an endpoint."""
    return _place(True)


@blueprint.post("/metadata/unpublication")
def unpublish() -> Response:
    """Take records off an endpoint."""
    return _place(False)


@blueprint.get("/metadata/<entity>")
def one(entity: str) -> Response:
    """Return one record."""
    return _answer(_record(entity))


@blueprint.put("/metadata/<entity>")
def replace(entity: str) -> Response:
    """Put another document in the place of one (multipart)."""
    return _answer(replace_document(store(), _record(entity), file().read()))


@blueprint.patch("/metadata/<entity>")
def change(entity: str) -> Response:
    """Change type, open_data or extra."""
    record, given = _record(entity), changes(("type", "open_data"), ("extra",))
    if "open_data" in given:
        given["open_data"] = bool(flag(given["open_data"], "open_data"))
    with store().writing() as connection:
        changed = records.change(connection, record.id, **given)
    return _answer(changed)


@blueprint.delete("/metadata/<entity>")
def delete(entity: str) -> Response:
    """Delete a record."""
    delete_record(store(), _record(entity))
    return nothing()


@blueprint.get("/metadata/<entity>/file")
def download(entity: str) -> Response:
    """Return the document as it came."""
    return Response(_record(entity).document, content_type="application/xml")


add_tag_routes(blueprint, "/metadata", records)


def record_form(connection: Connection, record: Record) -> Json:
    """Return a record as JSON."""
    published_on = endpoints.find(connection, endpoints.table.c.id.in_(record.endpoints))
    return {
        "_id": record.id,
        "type": record.type,
        "open_data": record.open_data,
        "level": record.level,
        "file_identifier": record.file_identifier,
        "endpoints": [{"_id": endpoint.id, "name": endpoint.name} for endpoint in published_on],
        "tags": record.tags,
        "extra": record.extra,
        "creation": record.created,
        "update": record.updated,
    }


def _place(published: bool) -> Response:
    given = body()
    names = names_field(given.get("file_identifiers"), "file_identifiers")
    with store().reading() as connection:
        endpoint = endpoints.get(connection, str(given.get("endpoint") or ""))
    place_on(store(), space().id, names, endpoint.id, published)
    return nothing()


def _record(entity: str) -> Record:
    with store().reading() as connection:
        return records.get(connection, entity, records.table.c.datastore == space().id)


def _answer(record: Record, status: int = 200) -> Response:
    with store().reading() as connection:
        return answer(record_form(connection, record), status)
