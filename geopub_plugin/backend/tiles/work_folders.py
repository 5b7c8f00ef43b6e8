"""Where a pyramid is made, and what of it outlives a crash.

With a place to keep it, the work folder has a name of its own there, made from everything that the blocks depend on.
It is removed when the pyramid is finished, refused or given up; only a death of the process, of a helper or for want of
memory leaves it behind. Whoever then asks for the same pyramid finds the blocks that are whole, and goes on from there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Iterator, Optional

from ..errors import JobFailed
from ..folder_lock import FolderLock
from ..translation import tr

_DAY = 86_400.0  # seconds for which somebody may still come back for a work folder
_LOCK = ".lock"


@contextmanager
def work_folder(out: Path, place: Optional[Path], name: str) -> Iterator[Path]:
    """Yield a folder to work in: beside `out`, or in `place` under a name, where it stays after a crash."""
    lock = _locked(place, name) if place is not None else None
    if place is None or lock is None:  # nothing to keep, or somebody else makes the same pyramid at this time
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return
    with ExitStack() as at_end:
        at_end.callback(_remove, place, name, lock)
        try:
            yield place / name
        except (BrokenProcessPool, MemoryError) as error:
            at_end.pop_all()
            lock.release()
            raise JobFailed(
                tr("This work was ended by the system."),
                tr("This happens most often when the memory is used up."),
                tr("Close other programs, then start again: what is done is kept."),
            ) from error


def sweep(place: Path, age: float = _DAY) -> None:
    """Remove the work folders that nobody uses and that are older than `age` seconds."""
    for work in list(place.iterdir()) if place.is_dir() else ():
        if not work.is_dir() or time.time() - work.stat().st_mtime < age:
            continue
        lock = FolderLock(place / f"{work.name}{_LOCK}")
        if lock.acquire():
            _remove(place, work.name, lock)


def _locked(place: Path, name: str) -> Optional[FolderLock]:
    """Make a work folder and return its lock, None where another process holds it."""
    while True:
        lock = FolderLock(place / f"{name}{_LOCK}")
        with suppress(FileNotFoundError):  # the place itself was removed a moment ago, see `_remove`
            place.mkdir(parents=True, exist_ok=True)
            if not lock.acquire():
                return None
            if lock.is_in_place():
                (place / name).mkdir(exist_ok=True)
                return lock
            lock.release()


def _remove(place: Path, name: str, lock: FolderLock) -> None:
    """Remove a work folder whose lock is held, the lock, and the place if nothing else is in it."""
    shutil.rmtree(place / name, ignore_errors=True)
    file = place / f"{name}{_LOCK}"
    if os.name == "nt":  # cannot remove an open file
        lock.release()
    with suppress(OSError):
        file.unlink()  # elsewhere while it is held, so that it is nobody else's
    lock.release()
    with suppress(OSError):
        place.rmdir()  # unless somebody else works in it
