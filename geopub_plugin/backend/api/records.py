"""Metadata records."""

from __future__ import annotations

from flask import Response
from sqlalchemy import Connection

from ..catalogue.record_links import link_records
from ..catalogue.records import (
    LEVELS,
    TYPES,
    Record,
    create_record,
    delete_record,
    place_on,
    records,
    replace_document,
)
from ..catalogue.spaces import endpoints
from ..services.csw.documents import record_url
from .answers import Json, answer, answer_page, nothing
from .context import base_url, datastore_blueprint, space, store
from .fields import Body, FileBody, flag, mapping, names, text
from .operation import gives, gives_file, gives_nothing, gives_page, lists, makes, operation
from .questions import file, listing
from .schema import FLAG, ID, OBJECT, TAGS, TEXT, entity, list_of, one_of, reference
from .tagging import add_tag_routes

blueprint = datastore_blueprint("metadata")

FILTERS = {"type": "type", "level": "level", "file_identifier": "file_identifier"}
METADATA = entity(
    "Metadata",
    {
        "type": one_of(*TYPES),
        "open_data": FLAG,
        "level": one_of(*LEVELS),
        "file_identifier": TEXT,
        "endpoints": list_of(reference("name")),
        "tags": TAGS,
        "extra": OBJECT,
    },
)
NEW = FileBody(type=text(choices=TYPES), open_data=flag())
CHANGE = Body(type=text(choices=TYPES), open_data=flag(), extra=mapping())
PLACES = Body(file_identifiers=names(required=True), endpoint=text(required=True, schema=ID))


@blueprint.get("/metadata")
@operation(gives_page(METADATA), query=lists(FILTERS, tagged=True))
def list_records() -> Response:
    """List records."""
    with store().reading() as connection:
        page = records.page(connection, listing(FILTERS), records.table.c.datastore == space().id)
        return answer_page(page, lambda record: record_form(connection, record))


@blueprint.post("/metadata")
@operation(makes(METADATA), body=NEW, refuses=(409, 422))
def create() -> Response:
    """Keep a record, an ISO 19139 document; its fields stand in the form or in the query."""
    document, given = file().read(), NEW.read()
    kind = given.get("type", "")
    return _answer(create_record(store(), space(), document, kind, given.get("open_data", False)), 201)


@blueprint.post("/metadata/publication")
@operation(gives_nothing(), body=PLACES, refuses=(409,))
def publish() -> Response:
    """Publish records on an endpoint."""
    return _place(True)


@blueprint.post("/metadata/unpublication")
@operation(gives_nothing(), body=PLACES)
def unpublish() -> Response:
    """Take records off an endpoint."""
    return _place(False)


@blueprint.get("/metadata/<entity>")
@operation(gives(METADATA))
def one(entity: str) -> Response:
    """Return one record."""
    return _answer(_record(entity))


@blueprint.put("/metadata/<entity>")
@operation(gives(METADATA), body=FileBody(), refuses=(409, 422))
def replace(entity: str) -> Response:
    """Put another document in the place of one."""
    return _answer(replace_document(store(), space(), _record(entity), file().read()))


@blueprint.patch("/metadata/<entity>")
@operation(gives(METADATA), body=CHANGE)
def change(entity: str) -> Response:
    """Change type, open_data or extra."""
    record, given = _record(entity), CHANGE.read()
    with store().writing() as connection:
        changed = records.change(connection, record.id, **given)
    return _answer(changed)


@blueprint.delete("/metadata/<entity>")
@operation(gives_nothing())
def delete(entity: str) -> Response:
    """Delete a record."""
    delete_record(store(), _record(entity))
    return nothing()


@blueprint.get("/metadata/<entity>/file")
@operation(gives_file("application/xml"))
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
    given = PLACES.read()
    changed = place_on(store(), space().id, given["file_identifiers"], given["endpoint"], published)
    base = base_url()
    link_records(store(), changed, lambda identifier: record_url(base, identifier))
    return nothing()


def _record(entity: str) -> Record:
    with store().reading() as connection:
        return records.get(connection, entity, records.table.c.datastore == space().id)


def _answer(record: Record, status: int = 200) -> Response:
    with store().reading() as connection:
        return answer(record_form(connection, record), status)
