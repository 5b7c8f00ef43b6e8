"""What a full disk looks like from SQLite and from the operating system, said once."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from ..errors import StorageFull
from ..translation import tr

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def _refusal(folder: Path) -> StorageFull:
    free = shutil.disk_usage(folder).free if folder.is_dir() else 0
    return StorageFull(
        tr("The disk is full."),
        tr("In “{folder}” {free} MB are left, and the data needs more.", folder=folder, free=free // 1_000_000),
        tr(
            "Make room, or choose a data folder on another disk, and try again. What was published before is untouched."
        ),
    )


@contextmanager
def storage_watched(folder: Path) -> Iterator[None]:
    """Turn what SQLite and the operating system say of a full disk into `StorageFull`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise _refusal(folder) from error
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise _refusal(folder) from error
        raise


def require_room(folder: Path, size: int) -> None:
    """Raise `StorageFull` now rather than in an hour where a folder has not `size` bytes left."""
    if shutil.disk_usage(folder).free < size:
        raise _refusal(folder)
