"""The folder in which a backend keeps everything; docs/architecture.md draws it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import tempfile
import uuid
from pathlib import Path
from types import TracebackType
from typing import Iterable, Iterator, Optional, Set, Tuple, Type

from .about import __version__
from .amounts import size_text
from .announcement import announced, withdraw
from .disk import disk_full, is_full, storing, sync_folder, write_whole
from .errors import DataFolderLocked, DataFolderNewer, InvalidInput, StorageFull
from .folder_lock import FolderLock
from .places import ROOMS, Places, checked_identifier
from .translation import tr

__all__ = ["DataFolder", "disk_full", "is_full", "storing"]

FORMAT = 1  # of the tree, not of the catalogue, which has its own migrations

_EMPTIED = ("work", "temporary", "handover")
_FOREIGN_ALLOWED = {"lock", "version.new"}  # what a start that was killed may leave in a new folder

_log = logging.getLogger(__name__)


class DataFolder(Places):
    """A data folder, locked for this process; paths inside it are made from identifiers only, never from input."""

    def __init__(self, path: Path, reserve: int = 0) -> None:
        """Make, check and lock the folder and empty its work room.

        Args:
            path: the folder; made when it is missing.
            reserve: bytes of the disk that `require_room` never gives away.

        Raises:
            DataFolderLocked: another backend runs on it.
            DataFolderNewer: a newer version has written it.
            InvalidInput: it is no data folder, or cannot be written.
            StorageFull: there is no room to make it.
        """
        super().__init__(path)
        self._reserve = reserve
        with _usable(path), storing(path):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_foreign()
            self._lock = FolderLock(path / "lock")
            if not self._lock.acquire():
                raise self._locked()
            with contextlib.ExitStack() as undo:
                undo.callback(self._lock.release)
                self._check_version()
                self._make_rooms()
                undo.pop_all()

    def close(self) -> None:
        """Let another backend use the folder."""
        self._lock.release()

    def __enter__(self) -> DataFolder:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    # Places -----------------------------------------------------------------------------------------------------

    def work_folder(self, execution: str) -> Path:
        """Make a new private folder for one run of an execution.

        Each run has its own, so that the last breath of a worker whose backend was killed cannot touch the next run.
        """
        with storing(self.path):
            return Path(tempfile.mkdtemp(prefix=f"{checked_identifier(execution)}-", dir=self.path / "work"))

    # Changes ----------------------------------------------------------------------------------------------------

    def publish(self, made: Path, place: Path) -> None:
        """Move a finished file to its place so that it is there as a whole or not at all, also after a power cut."""
        self._inside(made)
        self._inside(place)
        with storing(self.path):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(made, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(made, place)
            for folder in (place.parent, place.parent.parent):
                sync_folder(folder)

    def remove(self, place: Path) -> None:
        """Remove a file or a folder; what is in use (Windows) stays for the next start to sweep away."""
        self._inside(place)
        try:
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("%s could not be removed yet: %s", place, error)

    def sweep(self, kept: Iterable[Path]) -> Tuple[Path, ...]:
        """Remove every file of uploads, stored data, statics and annexes that is not kept, and emptied folders.

        Args:
            kept: files, and folders that are kept with all they hold.

        Returns:
            The files that were removed.
        """
        named: Set[Path] = set(kept)
        removed = []
        for room in ROOMS:
            for folder, _, files in os.walk(self.path / room, topdown=False):
                here = Path(folder)
                if named.intersection((here, *here.parents)):
                    continue
                doomed = [here / name for name in files if here / name not in named]
                for place in doomed:
                    self.remove(place)
                removed.extend(doomed)
                if here.parent != self.path:
                    with contextlib.suppress(OSError):  # not empty: something in it is kept
                        here.rmdir()
        return tuple(removed)

    def require_room(self, size: int) -> None:
        """Refuse a write of this many bytes when the disk has not got them.

        Raises:
            StorageFull: naming what is needed and what is free.
        """
        free = shutil.disk_usage(self.path).free
        if size > free - self._reserve:
            raise StorageFull(
                tr("There is not enough room in {path}.", path=self.path),
                tr(
                    "{needed} are needed and {free} are free, of which {reserve} are kept free.",
                    needed=size_text(size),
                    free=size_text(free),
                    reserve=size_text(self._reserve),
                ),
                tr("Remove what is no longer needed on this disk, or use a data folder on another one."),
            )

    @property
    def identity(self) -> str:
        """The id of the folder, by which a catalogue outside it knows that it is the right one."""
        version = self.path / "version"
        wire = json.loads(version.read_text("utf-8"))
        if "id" not in wire:
            wire["id"] = str(uuid.uuid4())
            with storing(self.path):
                write_whole(version, json.dumps(wire))
        return str(wire["id"])

    def holds_data(self) -> bool:
        """Say whether there are files that a catalogue has to name."""
        return any(place.is_file() for room in ROOMS for place in (self.path / room).rglob("*"))

    def require_catalogue(self) -> None:
        """Refuse to go on when the catalogue is lost and data are there: a new one would name none of them.

        Raises:
            InvalidInput: naming what is missing.
        """
        if self.catalogue.exists() and self.catalogue.stat().st_size:
            return
        if self.holds_data():
            raise InvalidInput(
                tr("The data folder {path} cannot be used.", path=self.path),
                tr("Its catalogue, {name}, is missing or empty, and there are data.", name=self.catalogue.name),
                tr("Restore the folder from a backup, or give a new folder."),
            )

    def last_port(self) -> int:
        """Return the port on which the folder was last served, 0 when there is none: published URLs hold it."""
        try:
            port = int((self.path / "port").read_text("ascii"))
        except (OSError, ValueError):
            return 0
        return port if 0 < port < 65536 else 0

    def remember_port(self, port: int) -> None:
        """Keep the port for the next start."""
        with storing(self.path):
            write_whole(self.path / "port", str(port))

    # Opening ----------------------------------------------------------------------------------------------------

    def _refuse_foreign(self) -> None:
        """Refuse a folder of somebody else's files: start-up removes what no row names."""
        if (self.path / "version").exists():
            return
        others = sorted(place.name for place in self.path.iterdir() if place.name not in _FOREIGN_ALLOWED)
        if others:
            raise InvalidInput(
                tr("The folder {path} is not a GeoPub data folder.", path=self.path),
                tr("It is not empty: it holds “{name}”.", name=others[0]),
                tr("Give an empty or a new folder."),
            )

    def _check_version(self) -> None:
        version = self.path / "version"
        if not version.exists():
            write_whole(version, json.dumps({"format": FORMAT, "written_by": __version__}))
            return
        try:
            wire = json.loads(version.read_text("utf-8"))
            written, by = int(wire["format"]), str(wire["written_by"])
        except (ValueError, KeyError, TypeError):
            raise InvalidInput(
                tr("The data folder {path} cannot be read.", path=self.path),
                tr("Its file “version” is damaged."),
                tr("Restore the folder from a backup, or give a new folder."),
            ) from None
        if written > FORMAT:
            raise DataFolderNewer(
                tr("The data folder {path} is newer than this GeoPub.", path=self.path),
                tr("GeoPub {newer} has written it; this is GeoPub {version}.", newer=by, version=__version__),
                tr("Update GeoPub, or give another data folder."),
            )

    def _make_rooms(self) -> None:
        for name in _EMPTIED:
            self.remove(self.path / name)
        for name in (*ROOMS, *_EMPTIED, "log"):
            (self.path / name).mkdir(mode=0o700, exist_ok=True)
        withdraw(self.path)

    def _locked(self) -> DataFolderLocked:
        owner = self._lock.owner()
        announcement = announced(self.path)
        url = announcement.url if announcement and announcement.pid == owner else ""
        who = tr("process {pid} at {url}", pid=owner, url=url) if url else tr("process {pid}", pid=owner)
        return DataFolderLocked(
            tr("Another GeoPub backend works on the data folder {path}.", path=self.path),
            tr("It is {who}, and only one may work on a folder.", who=who),
            tr("Use that backend, end it first, or give another data folder."),
        )

    # Paths ------------------------------------------------------------------------------------------------------

    def _inside(self, place: Path) -> None:
        if self.path not in place.parents or ".." in place.parts:
            raise ValueError(f"{place} is not inside {self.path}")


@contextlib.contextmanager
def _usable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(
            tr("The data folder {path} cannot be used.", path=path),
            tr("The system says: {reason}.", reason=error.strerror or error),
            tr("Give a folder that you may write."),
        ) from error
