"""Annexes, and the public files that they are."""

from __future__ import annotations

import mimetypes
import uuid
from urllib.parse import quote

from flask import Blueprint, Response, send_file

from ..catalogue.annexes import (
    Annexe,
    annexe_at,
    annexes,
    change_annexe,
    create_annexe,
    delete_annexe,
    nothing_public,
    replace_annexe,
)
from ..catalogue.rows import Page
from ..catalogue.spaces import Datastore, datastore_named
from ..errors import InvalidInput, NotFound
from ..services.cross_origin import let_pages_read
from ..translation import tr
from .answers import Json, answer, answer_page, nothing
from .context import base_url, datastore_blueprint, space, store
from .fields import Body, FileBody, Parameter, flag, mapping, names
from .operation import gives, gives_file, gives_nothing, gives_page, lists, makes, operation
from .questions import file, file_name, listing
from .schema import COUNT, FLAG, OBJECT, TEXT, entity, list_of

blueprint = datastore_blueprint("annexes")
public = Blueprint("public_annexes", __name__, url_prefix="/annexes")
let_pages_read(public)

FILTERS = {"mime_type": "mime_type"}
ANNEXE = entity(
    "Annexe",
    {
        "paths": list_of(TEXT),
        "size": COUNT,
        "mime_type": TEXT,
        "published": FLAG,
        "labels": list_of(TEXT),
        "extra": OBJECT,
    },
)
_PATHS = "Where the file is public, below the name of the datastore."
NEW = FileBody(paths=names(_PATHS), published=flag(), labels=names("As in `type=thumbnail`."))
CHANGE = Body(paths=names(_PATHS), published=flag(), labels=names(), extra=mapping())
PATH = Parameter("path", TEXT, "A path; `%` stands for any text.")
LABELS = Parameter("labels", list_of(TEXT), "Labels that must all be there.")


@blueprint.get("/annexes")
@operation(gives_page(ANNEXE), query=lists(FILTERS, PATH, LABELS))
def list_annexes() -> Response:
    """List annexes; all labels that are given must be there."""
    asked, labels = listing(FILTERS), set(LABELS.values)
    path = PATH.value
    with store().reading() as connection:
        found = annexes.find(connection, annexes.table.c.datastore == space().id)
    kind = asked.filters.get("mime_type", "")
    chosen = [
        annexe
        for annexe in found
        if labels <= set(annexe.labels)
        and kind in ("", annexe.mime_type)
        and (not path or any(_matches(one, path) for one in annexe.paths))
    ]
    part = chosen[asked.offset : asked.offset + asked.limit]
    return answer_page(Page(tuple(part), asked.offset, len(chosen)), annexe_form)


@blueprint.post("/annexes")
@operation(makes(ANNEXE), body=NEW, refuses=(409,))
def create() -> Response:
    """Keep a file; its fields stand in the form or in the query."""
    stream, given = file(), NEW.read()
    annexe = create_annexe(
        store(),
        space().id,
        str(uuid.uuid4()),
        stream,
        paths=given.get("paths", ()),
        mime_type=_mime_type(),
        published=given.get("published", False),
        labels=given.get("labels", ()),
    )
    return answer(annexe_form(annexe), 201)


@blueprint.post("/annexes/publication")
@operation(gives(COUNT), query=(LABELS,))
def publish() -> Response:
    """Make the annexes with these labels public; return how many were not."""
    return _set_published(True)


@blueprint.post("/annexes/unpublication")
@operation(gives(COUNT), query=(LABELS,))
def unpublish() -> Response:
    """Hide the annexes with these labels; return how many were public."""
    return _set_published(False)


@blueprint.get("/annexes/<entity>")
@operation(gives(ANNEXE))
def one(entity: str) -> Response:
    """Return one annexe."""
    return answer(annexe_form(_annexe(entity)))


@blueprint.patch("/annexes/<entity>")
@operation(gives(ANNEXE), body=CHANGE, refuses=(409,))
def change(entity: str) -> Response:
    """Change paths, labels, published or extra."""
    return answer(annexe_form(change_annexe(store(), _annexe(entity), **CHANGE.read())))


@blueprint.put("/annexes/<entity>")
@operation(gives(ANNEXE), body=FileBody())
def replace(entity: str) -> Response:
    """Put another file in the place of one."""
    annexe = _annexe(entity)
    stream = file()
    return answer(annexe_form(replace_annexe(store(), annexe, stream, _mime_type())))


@blueprint.delete("/annexes/<entity>")
@operation(gives_nothing())
def delete(entity: str) -> Response:
    """Delete an annexe."""
    delete_annexe(store(), _annexe(entity))
    return nothing()


@blueprint.get("/annexes/<entity>/file")
@operation(gives_file("*/*"))
def download(entity: str) -> Response:
    """Return the file."""
    return _send(_annexe(entity))


@public.get("/<datastore>/<path:path>")
def read(datastore: str, path: str) -> Response:
    """Return a published file; a stranger learns nothing of datastores that publish none there."""
    with store().reading() as connection:
        try:
            owner = datastore_named(connection, datastore)
        except NotFound:
            raise nothing_public(f"/{path}") from None
        return _send(annexe_at(connection, owner.id, f"/{path}"))


def annexe_form(annexe: Annexe) -> Json:
    """Return an annexe as JSON."""
    return {
        "_id": annexe.id,
        "paths": annexe.paths,
        "size": annexe.size,
        "mime_type": annexe.mime_type,
        "published": annexe.published,
        "labels": annexe.labels,
        "extra": annexe.extra,
        "creation": annexe.created,
        "update": annexe.updated,
    }


def annexe_url(owner: Datastore, annexe: Annexe) -> str:
    """Return the public address of an annexe."""
    return f"{base_url()}/annexes/{owner.technical_name}{quote(annexe.paths[0])}"


def _set_published(published: bool) -> Response:
    wanted = set(LABELS.values)
    if not wanted:
        raise InvalidInput(tr("The parameter “{name}” is missing.", name=LABELS.name))
    with store().writing() as connection:
        found = annexes.find(connection, annexes.table.c.datastore == space().id)
        chosen = [one for one in found if wanted <= set(one.labels) and one.published is not published]
        for one in chosen:
            annexes.change(connection, one.id, published=published)
    return Response(str(len(chosen)), content_type="application/json")


def _annexe(entity: str) -> Annexe:
    with store().reading() as connection:
        return annexes.get(connection, entity, annexes.table.c.datastore == space().id)


def _mime_type() -> str:
    return mimetypes.guess_type(file_name())[0] or "application/octet-stream"


def _matches(path: str, text_: str) -> bool:
    if "%" in text_:
        return text_.strip("%").lower() in path.lower()
    return path.lower() in (text_.lower(), f"/{text_.lower()}")


def _send(annexe: Annexe) -> Response:
    """Send a file so that a browser takes it for nothing but what it is stored as, and runs nothing in it."""
    response = send_file(store().folder.annexe_file(annexe.id), mimetype=annexe.mime_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
