"""The tests of the backend run with either database: GEOPUB_TEST_CATALOGUE=postgresql chooses the other one."""

from __future__ import annotations

import hashlib
import os
from typing import Iterator

import pytest

from geopub_plugin.backend.catalogue import store as catalogue_store
from geopub_plugin.backend.catalogue.database import Database
from geopub_plugin.backend.data_folder import DataFolder

from ..postgresql import Cluster

WITH_POSTGRESQL = os.environ.get("GEOPUB_TEST_CATALOGUE", "sqlite") == "postgresql"
MARK = "catalogue.database"  # in a data folder: the name of its database, so that a copied folder gets a copy of it


def pytest_collection_modifyitems(items: list) -> None:
    if WITH_POSTGRESQL:
        for item in items:
            if item.get_closest_marker("sqlite"):
                item.add_marker(pytest.mark.skip(reason="tells how SQLite keeps the catalogue"))


@pytest.fixture(scope="session", autouse=True)
def catalogues_in_postgresql(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let every store of the tests that is told no catalogue keep it in PostgreSQL instead of SQLite."""
    if not WITH_POSTGRESQL:
        yield
        return
    cluster = request.getfixturevalue("postgresql")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue_store, "sqlite_url", lambda folder: database_of(cluster, folder))
        patch.setattr(Database, "lead", lambda self: None)  # a killed backend is played by one that is left alone
        yield


def database_of(cluster: Cluster, folder: DataFolder) -> str:
    """Return the URL of a data folder's database, made when it is first asked for."""
    mark = folder.path / MARK
    own = "geopub_" + hashlib.sha256(str(folder.path).encode()).hexdigest()[:20]
    known = mark.read_text() if mark.exists() else ""
    if known != own:
        cluster.database(own, known or "template0")
        mark.write_text(own)
    return cluster.url_of(own)
