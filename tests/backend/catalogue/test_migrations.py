"""A catalogue of the first version becomes one of today: with the tables of a new one, and what was in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import pytest
from sqlalchemy import inspect, select, text

from geopub_plugin.backend.catalogue import tables
from geopub_plugin.backend.catalogue.audit import audit
from geopub_plugin.backend.catalogue.database import Database
from geopub_plugin.backend.catalogue.engines import WRITES, open_engine
from geopub_plugin.backend.catalogue.migrations import NEWEST
from geopub_plugin.backend.catalogue.spaces import users
from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.catalogue.uploads import create_upload, uploads
from geopub_plugin.backend.data_folder import DataFolder

from ...catalogues import WITH_POSTGRESQL
from ...postgresql import Cluster

FIRST = Path(__file__).with_name("version_1.sql").read_text("utf-8")
PLACES = ["postgresql"] if WITH_POSTGRESQL else ["sqlite", "postgresql"]

Schema = Dict[str, Any]


@pytest.fixture(params=PLACES)
def folder_and_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tuple[DataFolder, str]]:
    with DataFolder(tmp_path / "data") as folder:
        if request.param == "sqlite":
            yield folder, f"sqlite:///{folder.catalogue}"
        else:
            cluster: Cluster = request.getfixturevalue("postgresql")
            yield folder, cluster.new_database()


def schema_of(url: str) -> Schema:
    """Return every table with its columns, keys and indexes, whatever they are called."""
    engine = open_engine(url)
    looked = inspect(engine)
    found = {
        name: {
            "columns": {one["name"]: (_kind(one["type"]), one["nullable"]) for one in looked.get_columns(name)},
            "primary": sorted(looked.get_pk_constraint(name)["constrained_columns"]),
            "foreign": sorted(
                (one["constrained_columns"], one["referred_table"], one["options"].get("ondelete", ""))
                for one in looked.get_foreign_keys(name)
            ),
            "unique": sorted(sorted(one["column_names"]) for one in looked.get_unique_constraints(name)),
            "indexes": sorted(
                (one["column_names"], bool(one["unique"]))
                for one in looked.get_indexes(name)
                if not one.get("duplicates_constraint")
            ),
        }
        for name in looked.get_table_names()
    }
    engine.dispose()
    return found


def _kind(of_column: Any) -> str:
    """Return the type of a column; whole numbers of SQLite, where the first versions were, have 64 bits by any name."""
    return str(of_column).replace("BIGINT", "INTEGER")


def make_first(url: str) -> None:
    """Make the tables of the first version, with what its seeds were."""
    engine = open_engine(url)
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        for statement in FIRST.partition("\n")[2].split(";\n"):
            if statement.strip():
                connection.execute(text(statement))
        connection.execute(tables.schema_version.insert().values(version=1))
        connection.commit()
    engine.dispose()


def fill_first(url: str) -> None:
    """Put a user with a datastore and an upload into the first version, by the columns that it had."""
    moment = {"created": "2026-01-01T00:00:00.000000Z", "updated": "2026-01-01T00:00:00.000000Z"}
    space = {"id": "d", **moment, "community": "c", "name": "Local", "technical_name": "local", "description": ""}
    rows = {
        "user": {"id": "u", **moment, "email": "ada@example.org", "first_name": "Ada", "last_name": "L"},
        "community": {"id": "c", **moment, "name": "Local", "technical_name": "local", "description": "", "contact": "",
                      "public": False, "supervisor": "u"},
        "datastore": {**space, "active": True, "layer_name_prefix": "", "file_identifier_prefix": ""},
        "upload": {"id": "p", **moment, "datastore": "d", "name": "roads", "description": "", "type": "VECTOR",
                   "srs": "EPSG:2154", "status": "CLOSED", "type_infos": "{}", "tags": '{"a": "b"}', "extra": "{}"},
    }  # fmt: skip
    engine = open_engine(url)
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        for name, row in rows.items():
            columns = ", ".join(f'"{column}"' for column in row)
            values = ", ".join(f":{column}" for column in row)
            connection.execute(text(f'INSERT INTO "{name}" ({columns}) VALUES ({values})'), row)
        connection.commit()
    engine.dispose()


def test_the_first_version_becomes_todays(folder_and_url: Tuple[DataFolder, str], tmp_path: Path) -> None:
    folder, url = folder_and_url
    make_first(url)
    fill_first(url)
    database = Database(url, folder.path)
    assert database.migrate() == 1
    assert database.migrate() == NEWEST
    with database.reading() as connection:
        assert connection.execute(select(tables.schema_version.c.version)).scalars().all() == [NEWEST]
        assert [one.email for one in users.find(connection)] == ["ada@example.org"]
        (upload,) = uploads.find(connection)
        assert (upload.name, upload.tags, upload.open) == ("roads", {"a": "b"}, False)
    database.close()

    made = url.replace("catalogue", "new") if url.startswith("sqlite") else ""
    if not made:
        made = url + "_new"
        with open_engine(url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f'CREATE DATABASE "{made.rpartition("/")[2]}" TEMPLATE template0'))
    new = Database(made, folder.path)
    assert new.migrate() == 0
    new.close()
    migrated, expected = schema_of(url), schema_of(made)
    assert set(migrated) == set(expected)
    for name in expected:
        assert migrated[name] == expected[name], name


def test_a_data_folder_of_the_first_version_is_opened_and_sound(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        url = f"sqlite:///{folder.catalogue}"
        make_first(url)
        fill_first(url)
        store = Store(folder, catalogue_url=url)
        create_upload(store, "d", name="x", description="", type="VECTOR", srs="")
        store.close()
    assert audit(tmp_path / "data").faults == ()
