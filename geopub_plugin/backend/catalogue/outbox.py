"""The outbox: messages about ends of executions, kept until they are delivered, whatever becomes of the backend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Mapping, Optional, Sequence

from sqlalchemy import Connection, select

from . import tables
from .database import now
from .rows import Entity, Rows


@dataclass(frozen=True)
class Letter(Entity):
    """A message that waits."""

    execution: str
    way: str  # "mail", "webhook"; "" until it is known who is to be told
    notice: Dict[str, Any]  # what it says, see `notifications.notice`; empty until then
    tries: int
    due: str  # it is not to be tried before this moment

    def waits(self) -> float:
        """Return how many seconds are left until it is due."""
        due = datetime.fromisoformat(self.due.replace("Z", "+00:00"))
        return max(0.0, (due - datetime.now(timezone.utc)).total_seconds())


letters: Rows[Letter] = Rows(tables.outbox, Letter)


def put(connection: Connection, execution: str) -> None:
    """Note, with the end of an execution, that it is to be told."""
    letters.add(connection, execution=execution, way="", notice={}, tries=0, due=now())


def first(connection: Connection) -> Optional[Letter]:
    """Return the message that is due first, None when none waits."""
    column = tables.outbox.c
    query = select(column.id).order_by(column.due, column.id).limit(1)
    identifier = connection.execute(query).scalar()
    return letters.get(connection, identifier) if identifier else None


def address(connection: Connection, letter: Letter, ways: Sequence[str], notice: Mapping[str, Any]) -> None:
    """Put one message for each way in the place of one of which it was not known who is to be told."""
    letters.remove(connection, letter.id)
    for way in ways:
        letters.add(connection, execution=letter.execution, way=way, notice=dict(notice), tries=0, due=now())


def postpone(connection: Connection, letter: Letter, seconds: float) -> None:
    """Note that a message could not be delivered, and is to be tried again after a while."""
    due = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    text = due.isoformat(timespec="microseconds").replace("+00:00", "Z")
    letters.change(connection, letter.id, tries=letter.tries + 1, due=text)
