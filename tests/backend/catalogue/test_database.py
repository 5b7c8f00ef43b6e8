"""Migrations, transactions, life cycles, and lists."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Dict, FrozenSet, List

import pytest
from sqlalchemy import create_engine, inspect, select, text, update

from geopub_plugin.backend.catalogue import store as catalogue_store
from geopub_plugin.backend.catalogue import tables
from geopub_plugin.backend.catalogue.lifecycles import LIFE_CYCLES, OFFERING, PROCESSING_EXECUTION, UPLOAD, step
from geopub_plugin.backend.catalogue.migrations import NEWEST
from geopub_plugin.backend.catalogue.spaces import datastores
from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.catalogue.uploads import create_upload, uploads
from geopub_plugin.backend.data_folder import DataFolder
from geopub_plugin.backend.errors import Conflict, DataFolderNewer, NotFound


def content(folder: DataFolder) -> Dict[str, List[Any]]:
    """Return every row of the catalogue of a data folder."""
    engine = create_engine(catalogue_store.sqlite_url(folder).replace("postgresql:", "postgresql+psycopg2:", 1))
    with engine.connect() as connection:
        rows = {name: list(connection.execute(select(table))) for name, table in tables.metadata.tables.items()}
    engine.dispose()
    return rows


def datastore(store: Store) -> str:
    with store.reading() as connection:
        return datastores.find(connection)[0].id


def new_upload(store: Store, name: str = "roads") -> str:
    return create_upload(store, datastore(store), name=name, description="", type="VECTOR", srs="").id


def test_a_new_store_has_every_table_at_the_newest_version_and_its_seeds(store: Store) -> None:
    with store.reading() as connection:
        assert set(tables.metadata.tables) <= set(inspect(connection).get_table_names())
        assert connection.execute(select(tables.schema_version.c.version)).scalars().all() == [NEWEST]
        assert [one.technical_name for one in datastores.find(connection)] == ["local"]


@pytest.mark.sqlite
def test_sqlite_keeps_a_journal_and_watches_references(store: Store) -> None:
    with store.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_store_that_is_opened_again_is_the_same(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        first = Store(folder)
        identifier = new_upload(first)
        first.close()
        second = Store(folder)
        with second.reading() as connection:
            assert len(datastores.find(connection)) == 1
            assert uploads.get(connection, identifier).name == "roads"
        second.close()


def test_a_newer_catalogue_is_refused_and_left_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        first = Store(folder)
        with first.writing() as connection:
            connection.execute(update(tables.schema_version).values(version=NEWEST + 1))
        first.close()
        before = content(folder)
        with pytest.raises(DataFolderNewer) as refused:
            Store(folder)
        assert str(NEWEST + 1) in refused.value.why
        assert content(folder) == before


def test_a_transaction_happens_as_a_whole_or_not_at_all(store: Store) -> None:
    class Broken(RuntimeError):
        pass

    identifier = new_upload(store)
    with pytest.raises(Broken), store.writing() as connection:
        uploads.change(connection, identifier, name="changed")
        raise Broken
    with store.reading() as connection:
        assert uploads.get(connection, identifier).name == "roads"


def test_what_changed_is_told_after_the_commit_only(store: Store) -> None:
    told: List[FrozenSet[str]] = []
    store.database.after_commit(told.append)
    identifier = new_upload(store)
    with store.writing() as connection:
        uploads.get(connection, identifier)
    with pytest.raises(NotFound), store.writing() as connection:
        uploads.change(connection, "nobody", name="x")
    assert told == [frozenset({"upload", "event"})]


def test_writers_take_turns(store: Store) -> None:
    identifier = new_upload(store)
    with store.writing() as connection:
        uploads.change(connection, identifier, extra={"count": 0})

    def count() -> None:
        for _ in range(20):
            with store.writing() as connection:
                value = uploads.get(connection, identifier).extra["count"]
                uploads.change(connection, identifier, extra={"count": value + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as connection:
        assert uploads.get(connection, identifier).extra["count"] == 80


@pytest.mark.sqlite
def test_ids_are_unique_and_what_refers_to_nothing_is_refused(store: Store) -> None:
    engine = create_engine(f"sqlite:///{store.folder.catalogue}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()


@pytest.mark.parametrize(
    ("cycle", "path"),
    [
        (UPLOAD, "OPEN CHECKING UNSTABLE OPEN CHECKING CLOSED DELETED"),
        (PROCESSING_EXECUTION, "CREATED WAITING PROGRESS SUCCESS"),
        (PROCESSING_EXECUTION, "CREATED WAITING PROGRESS WAITING PROGRESS ABORTED"),
        (OFFERING, "PUBLISHING PUBLISHED MODIFYING PUBLISHED UNPUBLISHING UNPUBLISHED"),
    ],
)
def test_lives_take_the_steps_that_they_may(cycle: dict, path: str) -> None:
    states = path.split()
    for current, following in zip(states, states[1:]):
        assert step(cycle, "it", current, following) == following


@pytest.mark.parametrize(
    ("cycle", "current", "following"),
    [(UPLOAD, "CHECKING", "OPEN"), (UPLOAD, "OPEN", "CLOSED"), (PROCESSING_EXECUTION, "SUCCESS", "WAITING")],
)
def test_an_illegal_step_is_a_conflict_that_says_what_is_possible(cycle: dict, current: str, following: str) -> None:
    with pytest.raises(Conflict) as refused:
        step(cycle, "roads", current, following)
    assert current in refused.value.why
    assert all(state in refused.value.why for state in cycle[current])


def test_every_state_that_follows_is_a_state() -> None:
    for cycle in LIFE_CYCLES.values():
        for following in cycle.values():
            assert following <= set(cycle)
