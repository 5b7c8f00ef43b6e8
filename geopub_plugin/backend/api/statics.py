"""Statics: the styles that services draw with."""

from __future__ import annotations

import uuid

from flask import Response, send_file

from ..catalogue.statics import Static, create_static, delete_static, statics
from ..catalogue.style_replacement import replace_static
from .answers import Json, answer, answer_page, nothing
from .context import datastore_blueprint, space, store
from .questions import changes, file, file_name, listing, text

blueprint = datastore_blueprint("statics")


@blueprint.get("/statics")
def list_statics() -> Response:
    """Return statics."""
    with store().reading() as connection:
        filters = {"name": "name", "type": "type"}
        return answer_page(
            statics.page(connection, listing(filters), statics.table.c.datastore == space().id), static_form
        )


@blueprint.post("/statics")
def create() -> Response:
    """Keep a style (multipart; its fields in the form or in the query)."""
    stream = file()
    static = create_static(
        store(),
        space().id,
        str(uuid.uuid4()),
        stream,
        name=text("name") or file_name(),
        type=text("type"),
        description=text("description"),
    )
    return answer(static_form(static), 201)


@blueprint.get("/statics/<entity>")
def one(entity: str) -> Response:
    """Return one static."""
    return answer(static_form(_static(entity)))


@blueprint.patch("/statics/<entity>")
def change(entity: str) -> Response:
    """Change name, description or extra."""
    static, given = _static(entity), changes(("name", "description"), ("extra",))
    with store().writing() as connection:
        return answer(static_form(statics.change(connection, static.id, **given)))


@blueprint.put("/statics/<entity>")
def replace(entity: str) -> Response:
    """Put another file behind a static."""
    return answer(static_form(replace_static(store(), _static(entity), file())))


@blueprint.delete("/statics/<entity>")
def delete(entity: str) -> Response:
    """Delete a static that nothing uses."""
    delete_static(store(), _static(entity))
    return nothing()


@blueprint.get("/statics/<entity>/file")
def download(entity: str) -> Response:
    """Return the file."""
    static = _static(entity)
    return send_file(static.place(store()), mimetype="application/xml")


def static_form(static: Static) -> Json:
    """Return a static as JSON."""
    return {
        "_id": static.id,
        "name": static.name,
        "description": static.description,
        "type": static.type,
        "type_infos": static.type_infos,
        "extra": {**static.extra, "geopub": {"format": static.suffix[1:], "revision": static.revision}},
        "creation": static.created,
        "update": static.updated,
    }


def _static(entity: str) -> Static:
    with store().reading() as connection:
        return statics.get(connection, entity, statics.table.c.datastore == space().id)
