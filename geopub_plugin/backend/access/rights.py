"""What the members of a community may do with its datastore: one table, one guard before every route."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Dict, FrozenSet, Mapping, Optional, Tuple

from flask import request
from sqlalchemy import Connection, select

from ..catalogue import tables
from ..catalogue.spaces import RIGHTS, Community, communities, datastore_named
from ..catalogue.store import Store
from ..errors import NotAllowed
from ..translation import tr
from .callers import Caller, caller

DATASTORE = "/api/datastores/<datastore>"


@dataclass(frozen=True)
class Needs:
    """The rights that an action needs: one of several, or all of them."""

    rights: Tuple[str, ...]
    every: bool = False

    def fulfilled(self, held: FrozenSet[str]) -> bool:
        """Tell whether these rights are enough."""
        return (all if self.every else any)(right in held for right in self.rights)


MEMBER = Needs(())  # reading: any member may
_ALL = Needs(RIGHTS, every=True)

# Resource -> what changing it needs. Styles of a WMS are statics, and thumbnails annexes: publishing needs the first,
# decorating the second (the platform's docs/developer/entrepot/rights.md). Tags and comments go with their resource.
CHANGES: Mapping[str, Needs] = {
    "uploads": Needs(("UPLOAD",)),
    "checks": Needs(("UPLOAD",)),
    "processings": Needs(("PROCESSING",)),
    "stored_data": Needs(("PROCESSING", "BROADCAST")),
    "statics": Needs(("ANNEX", "BROADCAST")),
    "annexes": Needs(("ANNEX",)),
    "metadata": Needs(("ANNEX", "BROADCAST")),
    "configurations": Needs(("BROADCAST",)),
    "offerings": Needs(("BROADCAST",)),
    "permissions": Needs(("BROADCAST",)),
    "datasheets": Needs(("ANNEX", "UPLOAD", "PROCESSING", "BROADCAST"), every=True),
}
# What needs more, or other rights, than its resource: method and the rest of the path.
EXCEPTIONS: Tuple[Tuple[str, str, Needs], ...] = (
    ("DELETE", r"stored_data/<\w+>", Needs(("PROCESSING",))),
    ("POST", r"stored_data/<\w+>/(completion|plan_layers)", Needs(("PROCESSING",))),
    ("POST|PATCH|DELETE", r"uploads/<\w+>/comments.*", Needs(("UPLOAD", "PROCESSING"))),
)


def needs(method: str, path: str) -> Needs:
    """Return what an action on a datastore needs.

    Args:
        method: of HTTP.
        path: the rest of the route's rule, such as "uploads/<entity>/data". What no table knows, only who has every
            right may change.
    """
    if method in ("GET", "HEAD", "OPTIONS"):
        return MEMBER
    for methods, rule, needed in EXCEPTIONS:
        if re.fullmatch(methods, method) and re.fullmatch(rule, path):
            return needed
    return CHANGES.get(path.partition("/")[0], _ALL)


def rights_in(connection: Connection, who: Caller, community: Community) -> Optional[FrozenSet[str]]:
    """Return the rights of a caller in a community: all for its supervisor; None for who is no member."""
    if who.administrator or community.supervisor == who.user.id:
        return frozenset(RIGHTS)
    table = tables.membership
    query = select(table.c.rights).where(table.c.user == who.user.id, table.c.community == community.id)
    row = connection.execute(query).first()
    return frozenset(row.rights) if row else None


def rights_guard(store: Store) -> Callable[[], None]:
    """Return a guard that lets a request to a datastore pass only for members with the rights that it needs."""

    def guard() -> None:
        rule = request.url_rule.rule if request.url_rule else ""
        if rule == DATASTORE or rule.startswith(f"{DATASTORE}/"):
            path = rule[len(DATASTORE) + 1 :]
            with store.reading() as connection:
                datastore = datastore_named(connection, _given("datastore"))
                community = communities.get(connection, datastore.community)
                require(connection, caller(), community, needs(request.method, path))

    return guard


def require(connection: Connection, who: Caller, community: Community, needed: Needs) -> None:
    """Refuse an action to who has not the rights that it needs.

    Raises:
        NotAllowed: naming the missing rights.
    """
    held = rights_in(connection, who, community)
    if held is None:
        raise NotAllowed(
            tr("You have no access to “{name}”.", name=community.name),
            tr("Only the members of this community have."),
            tr("Ask its supervisor to add you."),
        )
    if needed.rights and not needed.fulfilled(held):
        told = {"names": ", ".join(needed.rights), "held": ", ".join(sorted(held)) or "–"}
        raise NotAllowed(
            tr("You may not do this in “{name}”.", name=community.name),
            tr("It needs each of the rights {names}; you have: {held}.", **told)
            if needed.every
            else tr("It needs one of the rights {names}; you have: {held}.", **told),
            tr("Ask the supervisor of the community."),
        )


def _given(name: str) -> str:
    values: Dict[str, str] = request.view_args or {}
    return values[name]
