"""Documents: small files of a user's own, which he may show to other users or publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO, Dict, List, Sequence, Tuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select

from ..amounts import size_text
from ..errors import InvalidInput, StorageFull, TooLarge
from ..translation import tr
from . import tables
from .database import now
from .personal_tables import document, document_sharing
from .rows import Entity, Rows
from .spaces import User, users

LARGEST = 10_000_000  # bytes of one document
QUOTA = 100_000_000  # bytes of all documents of a user


@dataclass(frozen=True)
class Document(Entity):
    """One file of a user; what is in it is read apart."""

    user: str
    name: str
    description: str
    mime_type: str
    size: int
    labels: List[str]
    extra: Dict[str, Any]
    public: bool


documents: Rows[Document] = Rows(document, Document)


def used(connection: Connection, user: str) -> int:
    """Return the bytes of all documents of a user."""
    total = select(func.coalesce(func.sum(document.c.size), 0)).where(document.c.user == user)
    return int(connection.execute(total).scalar_one())


def read_content(body: BinaryIO) -> bytes:
    """Return what is in a file.

    Raises:
        InvalidInput: nothing is.
        TooLarge: more than a document may have.
    """
    content = body.read(LARGEST + 1)
    if not content:
        raise InvalidInput(tr("The file is empty."))
    if len(content) > LARGEST:
        raise TooLarge(tr("The file is too large."), tr("A document has {limit} at most.", limit=size_text(LARGEST)))
    return content


def add_document(connection: Connection, user: str, content: bytes, **values: Any) -> Document:
    """Keep a new document.

    Raises:
        StorageFull: the user has no room for it.
    """
    _require_room(connection, user, len(content))
    return documents.add(connection, user=user, content=content, size=len(content), **values)


def replace_content(connection: Connection, kept: Document, content: bytes, mime_type: str) -> Document:
    """Put another file in the place of one."""
    _require_room(connection, kept.user, len(content) - kept.size)
    return documents.change(connection, kept.id, content=content, size=len(content), mime_type=mime_type)


def content_of(connection: Connection, kept: Document) -> bytes:
    """Return what is in a document."""
    return bytes(connection.execute(select(document.c.content).where(document.c.id == kept.id)).scalar_one())


def seen_by(user: str) -> ColumnElement[bool]:
    """Return the condition of what a user may look at: his own, and what is shared with him."""
    shared = select(document_sharing.c.document).where(document_sharing.c.user == user)
    return or_(document.c.user == user, document.c.id.in_(shared))


def readers(connection: Connection, kept: Document) -> List[User]:
    """Return the users with whom a document is shared."""
    ids = select(document_sharing.c.user).where(document_sharing.c.document == kept.id)
    return users.find(connection, tables.user.c.id.in_(ids))


def share_document(connection: Connection, kept: Document, wanted: Sequence[str]) -> None:
    """Let other users read a document.

    Raises:
        InvalidInput: there is no such user.
    """
    known = {one.id for one in users.find(connection, tables.user.c.id.in_(wanted))}
    missing = [one for one in wanted if one not in known]
    if missing:
        raise InvalidInput(
            tr("There is no user {identifier}.", identifier=str(missing[0])[:80]), cure=tr("Give the ids of users.")
        )
    here = {one.id for one in readers(connection, kept)}
    rows = [{"document": kept.id, "user": one, "created": now()} for one in sorted(known - here - {kept.user})]
    if rows:
        connection.execute(insert(document_sharing), rows)


def end_document_sharing(connection: Connection, kept: Document, gone: Sequence[str]) -> None:
    """Let these users read a document no more."""
    table = document_sharing
    connection.execute(delete(table).where(table.c.document == kept.id, table.c.user.in_(gone)))


def _require_room(connection: Connection, user: str, size: int) -> None:
    here = used(connection, user)
    if here + size > QUOTA:
        told: Tuple[str, ...] = (size_text(max(size, 0)), size_text(here), size_text(QUOTA))
        raise StorageFull(
            tr("There is no more room for your documents."),
            tr("{needed} are needed, and {used} of {quota} are used.", needed=told[0], used=told[1], quota=told[2]),
            tr("Delete what is no longer needed there."),
        )
