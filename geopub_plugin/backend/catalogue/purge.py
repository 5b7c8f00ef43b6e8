"""The purge: where things are kept for a while only, what is older goes, with everything that stands on it."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Optional, Sequence

from sqlalchemy import Connection, Table, select

from ..errors import GeoPubError
from . import tables
from .deletions import Doomed, consequences_of_all, delete_all
from .quotas import limits
from .sign_ins import forget_expired
from .store import Store
from .usage import roll_up

DAY = 24 * 3600.0  # seconds

# Executions go with what they made or checked; what is published goes before what it shows.
_AGING: Dict[str, Table] = {
    "configuration": tables.configuration,
    "static": tables.static,
    "annexe": tables.annexe,
    "record": tables.record,
    "stored_data": tables.stored_data,
    "upload": tables.upload,
}
_log = logging.getLogger(__name__)


def too_old(connection: Connection, datastore: str, before: str) -> Sequence[Doomed]:
    """Return what was made in a datastore before a moment, and what goes with it, in the order in which it goes."""
    ids = {
        kind: connection.execute(
            select(table.c.id).where(table.c.datastore == datastore, table.c.created < before)
        ).scalars()
        for kind, table in _AGING.items()
    }
    return consequences_of_all(connection, ids)


def purge(store: Store, moment: Optional[datetime] = None) -> Sequence[Doomed]:
    """Remove what is too old, wherever there is a limit, and tokens that have expired; return what went."""
    now = moment or datetime.now(timezone.utc)
    gone = []
    with store.reading() as connection:
        aging = [limit for limit in limits(connection) if limit.keep_days is not None]
    for limit in aging:
        before = (now - timedelta(days=limit.keep_days or 0)).isoformat(timespec="microseconds")
        with store.reading() as connection:
            doomed = too_old(connection, limit.datastore, before.replace("+00:00", "Z"))
        delete_all(store, doomed)
        gone.extend(doomed)
        for one in doomed:
            _log.info("purged: %s %s “%s”", one.kind, one.id, one.name)
    with store.writing() as connection:
        forget_expired(connection)
        roll_up(connection, now)
    return gone


class DailyPurge:
    """Purges when it starts, and then once a day, until it is stopped."""

    def __init__(self, store: Store) -> None:
        self._store, self._end = store, threading.Event()
        self._thread = threading.Thread(target=self._run, name="purge", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being deleted."""
        self._end.set()
        self._thread.join(timeout=5.0)

    def _run(self, *_: Any) -> None:
        while True:
            try:
                purge(self._store)
            except GeoPubError as error:  # what could not be deleted today may be tomorrow
                _log.warning("The purge did not come to its end: %s", error)
            if self._end.wait(DAY):
                return
