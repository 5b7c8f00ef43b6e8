"""What a full disk looks like from SQLite and from the operating system, made one error."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from ..data_folder import disk_full, is_full


@contextmanager
def storage_watched(folder: Path) -> Iterator[None]:
    """Turn what SQLite and the operating system say of a full disk into `StorageFull`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "full" not in str(error):
            raise
        raise disk_full(folder) from error
    except OSError as error:
        if not is_full(error):
            raise
        raise disk_full(folder) from error


def require_room(folder: Path, size: int) -> None:
    """Raise `StorageFull` now rather than in an hour where a folder has not `size` bytes left."""
    if shutil.disk_usage(folder).free < size:
        raise disk_full(folder)
