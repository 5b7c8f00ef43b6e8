"""Services that are not for everybody: every route of every service, as a stranger, and with a key."""

from __future__ import annotations

import base64
from typing import Dict
from urllib.parse import urlsplit

import pytest

from .restricted import (
    DRAWN,
    LISTING,
    SECRET,
    SHOWING,
    Treasure,
    allow,
    get,
    give,
    make_key,
    opens,
)
from .team import as_user, token_of


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
        problem = path.startswith("ogc/")
        assert answer.content_type.startswith("application/problem+json" if problem else "text/xml"), path
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


def test_pages_of_other_sites_read_the_services_and_no_more(treasure: Treasure) -> None:
    """Also behind the door, for who carries a key; what a browser keeps of its user (cookies) is never let in."""
    backend, _, _ = treasure
    site = {"Origin": "https://other.example"}
    services = [f"{door}{path.partition('?')[0]}" for path in LISTING for door in ("/", "/private/")]
    for path in (*services, "/annexes/local/none.json"):
        answer = get(backend, path, **site)
        assert answer.headers.get("Access-Control-Allow-Origin") == "*", path
        asked = backend.app.test_client().options(path, headers=site)
        assert asked.status_code == 200 and "apikey" in asked.headers["Access-Control-Allow-Headers"], path
        assert "Access-Control-Allow-Credentials" not in asked.headers
    for path in ("/", "/health", "/api/users/me", "/api/v3/api-docs", "/documents/1", "/view/for_all"):
        assert "Access-Control-Allow-Origin" not in get(backend, path, **site).headers, path


def test_a_stranger_learns_no_names_of_datastores(treasure: Treasure) -> None:
    backend, _, _ = treasure
    answers = [get(backend, f"/annexes/{name}/styles/x.json") for name in ("local", "there_is_none")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text


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
    guessed = [opens(backend, "198.51.100.5", **basic("ada-gis", "a guess")) for _ in range(12)]
    assert guessed[:5] == [401] * 5
    assert 429 in guessed  # not always the sixth: the first wait is one second, which a busy machine may take to answer
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


def test_permissions_and_accesses_are_what_the_plugin_takes_apart(treasure: Treasure) -> None:
    """It raises at any key that it does not know, and tells a community by its technical name."""
    backend, offered, people = treasure
    (permission,) = allow(treasure, people["ada"], end_date="2999-01-01T00:00:00.000Z")
    ada = as_user(backend, people["ada"])
    for told in (permission, ada.raw("GET", f"/api/users/me/permissions/{permission['_id']}").get_json()):
        assert set(told["datastore_author"]) == {"_id", "name", "technical_name", "active"}
        assert set(told["beneficiary"]) == {"_id", "first_name", "last_name"}
        assert {"licence", "end_date", "only_oauth", "creation"} <= set(told)
        assert {one["_id"] for one in told["offerings"]} == {one["_id"] for one in offered.values()}
        assert all({"type", "status", "layer_name", "open", "available"} <= set(one) for one in told["offerings"])
    key = make_key(ada, permission, name="taken apart")
    listed = ada.raw("GET", f"/api/users/me/keys/{key['_id']}/accesses")
    assert listed.headers["Content-Range"] == "0-2/3"
    for access in listed.get_json():
        assert {"_id", "licence"} <= set(access["permission"])
        assert {"_id", "layer_name", "type"} <= set(access["offering"])
