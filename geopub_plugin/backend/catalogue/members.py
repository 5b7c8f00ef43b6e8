"""Members of communities, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from ..errors import Conflict, InvalidInput, NotFound
from ..translation import tr
from . import tables
from .spaces import RIGHTS, Community, User, communities, users


@dataclass(frozen=True)
class Member:
    """A user in a community."""

    user: User
    rights: List[str]


def members(connection: Connection, community: str) -> List[Member]:
    """Return the members of a community, by e-mail."""
    table = tables.membership
    rows = connection.execute(select(table).where(table.c.community == community)).all()
    rights = {row.user: list(row.rights) for row in rows}
    found = users.find(connection, tables.user.c.id.in_(rights))
    return sorted((Member(user, rights[user.id]) for user in found), key=lambda member: member.user.email.lower())


def put_member(connection: Connection, community: str, user: str, rights: Sequence[str]) -> Member:
    """Let a user into a community with these rights, or change them."""
    unknown = sorted(set(rights) - set(RIGHTS))
    if unknown:
        raise InvalidInput(
            tr("There is no right “{name}”.", name=unknown[0]),
            cure=tr("Give some of: {names}.", names=", ".join(RIGHTS)),
        )
    known = users.get(connection, user)
    table = tables.membership
    here = (table.c.user == user, table.c.community == community)
    kept = [right for right in RIGHTS if right in rights]
    if connection.execute(update(table).where(*here).values(rights=kept)).rowcount == 0:
        connection.execute(insert(table).values(user=user, community=community, rights=kept))
    return Member(known, kept)


def remove_member(connection: Connection, community: Community, user: str) -> None:
    """Take a user out of a community.

    Raises:
        Conflict: the user leads it.
        NotFound: the user is no member.
    """
    if community.supervisor == user:
        raise Conflict(
            tr("The supervisor cannot leave “{name}”.", name=community.name),
            cure=tr("Give the community another supervisor first."),
        )
    table = tables.membership
    done = connection.execute(delete(table).where(table.c.user == user, table.c.community == community.id))
    if done.rowcount == 0:
        raise NotFound(tr("There is no member {identifier}.", identifier=user))


def communities_of(connection: Connection, user: str) -> List[str]:
    """Return the communities of which a user is a member."""
    table = tables.membership
    return list(connection.execute(select(table.c.community).where(table.c.user == user)).scalars())


def change_community(connection: Connection, community: Community, **values: Any) -> Community:
    """Change name, description, contact, public or supervisor of a community; its datastore follows its name."""
    supervisor = values.get("supervisor")
    if supervisor is not None and supervisor != community.supervisor:
        put_member(connection, community.id, supervisor, RIGHTS)
    if values.get("name", "x").strip() == "":
        raise InvalidInput(tr("A community needs a name."))
    if "name" in values:
        store = tables.datastore
        connection.execute(update(store).where(store.c.community == community.id).values(name=values["name"]))
    return communities.change(connection, community.id, **values) if values else community
