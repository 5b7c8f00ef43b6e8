"""Answers sent as they are made, compressed for clients on other machines."""

from __future__ import annotations

import ipaddress
import zlib
from typing import Iterable, Iterator

from flask import Response, request


def streamed(pieces: Iterator[bytes], media_type: str) -> Response:
    """Return a response whose pieces are sent one after the other."""
    packed = _wants_gzip()
    response = Response(_gzipped(pieces) if packed else pieces, content_type=_with_charset(media_type))
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
