"""Files handed over on this computer: what a client has put into a folder of ours is moved into an upload.

Who can write in the data folder owns the store, so nobody gains anything by it. What is taken is looked at all the
same: it is named by 32 hexadecimal digits, a name of the one folder and never a path; it is a plain file, not a link
that leads elsewhere; it is moved first, so that what is verified is what is kept; its size and SHA-256 are those
announced.
"""

from __future__ import annotations

import hmac
import logging
import re
import stat
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from ..disk import sha256_of, storing
from ..errors import GeoPubError, InvalidInput, NotFound
from ..translation import tr
from .deliveries import Chunk, DamagedChunk, begin, part_of, place_of, remove_file
from .store import Store
from .uploads import Upload, UploadFile, upload_files

HOUR = 3600.0  # seconds; a file that is still being copied was changed a moment ago
_NAME = re.compile(r"[0-9a-f]{32}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Handover:
    """What a client says that it has put into the folder `handover`."""

    name: str  # in the folder
    size: int  # bytes
    sha256: str  # hexadecimal


def take_over(store: Store, upload: Upload, path: str, given: Handover) -> UploadFile:
    """Move a file out of the folder `handover` into an upload, as its file `path`.

    Raises:
        Conflict: the upload is not open, or has such a file.
        InvalidInput: the name is none; or the file is not what was announced: nothing is kept of it then.
        NotFound: no plain file of this name is there.
    """
    found = _found(store.folder.handover, given)
    with store.alone(upload.id):
        file = begin(store, upload, path, Chunk(0, given.size - 1, given.size, None))
        part = part_of(store, file)
        try:
            with storing(store.folder.path):
                part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                found.replace(part)
            sha256 = _verified(part, path, given)
            store.folder.publish(part, place_of(store, file))
        except (GeoPubError, OSError):
            remove_file(store, upload, path)
            raise
        with store.writing() as connection:
            return upload_files.change(connection, file.id, received=file.total, sha256=sha256)


def sweep(folder: Path, age: float = HOUR) -> None:
    """Remove files that were put into the folder `handover` and never announced: their client was killed."""
    for left in list(folder.iterdir()) if folder.is_dir() else ():
        with suppress(OSError):  # taken over or removed meanwhile, or in use: the next hour will tell
            if time.time() - left.lstat().st_mtime > age:
                left.unlink()
                _log.info("removed from the folder of handovers: %s", left.name)


@contextmanager
def swept(folder: Path, pause: float = HOUR) -> Iterator[None]:
    """Sweep the folder `handover` every hour for as long as it is in use; it is empty at the start."""
    end = threading.Event()

    def run() -> None:
        while not end.wait(pause):
            sweep(folder, pause)

    thread = threading.Thread(target=run, name="handovers", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(timeout=5.0)


def _found(folder: Path, given: Handover) -> Path:
    """Return the plain file that was announced."""
    if not _NAME.fullmatch(given.name) or given.size < 1:
        raise InvalidInput(
            tr("The file cannot be taken over."),
            tr("“{name}” is not the name of a file that is handed over.", name=given.name[:80]),
            tr("Name it with 32 hexadecimal digits, or send it in chunks."),
        )
    place = folder / given.name
    try:
        plain = stat.S_ISREG(place.lstat().st_mode)
    except OSError:
        plain = False
    if not plain:
        raise NotFound(
            tr("The file cannot be taken over."),
            tr("There is no file “{name}” to be handed over.", name=given.name),
            tr("Send it in chunks."),
        )
    return place


def _verified(part: Path, path: str, given: Handover) -> str:
    """Return the SHA-256 of a file that is what was announced."""
    size = part.stat().st_size
    found = sha256_of(part) if size == given.size else ""
    if not hmac.compare_digest(found.encode(), given.sha256.lower().encode()):
        raise DamagedChunk(
            tr("“{path}” was not handed over whole.", path=path),
            tr("It has {size} bytes instead of {expected}.", size=size, expected=given.size)
            if size != given.size
            else tr("Its SHA-256 is not the announced one."),
            tr("Send it in chunks."),
        )
    return found
