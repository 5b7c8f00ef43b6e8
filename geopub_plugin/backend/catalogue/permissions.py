"""Permissions: which user or community may use which offerings, until when, and how strongly they must prove it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Dict, FrozenSet, List, Optional, Sequence

from sqlalchemy import Connection, delete, insert, or_, select

from ..errors import InvalidInput
from ..translation import tr
from . import access_tables, tables
from .database import now
from .members import communities_of
from .offerings import offerings
from .rows import DatastoreEntity, Rows
from .spaces import communities, users

ACCOUNT, COMMUNITY = "ACCOUNT", "COMMUNITY"
LONGEST_LICENCE = 500


@dataclass(frozen=True)
class Permission(DatastoreEntity):
    """What a datastore allows one beneficiary: a user or a community."""

    licence: str
    end_date: Optional[str]
    only_oauth: bool
    user: Optional[str]
    community: Optional[str]

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.end_date is None or self.end_date > now()


permissions: Rows[Permission] = Rows(access_tables.permission, Permission)


def grant(
    connection: Connection,
    datastore: str,
    kind: str,
    beneficiaries: Sequence[str],
    licence: str,
    offered: Sequence[str],
    end_date: Any = None,
    only_oauth: bool = False,
) -> List[Permission]:
    """Make one permission for each beneficiary.

    Args:
        connection: in a transaction that writes.
        datastore: whose offerings they are.
        kind: "ACCOUNT" or "COMMUNITY".
        beneficiaries: ids of users or of communities.
        licence: on what terms.
        offered: ids of offerings.
        end_date: ISO 8601, None for no end.
        only_oauth: whether only a token of the beneficiary opens it, and no key.

    Raises:
        InvalidInput: a beneficiary or an offering is missing or not there.
    """
    if kind not in (ACCOUNT, COMMUNITY):
        raise InvalidInput(tr("The type of a permission must be {one} or {other}.", one=ACCOUNT, other=COMMUNITY))
    if not beneficiaries:
        raise InvalidInput(tr("A permission needs a beneficiary."), cure=tr("Give “users” or “communities”."))
    ends, terms = checked_end(end_date), checked_licence(licence)
    made = []
    for identifier in dict.fromkeys(beneficiaries):
        _require_beneficiary(connection, kind, identifier)
        to = {"user": identifier if kind == ACCOUNT else None, "community": identifier if kind == COMMUNITY else None}
        permission = permissions.add(
            connection, datastore=datastore, licence=terms, end_date=ends, only_oauth=only_oauth, **to
        )
        put_offerings(connection, permission, offered)
        made.append(permission)
    return made


def change_permission(connection: Connection, permission: Permission, changes: Dict[str, Any]) -> Permission:
    """Change end_date, licence or offerings."""
    values: Dict[str, Any] = {}
    if "end_date" in changes:
        values["end_date"] = checked_end(changes["end_date"])
    if "licence" in changes:
        values["licence"] = checked_licence(changes["licence"])
    if "offerings" in changes:
        put_offerings(connection, permission, changes["offerings"])
    return permissions.change(connection, permission.id, **values)


def put_offerings(connection: Connection, permission: Permission, offered: Sequence[str]) -> None:
    """Let a permission be for these offerings, and end the accesses to others."""
    if not offered:
        raise InvalidInput(tr("A permission needs at least one service."), cure=tr("Give “offerings”."))
    wanted = set(offered)
    columns = tables.offering.c
    known = offerings.find(connection, columns.id.in_(wanted), columns.datastore == permission.datastore)
    missing = sorted(wanted - {offering.id for offering in known})
    if missing:
        raise InvalidInput(tr("There is no offering {identifier} in this datastore.", identifier=missing[0]))
    link, access = access_tables.permission_offering, access_tables.access
    connection.execute(delete(link).where(link.c.permission == permission.id))
    connection.execute(insert(link), [{"permission": permission.id, "offering": one} for one in sorted(wanted)])
    gone = access.c.offering.not_in(wanted)
    connection.execute(delete(access).where(access.c.permission == permission.id, gone))


def offerings_of(connection: Connection, permission: str) -> FrozenSet[str]:
    """Return the offerings that a permission is for."""
    link = access_tables.permission_offering
    return frozenset(connection.execute(select(link.c.offering).where(link.c.permission == permission)).scalars())


def benefiting(connection: Connection, user: str) -> List[Permission]:
    """Return the permissions of a user: his own, and those of his communities, also those that have ended."""
    columns = access_tables.permission.c
    return permissions.find(
        connection, or_(columns.user == user, columns.community.in_(communities_of(connection, user)))
    )


def benefits(connection: Connection, permission: Permission, user: str) -> bool:
    """Tell whether a user is the beneficiary of a permission, or a member of it."""
    return permission.user == user or permission.community in communities_of(connection, user)


def checked_licence(value: Any) -> str:
    """Return the terms of a permission."""
    text = str(value or "").strip()
    if not text or len(text) > LONGEST_LICENCE:
        raise InvalidInput(
            tr("A permission needs a licence."), tr("It has 1 to {count} characters.", count=LONGEST_LICENCE)
        )
    return text


def checked_end(value: Any) -> Optional[str]:
    """Return an end date as the catalogue keeps moments; a date without a time lasts until its last second."""
    if value in (None, ""):
        return None
    text = str(value).strip()
    try:
        whole = f"{text}T23:59:59Z" if len(text) == len("2026-01-01") else text
        moment = datetime.fromisoformat(whole.replace("Z", "+00:00").replace("z", "+00:00"))
        moment = moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise InvalidInput(
            tr("“{value}” is no date.", value=text[:60]), cure=tr("Write it as 2026-12-31 or 2026-12-31T23:59:59Z.")
        ) from None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _require_beneficiary(connection: Connection, kind: str, identifier: str) -> None:
    known = users if kind == ACCOUNT else communities
    if not known.find(connection, known.table.c.id == identifier):  # type: ignore[attr-defined]
        raise InvalidInput(
            tr("There is no beneficiary {identifier}.", identifier=identifier[:60]),
            tr("It is the id neither of a user nor of a community."),
        )
