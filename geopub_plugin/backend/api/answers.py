"""Writing answers: JSON with the exact content type, pages with their Content-Range, errors in the platform's form."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Callable, Dict, FrozenSet, Mapping, Sequence

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from ..catalogue.rows import Page
from ..disk import disk_full, is_full
from ..errors import GeoPubError, InvalidInput, TooManyRequests, http_status
from ..translation import tr
from .context import store
from .questions import wanted_fields

Json = Dict[str, Any]

_OTHER_NAMES = {"bbox": "extent", "attributions": "attribution", "metadatas": "metadata"}  # of fields, in `fields`


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    """Return a value as JSON; clients insist on the bare content type."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    response = Response(text, status, headers, content_type="application/json")
    return response


def nothing() -> Response:
    """Return the answer of what has been done and needs no words."""
    return Response(status=204)


def answer_page(page: Page[Any], form: Callable[[Any], Json]) -> Response:
    """Return a part of a list, with its place in the whole."""
    fields = wanted_fields()
    items = [limited(form(item), fields) for item in page.items]
    return answer(items, **content_range(page.offset, len(items), page.total))


def answer_all(items: Sequence[Json]) -> Response:
    """Return a list that is not paged, with the header that clients demand of lists."""
    return answer(items, **content_range(0, len(items), len(items)))


def content_range(offset: int, count: int, total: int) -> Mapping[str, str]:
    """Return the header that says where a page is in its list: "0-9/57", "0-0/0" for an empty list."""
    first, last = (offset, offset + count - 1) if count else (0, 0)
    return {"Content-Range": f"{first}-{last}/{total}"}


def limited(item: Json, fields: FrozenSet[str]) -> Json:
    """Return an item with its id and the fields that are wanted, all when none is."""
    if not fields:
        return item
    wanted = {"_id", *(_OTHER_NAMES.get(name, name) for name in fields)}
    return {name: value for name, value in item.items() if name in wanted}


def present(value: Mapping[str, Any]) -> Json:
    """Return a map without the fields that are None: the platform leaves them out."""
    return {name: one for name, one in value.items() if one is not None}


def handle_errors(app: Flask) -> None:
    """Answer every error in the platform's form: a label, and an array of sentences."""
    app.register_error_handler(GeoPubError, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OSError, _system)
    app.register_error_handler(UnicodeEncodeError, _unreadable)  # half a character, as JSON may hold one
    app.register_error_handler(RecursionError, _unreadable)  # JSON of a depth that nobody means


def _known(error: GeoPubError) -> Response:
    status = http_status(error)
    label = getattr(error, "label", HTTPStatus(status).phrase)
    wire: Json = {"error": label, "error_description": list(error.sentences)}
    if error.faults:
        wire["faults"] = [fault.as_json() for fault in error.faults]
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.seconds)
    return answer(wire, status, **headers)


def _http(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    sentences = {
        404: tr("There is nothing at {path}.", path=request.path),
        405: tr("{method} is not possible at {path}.", method=request.method, path=request.path),
        413: tr("The body of the request is too large."),
        500: tr("GeoPub could not answer because of an error of its own. Its log says more."),
    }
    wire = {"error": error.name, "error_description": [sentences.get(error.code, error.description or error.name)]}
    allowed = {"Allow": ", ".join(error.valid_methods)} if getattr(error, "valid_methods", None) else {}
    return answer(wire, error.code, **allowed)


def _unreadable(_error: Exception) -> Response:
    return _known(InvalidInput(tr("The request holds text that cannot be read."), cure=tr("Send it as plain UTF-8.")))


def _system(error: OSError) -> Response:
    """Answer a full disk with what to do; any other failure of the system is an error of ours."""
    if not is_full(error):
        raise error
    return _known(disk_full(store().folder.path))
