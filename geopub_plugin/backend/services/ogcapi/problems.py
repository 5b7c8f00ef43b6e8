"""What the API says of requests that it cannot answer (RFC 7807, and `exception.yaml` of OGC 17-069r4)."""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import Response

from ...errors import GeoPubError, http_status
from ..owscommon import OwsError

MEDIA_TYPE = "application/problem+json"


def status_of(error: GeoPubError) -> int:
    """Return the HTTP status of an error: what is not said of the request is no fault of the client."""
    if isinstance(error, OwsError):
        return error.status
    status = http_status(error)
    return status if status in (401, 403, 404, 429, 503) else 500


def problem(error: GeoPubError, status: int, code: str = "") -> Response:
    """Return the response to a request that cannot be answered."""
    if isinstance(error, OwsError):
        code = code or error.code
    name = HTTPStatus(status).phrase
    told = {"type": "about:blank", "title": name, "status": status, "detail": str(error)}
    told.update(code=code or name.replace(" ", ""), description=str(error))
    return Response(json.dumps(told, ensure_ascii=False), status, content_type=MEDIA_TYPE)
