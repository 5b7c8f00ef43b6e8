"""What datastores share: uploads and stored data that another one may see, and read in its executions.

Nothing lasting stands on what is shared: a service shows data of its own datastore. So its owner may delete it at any
time, as if it were not shared.
"""

from __future__ import annotations

from typing import List, Sequence

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, or_, select

from ..errors import InvalidInput
from ..translation import tr
from . import tables
from .database import now
from .personal_tables import sharing
from .spaces import Datastore, datastores


def share(connection: Connection, entity: str, owner: str, wanted: Sequence[str]) -> None:
    """Share an entity of a datastore with others; with whom it is shared already, it stays.

    Raises:
        InvalidInput: there is no such datastore.
    """
    known = {one.id for one in datastores.find(connection, tables.datastore.c.id.in_(wanted))}
    missing = [one for one in wanted if one not in known]
    if missing:
        raise InvalidInput(
            tr("There is no datastore {identifier}.", identifier=str(missing[0])[:80]),
            cure=tr("Give the ids of datastores."),
        )
    here = set(connection.execute(select(sharing.c.datastore).where(sharing.c.entity == entity)).scalars())
    rows = [{"entity": entity, "datastore": one, "created": now()} for one in sorted(known - here - {owner})]
    if rows:
        connection.execute(insert(sharing), rows)


def end_sharing(connection: Connection, entity: str, gone: Sequence[str]) -> None:
    """Share an entity with these datastores no more; what reads it now goes on."""
    connection.execute(delete(sharing).where(sharing.c.entity == entity, sharing.c.datastore.in_(gone)))


def shared_with(connection: Connection, entity: str) -> List[Datastore]:
    """Return the datastores with which an entity is shared."""
    ids = select(sharing.c.datastore).where(sharing.c.entity == entity)
    return datastores.find(connection, tables.datastore.c.id.in_(ids))


def usable_in(table: Table, datastore: str) -> ColumnElement[bool]:
    """Return the condition of what executions of a datastore may read: its own, and what is shared with it."""
    shared = select(sharing.c.entity).where(sharing.c.datastore == datastore)
    return or_(table.c.datastore == datastore, table.c.id.in_(shared))


def visible_in(table: Table, datastore: str) -> ColumnElement[bool]:
    """Return the condition of what the members of a datastore may look at: also what is open to all."""
    return or_(usable_in(table, datastore), table.c.open)
