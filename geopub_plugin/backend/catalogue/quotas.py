"""Quotas: how much a datastore may hold, and how many services it may publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional

from sqlalchemy import Connection, func, insert, select, update

from ..amounts import size_text
from ..errors import Conflict, StorageFull
from ..translation import tr
from . import access_tables, tables
from .spaces import Allowance, storage_allowances

DATA, UPLOADS, ANNEXES = "data", "uploads", "annexes"


@dataclass(frozen=True)
class Limit:
    """What a datastore is limited to as a whole; None: not at all."""

    datastore: str
    bytes: Optional[int] = None
    offerings: Optional[int] = None
    keep_days: Optional[int] = None


def limit_of(connection: Connection, datastore: str) -> Limit:
    """Return the limit of a datastore."""
    table = access_tables.datastore_limit
    row = connection.execute(select(table).where(table.c.datastore == datastore)).first()
    return Limit(**row._mapping) if row else Limit(datastore)


def limits(connection: Connection) -> List[Limit]:
    """Return the limit of every datastore that has one."""
    return [Limit(**row._mapping) for row in connection.execute(select(access_tables.datastore_limit))]


def set_limit(connection: Connection, datastore: str, **changes: Optional[int]) -> Limit:
    """Change bytes, offerings or keep_days of a datastore; what it holds already stays."""
    table = access_tables.datastore_limit
    if connection.execute(update(table).where(table.c.datastore == datastore).values(**changes)).rowcount == 0:
        connection.execute(insert(table).values(datastore=datastore, **changes))
    quotas: Dict[str, Any] = {name: changes[name] for name in ("bytes", "offerings") if changes.get(name)}
    for name, link in (("bytes", tables.datastore_storage), ("offerings", tables.datastore_endpoint)):
        if name in quotas:  # what clients are shown of each storage and each endpoint
            connection.execute(update(link).where(link.c.datastore == datastore).values(quota=quotas[name]))
    return limit_of(connection, datastore)


def require_room(connection: Connection, datastore: str, purpose: str, size: int, storage: str = "") -> None:
    """Refuse bytes that a datastore has no room for.

    Args:
        connection: for reading.
        datastore: where they would be kept.
        purpose: "data", "uploads" or "annexes".
        size: how many.
        storage: the id of the storage, of several for "data"; "" for any.

    Raises:
        StorageFull: naming the quota.
    """
    allowances = storage_allowances(connection, datastore)
    whole = limit_of(connection, datastore).bytes
    used = sum(one.use for one in allowances)
    if whole is not None and used + size > whole:
        raise _full(tr("the datastore"), size, used, whole)
    for one in allowances:
        if one.purpose == purpose and storage in ("", one.of.id) and _over(one, size):
            raise _full(one.of.name, size, one.use, one.quota)


def require_offering(connection: Connection, datastore: str) -> None:
    """Refuse one more service where a datastore has as many as it may.

    Raises:
        Conflict: naming the quota.
    """
    most = limit_of(connection, datastore).offerings
    table = tables.offering
    here = (table.c.datastore == datastore, table.c.status != "UNPUBLISHED")
    count = connection.execute(select(func.count()).select_from(table).where(*here)).scalar_one()
    if most is not None and count >= most:
        raise Conflict(
            tr("Nothing more can be published in this datastore."),
            tr("All {quota} services of its quota are used.", quota=most),
            tr("Unpublish something first."),
        )


def _over(allowance: Allowance, size: int) -> bool:
    return allowance.use + size > allowance.quota


def _full(where: str, size: int, used: int, quota: int) -> StorageFull:
    return StorageFull(
        tr("There is not enough room in {where}.", where=where),
        tr(
            "{needed} are needed, and {used} of {quota} are used.",
            needed=size_text(size),
            used=size_text(used),
            quota=size_text(quota),
        ),
        tr("Delete what is no longer needed there."),
    )
