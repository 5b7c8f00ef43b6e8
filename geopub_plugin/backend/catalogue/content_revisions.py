"""Former contents of styles and metadata records: immutable revisions behind one id, small enough for a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List

from sqlalchemy import Connection, delete, func, insert, select

from ..errors import NotFound
from ..translation import tr
from . import tables
from .database import now


@dataclass(frozen=True)
class ContentRevision:
    """One state of a style or of a record."""

    entity: str
    number: int
    created: str
    suffix: str
    content: bytes


def contents(connection: Connection, entity: str) -> List[ContentRevision]:
    """Return every revision that is kept, newest first."""
    columns = tables.content_revision.c
    query = select(tables.content_revision).where(columns.entity == entity).order_by(columns.number.desc())
    return [ContentRevision(**row._mapping) for row in connection.execute(query)]


def content(connection: Connection, entity: str, number: int) -> ContentRevision:
    """Return one revision, or raise NotFound."""
    found = next((one for one in contents(connection, entity) if one.number == number), None)
    if found is None:
        raise NotFound(
            tr("There is no revision {number}.", number=number), cure=tr("List the revisions to see which are kept.")
        )
    return found


def remember(connection: Connection, entity: str, suffix: str, data: bytes, kept: int, number: int = 0) -> int:
    """Keep a new revision, and of the former ones the last few; return its number.

    Args:
        connection: of the transaction.
        entity: whose content it is.
        suffix: of a file with it.
        data: the content.
        kept: how many revisions are kept.
        number: of the revision, 0 for the next one; one that is there already stays as it is.
    """
    columns = tables.content_revision.c
    known = set(connection.execute(select(columns.number).where(columns.entity == entity)).scalars())
    if number in known:
        return number
    number = number or max(known, default=0) + 1
    values = {"entity": entity, "number": number, "created": now(), "suffix": suffix, "content": data}
    connection.execute(insert(tables.content_revision).values(**values))
    old = sorted({*known, number})[:-kept]
    connection.execute(delete(tables.content_revision).where(columns.entity == entity, columns.number.in_(old)))
    return number


def newest(connection: Connection, entity: str) -> int:
    """Return the number of the newest revision, 0 where none is kept."""
    columns = tables.content_revision.c
    return connection.execute(select(func.max(columns.number)).where(columns.entity == entity)).scalar() or 0


def forget_contents(connection: Connection, entity: str) -> None:
    """Remove the revisions of an entity that is gone."""
    connection.execute(delete(tables.content_revision).where(tables.content_revision.c.entity == entity))
