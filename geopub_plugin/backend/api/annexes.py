"""Annexes, and the public files that they are."""

from __future__ import annotations

import mimetypes
import uuid
from typing import Any, Dict

from flask import Blueprint, Response, request, send_file

from ..catalogue.annexes import (
    Annexe,
    annexe_at,
    annexes,
    change_annexe,
    create_annexe,
    delete_annexe,
    replace_annexe,
)
from ..catalogue.rows import Page
from ..catalogue.spaces import datastore_named
from .answers import Json, answer, answer_page, nothing
from .context import datastore_blueprint, space, store
from .questions import body, file, file_name, flag, listing, names_field, object_field, text, texts

blueprint = datastore_blueprint("annexes")
public = Blueprint("public_annexes", __name__, url_prefix="/annexes")


@blueprint.get("/annexes")
def list_annexes() -> Response:
    """Return annexes; all labels that are given must be there."""
    asked, labels = listing({"mime_type": "mime_type"}), set(texts("labels"))
    path = request.args.get("path", "")
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
def create() -> Response:
    """Keep a file (multipart; its fields in the form or in the query)."""
    stream = file()
    annexe = create_annexe(
        store(),
        space().id,
        str(uuid.uuid4()),
        stream,
        paths=texts("paths", form=True),
        mime_type=_mime_type(),
        published=bool(flag(text("published"), "published")),
        labels=texts("labels", form=True),
    )
    return answer(annexe_form(annexe), 201)


@blueprint.get("/annexes/<entity>")
def one(entity: str) -> Response:
    """Return one annexe."""
    return answer(annexe_form(_annexe(entity)))


@blueprint.patch("/annexes/<entity>")
def change(entity: str) -> Response:
    """Change paths, labels, published or extra."""
    annexe, given = _annexe(entity), body("paths", "labels", "published", "extra")
    values: Dict[str, Any] = {name: names_field(given[name], name) for name in ("paths", "labels") if name in given}
    if "published" in given:
        values["published"] = bool(flag(given["published"], "published"))
    if "extra" in given:
        values["extra"] = object_field(given["extra"], "extra")
    return answer(annexe_form(change_annexe(store(), annexe, **values)))


@blueprint.put("/annexes/<entity>")
def replace(entity: str) -> Response:
    """Put another file in the place of one."""
    annexe = _annexe(entity)
    stream = file()
    return answer(annexe_form(replace_annexe(store(), annexe, stream, _mime_type())))


@blueprint.delete("/annexes/<entity>")
def delete(entity: str) -> Response:
    """Delete an annexe."""
    delete_annexe(store(), _annexe(entity))
    return nothing()


@blueprint.get("/annexes/<entity>/file")
def download(entity: str) -> Response:
    """Return the file."""
    return _send(_annexe(entity))


@public.get("/<datastore>/<path:path>")
def read(datastore: str, path: str) -> Response:
    """Return a published file."""
    with store().reading() as connection:
        owner = datastore_named(connection, datastore)
        annexe = annexe_at(connection, owner.id, f"/{path}")
    return _send(annexe)


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
