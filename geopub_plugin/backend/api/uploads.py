"""Uploads: their files, their checks, their tags."""

from __future__ import annotations

from typing import Any, Dict, List

from flask import Response, request
from sqlalchemy import Connection

from ..catalogue import checks, deliveries
from ..catalogue.executions import executions_of_upload
from ..catalogue.programs import check
from ..catalogue.uploads import Upload, UploadFile, create_upload, delete_upload, files_of, reopen, size_of, uploads
from ..errors import TooLarge
from ..translation import tr
from .answers import Json, answer, answer_all, answer_page, nothing, present
from .context import datastore_blueprint, settings, space, store
from .questions import body, body_list, changes, chunk, file, file_name, listing, object_field
from .tagging import add_tag_routes

blueprint = datastore_blueprint("uploads")

FILTERS = {"name": "name", "type": "type", "status": "status", "srs": "srs"}
ROOM = {"WAITING": "asked", "PROGRESS": "in_progress", "SUCCESS": "passed", "FAILURE": "failed"}


@blueprint.get("/uploads")
def list_uploads() -> Response:
    """Return uploads."""
    with store().reading() as connection:
        page = uploads.page(connection, listing(FILTERS), uploads.table.c.datastore == space().id)
        return answer_page(page, lambda upload: upload_form(connection, upload))


@blueprint.post("/uploads")
def create() -> Response:
    """Open a new upload."""
    given = body("name", "description", "type", "srs", "type_infos")
    values: Dict[str, Any] = {name: str(given.get(name) or "") for name in ("name", "description", "type", "srs")}
    values["type_infos"] = object_field(given.get("type_infos"), "type_infos")
    upload = create_upload(store(), space().id, **{**values, "type": values["type"] or "VECTOR"})
    return _answer(upload, 201)


@blueprint.get("/uploads/<entity>")
def one(entity: str) -> Response:
    """Return one upload."""
    return _answer(_upload(entity))


@blueprint.patch("/uploads/<entity>")
def change(entity: str) -> Response:
    """Change name, description, srs, extent or extra."""
    upload = _upload(entity)
    given = changes(("name", "description", "srs"), ("extent", "extra"))
    with store().writing() as connection:
        changed = uploads.change(connection, upload.id, **given)
    return _answer(changed)


@blueprint.delete("/uploads/<entity>")
def delete(entity: str) -> Response:
    """Delete an upload and its files."""
    delete_upload(store(), _upload(entity))
    return nothing()


@blueprint.post("/uploads/<entity>/data")
def post_data(entity: str) -> Response:
    """Take a whole file (multipart)."""
    return _take(entity, "data")


@blueprint.post("/uploads/<entity>/md5")
def post_md5(entity: str) -> Response:
    """Take a file of MD5 digests (multipart)."""
    return _take(entity, "md5")


@blueprint.put("/uploads/<entity>/data")
def put_data(entity: str) -> Response:
    """Take a chunk of a file."""
    upload = _upload(entity)
    sent, limit = chunk(request), settings().upload_bytes
    if sent.total > limit:
        raise TooLarge(
            tr("The file is too large."),
            tr("It has {size} bytes; at most {limit} are taken.", size=sent.total, limit=limit),
            tr("Split the data, or raise the limit of the backend (upload_bytes)."),
        )
    received = deliveries.receive_chunk(store(), upload, request.args.get("path", ""), sent, request.stream)
    return answer(file_form(received))


@blueprint.get("/uploads/<entity>/data")
def state_of_data(entity: str) -> Response:
    """Say how much of a file has been received."""
    upload = _upload(entity)
    with store().reading() as connection:
        return answer(file_form(deliveries.file_at(connection, upload, request.args.get("path", ""))))


@blueprint.delete("/uploads/<entity>/data", endpoint="delete_data")
@blueprint.delete("/uploads/<entity>/md5", endpoint="delete_md5")
def delete_file(entity: str) -> Response:
    """Remove a file; clients are known to take one route for the other."""
    deliveries.remove_file(store(), _upload(entity), request.args.get("path", ""))
    return nothing()


@blueprint.post("/uploads/<entity>/close")
def close(entity: str) -> Response:
    """End the delivery and have it checked."""
    return _answer(checks.close(store(), _upload(entity)))


@blueprint.post("/uploads/<entity>/open")
def open_again(entity: str) -> Response:
    """Let files be added again."""
    return _answer(reopen(store(), _upload(entity)))


@blueprint.get("/uploads/<entity>/tree")
def tree(entity: str) -> Response:
    """Return the files as a tree of folders."""
    upload = _upload(entity)
    with store().reading() as connection:
        return answer_all(_tree(files_of(connection, upload.id)))


@blueprint.get("/uploads/<entity>/checks")
def list_checks(entity: str) -> Response:
    """Return the checks by where they stand; the four keys are always there."""
    upload = _upload(entity)
    rooms: Dict[str, List[Json]] = {room: [] for room in ROOM.values()}
    with store().reading() as connection:
        for execution in executions_of_upload(connection, upload.id):
            one = check(execution.program)
            rooms[ROOM[execution.status]].append({"_id": execution.id, "check": {"_id": one.id, "name": one.name}})
    return answer(rooms)


@blueprint.post("/uploads/<entity>/checks")
def ask_checks(entity: str) -> Response:
    """Have more checks run."""
    wanted = [check(str(identifier)) for identifier in body_list()]
    return _answer(checks.ask(store(), _upload(entity), wanted))


add_tag_routes(blueprint, "/uploads", uploads)


def upload_form(connection: Connection, upload: Upload) -> Json:
    """Return an upload as JSON."""
    form = {
        "_id": upload.id,
        "name": upload.name,
        "description": upload.description,
        "type": upload.type,
        "srs": upload.srs,
        "status": upload.status,
        "open": False,
        "size": size_of(connection, upload.id),
        "extent": upload.extent,
        "type_infos": upload.type_infos,
        "last_event": {"title": upload.status, "date": upload.updated},
        "tags": upload.tags,
        "extra": upload.extra,
        "creation": upload.created,
        "update": upload.updated,
    }
    return present(form)


def file_form(file: UploadFile) -> Json:
    """Return how much of a file is here."""
    return {"path": file.path, "received": file.received, "total": file.total, "complete": file.complete}


def _upload(entity: str) -> Upload:
    with store().reading() as connection:
        return uploads.get(connection, entity, uploads.table.c.datastore == space().id)


def _answer(upload: Upload, status: int = 200) -> Response:
    with store().reading() as connection:
        return answer(upload_form(connection, upload), status)


def _take(entity: str, kind: str) -> Response:
    upload = _upload(entity)
    stream = file()
    path = request.args.get("path") or file_name()
    return answer(file_form(deliveries.receive_file(store(), upload, path, kind, stream)), 201)


def _tree(files: List[UploadFile]) -> List[Json]:
    root: List[Json] = []
    for one in files:
        here = root
        *folders, name = [part for part in one.path.split("/") if part] or [one.path]
        for folder in folders:
            found = next((node for node in here if node["type"] == "DIRECTORY" and node["name"] == folder), None)
            if found is None:
                found = {"type": "DIRECTORY", "name": folder, "size": 0, "children": []}
                here.append(found)
            found["size"] += one.received
            here = found["children"]
        here.append({"type": "FILE", "name": name, "size": one.received})
    return root
