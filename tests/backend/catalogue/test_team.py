"""A team server's datastores: seeds, quotas, the purge of the sandbox; accounts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update

from geopub_plugin.backend.catalogue import access_tables, tables
from geopub_plugin.backend.catalogue.accounts import (
    add_account,
    external_user,
    remove_account,
    set_password,
    signed_in,
    user_named,
)
from geopub_plugin.backend.catalogue.members import communities_of, members
from geopub_plugin.backend.catalogue.purge import purge
from geopub_plugin.backend.catalogue.quotas import UPLOADS, limit_of, require_offering, require_room, set_limit
from geopub_plugin.backend.catalogue.records import create_record, records
from geopub_plugin.backend.catalogue.seeds import (
    DISCOVERY_ID,
    PRIVATE_ENDPOINTS,
    add_community,
    add_datastore,
    complete,
    join_discovery,
    local_user,
    seed_team,
)
from geopub_plugin.backend.catalogue.spaces import (
    datastore_named,
    datastores,
    endpoint_allowances,
    endpoints,
    storage_allowances,
)
from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.catalogue.uploads import create_upload, uploads
from geopub_plugin.backend.errors import Conflict, InvalidInput, NotAllowed, StorageFull

GB = 1_000_000_000
RECORD = (
    '<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco">'
    "<gmd:fileIdentifier><gco:CharacterString>{}</gco:CharacterString></gmd:fileIdentifier></gmd:MD_Metadata>"
)


@pytest.fixture
def team(store: Store) -> Store:
    with store.writing() as connection:
        seed_team(connection)
    return store


def test_the_sandbox_is_as_the_platforms(team: Store) -> None:
    with team.reading() as connection:
        sandbox = datastore_named(connection, "decouverte")
        assert sandbox.id == DISCOVERY_ID
        limit = limit_of(connection, sandbox.id)
        assert (limit.bytes, limit.offerings, limit.keep_days) == (100 * GB, 20, 92)
        offered = endpoint_allowances(connection, sandbox.id)
        assert {one.of.technical_name for one in offered} >= {
            "gpf-geoserver-wfs",
            "gpf-geoserver-wms-v",
            "gpf-rok4-server-wmts-tms",
        }
        assert all(one.of.open and one.quota == 20 for one in offered)
        assert {one.quota for one in storage_allowances(connection, sandbox.id)} == {100 * GB}


def test_seeding_again_changes_nothing(team: Store) -> None:
    with team.writing() as connection:
        before = [connection.execute(select(table)).all() for table in tables.metadata.sorted_tables]
        seed_team(connection)
        complete(connection)
        assert [connection.execute(select(table)).all() for table in tables.metadata.sorted_tables] == before


def test_a_catalogue_of_before_gets_the_private_endpoints(store: Store) -> None:
    ids = [values["id"] for values in PRIVATE_ENDPOINTS]
    with store.writing() as connection:
        connection.execute(tables.endpoint.delete().where(tables.endpoint.c.id.in_(ids)))
        complete(connection)
        local = datastore_named(connection, "local")
        assert {one.of.id for one in endpoint_allowances(connection, local.id)} >= set(ids)
        assert not any(one.open for one in endpoints.find(connection, tables.endpoint.c.id.in_(ids)))


def test_everybody_is_in_the_sandbox_and_leads_it_not(team: Store) -> None:
    with team.writing() as connection:
        user = add_account(connection, "ada@example.org", "a long password")
        join_discovery(connection, user)
        join_discovery(connection, user)
        sandbox = datastore_named(connection, "decouverte")
        rights = {member.user.id: set(member.rights) for member in members(connection, sandbox.community)}
        assert rights[user.id] == {"ANNEX", "BROADCAST", "PROCESSING", "UPLOAD"}


def test_a_store_that_becomes_a_team_servers_lets_its_users_in(store: Store) -> None:
    with store.writing() as connection:
        user = add_account(connection, "ada@example.org", "a long password")
        assert communities_of(connection, user.id) == []
        seed_team(connection)
        assert communities_of(connection, user.id) == [datastore_named(connection, "decouverte").community]


# Quotas ---------------------------------------------------------------------------------------------------------------


def test_a_private_datastore_has_its_own_quotas(team: Store) -> None:
    with team.writing() as connection:
        town = add_community(connection, "Town", "town", local_user(connection))
        datastore = add_datastore(connection, town, bytes_quota=1000, offerings_quota=2)
        require_room(connection, datastore.id, UPLOADS, 1000)
        with pytest.raises(StorageFull, match=r"1\.0 kB"):
            require_room(connection, datastore.id, UPLOADS, 1001)
        assert {one.quota for one in endpoint_allowances(connection, datastore.id)} == {2}
        assert any(not one.of.open for one in endpoint_allowances(connection, datastore.id))
        set_limit(connection, datastore.id, bytes=5000)
        require_room(connection, datastore.id, UPLOADS, 5000)
        require_room(connection, datastore_named(connection, "local").id, UPLOADS, 5000 * GB)


def test_the_bytes_of_all_storages_count_together(team: Store) -> None:
    with team.writing() as connection:
        town = add_community(connection, "Town", "town", local_user(connection))
        datastore = add_datastore(connection, town, bytes_quota=1000)
        values = {"datastore": datastore.id, "paths": ["/a"], "mime_type": "text/plain", "labels": [], "extra": {}}
        row = {"id": "x", "created": "x", "updated": "x", "size": 600, **values}
        connection.execute(tables.annexe.insert().values(row))
        require_room(connection, datastore.id, UPLOADS, 400)
        with pytest.raises(StorageFull):
            require_room(connection, datastore.id, UPLOADS, 401)


def test_the_services_of_all_endpoints_count_together(team: Store) -> None:
    with team.writing() as connection:
        town = add_community(connection, "Town", "town", local_user(connection))
        datastore = add_datastore(connection, town, offerings_quota=2)
        endpoint = endpoint_allowances(connection, datastore.id)[0].of.id
        for number in range(2):
            require_offering(connection, datastore.id)
            moments = {"created": "x", "updated": "x", "datastore": datastore.id}
            name = f"c{number}"
            configuration = {"id": name, "layer_name": name, "type": "WFS", "status": "PUBLISHED", **moments}
            connection.execute(tables.configuration.insert().values(**configuration))
            nothing = {"type_infos": {"used_data": []}, "metadata": []}
            shown = {"configuration": name, "endpoint": endpoint, "status": "PUBLISHED", "published": nothing}
            connection.execute(tables.offering.insert().values(id=f"o{number}", **shown, **moments))
        with pytest.raises(Conflict, match="2"):
            require_offering(connection, datastore.id)


# The purge ------------------------------------------------------------------------------------------------------------


def test_what_is_older_than_a_quarter_goes_from_the_sandbox_and_from_nowhere_else(team: Store) -> None:
    now = datetime.now(timezone.utc)
    old = (now - timedelta(days=93)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    with team.reading() as connection:
        shared = datastore_named(connection, "decouverte")
        sandbox, local = shared.id, datastore_named(connection, "local").id
    told = {"description": "", "type": "VECTOR", "srs": ""}
    fresh = create_upload(team, sandbox, name="fresh", **told)
    aged = create_upload(team, sandbox, name="aged", **told)
    elsewhere = create_upload(team, local, name="elsewhere", **told)
    record = create_record(team, shared, RECORD.format("sandbox.x").encode(), "ISOAP", True)
    with team.writing() as connection:
        for table, identifier in ((tables.upload, aged.id), (tables.upload, elsewhere.id), (tables.record, record.id)):
            connection.execute(update(table).where(table.c.id == identifier).values(created=old))
    place = team.folder.upload_files(aged.id)
    place.mkdir(parents=True)
    gone = purge(team, now)
    assert {(one.kind, one.id) for one in gone} == {("upload", aged.id), ("record", record.id)}
    with team.reading() as connection:
        assert {one.id for one in uploads.find(connection)} == {fresh.id, elsewhere.id}
        assert records.find(connection) == []
    assert not place.exists()
    assert purge(team, now) == []
    assert {one.id for one in purge(team, now + timedelta(days=93))} == {fresh.id}


# Accounts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email", ["", "ada", "@example.org", "ada@", "a b@example.org", "ada@example.org\nx", "x" * 300]
)
def test_what_is_no_e_mail_address_is_refused(team: Store, email: str) -> None:
    with team.writing() as connection, pytest.raises(InvalidInput):
        add_account(connection, email, "a long password")


@pytest.mark.parametrize("password", ["", "short", "x" * 1001])
def test_a_password_must_be_long_enough(team: Store, password: str) -> None:
    with team.writing() as connection:
        with pytest.raises(InvalidInput):
            add_account(connection, "ada@example.org", password)
        user = add_account(connection, "ada@example.org", "a long password")
        with pytest.raises(InvalidInput):
            set_password(connection, user.id, password)


def test_an_account_from_its_begin_to_its_end(team: Store) -> None:
    with team.writing() as connection:
        user = add_account(connection, "ada@example.org", "a long password")
        kept = connection.execute(select(access_tables.account.c.password)).scalar_one()
        assert kept.startswith("scrypt:")
        assert signed_in(connection, "Ada@Example.org", "a long password") == user
        assert signed_in(connection, "ada@example.org", "another password") is None
        with pytest.raises(Conflict):
            add_account(connection, "ADA@example.org", "a long password")
        town = add_community(connection, "Town", "town", user)
        with pytest.raises(Conflict, match="Town"):
            remove_account(connection, user)
        connection.execute(update(tables.community).values(supervisor=local_user(connection).id))
        assert town.supervisor == user.id
        remove_account(connection, user)
        assert signed_in(connection, "ada@example.org", "a long password") is None


def test_the_local_user_has_no_password(team: Store) -> None:
    with team.writing() as connection:
        assert signed_in(connection, "local@localhost", "") is None
        user = external_user(connection, "https://x.example.org", {"sub": "1", "email": "not an address"})
        assert user.email == "1@x.example.org"
        with pytest.raises(NotAllowed):
            external_user(connection, "https://x.example.org", {"sub": "2", "email": "local@localhost"})
        assert user_named(connection, user.email) == user == user_named(connection, user.id)
        assert len(datastores.find(connection)) == 2
