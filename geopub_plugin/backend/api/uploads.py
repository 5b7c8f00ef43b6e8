"""Uploads: their files, their checks."""

from __future__ import annotations

from typing import Any, Dict, List

from flask import Response, request
from sqlalchemy import Connection

from ..catalogue import checks, deliveries, lifecycles
from ..catalogue.executions import executions_of_upload
from ..catalogue.programs import check
from ..catalogue.sharings import visible_in
from ..catalogue.uploads import (
    TYPES,
    Upload,
    UploadFile,
    create_upload,
    delete_upload,
    files_of,
    reopen,
    size_of,
    uploads,
)
from ..errors import TooLarge
from ..translation import tr
from .answers import Json, answer, answer_all, answer_page, nothing, present
from .context import contact, datastore_blueprint, settings, space, store
from .deletions import CASCADE, add_deletion_route, cascaded
from .fields import Body, BytesBody, FileBody, ListBody, Parameter, flag, mapping, text
from .journals import LAST_EVENT, add_comment_routes, add_event_route
from .operation import gives, gives_list, gives_nothing, gives_page, lists, makes, operation
from .questions import chunk, file, file_name, listing
from .schema import COUNT, FLAG, ID, OBJECT, TAGS, TEXT, entity, list_of, one_of, reference, shape
from .sharings import add_sharing_routes
from .tagging import add_tag_routes
from .waiting import PREFER, wait_while

blueprint = datastore_blueprint("uploads")

FILTERS = {"name": "name", "type": "type", "status": "status", "srs": "srs"}
ROOM = {"WAITING": "asked", "PROGRESS": "in_progress", "SUCCESS": "passed", "FAILURE": "failed"}

UPLOAD = entity(
    "Upload",
    {
        "name": TEXT,
        "description": TEXT,
        "type": one_of(*TYPES),
        "srs": TEXT,
        "status": one_of(*lifecycles.UPLOAD),
        "open": FLAG,
        "contact": TEXT,
        "size": COUNT,
        "extent?": OBJECT,
        "type_infos": OBJECT,
        "last_event": LAST_EVENT,
        "tags": TAGS,
        "extra": OBJECT,
    },
)
FILE = shape({"path": TEXT, "received": COUNT, "total": COUNT, "complete": FLAG}, "DeliveredFile")
ELEMENT = shape(
    {
        "type": one_of("FILE", "DIRECTORY"),
        "name": TEXT,
        "size": COUNT,
        "children?": list_of({"$ref": "#/components/schemas/TreeElement"}),
    },
    "TreeElement",
)
ASKED = list_of(reference(check=reference("name")))
CHECKS = shape(dict.fromkeys(ROOM.values(), ASKED), "UploadChecks")

NEW = Body(
    name=text(required=True),
    description=text(),
    type=text(choices=TYPES),
    srs=text("As in EPSG:2154; may be empty when the files state it."),
    type_infos=mapping(),
)
CHANGE = Body(
    name=text(),
    description=text(),
    srs=text(),
    open=flag("Whether other datastores see it."),
    extent=mapping("GeoJSON."),
    extra=mapping(),
)
PATH = Parameter("path", TEXT, "Of the file in the upload, as in `data/roads.gpkg`; by default the name of the file.")
CHUNK_PATH = Parameter("path", TEXT, "Of the file in the upload, as in `data/roads.gpkg`.", required=True)
RANGE = Parameter("Content-Range", TEXT, "`bytes 0-1048575/5000000`; all of the file when absent.", "header")
DIGEST = Parameter("Content-Digest", TEXT, "`sha-256=:…:` of the body (RFC 9530).", "header")


@blueprint.get("/uploads")
@operation(gives_page(UPLOAD), query=lists(FILTERS, tagged=True))
def list_uploads() -> Response:
    """List uploads."""
    with store().reading() as connection:
        page = uploads.page(connection, listing(FILTERS), uploads.table.c.datastore == space().id)
        return answer_page(page, lambda upload: upload_form(connection, upload))


@blueprint.post("/uploads")
@operation(makes(UPLOAD), body=NEW)
def create() -> Response:
    """Open a new upload."""
    values: Dict[str, Any] = {"description": "", "srs": "", "type_infos": {}, **NEW.read()}
    upload = create_upload(store(), space().id, **{**values, "type": values.get("type") or TYPES[0]})
    return _answer(upload, 201)


@blueprint.get("/uploads/<entity>")
@operation(gives(UPLOAD), query=(PREFER,))
def one(entity: str) -> Response:
    """Return one upload; also one that is open, or shared with this datastore."""
    visible = visible_in(uploads.table, space().id)
    wait_while(lambda connection: uploads.get(connection, entity, visible).status == "CHECKING")
    with store().reading() as connection:
        upload = uploads.get(connection, entity, visible)
    return _answer(upload)


@blueprint.patch("/uploads/<entity>")
@operation(gives(UPLOAD), body=CHANGE)
def change(entity: str) -> Response:
    """Change name, description, srs, open, extent or extra."""
    upload, given = upload_of(entity), CHANGE.read()
    with store().writing() as connection:
        changed = uploads.change(connection, upload.id, **given)
    return _answer(changed)


@blueprint.delete("/uploads/<entity>")
@operation(gives_nothing(), query=(CASCADE,), refuses=(409,))
def delete(entity: str) -> Response:
    """Delete an upload and its files; what runs on it must have ended, or is ended."""
    upload = upload_of(entity)
    if not cascaded(uploads, upload.id):
        delete_upload(store(), upload)
    return nothing()


@blueprint.post("/uploads/<entity>/data")
@operation(makes(FILE), query=(PATH,), body=FileBody(), refuses=(409,))
def post_data(entity: str) -> Response:
    """Take a whole file."""
    return _take(entity, "data")


@blueprint.post("/uploads/<entity>/md5")
@operation(makes(FILE), query=(PATH,), body=FileBody(), refuses=(409,))
def post_md5(entity: str) -> Response:
    """Take a file of MD5 digests: lines of `<md5>  <path>`."""
    return _take(entity, "md5")


@blueprint.put("/uploads/<entity>/data")
@operation(gives(FILE), query=(CHUNK_PATH, RANGE, DIGEST), body=BytesBody(), refuses=(409,))
def put_data(entity: str) -> Response:
    """Take a chunk of a file."""
    upload = upload_of(entity)
    sent = chunk(request)
    refuse_too_large(sent.total)
    received = deliveries.receive_chunk(store(), upload, CHUNK_PATH.value, sent, request.stream)
    return answer(file_form(received))


@blueprint.get("/uploads/<entity>/data")
@operation(gives(FILE), query=(CHUNK_PATH,))
def state_of_data(entity: str) -> Response:
    """Say how much of a file has been received."""
    upload = upload_of(entity)
    with store().reading() as connection:
        return answer(file_form(deliveries.file_at(connection, upload, CHUNK_PATH.value)))


@blueprint.delete("/uploads/<entity>/data", endpoint="delete_data")
@blueprint.delete("/uploads/<entity>/md5", endpoint="delete_md5")
@operation(gives_nothing(), query=(CHUNK_PATH,), refuses=(409,))
def delete_file(entity: str) -> Response:
    """Remove a file; clients are known to take one route for the other."""
    deliveries.remove_file(store(), upload_of(entity), CHUNK_PATH.value)
    return nothing()


@blueprint.post("/uploads/<entity>/close")
@operation(gives(UPLOAD), refuses=(409,))
def close(entity: str) -> Response:
    """End the delivery and have it checked."""
    return _answer(checks.close(store(), upload_of(entity)))


@blueprint.post("/uploads/<entity>/open")
@operation(gives(UPLOAD), refuses=(409,))
def open_again(entity: str) -> Response:
    """Let files be added again."""
    return _answer(reopen(store(), upload_of(entity)))


@blueprint.get("/uploads/<entity>/tree")
@operation(gives_list(ELEMENT))
def tree(entity: str) -> Response:
    """Return the files as a tree of folders."""
    upload = upload_of(entity)
    with store().reading() as connection:
        return answer_all(_tree(files_of(connection, upload.id)))


@blueprint.get("/uploads/<entity>/checks")
@operation(gives(CHECKS))
def list_checks(entity: str) -> Response:
    """Return the checks by where they stand; the four keys are always there."""
    upload = upload_of(entity)
    rooms: Dict[str, List[Json]] = {room: [] for room in ROOM.values()}
    with store().reading() as connection:
        for execution in executions_of_upload(connection, upload.id):
            asked = check(execution.program)
            rooms[ROOM[execution.status]].append({"_id": execution.id, "check": {"_id": asked.id, "name": asked.name}})
    return answer(rooms)


@blueprint.post("/uploads/<entity>/checks")
@operation(gives(UPLOAD), body=ListBody(ID), refuses=(409,))
def ask_checks(entity: str) -> Response:
    """Have more checks run, named by their ids."""
    upload = upload_of(entity)
    wanted = [check(str(identifier)) for identifier in ListBody(ID).read()]
    return _answer(checks.ask(store(), upload, wanted))


add_tag_routes(blueprint, "/uploads", uploads)
add_comment_routes(blueprint, "/uploads", uploads)
add_event_route(blueprint, "/uploads", uploads)
add_sharing_routes(blueprint, "/uploads", uploads)
add_deletion_route(blueprint, "/uploads", uploads)


def upload_form(connection: Connection, upload: Upload) -> Json:
    """Return an upload as JSON."""
    form = {
        "_id": upload.id,
        "name": upload.name,
        "description": upload.description,
        "type": upload.type,
        "srs": upload.srs,
        "status": upload.status,
        "open": upload.open,
        "contact": contact(connection, upload.datastore),
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


def refuse_too_large(size: int) -> None:
    """Refuse a file that is larger than this backend takes."""
    limit = settings().upload_bytes
    if size > limit:
        raise TooLarge(
            tr("The file is too large."),
            tr("It has {size} bytes; at most {limit} are taken.", size=size, limit=limit),
            tr("Split the data, or raise the limit of the backend (upload_bytes)."),
        )


def file_form(file: UploadFile) -> Json:
    """Return how much of a file is here."""
    return {"path": file.path, "received": file.received, "total": file.total, "complete": file.complete}


def upload_of(entity: str) -> Upload:
    """Return an upload of the datastore of the path."""
    with store().reading() as connection:
        return uploads.get(connection, entity, uploads.table.c.datastore == space().id)


def _answer(upload: Upload, status: int = 200) -> Response:
    with store().reading() as connection:
        return answer(upload_form(connection, upload), status)


def _take(entity: str, kind: str) -> Response:
    upload = upload_of(entity)
    stream = file()
    path = PATH.value or file_name()
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
