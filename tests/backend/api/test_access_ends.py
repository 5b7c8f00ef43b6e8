"""Whatever ends an access ends it at once."""

from __future__ import annotations

from typing import Tuple

from sqlalchemy import update

from geopub_plugin.backend.catalogue import access_tables
from geopub_plugin.backend.catalogue.members import put_member, remove_member
from geopub_plugin.backend.catalogue.spaces import communities, datastore_named

from .conversation import Json, tms_infos
from .restricted import (
    Treasure,
    allow,
    get,
    give,
    make_key,
    opens,
    publish,
)
from .team import as_user


def test_every_end_is_at_once(treasure: Treasure) -> None:
    backend, offered, people = treasure
    client, ada = backend.client(), as_user(backend, people["ada"])

    def opened(name: str) -> Tuple[Json, Json, str]:
        (permission,) = allow(treasure, people["ada"])
        key = make_key(ada, permission, name=name)
        assert opens(backend, apikey=key["type_infos"]["hash"]) == 200
        return permission, key, key["type_infos"]["hash"]

    permission, _, secret = opened("ended")
    client.ask("PATCH", f"permissions/{permission['_id']}", json={"end_date": "2020-01-01"})
    assert opens(backend, apikey=secret) == 404
    client.ask("PATCH", f"permissions/{permission['_id']}", json={"end_date": "2999-01-01T00:00:00+02:00"})
    assert opens(backend, apikey=secret) == 200
    client.ask("PATCH", f"permissions/{permission['_id']}", json={"offerings": [offered["WFS"]["_id"]]})
    assert opens(backend, apikey=secret) == 404

    permission, _, secret = opened("taken back")
    client.ask("DELETE", f"permissions/{permission['_id']}")
    assert opens(backend, apikey=secret) == 404

    permission, _, secret = opened("renounced")
    assert ada.raw("DELETE", f"/api/users/me/permissions/{permission['_id']}").status_code == 204
    assert opens(backend, apikey=secret) == 404

    _, key, secret = opened("access deleted")
    for access in ada.raw("GET", f"/api/users/me/keys/{key['_id']}/accesses").get_json():
        assert ada.raw("DELETE", f"/api/users/me/keys/{key['_id']}/accesses/{access['_id']}").status_code == 204
    assert opens(backend, apikey=secret) == 404

    _, key, secret = opened("key deleted")
    assert ada.raw("DELETE", f"/api/users/me/keys/{key['_id']}").status_code == 204
    assert opens(backend, apikey=secret) == 401


def test_a_permission_of_a_community_is_its_members(treasure: Treasure) -> None:
    backend, offered, people = treasure
    with backend.store.reading() as connection:
        club = communities.get(connection, datastore_named(connection, "club").community)
    body = {"type": "COMMUNITY", "communities": [club.id], "licence": "Club"}
    body["offerings"] = [one["_id"] for one in offered.values()]
    (permission,) = backend.client().post("permissions", body)
    assert set(permission["beneficiary"]) == {"_id", "name", "technical_name", "contact", "public"}
    eve = as_user(backend, people["eve"])
    key = eve.raw("POST", "/api/users/me/keys", json={"name": "club", "type": "HASH"}).get_json()
    give(eve, key, permission, 400)
    with backend.store.writing() as connection:
        put_member(connection, club.id, people["eve"].id, [])
    assert permission["_id"] in [one["_id"] for one in eve.raw("GET", "/api/users/me/permissions").get_json()]
    give(eve, key, permission)
    assert opens(backend, apikey=key["type_infos"]["hash"]) == 200
    with backend.store.writing() as connection:
        remove_member(connection, club, people["eve"].id)
    assert opens(backend, apikey=key["type_infos"]["hash"]) == 404


def test_a_stronger_permission_closes_to_weak_keys(treasure: Treasure) -> None:
    backend, _, people = treasure
    (permission,) = allow(treasure, people["ada"])
    secret = make_key(as_user(backend, people["ada"]), permission, name="stronger")["type_infos"]["hash"]
    table = access_tables.permission
    with backend.store.writing() as connection:
        connection.execute(update(table).where(table.c.id == permission["_id"]).values(only_oauth=True))
    assert opens(backend, apikey=secret) == 404


def test_an_open_offering_at_the_private_door_needs_a_key_and_no_permission(treasure: Treasure) -> None:
    backend, _, people = treasure
    client = backend.client()
    pyramid = client.get("stored_data?type=ROK4-PYRAMID-VECTOR")[0]
    offering = publish(client, "WMTS-TMS", tms_infos(pyramid), "with_any_key", open=True)
    assert offering["open"] is True
    assert get(backend, "/tms/1.0.0/with_any_key").status_code == 404
    eve = as_user(backend, people["eve"])
    key = eve.raw("POST", "/api/users/me/keys", json={"name": "any", "type": "HASH"}).get_json()
    path, secret = "/private/tms/1.0.0/with_any_key", key["type_infos"]["hash"]
    assert get(backend, path, apikey=secret).status_code == 404
    body = {"offerings": [offering["_id"]]}
    assert eve.raw("POST", f"/api/users/me/keys/{key['_id']}/accesses", json=body).status_code == 200
    assert get(backend, path, apikey=secret).status_code == 200
    client.ask("PATCH", f"offerings/{offering['_id']}", json={"open": False})
    assert get(backend, path, apikey=secret).status_code == 404
