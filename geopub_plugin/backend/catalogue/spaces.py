"""Users, communities, and their datastores with endpoints and storages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Tuple

from sqlalchemy import Connection, func, or_, select

from ..errors import NotFound
from ..translation import tr
from . import tables
from .rows import Entity, Rows

RIGHTS: Tuple[str, ...] = ("COMMUNITY", "PROCESSING", "ANNEX", "BROADCAST", "UPLOAD")


@dataclass(frozen=True)
class User(Entity):
    """Someone who may use the API."""

    email: str
    first_name: str
    last_name: str


@dataclass(frozen=True)
class Community(Entity):
    """People who share a datastore."""

    name: str
    technical_name: str
    description: str
    contact: str
    public: bool
    supervisor: str


@dataclass(frozen=True)
class Datastore(Entity):
    """A space with its quotas: the platform's "entrepôt"."""

    community: str
    name: str
    technical_name: str
    description: str
    active: bool
    layer_name_prefix: str
    file_identifier_prefix: str


@dataclass(frozen=True)
class Endpoint(Entity):
    """A service on which configurations are published."""

    name: str
    technical_name: str
    type: str
    open: bool
    urls: List[Dict[str, str]]  # type, path


@dataclass(frozen=True)
class Storage(Entity):
    """A place where files or tables are kept."""

    name: str
    type: str
    labels: List[str]


@dataclass(frozen=True)
class Allowance:
    """How much of an endpoint (offerings) or of a storage (bytes) a datastore uses and may use."""

    of: Any  # Endpoint or Storage
    use: int
    quota: int
    purpose: str = ""  # of a storage: "data", "uploads", "annexes"


users: Rows[User] = Rows(tables.user, User)
communities: Rows[Community] = Rows(tables.community, Community)
datastores: Rows[Datastore] = Rows(tables.datastore, Datastore)
endpoints: Rows[Endpoint] = Rows(tables.endpoint, Endpoint)
storages: Rows[Storage] = Rows(tables.storage, Storage)


def datastore_named(connection: Connection, name: str) -> Datastore:
    """Return the datastore of this id or technical name, or raise NotFound."""
    columns = tables.datastore.c
    found = datastores.find(connection, or_(columns.id == name, columns.technical_name == name))
    if not found:
        raise NotFound(
            tr("There is no datastore {name}.", name=name), cure=tr("users/me lists the datastores that you may use.")
        )
    return found[0]


def memberships(connection: Connection, user: str) -> List[Tuple[Community, List[str], str]]:
    """Return the communities of a user, the rights there, and the id of each one's datastore ("" for none)."""
    rows = connection.execute(select(tables.membership).where(tables.membership.c.user == user)).all()
    rights = {row.community: list(row.rights) for row in rows}
    found = communities.find(connection, tables.community.c.id.in_(rights))
    owned = {d.community: d.id for d in datastores.find(connection, tables.datastore.c.community.in_(rights))}
    return [(community, rights[community.id], owned.get(community.id, "")) for community in found]


def endpoint_allowances(connection: Connection, datastore: str) -> List[Allowance]:
    """Return the endpoints of a datastore with how many offerings (or published records) are on each."""
    link, offering = tables.datastore_endpoint, tables.offering
    quotas = {row.endpoint: row.quota for row in connection.execute(select(link).where(link.c.datastore == datastore))}
    counted = select(offering.c.endpoint, func.count().label("use")).where(
        offering.c.datastore == datastore, offering.c.status != "UNPUBLISHED"
    )
    use = {row.endpoint: row.use for row in connection.execute(counted.group_by(offering.c.endpoint))}
    records = select(tables.record.c.endpoints).where(tables.record.c.datastore == datastore)
    for published_on in connection.execute(records).scalars():
        for endpoint in published_on:
            use[endpoint] = use.get(endpoint, 0) + 1
    known = endpoints.find(connection, tables.endpoint.c.id.in_(quotas))
    return [Allowance(endpoint, use.get(endpoint.id, 0), quotas[endpoint.id]) for endpoint in known]


def storage_allowances(connection: Connection, datastore: str) -> List[Allowance]:
    """Return the storages of a datastore with the bytes in each."""
    link = tables.datastore_storage
    rows = connection.execute(select(link).where(link.c.datastore == datastore)).all()
    known = {storage.id: storage for storage in storages.find(connection)}
    return [
        Allowance(known[row.storage], _bytes_in(connection, datastore, row), row.quota, row.purpose)
        for row in sorted(rows, key=lambda row: known[row.storage].name)
    ]


def _bytes_in(connection: Connection, datastore: str, link: Any) -> int:
    data, revision = tables.stored_data, tables.data_revision
    file, upload, annexe, static = tables.upload_file, tables.upload, tables.annexe, tables.static
    queries = {
        "data": select(func.sum(revision.c.size))
        .join(data, data.c.id == revision.c.stored_data)
        .where(data.c.datastore == datastore, data.c.storage == link.storage),
        "uploads": select(func.sum(file.c.received))
        .join(upload, upload.c.id == file.c.upload)
        .where(upload.c.datastore == datastore),
        "annexes": select(func.sum(annexe.c.size)).where(annexe.c.datastore == datastore),
        "statics": select(func.sum(static.c.size)).where(static.c.datastore == datastore),
    }
    wanted = ("annexes", "statics") if link.purpose == "annexes" else (link.purpose,)
    # PostgreSQL sums to a decimal
    return sum(int(connection.execute(queries[name]).scalar() or 0) for name in wanted)
