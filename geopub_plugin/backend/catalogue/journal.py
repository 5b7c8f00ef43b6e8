"""What is said of entities, and what happened to them: comments, and events at every change of state."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, TypeVar

from sqlalchemy import Connection, delete

from . import tables
from .personal_tables import sharing
from .rows import DatastoreEntity, Entity, Rows

E = TypeVar("E")

# The user for whom a request is being answered; None for what the backend does by itself.
acting: ContextVar[Optional[str]] = ContextVar("acting", default=None)


@dataclass(frozen=True)
class Comment(DatastoreEntity):
    """What somebody said of an entity."""

    entity: str
    author: Optional[str]
    text: str


@dataclass(frozen=True)
class Event(Entity):
    """A change of the state of an entity."""

    entity: str
    title: str
    text: str
    initiator: Optional[str]


comments: Rows[Comment] = Rows(tables.comment, Comment)
events: Rows[Event] = Rows(tables.event, Event)


class JournaledRows(Rows[E]):
    """Rows whose changes of state are kept as events; these, and comments, go with their row."""

    def add(self, connection: Connection, **values: Any) -> E:
        """Add a row with a new id and return its entity."""
        made = super().add(connection, **values)
        _note(connection, made)
        return made

    def change(self, connection: Connection, identifier: str, **values: Any) -> E:
        """Change columns of a row and return its entity."""
        changed = super().change(connection, identifier, **values)
        if "status" in values:
            _note(connection, changed)
        return changed

    def remove(self, connection: Connection, identifier: str) -> None:
        """Remove a row, and what is said of it."""
        super().remove(connection, identifier)
        forget(connection, [identifier])


def forget(connection: Connection, entities: Sequence[str]) -> None:
    """Remove what is said of entities that are gone."""
    for table in (tables.comment, tables.event, sharing):
        connection.execute(delete(table).where(table.c.entity.in_(entities)))


def events_of(connection: Connection, entity: str) -> List[Event]:
    """Return what happened to an entity, oldest first."""
    return events.find(connection, tables.event.c.entity == entity)


def _note(connection: Connection, entity: Any) -> None:
    known = events_of(connection, entity.id)
    if not known or known[-1].title != entity.status:
        events.add(connection, entity=entity.id, title=entity.status, initiator=acting.get())
