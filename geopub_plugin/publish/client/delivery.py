"""Sending one file into an upload: in verified chunks that can be resumed, or as the platform's multipart form."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from threading import Event
from typing import Any, Callable, Dict, Optional

from ...backend.errors import Conflict, InvalidInput, NotFound, Unavailable
from ...backend.translation import tr
from ..transport import FileSlice, Response, interrupted
from .connection import Connection
from .refusal import refusal

CHUNK = 8 * 1024 * 1024  # bytes: large enough for speed, small enough to lose little
TRIES = 3  # failures in a row, without a byte received between them, until giving up
MISSING_ROUTE = (404, 405, 501)  # what a server answers that does not know chunks
Delivered = Callable[[int, int], None]  # bytes the server has, bytes in all


def deliver(connection: Connection, route: str, file: Path, path: str, delivered: Optional[Delivered] = None) -> None:
    """Send `file` to `route` ("…/uploads/<id>/data") under the name `path`; go on where an earlier attempt ended."""
    told = delivered or _nobody
    total, failures = file.stat().st_size, 0
    start: Optional[int] = (_received(connection, route, path) or 0) if total else None
    while start is not None and start < total:
        reached = _attempt(connection, route, file, path, start, failures, told)
        if reached is None and start > 0:
            raise NotFound(tr("The upload is no longer on the server."), cure=tr("Publish the file again."))
        failures = 0 if (reached or 0) > start else failures + 1
        start = reached
    if start is None:  # nothing to cut into chunks, or a server that knows none
        _send_whole(connection, route, file, path, told)
    told(total, total)


def md5_of(file: Path) -> str:
    """Return the MD5 of a file, in hexadecimal: what the platform's checksum files hold."""
    return _digest(file, hashlib.md5(usedforsecurity=False), None)


def sha256_of(file: Path, cancel: Optional[Event] = None) -> str:
    """Return the SHA-256 of a file, in hexadecimal; raise Cancelled once `cancel` is set."""
    return _digest(file, hashlib.sha256(), cancel)


def _digest(file: Path, digest: Any, cancel: Optional[Event]) -> str:
    with file.open("rb") as opened:
        for block in iter(lambda: opened.read(CHUNK), b""):
            if cancel is not None and cancel.is_set():
                raise interrupted()
            digest.update(block)
    return str(digest.hexdigest())


def _attempt(
    connection: Connection, route: str, file: Path, path: str, start: int, failures: int, told: Delivered
) -> Optional[int]:
    """Send the chunk at `start` and return how far the server is then; None when it knows no chunks."""
    try:
        sent = _send_chunk(connection, route, file, path, start, told)
    except (Unavailable, Conflict):  # the line broke, or the server has another idea of what it received
        if failures + 1 == TRIES:
            raise
        connection.pause((failures + 1) * 0.5)
        return _received(connection, route, path) or 0
    return min(start + CHUNK, file.stat().st_size) if sent else None


def _send_chunk(connection: Connection, route: str, file: Path, path: str, start: int, told: Delivered) -> bool:
    """Send one chunk; return False when the server knows no such route."""
    total = file.stat().st_size
    with file.open("rb") as opened:
        opened.seek(start)
        chunk = opened.read(CHUNK)
    answer = connection.send(
        "PUT",
        route,
        {"path": path},
        (chunk,),
        _chunk_headers(chunk, start, total),
        sent=lambda done, _: told(start + done, total),
    )
    if answer.status in MISSING_ROUTE:
        return False
    if not answer.ok:
        raise _chunk_refusal(answer)
    return True


def _chunk_headers(chunk: bytes, start: int, total: int) -> Dict[str, str]:
    """Return place (RFC 9110 §14.4) and digest (RFC 9530 §2) of a chunk."""
    digest = b64encode(hashlib.sha256(chunk).digest()).decode("ascii")
    return {
        "Content-Type": "application/octet-stream",
        "Content-Range": f"bytes {start}-{start + len(chunk) - 1}/{total}",
        "Content-Digest": f"sha-256=:{digest}:",
    }


def _chunk_refusal(answer: Response) -> Exception:
    """Return the refusal of a chunk; one damaged on its way is worth sending again."""
    error = refusal(answer)
    wire = answer.json()
    if isinstance(error, InvalidInput) and isinstance(wire, dict) and "digest" in str(wire.get("error", "")).lower():
        return Unavailable(*error.sentences[:3])
    return error


def _received(connection: Connection, route: str, path: str) -> Optional[int]:
    """Return how many bytes of the file the server has; None when it has never heard of the file, or of chunks."""
    answer = connection.send("GET", route, {"path": path})
    if answer.status in MISSING_ROUTE:
        return None
    if not answer.ok:
        raise refusal(answer)
    wire: Any = answer.json()
    return int(wire.get("received") or 0) or None if isinstance(wire, dict) else None


def _send_whole(connection: Connection, route: str, file: Path, path: str, told: Delivered) -> None:
    """Send the file as one multipart form; a name that is taken already counts as delivered, as for the SDK."""
    total = file.stat().st_size
    try:
        connection.post_file(route, Path(path).name, FileSlice(file, 0, total), {"path": path}, told)
    except Conflict:
        told(total, total)


def _nobody(done: int, total: int) -> None:
    """Listen to nothing."""
