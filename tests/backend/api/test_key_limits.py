"""What keys cannot be, from where and for whom they are good, and what is kept of them."""

from __future__ import annotations

from typing import Any

import pytest

from .conversation import Json
from .restricted import (
    Treasure,
    allow,
    make_key,
    opens,
)
from .team import as_user


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
