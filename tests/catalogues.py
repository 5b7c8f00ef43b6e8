"""Where the catalogues of tests are: GEOPUB_TEST_CATALOGUE=postgresql keeps them in PostgreSQL instead of SQLite."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from .postgresql import Cluster

WITH_POSTGRESQL = os.environ.get("GEOPUB_TEST_CATALOGUE", "sqlite") == "postgresql"
MARK = "catalogue.database"  # in a data folder: the name of its database, so that a copied folder gets a copy of it


def database_of(cluster: Cluster, data: Path) -> str:
    """Return the URL of the database of a data folder that is there, made when it is first asked for."""
    mark = data / MARK
    known = mark.read_text() if mark.exists() else ""
    if known != _name(data):
        cluster.database(_name(data), known or "template0")
        mark.write_text(_name(data))
    return cluster.url_of(_name(data))


def database_for(cluster: Cluster, data: Path) -> str:
    """Return the URL of the database of a data folder that need not be there yet, and is not copied."""
    name = _name(data)
    if not cluster.execute(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        cluster.database(name)
    return cluster.url_of(name)


def _name(data: Path) -> str:
    return "geopub_" + hashlib.sha256(str(data).encode()).hexdigest()[:20]
