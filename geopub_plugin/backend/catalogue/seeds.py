"""What a new embedded store holds: one user, one community, one datastore with its endpoints and storages."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from sqlalchemy import Connection, insert

from . import tables
from .spaces import RIGHTS, communities, datastores, endpoints, storages, users

LOCAL = "local"  # technical name of the datastore

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

STORAGES: Tuple[Dict[str, Any], ...] = (
    {"name": "Bases vecteur", "type": "FILESYSTEM", "labels": ["VECTEUR"], "purpose": "data"},
    {"name": "Pyramides", "type": "FILESYSTEM", "labels": ["PYRAMIDE"], "purpose": "data"},
    {"name": "Livraisons", "type": "FILESYSTEM", "labels": ["LIVRAISON"], "purpose": "uploads"},
    {"name": "Annexes", "type": "FILESYSTEM", "labels": ["ANNEXE"], "purpose": "annexes"},
)

OFFERINGS_QUOTA = 10_000
BYTES_QUOTA = 1 << 44  # the disk is the limit that counts here


def seed(connection: Connection) -> None:
    """Fill a new catalogue."""
    user = users.add(connection, email="local@localhost", first_name="GeoPub", last_name="Local")
    community = communities.add(
        connection,
        name="GeoPub",
        technical_name=LOCAL,
        description="",
        contact=user.email,
        public=False,
        supervisor=user.id,
    )
    connection.execute(insert(tables.membership).values(user=user.id, community=community.id, rights=list(RIGHTS)))
    datastore = datastores.add(
        connection, community=community.id, name=community.name, technical_name=community.technical_name, active=True
    )
    for values in ENDPOINTS:
        endpoint = endpoints.add(connection, open=True, **values)
        connection.execute(
            insert(tables.datastore_endpoint).values(
                datastore=datastore.id, endpoint=endpoint.id, quota=OFFERINGS_QUOTA
            )
        )
    for values in STORAGES:
        columns = {name: value for name, value in values.items() if name != "purpose"}
        storage = storages.add(connection, **columns)
        connection.execute(
            insert(tables.datastore_storage).values(
                datastore=datastore.id, storage=storage.id, purpose=values["purpose"], quota=BYTES_QUOTA
            )
        )
