"""Publications that were broken off when QGIS ended: their file and all that was asked is kept until they are done.

Each has a folder in the QGIS profile, from the export on. It goes when the publication succeeds, is refused or is
cancelled; when QGIS ends, or crashes, or the line breaks, it stays, and its lock is free: that is how one tells.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import List, Optional, Tuple

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QLockFile

from .kept_values import Unreadable, from_json, to_json
from .layer_marks import LayerMarks
from .publication_plan import LayerPlan
from .publication_values import PublicationRequest

NOTE, LOCK, PREFIX = "publication.json", "lock", "geopub-"


@dataclass(frozen=True)
class Note:
    """Everything that is needed to go on."""

    target: str
    request: PublicationRequest
    plan: LayerPlan
    layers: Tuple[str, ...] = ()  # ids in the project
    marks: Tuple[LayerMarks, ...] = ()  # of these layers when they were exported


@dataclass(frozen=True)
class Unfinished:
    """A publication that nobody works on."""

    folder: Path
    note: Note

    @property
    def title(self) -> str:
        """The title of what is published."""
        return self.note.request.title


def root() -> Path:
    """Return the folder of all unfinished publications of this QGIS profile."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "geopub-unfinished"


class WorkFolder:
    """The folder of one publication, locked as long as somebody works on it."""

    def __init__(self, folder: Optional[Path] = None) -> None:
        """Make a new folder, or take over that of an unfinished publication.

        Raises:
            BlockingIOError: somebody works on it.
        """
        root().mkdir(parents=True, exist_ok=True)
        self.path = folder or Path(tempfile.mkdtemp(prefix=PREFIX, dir=root()))
        self._lock = _lock(self.path)
        if not self._lock.tryLock(0):
            raise BlockingIOError(str(self.path))

    def note(self, note: Note) -> None:
        """Note what is being done, in one piece."""
        made = self.path / f"{NOTE}.new"
        file = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as text:
            json.dump(to_json(note), text)
        os.replace(made, self.path / NOTE)

    def remove(self) -> None:
        """Remove the folder: the publication has come to an end."""
        self._lock.unlock()
        shutil.rmtree(self.path, ignore_errors=True)

    def leave(self) -> None:
        """Leave the folder for later, if enough is noted to go on; else remove it."""
        if (self.path / NOTE).is_file():
            self._lock.unlock()
        else:
            self.remove()


def unfinished() -> Tuple[Unfinished, ...]:
    """Return the publications that were broken off, oldest first; folders from which nobody can go on are removed."""
    found: List[Tuple[float, Unfinished]] = []
    for folder in root().glob(f"{PREFIX}*") if root().is_dir() else ():
        lock = _lock(folder)
        if not lock.tryLock(0):
            continue
        lock.unlock()
        kept = _read(folder)
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            found.append(((folder / NOTE).stat().st_mtime, kept))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def discard(one: Unfinished) -> None:
    """Give up an unfinished publication; what the store holds of it is discarded there."""
    WorkFolder(one.folder).remove()


def _read(folder: Path) -> Optional[Unfinished]:
    try:
        note = from_json(Note, json.loads((folder / NOTE).read_text("utf-8")))
    except (OSError, ValueError, Unreadable):
        return None
    file = folder / note.request.file.name  # the profile may have been moved
    return Unfinished(folder, replace(note, request=replace(note.request, file=file))) if file.is_file() else None


def _lock(folder: Path) -> QLockFile:
    lock = QLockFile(str(folder / LOCK))
    lock.setStaleLockTime(0)  # only a process that has ended leaves a lock that is none
    return lock
