"""A catalogue in PostgreSQL: what differs from SQLite must not be seen."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any, Iterator, List

import pytest
from sqlalchemy import insert, select, text

from geopub_plugin.backend.catalogue import tables
from geopub_plugin.backend.catalogue.audit import audit
from geopub_plugin.backend.catalogue.database import Database
from geopub_plugin.backend.catalogue.engines import WRITES, is_postgresql, open_engine
from geopub_plugin.backend.catalogue.executions import PROCESSING, executions, move
from geopub_plugin.backend.catalogue.migrations import NEWEST, STEPS
from geopub_plugin.backend.catalogue.programs import INTEGRATION
from geopub_plugin.backend.catalogue.rows import Listing
from geopub_plugin.backend.catalogue.spaces import datastores
from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.catalogue.uploads import create_upload, upload_files, uploads
from geopub_plugin.backend.data_folder import DataFolder
from geopub_plugin.backend.errors import Conflict, DataFolderLocked, InvalidInput, Unavailable
from geopub_plugin.backend.settings import Settings

from ...catalogues import WITH_POSTGRESQL
from ...postgresql import Cluster

pytestmark = pytest.mark.skipif(WITH_POSTGRESQL, reason="they have been run without that")

HUGE = 5 << 40  # bytes


@pytest.fixture
def url(postgresql: Cluster) -> str:
    return postgresql.new_database()


@pytest.fixture
def store(tmp_path: Path, url: str) -> Iterator[Store]:
    with DataFolder(tmp_path / "data") as folder:
        opened = Store(folder, catalogue_url=url)
        yield opened
        opened.close()


def datastore(store: Store) -> str:
    with store.reading() as connection:
        return datastores.find(connection)[0].id


def new_upload(store: Store, **values: Any) -> str:
    whole = {"name": "roads", "description": "", "type": "VECTOR", "srs": "", **values}
    return create_upload(store, datastore(store), **whole).id


def test_nothing_of_the_catalogue_is_in_the_data_folder(store: Store) -> None:
    new_upload(store)
    assert list(store.folder.path.glob("catalogue*")) == []


def test_large_files_accents_and_nested_json_come_back_as_they_were(store: Store) -> None:
    infos = {"b": 1, "a": [1.5, None, {"é": '’ \\ " \n'}]}
    identifier = new_upload(store, name="Forêts d’Ébène 🌍", type_infos=infos)
    with store.writing() as connection:
        file = upload_files.add(connection, upload=identifier, path="x.gpkg", kind="data", total=HUGE, received=HUGE)
    with store.reading() as connection:
        kept = uploads.get(connection, identifier)
        assert (kept.name, kept.type_infos) == ("Forêts d’Ébène 🌍", infos)
        assert list(kept.type_infos) == ["b", "a"]  # columns of a table keep their order
        assert upload_files.get(connection, file.id).received == HUGE
        assert kept.created.endswith("Z") and len(kept.created) == 27


def test_tags_and_wildcards_are_looked_for_as_in_sqlite(store: Store) -> None:
    names = ["Roads_2024", "roads 2025", "rivers"]
    ids = [new_upload(store, name=name) for name in names]
    with store.writing() as connection:
        uploads.change(connection, ids[0], tags={"datasheet_name": "Été"})
    with store.reading() as connection:

        def found(**asked: Any) -> List[str]:
            listing = Listing(asked.get("filters", {}), asked.get("tags", {}))
            return [one.name for one in uploads.page(connection, listing).items]

        assert found(filters={"name": "ROADS%"}) == names[:2]
        assert found(filters={"name": "roads_%"}) == names[:1]  # "_" is a letter like any other
        assert found(filters={"name": "RIVERS"}) == names[2:]
        assert found(tags={"datasheet_name": "Été"}) == names[:1]
        assert found(filters={"status": "open"}) == names


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_a_text_that_cannot_be_kept_is_refused(store: Store, value: str) -> None:
    with pytest.raises(InvalidInput):
        new_upload(store, name=value)
    with pytest.raises(InvalidInput):
        new_upload(store, type_infos={"nested": [value]})
    with pytest.raises(InvalidInput), store.writing() as connection:
        upload_files.add(connection, upload="x" * 100, path="x", kind="data", total=1 << 70, received=0)


def test_a_reader_sees_one_commit_as_long_as_it_lasts(store: Store, url: str, tmp_path: Path) -> None:
    identifier = new_upload(store)
    with store.reading() as connection:
        assert uploads.get(connection, identifier).name == "roads"
        with store.writing() as other:
            uploads.change(other, identifier, name="rivers")
        assert uploads.get(connection, identifier).name == "roads"
    with store.reading() as connection:
        assert uploads.get(connection, identifier).name == "rivers"


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match="read-only"), store.reading() as connection:
        connection.execute(insert(tables.home).values(folder="x"))


def test_writers_of_several_processes_take_turns(store: Store, url: str, tmp_path: Path) -> None:
    identifier = new_upload(store)
    with store.writing() as connection:
        uploads.change(connection, identifier, extra={"count": 0})
    others = [Database(url, tmp_path) for _ in range(3)]  # each with a turn of its own: as other processes have

    def count(database: Database) -> None:
        for _ in range(15):
            with database.writing() as connection:
                value = uploads.get(connection, identifier).extra["count"]
                uploads.change(connection, identifier, extra={"count": value + 1})

    threads = [threading.Thread(target=count, args=(database,)) for database in (*others, store.database)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as connection:
        assert uploads.get(connection, identifier).extra["count"] == 60
    for database in others:
        database.close()


def test_of_several_that_launch_an_execution_one_does(store: Store, url: str, tmp_path: Path) -> None:
    with store.writing() as connection:
        values = {"datastore": datastores.find(connection)[0].id, "family": PROCESSING, "program": INTEGRATION.id}
        execution = executions.add(connection, **values, status="CREATED")
    others = [Database(url, tmp_path) for _ in range(4)]
    ready, outcomes = threading.Barrier(len(others)), []

    def launch(database: Database) -> None:
        ready.wait()
        try:
            with database.writing() as connection:
                move(connection, execution, "WAITING")
            outcomes.append("launched")
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=launch, args=(database,)) for database in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["launched", "refused", "refused", "refused"]
    for database in others:
        database.close()


def test_two_backends_on_one_database_are_one_too_many(store: Store, url: str, tmp_path: Path) -> None:
    shutil.copytree(store.folder.path, tmp_path / "copy", ignore=shutil.ignore_patterns("lock"))
    with DataFolder(tmp_path / "copy") as folder, pytest.raises(DataFolderLocked):
        Store(folder, catalogue_url=url)
    store.close()
    with DataFolder(tmp_path / "copy") as folder:  # as after a move to another machine
        Store(folder, catalogue_url=url).close()


def test_the_database_of_another_folder_is_refused(store: Store, url: str, tmp_path: Path) -> None:
    store.close()
    with DataFolder(tmp_path / "other") as folder, pytest.raises(InvalidInput, match="another data folder"):
        Store(folder, catalogue_url=url)


def test_a_folder_with_data_and_an_empty_database_are_refused(postgresql: Cluster, tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        (tmp_path / "data" / "annexes" / "file").write_text("precious")
        empty = postgresql.new_database()
        with pytest.raises(InvalidInput, match="holds data"):
            Store(folder, catalogue_url=empty)
        assert (tmp_path / "data" / "annexes" / "file").exists()
        engine = open_engine(empty)
        with engine.connect() as connection:  # nothing half-made is left
            assert connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar() == 0
        engine.dispose()


def test_an_older_catalogue_is_brought_up_to_date(store: Store, url: str, tmp_path: Path) -> None:
    """The steps are written in SQL that both databases know."""
    store.close()
    engine = open_engine(url)
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        for table in (tables.upload_file, tables.data_revision, tables.static, tables.annexe):
            connection.exec_driver_sql(f"ALTER TABLE {table.name} DROP COLUMN sha256")
        tables.home.drop(connection)
        STEPS[3](connection)
        assert connection.execute(select(tables.static.c.sha256)).all() == []
        connection.commit()
    engine.dispose()
    with DataFolder(tmp_path / "new") as folder:
        again = Store(folder, catalogue_url=url)
        with again.reading() as connection:
            assert connection.execute(select(tables.schema_version.c.version)).scalar() == NEWEST
        again.close()


def test_a_lost_connection_is_told_and_mended(store: Store, postgresql: Cluster, url: str) -> None:
    database = url.rpartition("/")[2]
    others = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    with pytest.raises(Unavailable) as told, store.reading() as connection:
        postgresql.execute(others)
        connection.execute(select(tables.user))
    assert "PostgreSQL" in told.value.cure
    assert datastore(store)  # the next one gets a new connection


def test_no_database_is_told_without_its_password(tmp_path: Path) -> None:
    wrong = "postgresql://geopub:sesame@127.0.0.1:1/geopub"
    with DataFolder(tmp_path / "data") as folder, pytest.raises(Unavailable) as told:
        Store(folder, catalogue_url=wrong)
    assert "sesame" not in str(told.value)
    assert "sesame" not in repr(Settings(tmp_path, catalogue_url=wrong))


@pytest.mark.parametrize(
    ("given", "usable"),
    [
        ("postgresql://u:p@host/db", True),
        ("postgres://u:p@host:5433/db", True),
        ("postgresql+psycopg2:///db?host=/run/postgresql", True),
        ("mysql://u:p@host/db", False),
        ("sqlite:///x", False),
        ("host/db", False),
        ("postgresql://u:p@host:99999/db", False),
    ],
)
def test_what_is_taken_for_the_setting(given: str, usable: bool, tmp_path: Path) -> None:
    if usable:
        assert is_postgresql(Settings.read({}, data=str(tmp_path), catalogue_url=given).catalogue_url)
    else:
        with pytest.raises(InvalidInput) as refused:
            Settings.read({"GEOPUB_CATALOGUE_URL": given}, data=str(tmp_path))
        assert "p@" not in str(refused.value)


def test_an_audit_looks_into_postgresql(store: Store, url: str, tmp_path: Path) -> None:
    store.close()
    store.folder.close()
    found = audit(tmp_path / "data", url)
    assert found.faults == ()
    assert found.rows > 20
