"""How much services and keys are used: requests and bytes of each offering, by key, in five minutes or a day."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Dict, List, Sequence, Tuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from ..errors import GeoPubError
from . import tables
from .database import Database
from .personal_tables import usage

STEP = timedelta(minutes=5)  # what is counted together
DAY = timedelta(days=1)
FINE = timedelta(days=31)  # older numbers are kept by day
_PAUSE = 60.0  # seconds between two commits; what was counted since is lost when the backend is killed

_log = logging.getLogger(__name__)

_Counted = Tuple[str, str, str]  # begin, offering, key


@dataclass(frozen=True)
class Hits:
    """What was asked for in a time."""

    begin: datetime
    end: datetime
    hits: int
    bytes: int


class UsageCounter:
    """Counts requests in memory, and keeps the sums from time to time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._counted: Dict[_Counted, List[int]] = defaultdict(lambda: [0, 0])
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="usage", daemon=True)

    def start(self) -> None:
        """Keep the sums every minute from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End, and keep what was counted."""
        self._end.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=5.0)
        self._keep()

    def count(self, offering: str, key: str, size: int) -> None:
        """Count one request; `key` is "" for one without a key."""
        begin = text_of(_begin(datetime.now(timezone.utc), STEP))
        with self._lock:
            sums = self._counted[(begin, offering, key)]
            sums[0] += 1
            sums[1] += size

    def keep(self) -> None:
        """Keep what was counted until now."""
        with self._lock:
            counted, self._counted = self._counted, defaultdict(lambda: [0, 0])
        if counted:
            with self._database.writing() as connection:
                known = set(connection.execute(select(tables.offering.c.id)).scalars())
                for (begin, offering, key), (hits, size) in counted.items():
                    if offering in known:  # it may have been deleted meanwhile
                        _add(connection, begin, offering, key, hits, size)

    def _keep(self) -> None:
        try:
            self.keep()
        except GeoPubError as error:
            _log.warning("what was counted could not be kept: %s", error)

    def _run(self) -> None:
        while not self._end.wait(_PAUSE):
            self._keep()


def used(
    connection: Connection, condition: ColumnElement[bool], start: datetime, end: datetime
) -> Tuple[Hits, Sequence[Hits]]:
    """Return what was asked for in a time: in all, and in each part of it, by days if it is longer than two."""
    column = usage.c
    query = (
        select(column.begin, func.sum(column.hits), func.sum(column.bytes))
        .where(condition, column.begin >= text_of(_begin(start, STEP)), column.begin < text_of(end))
        .group_by(column.begin)
    )
    step = DAY if end - start > 2 * DAY else STEP
    parts: Dict[datetime, List[int]] = defaultdict(lambda: [0, 0])
    for text, hits, size in connection.execute(query):
        sums = parts[_begin(_moment(text), step)]
        sums[0] += int(hits)
        sums[1] += int(size)
    details = [Hits(begin, begin + step, *parts[begin]) for begin in sorted(parts)]
    return Hits(start, end, sum(one.hits for one in details), sum(one.bytes for one in details)), details


def roll_up(connection: Connection, moment: datetime) -> None:
    """Add up by day what is older than a month."""
    column, before = usage.c, text_of(_begin(moment - FINE, DAY))
    query = select(column.begin, column.offering, column.key, column.hits, column.bytes).where(column.begin < before)
    for begin, offering, key, hits, size in connection.execute(query).all():
        day = text_of(_begin(_moment(begin), DAY))
        if day != begin:
            connection.execute(delete(usage).where(_is(begin, offering, key)))
            _add(connection, day, offering, key, hits, size)


def text_of(moment: datetime) -> str:
    """Return a moment as the catalogue keeps it: UTC, microseconds, Z; such texts sort as their moments do."""
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _add(connection: Connection, begin: str, offering: str, key: str, hits: int, size: int) -> None:
    sums = {"hits": usage.c.hits + hits, "bytes": usage.c.bytes + size}
    if connection.execute(update(usage).where(_is(begin, offering, key)).values(**sums)).rowcount == 0:
        row = {"begin": begin, "offering": offering, "key": key, "hits": hits, "bytes": size}
        connection.execute(insert(usage).values(row))


def _is(begin: str, offering: str, key: str) -> ColumnElement[bool]:
    return and_(usage.c.begin == begin, usage.c.offering == offering, usage.c.key == key)


def _begin(moment: datetime, step: timedelta) -> datetime:
    """Return when the step began in which a moment lies."""
    first = datetime(2000, 1, 1, tzinfo=timezone.utc)
    return first + (moment.astimezone(timezone.utc) - first) // step * step


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
