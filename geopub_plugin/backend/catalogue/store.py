"""The store: the catalogue, the data folder, the queue and the snapshot of what is published, together."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Protocol, Sequence

from sqlalchemy import Connection

from ..data_folder import DataFolder
from .database import Database
from .migrations import migrate
from .pairing import pair
from .publications import CataloguePublications
from .seeds import complete, seed


class JobQueue(Protocol):
    """What the store asks of the queue of jobs, see `jobs.queue`."""

    def submit(self, job: Any) -> None:
        """Run a job when a worker is free."""

    def cancel(self, execution: str) -> bool:
        """End the job of an execution; the listener is told when it has ended. False: it has ended or never was."""


def sqlite_url(folder: DataFolder) -> str:
    """Return the URL of the catalogue inside a data folder."""
    return f"sqlite:///{folder.catalogue}"


class Store:
    """Everything that the API and the listener of the queue work on."""

    def __init__(
        self, folder: DataFolder, limits: Mapping[str, int] = {}, catalogue_url: str = "", kept_revisions: int = 5
    ) -> None:
        """Open the store of a data folder; a new one is seeded.

        Args:
            folder: the folder, locked for this process.
            limits: what the jobs of `ingest` keep to with archives, see `settings.Settings.archive_limits`.
            catalogue_url: of a PostgreSQL database; "" for SQLite in the data folder.
            kept_revisions: how many revisions of data, styles and metadata are kept, besides those that are shown.

        Raises:
            DataFolderNewer: the catalogue was written by a newer version.
            InvalidInput: the catalogue is that of another folder.
        """
        self.folder = folder
        self.limits = dict(limits)
        self.kept_revisions = kept_revisions
        self.database = Database(catalogue_url or sqlite_url(folder), folder.path)
        self._open_catalogue()
        self._making: Dict[str, str] = {}  # stored data -> what its worker was told, see `show_making`
        self.publications = CataloguePublications(self.database, folder, self._making)
        self.progress: Dict[str, Dict[str, Any]] = {}  # of running executions; too frequent for the database
        self.works: Dict[str, Path] = {}  # folders of the jobs in the queue
        self._queue: List[JobQueue] = []
        self._locks: Sequence[threading.RLock] = tuple(threading.RLock() for _ in range(64))

    def _open_catalogue(self) -> None:
        with ExitStack() as undo:
            undo.callback(self.database.close)
            if self.database.shared:
                self.database.lead()
            with self.database.writing() as connection:
                found = migrate(connection)
                if self.database.shared:
                    pair(connection, self.folder, new=found == 0)
                if found == 0:
                    seed(connection)
                complete(connection)
            undo.pop_all()

    def use_queue(self, queue: JobQueue) -> None:
        """Let executions run on this queue from now on."""
        self._queue = [queue]

    @property
    def queue(self) -> JobQueue:
        """The queue on which executions run."""
        return self._queue[0]

    def show_making(self, stored_data: str, job: Mapping[str, Any]) -> None:
        """Let tile services show a pyramid that is being made; `job` is what its worker is told."""
        told = {name: value for name, value in job.items() if name != "checkpoints"}
        self._making[stored_data] = json.dumps(told, sort_keys=True)
        self.publications.refresh()

    def made(self, stored_data: str) -> None:
        """Forget what a worker was told, which has ended."""
        self._making.pop(stored_data, None)

    def reading(self) -> Any:
        """Give a connection for reading, see `Database.reading`."""
        return self.database.reading()

    def writing(self) -> Any:
        """Give a connection for one transaction, see `Database.writing`."""
        return self.database.writing()

    @contextmanager
    def alone(self, identifier: str) -> Iterator[None]:
        """Let one thread at a time work on the files of an entity; the same thread may ask again."""
        with self._locks[hash(identifier) % len(self._locks)]:
            yield

    def close(self) -> None:
        """Close the catalogue; the data folder is its owner's to close."""
        self.database.close()


Transaction = Connection
