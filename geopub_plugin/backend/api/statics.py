"""Statics: the styles that services draw with."""

from __future__ import annotations

import uuid

from flask import Response, send_file

from ..catalogue.statics import STYLE, Static, create_static, delete_static, statics
from ..catalogue.style_replacement import replace_static
from .answers import Json, answer, answer_page, nothing
from .context import datastore_blueprint, space, store
from .deletions import CASCADE, add_deletion_route, cascaded
from .fields import Body, FileBody, mapping, text
from .operation import gives, gives_file, gives_nothing, gives_page, lists, makes, operation
from .questions import file, file_name, listing
from .schema import OBJECT, TEXT, entity, one_of

blueprint = datastore_blueprint("statics")

FILTERS = {"name": "name", "type": "type"}
STATIC = entity(
    "Static",
    {"name": TEXT, "description": TEXT, "type": one_of(STYLE), "type_infos": OBJECT, "extra": OBJECT},
)
NEW = FileBody(name=text("By default the name of the file."), description=text(), type=text(choices=(STYLE,)))
CHANGE = Body(name=text(), description=text(), extra=mapping())


@blueprint.get("/statics")
@operation(gives_page(STATIC), query=lists(FILTERS))
def list_statics() -> Response:
    """List statics."""
    with store().reading() as connection:
        page = statics.page(connection, listing(FILTERS), statics.table.c.datastore == space().id)
        return answer_page(page, static_form)


@blueprint.post("/statics")
@operation(makes(STATIC), body=NEW)
def create() -> Response:
    """Keep a style, SLD or QML; its fields stand in the form or in the query."""
    stream, given = file(), NEW.read()
    static = create_static(
        store(),
        space().id,
        str(uuid.uuid4()),
        stream,
        name=given.get("name") or file_name(),
        type=given.get("type", ""),
        description=given.get("description", ""),
    )
    return answer(static_form(static), 201)


@blueprint.get("/statics/<entity>")
@operation(gives(STATIC))
def one(entity: str) -> Response:
    """Return one static."""
    return answer(static_form(_static(entity)))


@blueprint.patch("/statics/<entity>")
@operation(gives(STATIC), body=CHANGE)
def change(entity: str) -> Response:
    """Change name, description or extra."""
    static, given = _static(entity), CHANGE.read()
    with store().writing() as connection:
        return answer(static_form(statics.change(connection, static.id, **given)))


@blueprint.put("/statics/<entity>")
@operation(gives(STATIC), body=FileBody())
def replace(entity: str) -> Response:
    """Put another file behind a static."""
    return answer(static_form(replace_static(store(), _static(entity), file())))


@blueprint.delete("/statics/<entity>")
@operation(gives_nothing(), query=(CASCADE,), refuses=(409,))
def delete(entity: str) -> Response:
    """Delete a static that nothing uses, or all that uses it, too."""
    static = _static(entity)
    if not cascaded(statics, static.id):
        delete_static(store(), static)
    return nothing()


add_deletion_route(blueprint, "/statics", statics)


@blueprint.get("/statics/<entity>/file")
@operation(gives_file("application/xml"))
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
