"""The answers of the tile map service: tiles as they are stored, documents, errors in the form of TMS."""

from __future__ import annotations

import gzip
import hashlib
from typing import Optional

from flask import Response, request

from ...errors import GeoPubError, http_status
from ...translation import tr
from .documents import error_xml
from .fresh_tiles import Busy

TILE = "application/vnd.mapbox-vector-tile"
_SOON, _LATER = 1, 10  # seconds after which to ask again


def tile_answer(data: Optional[bytes], gzipped: bool = True) -> Response:
    """Answer with a tile as it is stored; 204 where there is nothing."""
    if data is None:
        return Response(status=204, headers={"Cache-Control": "no-cache"})
    mark = hashlib.blake2b(data, digest_size=12).hexdigest()
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if gzipped and request.accept_encodings["gzip"] > 0:
        headers["Content-Encoding"] = "gzip"
        mark += "-gzip"
    elif gzipped:
        data = gzip.decompress(data)
    response = Response(data, mimetype=TILE, headers=headers)
    response.set_etag(mark)
    response.make_conditional(request)
    return response


def xml_answer(text: str) -> Response:
    """Answer with a document."""
    return Response(text, mimetype="text/xml")


def no_tile(name: str, z: int, x: int, y: int) -> Response:
    """Say that a layer has no such level, or the level no such place."""
    return error_answer(tr("The layer “{layer}” has no tile {z}/{x}/{y}.", layer=name, z=z, x=x, y=y))


def error_answer(message: str, status: int = 404) -> Response:
    """Answer with an error."""
    return Response(error_xml(message), status=status, mimetype="text/xml")


def refused(error: GeoPubError) -> Response:
    """Say what went wrong, and when to ask again where that helps."""
    answer = error_answer(" ".join(error.sentences), http_status(error))
    if answer.status_code == 503:
        answer.headers["Retry-After"] = str(_SOON if isinstance(error, Busy) else _LATER)
    return answer
