"""Services that are not for everybody: every route of every service, as a stranger, with keys of each type."""

from __future__ import annotations

import base64
import shutil
from typing import Any, Dict, Iterator, List, Tuple
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from geopub_plugin.backend.access.previews import Previews, lasting_secret
from geopub_plugin.backend.catalogue import access_tables
from geopub_plugin.backend.catalogue.members import put_member, remove_member
from geopub_plugin.backend.catalogue.spaces import User, communities, datastore_named

from .conversation import Backend, Client, Json, running, tms_infos, wfs_infos, wms_infos
from .team import as_user, group, person, token_of

SECRET = "hidden_treasure"  # the name of every restricted layer
SERVICES = {
    "WFS": "wfs/ows?service=WFS&version=2.0.0&",
    "WMS-VECTOR": "wms-v/ows?service=WMS&version=1.3.0&",
    "WMTS-TMS": "tms/1.0.0/",
}
WMS_PICTURE = "crs=EPSG:4326&bbox=-60,-60,60,60&width=64&height=64&format=image/png&styles=&"
SHOWING: Tuple[str, ...] = (  # what shows a layer, when one may see it
    f"{SERVICES['WFS']}request=DescribeFeatureType&typeNames={SECRET}:countries",
    f"{SERVICES['WFS']}request=GetFeature&typeNames={SECRET}:countries&count=1",
    f"{SERVICES['WFS']}request=GetFeature&typeNames={SECRET}:countries&count=1&outputFormat=application/json",
    f"{SERVICES['WFS']}request=GetFeature&typeNames={SECRET}:countries&resultType=hits",
    f"{SERVICES['WMS-VECTOR']}request=GetMap&layers={SECRET}&{WMS_PICTURE}",
    f"{SERVICES['WMS-VECTOR']}request=GetFeatureInfo&layers={SECRET}&query_layers={SECRET}&{WMS_PICTURE}i=32&j=32",
    f"{SERVICES['WMS-VECTOR']}request=GetLegendGraphic&layer={SECRET}&format=image/png",
    f"{SERVICES['WMS-VECTOR']}request=GetStyles&layers={SECRET}",
    f"wmts?service=WMTS&request=GetTile&layer={SECRET}&tilematrixset=PM&tilematrix=0&tilerow=0&tilecol=0",
    f"wmts/1.0.0/{SECRET}/default/PM/0/0/0.png",
    f"wmts/1.0.0/{SECRET}/default/PM/0/0/0/128/128.json",
    f"tms/1.0.0/{SECRET}",
    f"tms/1.0.0/{SECRET}/metadata.json",
    f"tms/1.0.0/{SECRET}/0/0/0.pbf",
)
LISTING: Tuple[str, ...] = (  # what lists layers
    f"{SERVICES['WFS']}request=GetCapabilities",
    "wfs/ows?service=WFS&acceptVersions=1.1.0&request=GetCapabilities",
    f"{SERVICES['WFS']}request=DescribeFeatureType",
    f"{SERVICES['WFS']}request=ListStoredQueries",
    f"{SERVICES['WFS']}request=DescribeStoredQueries",
    f"{SERVICES['WMS-VECTOR']}request=GetCapabilities",
    "wms-v/ows?service=WMS&version=1.1.1&request=GetCapabilities",
    "wmts?service=WMTS&request=GetCapabilities",
    "wmts/1.0.0/WMTSCapabilities.xml",
    "tms/1.0.0/",
)
_BY_RENDERER = ("GetMap", "GetFeatureInfo", "Legend", "GetStyles", "wmts")
DRAWN = tuple(path for path in SHOWING if any(mark in path for mark in _BY_RENDERER))

Treasure = Tuple[Backend, Dict[str, Json], Dict[str, User]]


@pytest.fixture(scope="module")
def treasure(integrated: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Treasure]:
    """Return a backend that publishes the world three times for some only; the offerings by type; people."""
    data, stored, pyramid = integrated
    place = tmp_path_factory.mktemp("treasure") / "data"
    shutil.copytree(data, place)
    with running(place, login="local", trusted_proxies="127.0.0.1") as backend:
        client = backend.client()
        infos = {"WFS": wfs_infos(stored), "WMS-VECTOR": wms_infos(stored), "WMTS-TMS": tms_infos(pyramid)}
        offered = {kind: publish(client, kind, infos[kind], SECRET) for kind in infos}
        for kind, told in infos.items():
            client.publish(kind, "for_all", told)
        people = {name: person(backend, name) for name in ("ada", "eve", "bob")}
        group(backend, "club", people["bob"])
        yield backend, offered, people


def publish(client: Client, kind: str, infos: Json, name: str, **more: Any) -> Json:
    body = {"type": kind, "name": name, "layer_name": name, "type_infos": infos}
    configuration = client.post("configurations", body)
    private = next(
        one["endpoint"]["_id"]
        for one in client.get("endpoints")
        if one["endpoint"]["type"] == kind and not one["endpoint"]["open"]
    )
    return client.post(f"configurations/{configuration['_id']}/offerings", {"endpoint": private, **more})


def allow(treasure: Treasure, *users: User, **more: Any) -> List[Json]:
    """Permit the restricted offerings to users."""
    backend, offered, _ = treasure
    body = {
        "type": "ACCOUNT",
        "users": [user.id for user in users],
        "licence": "For tests",
        "offerings": [one["_id"] for one in offered.values()],
        **more,
    }
    return backend.client().post("permissions", body)


def make_key(client: Client, permission: Json, kind: str = "HASH", infos: Any = None, **limits: Any) -> Json:
    """Make a key that opens what a permission is for."""
    made = client.raw("POST", "/api/users/me/keys", json={"type": kind, "type_infos": infos or {}, **limits})
    assert made.status_code == 201, made.text
    key = made.get_json()
    give(client, key, permission)
    return key


def give(client: Client, key: Json, permission: Json, status: int = 200) -> Json:
    body = {"permission": permission["_id"], "offerings": [one["_id"] for one in permission["offerings"]]}
    answer = client.raw("POST", f"/api/users/me/keys/{key['_id']}/accesses", json=body)
    assert answer.status_code == status, answer.text
    return answer.get_json()


def get(backend: Backend, path: str, address: str = "192.0.2.9", **headers: str) -> Any:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return backend.app.test_client().get(path, headers=names, environ_base={"REMOTE_ADDR": address})


def opens(backend: Backend, address: str = "192.0.2.9", query: str = "", **headers: str) -> int:
    """Return the status of a tile of the restricted layer."""
    return get(backend, f"/private/tms/1.0.0/{SECRET}/0/0/0.pbf{query}", address, **headers).status_code


# Strangers ------------------------------------------------------------------------------------------------------------


def test_a_stranger_finds_nothing_of_it_at_the_open_door(treasure: Treasure) -> None:
    backend, _, _ = treasure
    for path in (*LISTING, "", "health"):
        answer = get(backend, f"/{path}")
        assert answer.status_code == 200, path
        assert SECRET not in answer.text, path
    for path in SHOWING:
        answer = get(backend, f"/{path}")
        unknown = get(backend, f"/{path.replace(SECRET, 'there_is_none')}")
        assert answer.status_code == unknown.status_code, path
        assert answer.text.replace(SECRET, "there_is_none") == unknown.text, path
        assert not answer.content_type.startswith(("image/", "application/vnd.mapbox")), path
    assert "for_all" in get(backend, f"/{LISTING[0]}").text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"apikey": "x" * 40},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Basic é"},
        {"Authorization": "Negotiate x"},
        {"X_Forwarded_For": "127.0.0.1"},
    ],
)
def test_a_stranger_gets_through_no_route_of_the_private_door(treasure: Treasure, headers: Dict[str, str]) -> None:
    backend, _, _ = treasure
    for path in (*LISTING, *SHOWING):
        answer = get(backend, f"/private/{path}", **headers)
        if headers.get("Authorization") == "Basic eDp5" and answer.status_code == 429:
            continue  # so many guesses at a password
        assert answer.status_code == 401, path
        assert answer.headers["WWW-Authenticate"].startswith("Basic "), path
        assert answer.content_type.startswith("text/xml"), path
        assert SECRET not in answer.text, path


def test_every_rule_behind_a_door_refuses_a_stranger(treasure: Treasure) -> None:
    """Also those that no list of this test knows."""
    backend, _, _ = treasure
    met = 0
    for rule in backend.app.url_map.iter_rules():
        if rule.rule.startswith(("/private/", "/preview/")):
            _, path = rule.build({name: SECRET if name == "name" else 0 for name in rule.arguments})
            for method in rule.methods - {"OPTIONS"}:
                answer = backend.app.test_client().open(path, method=method)
                assert answer.status_code == (401 if path.startswith("/private") else 404), (method, path)
                met += 1
    assert met >= 20


def test_the_api_says_nothing_of_it_to_a_stranger(treasure: Treasure) -> None:
    backend, _, people = treasure
    token = token_of(backend, people["eve"])
    for rule in backend.app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and "GET" in rule.methods and "datastore" not in rule.arguments:
            _, path = rule.build(dict.fromkeys(rule.arguments, 1))
            assert SECRET not in get(backend, path, Authorization=f"Bearer {token}").text, path


# Keys -----------------------------------------------------------------------------------------------------------------


def test_a_hash_key_opens_every_service_by_parameter_and_by_header(treasure: Treasure) -> None:
    backend, _, people = treasure
    (permission,) = allow(treasure, people["ada"])
    key = make_key(as_user(backend, people["ada"]), permission, name="hash")
    secret = key["type_infos"]["hash"]
    for path in (*LISTING, *SHOWING):
        if path in DRAWN:
            continue
        mark = "&" if "?" in path else "?"
        answers = [
            get(backend, f"/private/{path}{mark}apikey={secret}"),
            get(backend, f"/private/{path}{mark}APIKEY={secret}"),
            get(backend, f"/private/{path}", apikey=secret),
        ]
        assert [answer.status_code for answer in answers] == [200] * 3, (path, answers[0].text)
        assert b"for_all" not in answers[2].data, path
        assert "private" in answers[2].headers["Cache-Control"], path
        assert "Authorization" in answers[2].headers["Vary"], path
    listed = get(backend, f"/private/{LISTING[0]}", apikey=secret).text
    assert f"{SECRET}:countries" in listed
    assert "http://localhost/private/wfs/ows" in listed
    told = get(backend, f"/private/tms/1.0.0/{SECRET}/metadata.json", apikey=secret).get_json()
    assert told["tiles"][0].startswith(f"http://localhost/private/tms/1.0.0/{SECRET}/")


def test_a_map_and_a_legend_are_drawn_for_a_key(treasure: Treasure) -> None:
    backend, _, people = treasure
    (permission,) = allow(treasure, people["ada"])
    secret = make_key(as_user(backend, people["ada"]), permission, name="drawn")["type_infos"]["hash"]
    for path in DRAWN:
        answer = get(backend, f"/private/{path}", apikey=secret)
        assert answer.status_code == 200
        assert "Exception" not in answer.text[:500] if answer.content_type.startswith("text") else True, answer.text


def test_tiles_that_were_drawn_for_a_key_stay_behind_its_door(treasure: Treasure) -> None:
    backend, _, people = treasure
    (permission,) = allow(treasure, people["ada"])
    secret = make_key(as_user(backend, people["ada"]), permission, name="tiles")["type_infos"]["hash"]
    path = f"wmts/1.0.0/{SECRET}/default/PM/1/0/0.png"
    drawn = get(backend, f"/private/{path}", apikey=secret)
    assert (drawn.status_code, drawn.content_type) == (200, "image/png")
    for door, status in (("/", 400), ("/private/", 401)):
        for headers in ({}, {"If-None-Match": drawn.headers["ETag"]}):
            answer = get(backend, f"{door}{path}", **headers)
            assert answer.status_code == status
            assert not answer.content_type.startswith("image/")
    listed = get(backend, "/private/wmts/1.0.0/WMTSCapabilities.xml", apikey=secret).text
    assert f"http://localhost/private/wmts/1.0.0/{SECRET}/" in listed


def test_what_clients_are_told_leads_to_the_private_door(treasure: Treasure) -> None:
    backend, offered, people = treasure
    (permission,) = allow(treasure, people["ada"])
    secret = make_key(as_user(backend, people["ada"]), permission, name="urls")["type_infos"]["hash"]
    for offering in offered.values():
        assert offering["open"] is False
        for url in offering["urls"]:
            parts = urlsplit(url["url"])
            assert parts.path.startswith("/private/")
            if url["type"] != "WMS":
                found = get(backend, f"{parts.path}?{parts.query}&count=1", apikey=secret)
                assert found.status_code == 200, url


def test_a_basic_key_opens_with_login_and_password(treasure: Treasure) -> None:
    backend, _, people = treasure
    (permission,) = allow(treasure, people["ada"])
    infos = {"login": "ada-gis", "password": "a password of tests"}
    key = make_key(as_user(backend, people["ada"]), permission, "BASIC", infos, name="basic")
    assert key["type_infos"] == {"login": "ada-gis"}

    def basic(login: str, password: str) -> Dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}

    assert [opens(backend, **basic(**infos)) for _ in range(3)] == [200, 200, 200]
    assert opens(backend, **basic("ada-gis", "another")) == 401
    assert opens(backend, **basic("nobody", infos["password"])) == 401
    for _ in range(5):
        opens(backend, "198.51.100.5", **basic("ada-gis", "a guess"))
    assert opens(backend, "198.51.100.5", **basic("ada-gis", "a guess")) == 429
    assert opens(backend, "198.51.100.6", **basic(**infos)) == 200


def test_a_header_key_opens_with_its_headers(treasure: Treasure) -> None:
    backend, _, people = treasure
    (permission,) = allow(treasure, people["ada"])
    infos = {"headers": {"X-Town-Key": "a value that is long enough", "X-Desk": "4"}}
    make_key(as_user(backend, people["ada"]), permission, "HEADER", infos, name="header")
    assert opens(backend, X_Town_Key="a value that is long enough", X_Desk="4") == 200
    assert opens(backend, X_Town_Key="a value that is long enough", X_Desk="5") == 401
    assert opens(backend, X_Town_Key="a value that is long enough") == 401


def test_an_oauth2_key_opens_with_a_token_of_its_user(treasure: Treasure) -> None:
    backend, _, people = treasure
    (permission,) = allow(treasure, people["bob"], only_oauth=True)
    client = as_user(backend, people["bob"])
    bearer = {"Authorization": f"Bearer {token_of(backend, people['bob'])}"}
    assert opens(backend, **bearer) == 401  # no key
    make_key(client, permission, "OAUTH2", name="oauth")
    assert opens(backend, **bearer) == 200
    assert opens(backend, Authorization=f"Bearer {token_of(backend, people['eve'])}") == 401
    again = client.raw("POST", "/api/users/me/keys", json={"name": "second", "type": "OAUTH2"})
    assert again.status_code == 409
    weak = client.raw("POST", "/api/users/me/keys", json={"name": "weak", "type": "HASH"}).get_json()
    give(client, weak, permission, 409)  # strong authentication is asked for


def test_a_key_opens_only_what_it_was_given(treasure: Treasure) -> None:
    backend, offered, people = treasure
    (permission,) = allow(treasure, people["ada"], offerings=[offered["WFS"]["_id"]])
    key = make_key(as_user(backend, people["ada"]), permission, name="wfs only")
    secret = key["type_infos"]["hash"]
    assert SECRET in get(backend, f"/private/{LISTING[0]}", apikey=secret).text
    assert SECRET not in get(backend, "/private/tms/1.0.0/", apikey=secret).text
    assert opens(backend, apikey=secret) == 404


def test_a_key_lets_nobody_permit_himself(treasure: Treasure) -> None:
    backend, offered, people = treasure
    (permission,) = allow(treasure, people["ada"])
    client = as_user(backend, people["eve"])
    key = client.raw("POST", "/api/users/me/keys", json={"name": "mine", "type": "HASH"}).get_json()
    give(client, key, permission, 400)
    body = {"offerings": [offered["WMTS-TMS"]["_id"]]}
    assert client.raw("POST", f"/api/users/me/keys/{key['_id']}/accesses", json=body).status_code == 400
    assert opens(backend, apikey=key["type_infos"]["hash"]) == 404
    other = as_user(backend, people["ada"]).raw("GET", "/api/users/me/keys").get_json()
    for theirs in other:
        for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/accesses"), ("POST", "/accesses")):
            asked = client.raw(method, f"/api/users/me/keys/{theirs['_id']}{path}", json=body)
            assert asked.status_code == 404, (method, path)


# What ends an access --------------------------------------------------------------------------------------------------


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


# Limits ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "good", "bad"),
    [
        ({"whitelist": ["192.0.2.0/24"]}, "192.0.2.200", "192.0.3.1"),
        ({"whitelist": ["192.0.2.7"]}, "::ffff:192.0.2.7", "192.0.2.8"),
        ({"whitelist": ["2001:db8::/32"]}, "2001:db8:5::1", "2001:db9::1"),
        ({"whitelist": ["2001:db8::/32"]}, "2001:0DB8::0001", "192.0.2.7"),
        ({"blacklist": ["192.0.2.0/24", "2001:db8::/32"]}, "198.51.100.1", "192.0.2.1"),
        ({"blacklist": ["192.0.2.0/24", "2001:db8::/32"]}, "2001:db9::1", "2001:db8::ffff"),
        ({"blacklist": ["192.0.2.0/24"]}, "198.51.100.1", "::ffff:192.0.2.1"),
    ],
)
def test_a_key_is_good_from_where_its_owner_wants(treasure: Treasure, limits: Any, good: str, bad: str) -> None:
    backend, _, people = treasure
    (permission,) = allow(treasure, people["ada"])
    client = as_user(backend, people["ada"])
    key = make_key(client, permission, name=f"from {good} {bad} {limits}", **limits)
    secret = key["type_infos"]["hash"]
    assert opens(backend, good, apikey=secret) == 200
    assert opens(backend, bad, apikey=secret) == 403
    assert opens(backend, bad, apikey=secret, X_Forwarded_For=good) == 403  # whoever says so is no trusted proxy
    assert opens(backend, "127.0.0.1", apikey=secret, X_Forwarded_For=good) == 200
    assert opens(backend, "127.0.0.1", apikey=secret, X_Forwarded_For=f"{good}, {bad}") == 403
    client.raw("DELETE", f"/api/users/me/keys/{key['_id']}")


@pytest.mark.parametrize(
    ("limits", "good", "bad"),
    [
        ({"user_agent": "QGIS"}, {"User_Agent": "Mozilla/5.0 QGIS/33400"}, {"User_Agent": "curl/8"}),
        (
            {"referer": "https://town.example.org/maps"},
            {"Referer": "https://town.example.org/maps/1"},
            {"Referer": "https://town.example.org/mapsx"},
        ),
        (
            {"referer": "town.example.org"},
            {"Referer": "https://www.town.example.org/x"},
            {"Referer": "https://town.example.org.evil.org/"},
        ),
        (
            {"referer": "town.example.org"},
            {"Referer": "http://town.example.org"},
            {"Referer": "https://evil.org/town.example.org"},
        ),
        ({"referer": "town.example.org"}, {"Referer": "http://town.example.org"}, {}),
    ],
)
def test_a_key_is_good_for_whom_its_owner_wants(treasure: Treasure, limits: Any, good: Any, bad: Any) -> None:
    backend, _, people = treasure
    (permission,) = allow(treasure, people["ada"])
    client = as_user(backend, people["ada"])
    key = make_key(client, permission, name="for", **limits)
    secret = key["type_infos"]["hash"]
    assert opens(backend, apikey=secret, **good) == 200
    assert opens(backend, apikey=secret, **bad) == 403
    client.raw("DELETE", f"/api/users/me/keys/{key['_id']}")


@pytest.mark.parametrize(
    "body",
    [
        {"type": "HASH"},
        {"name": "x"},
        {"name": "x", "type": "MAGIC"},
        {"name": "x", "type": "HASH", "type_infos": {"hash": "short"}},
        {"name": "x", "type": "HASH", "type_infos": {"hash": "with a\nline break, and long enough"}},
        {"name": "x", "type": "BASIC", "type_infos": {"login": "a"}},
        {"name": "x", "type": "BASIC", "type_infos": {"login": "a:b", "password": "long enough"}},
        {"name": "x", "type": "HEADER", "type_infos": {}},
        {"name": "x", "type": "HEADER", "type_infos": {"headers": {"X": "y"}}},
        {"name": "x", "type": "HEADER", "type_infos": {"headers": {"X\r\nSet-Cookie": "a value, long enough"}}},
        {"name": "x", "type": "HEADER", "type_infos": {"headers": {"X-Y": "a value, long\r\nenough: yes"}}},
        {"name": "x", "type": "HEADER", "type_infos": {"headers": {"Host": "a value that is long enough"}}},
        {"name": "x", "type": "HEADER", "type_infos": {"headers": {"X-Forwarded-For": "a value, long enough"}}},
        {"name": "x", "type": "HASH", "whitelist": ["somewhere"]},
        {"name": "x", "type": "HASH", "whitelist": ["192.0.2.0/24"], "blacklist": ["192.0.2.1"]},
        {"name": "x", "type": "HASH", "referer": "a\nb"},
        {"name": "x", "type": "HASH", "user_agent": "a\r\nX: y"},
        {"name": "x" * 300, "type": "HASH"},
    ],
)
def test_a_key_that_cannot_be_is_refused(treasure: Treasure, body: Json) -> None:
    backend, _, people = treasure
    answer = as_user(backend, people["bob"]).raw("POST", "/api/users/me/keys", json=body)
    assert answer.status_code == 400
    assert isinstance(answer.get_json()["error_description"], list)


def test_a_secret_is_shown_once_and_kept_by_nobody(treasure: Treasure) -> None:
    backend, _, people = treasure
    client = as_user(backend, people["bob"])
    secrets = {"HASH": "", "BASIC": "a password of bob's own", "HEADER": "the value of a header of bob"}
    infos = {
        "HASH": {},
        "BASIC": {"login": "bobby", "password": secrets["BASIC"]},
        "HEADER": {"headers": {"X-Bob": secrets["HEADER"]}},
    }
    for kind, told in infos.items():
        made = client.raw("POST", "/api/users/me/keys", json={"name": kind, "type": kind, "type_infos": told})
        assert made.headers["Cache-Control"] == "no-store"
        key = made.get_json()
        secrets[kind] = secrets[kind] or key["type_infos"]["hash"]
        for answer in (
            client.raw("GET", f"/api/users/me/keys/{key['_id']}"),
            client.raw("PATCH", f"/api/users/me/keys/{key['_id']}", json={"user_agent": "x"}),
            client.raw("GET", "/api/users/me/keys"),
        ):
            assert secrets[kind] not in answer.text
    files = [place.read_bytes() for place in backend.store.folder.path.rglob("*") if place.is_file()]
    for secret in secrets.values():
        assert not any(secret.encode() in content for content in files)


# Previews -------------------------------------------------------------------------------------------------------------


def test_a_preview_link_shows_what_is_not_public_yet(treasure: Treasure) -> None:
    backend, _, _ = treasure
    client = backend.client()
    pyramid = client.get("stored_data?type=ROK4-PYRAMID-VECTOR")[0]
    body = {"type": "WMTS-TMS", "name": "soon", "layer_name": "soon", "type_infos": tms_infos(pyramid)}
    configuration = client.post("configurations", body)
    offer = {"endpoint": client.endpoint("WMTS-TMS"), "open": True, "available": False}
    offering = client.post(f"configurations/{configuration['_id']}/offerings", offer)
    assert get(backend, "/tms/1.0.0/soon").status_code == 404
    link = client.post(f"offerings/{offering['_id']}/previews", {"hours": 2})
    (url,) = link["urls"]
    path = urlsplit(url["url"]).path
    assert get(backend, path).status_code == 200
    tiles = get(backend, f"{path}/metadata.json").get_json()["tiles"][0]
    assert get(backend, urlsplit(tiles.format(z=0, x=0, y=0)).path).status_code == 200
    page = get(backend, urlsplit(link["url"]).path)
    assert page.status_code == 200
    assert "soon" in page.text
    base = urlsplit(link["url"]).path
    assert SECRET not in get(backend, f"{base}{LISTING[0]}").text
    assert get(backend, f"{base}tms/1.0.0/{SECRET}").status_code == 404
    assert page.headers["Referrer-Policy"] == "no-referrer"
    client.ask("PATCH", f"offerings/{offering['_id']}", json={"available": True})
    assert get(backend, "/tms/1.0.0/soon").status_code == 200


def test_a_preview_link_expires_and_cannot_be_forged(treasure: Treasure) -> None:
    backend, offered, _ = treasure
    identifier = offered["WMTS-TMS"]["_id"]
    clock = [1000.0]
    previews = Previews(b"secret" * 6, lambda: clock[0])
    ticket = previews.ticket(identifier, 2000)
    assert previews.offering(ticket) == identifier
    clock[0] = 2000.0
    assert previews.offering(ticket) is None
    signed = Previews(lasting_secret(backend.store.folder.path))
    good = signed.ticket(identifier, 1 << 40)
    assert get(backend, f"/preview/{good}/tms/1.0.0/{SECRET}").status_code == 200
    forged = [
        Previews(b"another secret of the same kind").ticket(identifier, 1 << 40),
        signed.ticket(identifier, 1),
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.swapcase(),
        "x",
        "x" * 5000,
    ]
    for ticket in forged:
        for path in (f"tms/1.0.0/{SECRET}", LISTING[0], LISTING[5]):
            assert get(backend, f"/preview/{ticket}/{path}").status_code == 404
    assert (backend.store.folder.path / "secret").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("hours", [0, -1, 10_000, "x", 1.5, True])
def test_a_preview_link_is_good_for_a_while_only(treasure: Treasure, hours: Any) -> None:
    backend, offered, _ = treasure
    backend.client().post(f"offerings/{offered['WFS']['_id']}/previews", {"hours": hours}, status=400)


def test_a_public_layer_is_on_no_private_endpoint_of_the_sandbox(treasure: Treasure) -> None:
    backend, _, people = treasure
    client = as_user(backend, people["eve"], "decouverte")
    assert all(one["endpoint"]["open"] for one in client.get("endpoints"))
    with backend.store.reading() as connection:
        assert datastore_named(connection, "decouverte").id == "122b878c-aad8-4507-87b2-465e664467d3"
