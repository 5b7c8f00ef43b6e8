"""What a new store holds: endpoints and storages under the ids and names that clients look for, and first datastores.

The embedded store has one user and one datastore. A team server has, besides, the *Découverte* datastore: a sandbox
common to all, as the platform's.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, Optional, Sequence, Tuple

from sqlalchemy import Connection, insert, select

from . import access_tables, tables
from .members import communities_of
from .sign_ins import add_client, find_client
from .spaces import RIGHTS, Community, Datastore, User, communities, datastores, endpoints, storages, users

LOCAL = "local"  # technical name of the embedded datastore
LOCAL_EMAIL = "local@localhost"
DISCOVERY = "decouverte"  # technical name of the sandbox
DISCOVERY_ID = "122b878c-aad8-4507-87b2-465e664467d3"  # by which the platform's plugin knows a sandbox
DISCOVERY_RIGHTS = tuple(right for right in RIGHTS if right != "COMMUNITY")

# Ids of the platform where they are known, so that clients work with their default settings.
ENDPOINTS: Tuple[Dict[str, Any], ...] = (
    {
        "id": "ae012611-13eb-4a18-8d04-9b7604a031cc",
        "name": "Service WFS",
        "technical_name": "gpf-geoserver-wfs",
        "type": "WFS",
        "urls": [{"type": "WFS", "path": "/wfs/ows"}],
    },
    {
        "id": "ae022611-0c1f-4c7b-9f3e-5d6a1b7e4c02",
        "name": "Service WMS vecteur",
        "technical_name": "gpf-geoserver-wms-v",
        "type": "WMS-VECTOR",
        "urls": [{"type": "WMS", "path": "/wms-v/ows"}],
    },
    {
        "id": "ae032611-7a52-4d0e-8b1c-2f9d3c6e5b03",
        "name": "Service TMS et WMTS",
        "technical_name": "gpf-rok4-server-wmts-tms",
        "type": "WMTS-TMS",
        "urls": [{"type": "TMS", "path": "/tms"}],  # clients append /1.0.0
    },
    {
        "id": "ae062611-3d84-4f6b-a2c7-8e1f5b9d7a06",
        "name": "Catalogue de métadonnées",
        "technical_name": "gpf-csw",
        "type": "METADATA",
        "urls": [{"type": "METADATA", "path": "/csw"}],
    },
)
PRIVATE_ENDPOINTS: Tuple[Dict[str, Any], ...] = (
    {
        "id": "d02feec9-5c6e-4b0a-9a41-7f3d2e8b6c01",
        "name": "Service WFS privé",
        "technical_name": "gpf-geoserver-wfs-private",
        "type": "WFS",
        "urls": [{"type": "WFS", "path": "/private/wfs/ows"}],
    },
    {
        "id": "519c8bb1-2d7f-4e93-8c05-6a1b4f9e7d02",
        "name": "Service WMS vecteur privé",
        "technical_name": "gpf-geoserver-wms-v-private",
        "type": "WMS-VECTOR",
        "urls": [{"type": "WMS", "path": "/private/wms-v/ows"}],
    },
    {
        "id": "7e0a92d1-8b34-4c5f-b6e2-3d9f1a7c5e03",
        "name": "Service TMS et WMTS privé",
        "technical_name": "gpf-rok4-server-wmts-tms-private",
        "type": "WMTS-TMS",
        "urls": [{"type": "TMS", "path": "/private/tms"}],
    },
)

STORAGES: Tuple[Dict[str, Any], ...] = (
    {"name": "Bases vecteur", "type": "FILESYSTEM", "labels": ["VECTEUR"], "purpose": "data"},
    {"name": "Pyramides", "type": "FILESYSTEM", "labels": ["PYRAMIDE"], "purpose": "data"},
    {"name": "Livraisons", "type": "FILESYSTEM", "labels": ["LIVRAISON"], "purpose": "uploads"},
    {"name": "Annexes", "type": "FILESYSTEM", "labels": ["ANNEXE"], "purpose": "annexes"},
)

OFFERINGS_QUOTA = 10_000
BYTES_QUOTA = 1 << 44  # the disk is the limit that counts here

DISCOVERY_BYTES = 100_000_000_000
DISCOVERY_OFFERINGS = 20
DISCOVERY_DAYS = 92  # a quarter


CLIENTS: Tuple[Dict[str, Any], ...] = (  # public ones: what they call a secret is in everybody's hands
    {"identifier": "gpf-warehouse", "name": "sdk-entrepot-gpf", "grants": ["password", "refresh_token"]},
    {
        "identifier": "geopub",
        "name": "GeoPub",
        "grants": ["authorization_code", "refresh_token"],
        "redirects": ["http://127.0.0.1:7070/callback", "http://127.0.0.1:7070/", "http://localhost:7070/"],
    },
)


def seed(connection: Connection) -> None:
    """Fill a new catalogue with what the embedded store has."""
    for values in ENDPOINTS:
        endpoints.add(connection, open=True, **values)
    for values in STORAGES:
        storages.add(connection, **{name: value for name, value in values.items() if name != "purpose"})
    user = users.add(connection, email=LOCAL_EMAIL, first_name="GeoPub", last_name="Local")
    community = add_community(connection, "GeoPub", LOCAL, user)
    add_datastore(connection, community)


def complete(connection: Connection) -> None:
    """Add what a catalogue of an earlier GeoPub lacks: the private endpoints, for every datastore but the sandbox."""
    for values in PRIVATE_ENDPOINTS:
        if not endpoints.find(connection, tables.endpoint.c.id == values["id"]):
            endpoints.add(connection, open=False, **values)
            for datastore in datastores.find(connection, tables.datastore.c.id != DISCOVERY_ID):
                _allow(connection, datastore, (values,), OFFERINGS_QUOTA)


def seed_team(connection: Connection) -> None:
    """Add what a team server has: the clients that ask for tokens, the sandbox common to all."""
    for values in CLIENTS:
        if find_client(connection, values["identifier"]) is None:
            add_client(connection, **values)
    if datastores.find(connection, tables.datastore.c.id == DISCOVERY_ID):
        return
    community = add_community(connection, "Découverte", DISCOVERY, local_user(connection), public=True)
    datastore = add_datastore(
        connection,
        community,
        identifier=DISCOVERY_ID,
        bytes_quota=DISCOVERY_BYTES,
        offerings_quota=DISCOVERY_OFFERINGS,
        keep_days=DISCOVERY_DAYS,
        restricted=False,
    )
    for user in users.find(connection):
        if user.email != LOCAL_EMAIL:
            join_discovery(connection, user)
    datastores.change(
        connection, datastore.id, description="Bac à sable commun : ce qui a plus d'un trimestre est supprimé."
    )


def local_user(connection: Connection) -> User:
    """Return the user whose token is in server.json."""
    return users.find(connection, tables.user.c.email == LOCAL_EMAIL)[0]


def door_of(endpoint: str) -> str:
    """Return the path of the door behind which the services of an endpoint stand: "" for the open one."""
    return "/private" if any(endpoint == values["id"] for values in PRIVATE_ENDPOINTS) else ""


def join_discovery(connection: Connection, user: User) -> None:
    """Let a user into the sandbox, where there is one: everybody may publish there, nobody leads it."""
    found = datastores.find(connection, tables.datastore.c.id == DISCOVERY_ID)
    if found and found[0].community not in communities_of(connection, user.id):
        row = {"user": user.id, "community": found[0].community, "rights": list(DISCOVERY_RIGHTS)}
        connection.execute(insert(tables.membership).values(row))


def add_community(
    connection: Connection, name: str, technical_name: str, supervisor: User, public: bool = False
) -> Community:
    """Add a community with its supervisor."""
    community = communities.add(
        connection,
        name=name,
        technical_name=technical_name,
        description="",
        contact=supervisor.email,
        public=public,
        supervisor=supervisor.id,
    )
    row = {"user": supervisor.id, "community": community.id, "rights": list(RIGHTS)}
    connection.execute(insert(tables.membership).values(row))
    return community


def add_datastore(
    connection: Connection,
    community: Community,
    identifier: str = "",
    bytes_quota: Optional[int] = None,
    offerings_quota: Optional[int] = None,
    keep_days: Optional[int] = None,
    restricted: bool = True,
) -> Datastore:
    """Add the datastore of a community, with every endpoint and storage.

    Args:
        connection: in a transaction that writes.
        community: whose it is; it gives its names.
        identifier: its id; "" for a new one.
        bytes_quota: of everything in it together; None for no limit but the disk.
        offerings_quota: of all endpoints together; None for no limit.
        keep_days: what is older is purged; None to keep everything.
        restricted: whether it may publish services that are not for everybody.
    """
    datastore = datastores.add(
        connection,
        id=identifier,
        community=community.id,
        name=community.name,
        technical_name=community.technical_name,
        active=True,
    )
    offered = (*ENDPOINTS, *_known(connection, PRIVATE_ENDPOINTS)) if restricted else ENDPOINTS
    _allow(connection, datastore, offered, offerings_quota or OFFERINGS_QUOTA)
    ids = {storage.name: storage.id for storage in storages.find(connection)}
    rows = [
        {
            "datastore": datastore.id,
            "storage": ids[values["name"]],
            "purpose": values["purpose"],
            "quota": bytes_quota or BYTES_QUOTA,
        }
        for values in STORAGES
    ]
    connection.execute(insert(tables.datastore_storage), rows)
    if (bytes_quota, offerings_quota, keep_days) != (None, None, None):
        limits = {"bytes": bytes_quota, "offerings": offerings_quota, "keep_days": keep_days}
        connection.execute(insert(access_tables.datastore_limit).values(datastore=datastore.id, **limits))
    return datastore


def _known(connection: Connection, among: Sequence[Dict[str, Any]]) -> Sequence[Dict[str, Any]]:
    known = set(connection.execute(select(tables.endpoint.c.id)).scalars())
    return [values for values in among if values["id"] in known]


def _allow(connection: Connection, datastore: Datastore, offered: Iterable[Dict[str, Any]], quota: int) -> None:
    rows = [{"datastore": datastore.id, "endpoint": values["id"], "quota": quota} for values in offered]
    connection.execute(insert(tables.datastore_endpoint), rows)
