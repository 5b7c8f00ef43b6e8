"""Rows as frozen dataclasses: the fields of an entity are the columns of its table."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from typing import Any, Dict, Generic, List, Mapping, Optional, Sequence, Tuple, Type, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, String, Table, delete, func, insert, select, update
from sqlalchemy import cast as sql_cast

from ..errors import InvalidInput, NotFound
from ..translation import tr
from .database import now

E = TypeVar("E")


@dataclass(frozen=True)
class Entity:
    """What the rows of most tables have."""

    id: str  # UUID
    created: str  # ISO 8601, UTC
    updated: str


@dataclass(frozen=True)
class DatastoreEntity(Entity):
    """What the rows of most things in a datastore have."""

    datastore: str


@dataclass(frozen=True)
class Listing:
    """What part of a list is asked for."""

    filters: Mapping[str, str]  # column -> text; `%` stands for any text
    tags: Mapping[str, str]
    sort: Tuple[Tuple[str, bool], ...] = (("created", False),)  # column, descending
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True)
class Page(Generic[E]):
    """A part of a list, and how long the whole is."""

    items: Tuple[E, ...]
    offset: int
    total: int


class Rows(Generic[E]):
    """The rows of one table, as entities."""

    def __init__(self, table: Table, kind: Type[E]) -> None:
        self.table, self.kind = table, kind
        self._columns = [table.c[field.name] for field in fields(kind)]  # type: ignore[arg-type]

    def add(self, connection: Connection, **values: Any) -> E:
        """Add a row with a new id and return its entity."""
        moment = now()
        row = {"id": values.pop("id", None) or str(uuid.uuid4()), "created": moment, "updated": moment, **values}
        connection.execute(insert(self.table).values(row))
        return self.get(connection, row["id"])

    def get(self, connection: Connection, identifier: str, *conditions: ColumnElement[bool]) -> E:
        """Return the entity of this id.

        Raises:
            NotFound: there is none (or it fulfils not all conditions).
        """
        found = self.find(connection, self.table.c.id == identifier, *conditions)
        if not found:
            raise NotFound(
                tr("There is no {identifier} in the list “{list}”.", identifier=identifier, list=self.table.name),
                cure=tr("It may have been deleted; list again to see what there is."),
            )
        return found[0]

    def find(self, connection: Connection, *conditions: ColumnElement[bool]) -> List[E]:
        """Return the entities that fulfil the conditions, oldest first."""
        query = select(*self._columns).where(*conditions).order_by(self.table.c.created, self.table.c.id)
        return [self._entity(row) for row in connection.execute(query)]

    def change(self, connection: Connection, identifier: str, **values: Any) -> E:
        """Change columns of a row and return its entity."""
        statement = update(self.table).where(self.table.c.id == identifier).values(updated=now(), **values)
        connection.execute(statement)
        return self.get(connection, identifier)

    def remove(self, connection: Connection, identifier: str) -> None:
        """Remove a row."""
        connection.execute(delete(self.table).where(self.table.c.id == identifier))

    def page(self, connection: Connection, listing: Listing, *conditions: ColumnElement[bool]) -> Page[E]:
        """Return the part of a list that is asked for."""
        where = [*conditions, *self._filters(listing)]
        total = connection.execute(select(func.count()).select_from(self.table).where(*where)).scalar_one()
        query = select(*self._columns).where(*where).order_by(*self._order(listing.sort))
        rows = connection.execute(query.offset(listing.offset).limit(listing.limit))
        return Page(tuple(self._entity(row) for row in rows), listing.offset, total)

    def _entity(self, row: Row) -> E:
        return self.kind(**row._mapping)

    def _filters(self, listing: Listing) -> List[ColumnElement[bool]]:
        conditions = [_matches(sql_cast(self.table.c[name], String), text) for name, text in listing.filters.items()]
        for key, text in listing.tags.items():
            conditions.append(_matches(self.table.c.tags[key].as_string(), text))
        return conditions

    def _order(self, sort: Sequence[Tuple[str, bool]]) -> List[ColumnElement[Any]]:
        unknown = [name for name, _ in sort if name not in self.table.c]
        if unknown:
            raise InvalidInput(
                tr("The list “{list}” cannot be sorted by “{name}”.", list=self.table.name, name=unknown[0])
            )
        ordered = [self.table.c[name].desc() if descending else self.table.c[name] for name, descending in sort]
        return [*ordered, self.table.c.id]  # pages need a total order


def _matches(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Compare without case; `%` in the text stands for any text, as the platform has it."""
    if "%" in text:
        escaped = text.replace("\\", "\\\\").replace("_", "\\_")
        return column.ilike(escaped, escape="\\")
    return func.lower(column) == func.lower(text)


def merged(current: Optional[Mapping[str, Any]], changes: Mapping[str, Any]) -> Dict[str, Any]:
    """Return a map with changes laid over it; a value of None removes its key."""
    whole = {**(current or {}), **changes}
    return {key: value for key, value in whole.items() if value is not None}
