"""Handing a file over to a backend on this computer: it gets a second name in a folder of the backend's.

The backend takes that name away and verifies what it finds. Where the file system gives a file no second name, or the
folder is on another disk, it is copied there; the file itself stays where it is, for another try.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import BinaryIO, Iterator, Optional, Tuple

from .connection import Connection
from .delivery import CHUNK, Delivered


def hand_over(
    connection: Connection, route: str, file: Path, path: str, folder: Path, told: Optional[Delivered] = None
) -> None:
    """Hand `file` over to `route` ("…/uploads/<id>/handovers") under the name `path`.

    Raises:
        Cancelled: the work was cancelled.
        GeoPubError: the backend does not take it; it may be sent.
        OSError: it cannot be put into the folder.
    """
    name = secrets.token_hex(16)
    given = folder / name
    try:
        _put(connection, file, given)
        size, sha256 = _measured(connection, given, told)
        connection.ask("POST", route, json={"name": name, "path": path, "size": size, "sha256": sha256}, timeout=1200.0)
    finally:
        given.unlink(missing_ok=True)


def _put(connection: Connection, file: Path, given: Path) -> None:
    try:
        os.link(file, given)
        return
    except OSError:  # another disk, or a file system without links
        pass
    with file.open("rb") as source, open(os.open(given, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        for block in _blocks(connection, source):
            target.write(block)


def _measured(connection: Connection, file: Path, told: Optional[Delivered]) -> Tuple[int, str]:
    """Return size and SHA-256 of a file."""
    digest, done, total = hashlib.sha256(), 0, file.stat().st_size
    with file.open("rb") as source:
        for block in _blocks(connection, source):
            digest.update(block)
            done += len(block)
            if told is not None:
                told(done, total)
    return done, digest.hexdigest()


def _blocks(connection: Connection, source: BinaryIO) -> Iterator[bytes]:
    """Read a file until its end, or until the work is cancelled."""
    while block := source.read(CHUNK):
        connection.pause(0)
        yield block
