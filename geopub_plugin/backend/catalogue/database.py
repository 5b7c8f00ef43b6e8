"""The database of the catalogue: reading, and writing in short transactions."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, FrozenSet, Iterator, List, Set

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from ..disk import disk_full
from .migrations import migrate

AfterCommit = Callable[[FrozenSet[str]], None]


def now() -> str:
    """Return this moment as the platform writes it: ISO 8601, UTC, microseconds, Z."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Database:
    """One catalogue. Readers see the last commit; writers take turns."""

    def __init__(self, url: str, place: Path) -> None:
        """Open the catalogue at `url`; `place` is the folder that an error about a full disk names."""
        self._place = place
        self._engine = _engine(url)
        self._writer = self._engine.execution_options(geopub_writes=True)
        # SQLite has one writer anyway; waiting here is fair and wakes at once, waiting there polls. It also makes
        # what follows a commit (the snapshot of the published things) follow the commits in their order.
        self._turn = threading.RLock()
        self._touched: Set[str] = set()
        self._after_commit: List[AfterCommit] = []
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
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are committed together at the end, or not at all."""
        with self._turn:
            self._touched = set()
            with self._storing(), self._writer.begin() as connection:
                yield connection
            touched, self._touched = frozenset(self._touched), set()
            if touched:
                for react in self._after_commit:
                    react(touched)

    @contextmanager
    def _storing(self) -> Iterator[None]:
        """Turn SQLite's report of a full disk into `StorageFull`."""
        try:
            yield
        except OperationalError as error:
            if "is full" in str(error.orig):
                raise disk_full(self._place) from error
            raise

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _note_touched(self, connection: Connection, statement: Any, *_rest: Any) -> None:
        if getattr(statement, "is_dml", False):
            self._touched.add(statement.table.name)


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in `_begin_sqlite`, not where sqlite3 guesses
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("geopub_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
