"""users/me/documents: files of the caller's own, shown to other users or to everybody if he wants."""

from __future__ import annotations

import mimetypes
from typing import Any, Dict, List
from urllib.parse import quote

from flask import Blueprint, Response
from sqlalchemy import Connection

from ..access.callers import caller
from ..catalogue.documents import (
    Document,
    add_document,
    content_of,
    documents,
    end_document_sharing,
    read_content,
    readers,
    replace_content,
    seen_by,
    share_document,
)
from ..catalogue.rows import Page
from ..errors import InvalidInput
from ..translation import tr
from .answers import Json, answer, answer_page, nothing, present
from .context import base_url, store
from .fields import Body, Field, FileBody, ListBody, Parameter, flag, mapping, names, text
from .operation import PAGING, gives, gives_file, gives_list, gives_nothing, gives_page, lists, makes, operation
from .questions import file, file_name, listing, names_field, page
from .schema import ADDRESS, COUNT, ID, OBJECT, TEXT, entity, list_of, reference

blueprint = Blueprint("documents", __name__, url_prefix="/api/users/me/documents")
public = Blueprint("public_documents", __name__, url_prefix="/documents")

DOCUMENT = entity(
    "Document",
    {
        "name": TEXT,
        "description?": TEXT,
        "size": COUNT,
        "mime_type": TEXT,
        "labels": list_of(TEXT),
        "public_url?": ADDRESS,
        "extra": OBJECT,
    },
)
READER = {**reference("first_name", "last_name"), "title": "DocumentReader"}
FILTERS = {"name": "name", "mime_type": "mime_type"}
LABELS = Parameter("labels", list_of(TEXT), "Labels that must all be there.")
USERS = ListBody(ID)
GONE = Parameter("users", list_of(TEXT), "Ids of users; commas do as well.")
NEW = FileBody(name=text(), description=text(), labels=names())


def _labels(value: Any, name: str) -> List[str]:
    """Read labels; a text with commas, as the platform's web client sends it, is taken, too."""
    if isinstance(value, str):
        return [label for label in value.split(",") if label]
    return names_field(value, name)


CHANGE = Body(
    name=text(),
    description=text(),
    labels=Field(list_of(TEXT), _labels),
    extra=mapping(),
    public_url=flag("Whether everybody may read it, at an address of its own."),
)


@blueprint.get("")
@operation(gives_page(DOCUMENT), query=lists(FILTERS, LABELS))
def list_documents() -> Response:
    """List the documents of the caller; all labels that are given must be there."""
    asked, wanted = listing(FILTERS), set(LABELS.values)
    mine = documents.table.c.user == caller().user.id
    with store().reading() as connection:
        if not wanted:
            return answer_page(documents.page(connection, asked, mine), document_form)
        found = [one for one in documents.find(connection, mine) if wanted <= set(one.labels)]
    part = Page(tuple(found[asked.offset : asked.offset + asked.limit]), asked.offset, len(found))
    return answer_page(part, document_form)


@blueprint.post("")
@operation(makes(DOCUMENT), body=NEW)
def create() -> Response:
    """Keep a file."""
    content, given = read_content(file()), NEW.read()
    values: Dict[str, Any] = {"description": "", "labels": [], **given}
    values["name"] = given.get("name") or file_name() or "document"
    with store().writing() as connection:
        made = add_document(connection, caller().user.id, content, mime_type=_mime_type(), extra={}, **values)
    return answer(document_form(made), 201)


@blueprint.get("/<entity>")
@operation(gives(DOCUMENT))
def one(entity: str) -> Response:
    """Return one document; also one that is shared with the caller."""
    with store().reading() as connection:
        return answer(document_form(documents.get(connection, entity, seen_by(caller().user.id))))


@blueprint.patch("/<entity>")
@operation(gives(DOCUMENT), body=CHANGE)
def change(entity: str) -> Response:
    """Change name, description, labels or extra, or whether everybody may read it."""
    given = CHANGE.read()
    if "public_url" in given:
        given["public"] = given.pop("public_url")
    with store().writing() as connection:
        return answer(document_form(documents.change(connection, _mine(connection, entity).id, **given)))


@blueprint.put("/<entity>")
@operation(gives(DOCUMENT), body=FileBody())
def replace(entity: str) -> Response:
    """Put another file in the place of one."""
    content = read_content(file())
    with store().writing() as connection:
        return answer(document_form(replace_content(connection, _mine(connection, entity), content, _mime_type())))


@blueprint.delete("/<entity>")
@operation(gives_nothing())
def delete(entity: str) -> Response:
    """Delete a document."""
    with store().writing() as connection:
        documents.remove(connection, _mine(connection, entity).id)
    return nothing()


@blueprint.get("/<entity>/file")
@operation(gives_file("*/*"))
def download(entity: str) -> Response:
    """Return the file."""
    with store().reading() as connection:
        kept = documents.get(connection, entity, seen_by(caller().user.id))
        return _sent(kept, content_of(connection, kept))


@blueprint.get("/<entity>/sharings")
@operation(gives_list(READER), query=PAGING)
def list_sharings(entity: str) -> Response:
    """List the users with whom it is shared."""
    offset, limit = page()
    with store().reading() as connection:
        found = readers(connection, _mine(connection, entity))
    part = Page(tuple(found[offset : offset + limit]), offset, len(found))
    return answer_page(part, lambda one: {"_id": one.id, "first_name": one.first_name, "last_name": one.last_name})


@blueprint.post("/<entity>/sharings")
@operation(gives_nothing(), body=USERS)
def add_sharings(entity: str) -> Response:
    """Let other users read it."""
    wanted = USERS.read()
    if not all(isinstance(one, str) for one in wanted):
        raise InvalidInput(tr("Give the ids of users."))
    with store().writing() as connection:
        share_document(connection, _mine(connection, entity), wanted)
    return nothing()


@blueprint.delete("/<entity>/sharings")
@operation(gives_nothing(), query=(GONE,))
def remove_sharings(entity: str) -> Response:
    """Let these users read it no more."""
    with store().writing() as connection:
        end_document_sharing(connection, _mine(connection, entity), GONE.values)
    return nothing()


@public.get("/<entity>")
def read(entity: str) -> Response:
    """Return a document that everybody may read."""
    with store().reading() as connection:
        kept = documents.get(connection, entity, documents.table.c.public)
        return _sent(kept, content_of(connection, kept))


def document_form(kept: Document) -> Json:
    """Return a document as JSON."""
    form = {
        "_id": kept.id,
        "name": kept.name,
        "description": kept.description or None,
        "size": kept.size,
        "mime_type": kept.mime_type,
        "labels": kept.labels,
        "public_url": f"{base_url()}/documents/{kept.id}" if kept.public else None,
        "extra": kept.extra,
        "creation": kept.created,
        "update": kept.updated,
    }
    return present(form)


def _mine(connection: Connection, entity: str) -> Document:
    return documents.get(connection, entity, documents.table.c.user == caller().user.id)


def _mime_type() -> str:
    return mimetypes.guess_type(file_name())[0] or "application/octet-stream"


def _sent(kept: Document, content: bytes) -> Response:
    """Send a document so that a browser takes it for nothing but what it is kept as, and runs nothing in it."""
    response = Response(content, content_type=kept.mime_type)
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(kept.name, safe='')}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
