"""Accesses: which offering a key opens, by which permission. They are asked at every request to a private service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, List, Optional, Sequence

from sqlalchemy import Connection

from ..errors import Conflict, InvalidInput
from ..translation import tr
from . import access_tables, tables
from .keys import OAUTH2, Key
from .offerings import Offering, offerings
from .permissions import Permission, benefits, offerings_of, permissions
from .rows import Entity, Rows
from .spaces import endpoints


@dataclass(frozen=True)
class Access(Entity):
    """A key opens an offering; without a permission it is one that is open to every key."""

    key: str
    permission: Optional[str]
    offering: str


accesses: Rows[Access] = Rows(access_tables.access, Access)


def give_access(connection: Connection, key: Key, permission_id: str, offered: Sequence[str]) -> List[Access]:
    """Let a key open offerings; what it opens already, it opens.

    Raises:
        InvalidInput: an offering is not one that the permission is for, or needs one and none is given.
        Conflict: the permission has ended, or asks for stronger proof than the key.
    """
    if not offered:
        raise InvalidInput(tr("An access needs at least one service."), cure=tr("Give “offerings”."))
    permission = _permission(connection, key, permission_id) if permission_id else None
    allowed = offerings_of(connection, permission.id) if permission else frozenset()
    made = []
    for identifier in dict.fromkeys(offered):
        found = offerings.find(connection, tables.offering.c.id == identifier)
        usable = bool(found) and (identifier in allowed if permission else opens_to_every_key(connection, found[0]))
        if not usable:
            raise InvalidInput(
                tr("The key cannot open the offering {identifier}.", identifier=identifier[:60]),
                tr("No permission of yours that is given here is for it."),
                tr("users/me/permissions lists what you may use."),
            )
        made.append(_add(connection, key.id, permission.id if permission else None, identifier))
    return made


def opens_to_every_key(connection: Connection, offering: Offering) -> bool:
    """Tell whether an offering on a private endpoint is open: a key is needed, a permission is not."""
    return offering.open and not endpoints.get(connection, offering.endpoint).open


def opened_by(connection: Connection, key: Key) -> FrozenSet[str]:
    """Return the offerings that a key opens now."""
    found = accesses.find(connection, access_tables.access.c.key == key.id)
    named = {access.permission for access in found if access.permission}
    good = {one.id: one for one in permissions.find(connection, access_tables.permission.c.id.in_(named))}
    live = {
        identifier: offerings_of(connection, identifier)
        for identifier, permission in good.items()
        if permission.live and _strong_enough(permission, key) and benefits(connection, permission, key.user)
    }
    free = {access.offering for access in found if access.permission is None}
    opened = {one.id for one in offerings.find(connection, tables.offering.c.id.in_(free)) if one.open}
    by_permission = {one.offering for one in found if one.permission and one.offering in live.get(one.permission, ())}
    return frozenset(opened | by_permission)


def _permission(connection: Connection, key: Key, identifier: str) -> Permission:
    found = permissions.find(connection, access_tables.permission.c.id == identifier)
    if not found or not benefits(connection, found[0], key.user):
        raise InvalidInput(
            tr("There is no permission {identifier} for you.", identifier=identifier[:60]),
            cure=tr("users/me/permissions lists what you may use."),
        )
    permission = found[0]
    if not permission.live:
        raise Conflict(tr("The permission “{name}” has ended.", name=permission.licence))
    if not _strong_enough(permission, key):
        raise Conflict(
            tr("The key “{name}” is not strong enough.", name=key.name),
            tr("The permission “{name}” asks for a strong authentication.", name=permission.licence),
            tr("Use a key of type OAUTH2."),
        )
    return permission


def _strong_enough(permission: Permission, key: Key) -> bool:
    return key.type == OAUTH2 or not permission.only_oauth


def _add(connection: Connection, key: str, permission: Optional[str], offering: str) -> Access:
    columns = access_tables.access.c
    same = columns.permission.is_(None) if permission is None else columns.permission == permission
    known = accesses.find(connection, columns.key == key, columns.offering == offering, same)
    return known[0] if known else accesses.add(connection, key=key, permission=permission, offering=offering)
