"""Answers sent as they are made, compressed for clients on other machines."""

from __future__ import annotations

import ipaddress
import zlib
from typing import Iterable, Iterator, Union

from flask import Response, request


def streamed(body: Union[bytes, Iterator[bytes]], media_type: str) -> Response:
    """Return a response whose pieces are sent one after the other; of a whole body the length is told besides.

    Without a length the connection ends with the answer, and the client has to make another.
    """
    packed, whole = _wants_gzip(), isinstance(body, bytes)
    pieces = iter([body]) if isinstance(body, bytes) else body
    pieces = _gzipped(pieces) if packed else pieces
    response = Response(b"".join(pieces) if whole else pieces, content_type=_with_charset(media_type))
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _with_charset(media_type: str) -> str:
    told = "xml" in media_type or media_type in ("text/csv", "text/html")
    return f"{media_type}; charset=UTF-8" if told else media_type


def _wants_gzip() -> bool:
    """Return whether to compress: never for clients on this machine, whom it would only slow down."""
    try:
        near = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        near = False
    return not near and request.accept_encodings.quality("gzip") > 0


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)  # level 1, gzip's header and trailer
    for piece in pieces:
        yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()
