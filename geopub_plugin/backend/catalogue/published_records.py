"""The records that are published, as the catalogue service sees them."""

from __future__ import annotations

import threading
from typing import FrozenSet, Optional, Sequence, Tuple

from ..metadata.iso import read_resource
from ..services.csw.records import PublishedRecord
from . import tables
from .database import Database
from .records import records


class PublishedRecords:
    """Returns the published records, newest first; they are read again when one has changed."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._read: Optional[Tuple[PublishedRecord, ...]] = None
        database.after_commit(self._forget)

    def __call__(self) -> Sequence[PublishedRecord]:
        """Return the published records."""
        found = self._read
        if found is None or self._database.shared:  # another process may have changed a shared catalogue
            with self._lock:
                found = self._read = self._all()
        return found

    def _forget(self, touched: FrozenSet[str]) -> None:
        if tables.record.name in touched:
            with self._lock:  # or who reads just now would keep what is no longer true
                self._read = None

    def _all(self) -> Tuple[PublishedRecord, ...]:
        with self._database.reading() as connection:
            found = [one for one in records.find(connection) if one.endpoints]
        return tuple(
            PublishedRecord(one.document, read_resource(one.document.encode()), one.updated) for one in reversed(found)
        )
