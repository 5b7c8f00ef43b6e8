"""Handing a file over to a backend on this computer: a copy of it is put into a folder of the backend's.

It is a copy, never a link: the backend keeps what it takes, and that must not change with the file of a user who goes
on working with it. The SHA-256 is that of the bytes that were copied, so the file is read once.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any, Dict

from .connection import Connection
from .delivery import CHUNK


def hand_over(connection: Connection, route: str, file: Path, path: str, folder: Path) -> None:
    """Hand a copy of `file` over to `route` ("…/uploads/<id>/handovers") under the name `path`.

    Raises:
        Cancelled: the work was cancelled.
        GeoPubError: the backend does not take it; it may be sent.
        OSError: it cannot be put into the folder.
    """
    name = secrets.token_hex(16)
    given = folder / name
    try:
        told = {"name": name, "path": path, **_copied(connection, file, given)}
        connection.ask("POST", route, json=told, timeout=1200.0)
    finally:
        given.unlink(missing_ok=True)


def _copied(connection: Connection, file: Path, given: Path) -> Dict[str, Any]:
    """Copy `file` to `given`, and return the size and the SHA-256 of what was written."""
    size, digest = 0, hashlib.sha256()
    with file.open("rb") as source, open(os.open(given, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        while block := source.read(CHUNK):
            connection.pause(0)
            target.write(block)
            digest.update(block)
            size += len(block)
    return {"size": size, "sha256": digest.hexdigest()}
