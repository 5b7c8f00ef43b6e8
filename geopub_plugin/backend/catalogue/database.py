"""The database of the catalogue: reading, and writing in short transactions."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, FrozenSet, Iterator, List, Set

from sqlalchemy import Connection, event
from sqlalchemy.exc import DataError, OperationalError, StatementError

from ..disk import disk_full
from ..errors import DataFolderLocked, GeoPubError, InvalidInput, StorageFull, Unavailable
from ..translation import tr
from .engines import WRITES, is_postgresql, open_engine, take_lead
from .migrations import migrate

AfterCommit = Callable[[FrozenSet[str]], None]

_DISK_FULL = "53100"  # SQLSTATE of PostgreSQL


def now() -> str:
    """Return this moment as the platform writes it: ISO 8601, UTC, microseconds, Z."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Database:
    """One catalogue. Readers see the last commit; writers take turns."""

    def __init__(self, url: str, place: Path) -> None:
        """Open the catalogue at `url`; `place` is the folder that an error about a full disk names."""
        self.shared = is_postgresql(url)  # other processes may work on it, too
        self._place = place
        self._lead: Any = None  # the connection that holds the lock of who leads
        self._engine = open_engine(url)
        self._writer = self._engine.execution_options(**{WRITES: True})
        # SQLite has one writer anyway; waiting here is fair and wakes at once, waiting there polls. It also makes
        # what follows a commit (the snapshot of the published things) follow the commits in their order.
        self._turn = threading.RLock()
        self._touched: Set[str] = set()
        self._after_commit: List[AfterCommit] = []
        self.committed = threading.Condition()  # told of each commit that changed something
        event.listen(self._engine, "after_execute", self._note_touched)

    def migrate(self) -> int:
        """Bring the tables to the newest version; return the version they had (0: new)."""
        with self.writing() as connection:
            return migrate(connection)

    def after_commit(self, react: AfterCommit) -> None:
        """Call `react` with the names of the tables that changed, after each commit and before the next writer."""
        self._after_commit.append(react)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for reading: one consistent view as long as it lasts."""
        with self._explaining(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are committed together at the end, or not at all."""
        with self._turn:
            self._touched = set()
            with self._explaining(), self._writer.begin() as connection:
                yield connection
            touched, self._touched = frozenset(self._touched), set()
            if touched:
                for react in self._after_commit:
                    react(touched)
                with self.committed:
                    self.committed.notify_all()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let nobody commit as long as this lasts, so that what is read is still true when it is kept."""
        with self._turn:
            yield

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Turn what a database reports of its disk, of its connection and of values into errors of ours."""
        try:
            yield
        except DataError as error:  # a number or a text that no column can hold
            raise InvalidInput(
                tr("A value cannot be kept."), _first_line(error), tr("Give a shorter text or a smaller number.")
            ) from error
        except OperationalError as error:
            if "is full" in str(error.orig):
                raise disk_full(self._place) from error
            if getattr(error.orig, "pgcode", None) == _DISK_FULL:
                raise StorageFull(tr("The disk of the database is full."), _first_line(error)) from error
            if self.shared:
                raise Unavailable(
                    tr("The database of the catalogue does not answer."),
                    _first_line(error),
                    tr("Try again soon. If it lasts, look whether PostgreSQL runs."),
                ) from error
            raise
        except StatementError as error:  # an error of ours, met while SQLAlchemy wrote a value as JSON
            if isinstance(error.orig, GeoPubError):
                raise error.orig from error
            raise

    def lead(self) -> None:
        """Be the only one that works on a PostgreSQL catalogue, wherever the others run, until it is closed.

        Raises:
            DataFolderLocked: another backend does.
        """
        with self._explaining():
            self._lead = take_lead(self._engine)
        if self._lead is None:
            raise DataFolderLocked(
                tr("Another GeoPub backend works on the database of the catalogue."),
                tr("Only one may: it does the work of all executions."),
                tr("Use that backend, end it first, or give another database."),
            )

    def close(self) -> None:
        """Close every connection."""
        if self._lead is not None:
            self._lead.close()
        self._engine.dispose()

    def _note_touched(self, connection: Connection, statement: Any, *_rest: Any) -> None:
        if getattr(statement, "is_dml", False):
            self._touched.add(statement.table.name)


def _first_line(error: Any) -> str:
    return str(error.orig).strip().partition("\n")[0]
