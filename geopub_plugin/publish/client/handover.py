"""Handing a file over to a backend on this computer: it gets a second name in a folder of the backend's.

The backend takes that name away and verifies what it finds. Where the file system gives a file no second name, or the
folder is on another disk, it is copied there; the file itself stays where it is, for another try.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, Dict

from .connection import Connection
from .delivery import CHUNK, sha256_of


def hand_over(connection: Connection, route: str, file: Path, path: str, folder: Path, sha256: str = "") -> None:
    """Hand `file` over to `route` ("…/uploads/<id>/handovers") under the name `path`; its SHA-256 if it is known.

    Raises:
        Cancelled: the work was cancelled.
        GeoPubError: the backend does not take it; it may be sent.
        OSError: it cannot be put into the folder.
    """
    name = secrets.token_hex(16)
    given = folder / name
    told: Dict[str, Any] = {"name": name, "path": path, "size": file.stat().st_size}
    try:
        _put(connection, file, given)
        told["sha256"] = sha256 or sha256_of(given, connection.cancel)
        connection.ask("POST", route, json=told, timeout=1200.0)
    finally:
        given.unlink(missing_ok=True)


def _put(connection: Connection, file: Path, given: Path) -> None:
    try:
        os.link(file, given)
        return
    except OSError:  # another disk, or a file system without links
        pass
    with file.open("rb") as source, open(os.open(given, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        while block := source.read(CHUNK):
            connection.pause(0)
            target.write(block)
