"""What can go wrong on a disk, and writing so that a power cut leaves nothing half-made."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from pathlib import Path
from typing import Iterator

from .errors import Conflict, StorageFull
from .translation import tr


@contextlib.contextmanager
def storing(place: Path) -> Iterator[None]:
    """Turn the system's report of a full disk, or of a used up quota, into `StorageFull`.

    A file that cannot be replaced (on Windows as long as anybody has it open) is a `Conflict`.
    """
    try:
        yield
    except PermissionError as error:
        if error.filename2 is None:  # nothing was to be renamed
            raise
        raise Conflict(
            tr("“{name}” cannot be replaced.", name=Path(os.fsdecode(error.filename2)).name),
            tr("Another program has it open, or you may not write in its folder."),
            tr("Close what shows it, then start again; or choose another name."),
        ) from error
    except OSError as error:
        if not is_full(error):
            raise
        raise disk_full(place) from error


def is_full(error: OSError) -> bool:
    """Say whether the system found no room on the disk or in the user's quota."""
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def disk_full(place: Path) -> StorageFull:
    """Return the error of a write that found no room."""
    return StorageFull(
        tr("The disk is full."),
        tr("No room was left while writing in {path}.", path=place),
        tr("Remove what is no longer needed on this disk, then start the step again."),
    )


def write_whole(place: Path, text: str) -> None:
    """Write a small file so that it is there as a whole or as it was."""
    made = place.with_name(place.name + ".new")
    with open(made, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(made, place)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with open(file, "rb") as content:
        for block in iter(lambda: content.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    if os.name == "nt":  # cannot open a folder; NTFS journals the rename
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
