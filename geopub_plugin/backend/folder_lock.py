"""The lock that lets one backend only work on a data folder."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Optional

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCKED_BYTE = 1 << 20  # Windows forbids others to read a locked byte: lock one far behind the text


class FolderLock:
    """A lock file held by this process; the operating system releases it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Optional[int] = None

    def acquire(self) -> bool:
        """Take the lock and write this process's id into the file; say False when another process holds it."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            _lock(file)
        except (BlockingIOError, PermissionError):
            os.close(file)
            return False
        except OSError:
            os.close(file)
            raise
        self._file = file
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode("ascii"))
        return True

    def owner(self) -> int:
        """Return the id of the process that holds the lock, 0 when it is not known."""
        try:
            return int(self._path.read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def is_in_place(self) -> bool:
        """Say whether the lock that is held is the one that others find: nobody has removed its file meanwhile."""
        try:
            return self._file is not None and os.path.samestat(os.fstat(self._file), self._path.stat())
        except OSError:
            return False

    def release(self) -> None:
        """Give the lock up; the file stays, because removing it could remove another process's lock."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


def _lock(file: int) -> None:
    if sys.platform == "win32":
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
