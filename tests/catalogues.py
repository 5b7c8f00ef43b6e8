"""Where the catalogues of tests are: GEOPUB_TEST_CATALOGUE=postgresql keeps them in PostgreSQL instead of SQLite."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Dict

from .postgresql import Cluster

WITH_POSTGRESQL = os.environ.get("GEOPUB_TEST_CATALOGUE", "sqlite") == "postgresql"
MARK = "catalogue.database"  # in a data folder: the name of its database, so that a copied folder gets a copy of it


_MADE: Dict[str, Path] = {}  # names of databases, and the data folders that they are of


def database_of(cluster: Cluster, data: Path) -> str:
    """Return the URL of the database of a data folder that is there, made when it is first asked for."""
    mark = data / MARK
    known = mark.read_text() if mark.exists() else ""
    if known != _name(data):
        _make(cluster, data, known or "template0")
        mark.write_text(_name(data))
    return cluster.url_of(_name(data))


def database_for(cluster: Cluster, data: Path) -> str:
    """Return the URL of the database of a data folder that need not be there yet, and is not copied."""
    name = _name(data)
    if not cluster.execute(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        _make(cluster, data)
    return cluster.url_of(name)


def drop_databases(cluster: Cluster, below: Path) -> None:
    """Drop the databases of the data folders in a folder: hundreds of them would fill the disk."""
    for name in [name for name, data in _MADE.items() if below in data.parents]:
        cluster.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        del _MADE[name]


def _make(cluster: Cluster, data: Path, template: str = "template0") -> None:
    cluster.database(_name(data), template)
    _MADE[_name(data)] = data


def _name(data: Path) -> str:
    return "geopub_" + hashlib.sha256(str(data).encode()).hexdigest()[:20]
