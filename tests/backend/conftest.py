"""The tests of the backend run with either database: GEOPUB_TEST_CATALOGUE=postgresql chooses the other one."""

from __future__ import annotations

from typing import Iterator

import pytest

from geopub_plugin.backend.catalogue import store as catalogue_store
from geopub_plugin.backend.catalogue.database import Database

from ..catalogues import WITH_POSTGRESQL, database_of


@pytest.fixture(scope="session", autouse=True)
def catalogues_in_postgresql(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let every store of the tests that is told no catalogue keep it in PostgreSQL instead of SQLite."""
    if not WITH_POSTGRESQL:
        yield
        return
    cluster = request.getfixturevalue("postgresql")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue_store, "sqlite_url", lambda folder: database_of(cluster, folder.path))
        patch.setattr(Database, "lead", lambda self: None)  # a killed backend is played by one that is left alone
        yield
