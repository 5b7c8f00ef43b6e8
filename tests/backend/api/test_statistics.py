"""Statistics: what is asked of services is counted by offering, key and permission, and told to whom it concerns."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from geopub_plugin.backend.catalogue.offerings import offerings
from geopub_plugin.backend.catalogue.personal_tables import usage
from geopub_plugin.backend.catalogue.usage import UsageCounter, roll_up, text_of, used

from .restricted import DRAWN, LISTING, SECRET, SHOWING, Treasure, allow, get, make_key
from .team import as_user

HITS = f"/private/tms/1.0.0/{SECRET}/0/0/0.pbf"


def total(client: Any, place: str, **query: str) -> Any:
    answer = client.raw("GET", place, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.get_json()["total"]["hits"]


@pytest.fixture
def opened(treasure: Treasure) -> Any:
    """Return Ada's client, a permission for her, and a key with its secret."""
    backend, _, people = treasure
    client = as_user(backend, people["ada"])
    (permission,) = allow(treasure, people["ada"])
    key = make_key(client, permission, name=permission["_id"])
    return client, permission, key, key["type_infos"]["hash"]


def test_what_a_key_opens_is_counted_for_it(treasure: Treasure, opened: Any) -> None:
    backend, offered, _ = treasure
    ada, permission, key, secret = opened
    local = backend.client()
    offering = offered["WMTS-TMS"]["_id"]
    before = total(local, f"/api/datastores/local/offerings/{offering}/stats")
    sizes = [len(get(backend, HITS, apikey=secret).data) for _ in range(3)]
    for place in (
        f"/api/users/me/keys/{key['_id']}/stats",
        f"/api/users/me/permissions/{permission['_id']}/stats",
    ):
        told = ada.raw("GET", place).get_json()
        assert (told["total"]["hits"], told["total"]["data_transfer"]) == (3, sum(sizes))
        assert told["details"] == []
    assert total(local, f"/api/datastores/local/permissions/{permission['_id']}/stats") == 3
    assert total(local, f"/api/datastores/local/offerings/{offering}/stats") == before + 3
    endpoint = local.get(f"offerings/{offering}")["endpoint"]["_id"]
    assert total(local, f"/api/datastores/local/endpoints/{endpoint}/stats") >= 3
    assert total(ada, "/api/users/me/stats") >= 3


def test_every_way_to_ask_for_a_layer_is_counted_and_lists_are_not(treasure: Treasure, opened: Any) -> None:
    backend, _, _ = treasure
    ada, _, key, secret = opened
    place = f"/api/users/me/keys/{key['_id']}/stats"
    for path in (one for one in SHOWING if one not in DRAWN):
        before = total(ada, place)
        answer = get(backend, f"/private/{path}", apikey=secret)
        assert (answer.status_code, len(answer.data) > 0) == (200, True)
        assert total(ada, place) == before + 1, path
    before = total(ada, place)
    for path in LISTING:
        get(backend, f"/private/{path}", apikey=secret)
    get(backend, HITS, apikey="wrong")
    get(backend, f"/private/tms/1.0.0/{SECRET}/0/0/9.pbf", apikey=secret)
    assert total(ada, place) == before


def test_open_services_are_counted_without_a_key_and_whatever_form_the_request_has(treasure: Treasure) -> None:
    backend, _, _ = treasure
    local = backend.client()
    place = next(one["_id"] for one in local.get("offerings?layer_name=for_all") if one["type"] == "WFS")
    place = f"/api/datastores/local/offerings/{place}/stats"
    before = local.raw("GET", place).get_json()["total"]
    path = "/wfs/ows?service=WFS&version=2.0.0&request=GetFeature&typeNames=for_all:countries&count=5"
    sizes = [len(get(backend, one).data) for one in (path, f"{path}&outputFormat=application/json")]
    body = """<GetFeature service="WFS" version="2.0.0" count="5" xmlns="http://www.opengis.net/wfs/2.0">
      <Query typeNames="for_all:countries"/></GetFeature>"""
    posted = local.raw("POST", "/wfs/ows", data=body, content_type="text/xml")
    assert posted.status_code == 200, posted.text
    sizes.append(len(posted.data))
    after = local.raw("GET", place).get_json()["total"]
    assert after["hits"] == before["hits"] + 3
    assert after["data_transfer"] == before["data_transfer"] + sum(sizes)


def test_others_learn_nothing(treasure: Treasure, opened: Any) -> None:
    backend, offered, people = treasure
    _, permission, key, _ = opened
    eve = as_user(backend, people["eve"])
    for place in (
        f"/api/users/me/keys/{key['_id']}/stats",
        f"/api/users/me/permissions/{permission['_id']}/stats",
        f"/api/datastores/decouverte/offerings/{offered['WFS']['_id']}/stats",
        f"/api/datastores/decouverte/permissions/{permission['_id']}/stats",
        f"/api/datastores/decouverte/endpoints/{offered['WFS']['endpoint']['_id']}/stats",
    ):
        assert eve.raw("GET", place).status_code == 404, place
    assert eve.raw("GET", f"/api/datastores/local/offerings/{offered['WFS']['_id']}/stats").status_code == 403
    assert total(eve, "/api/users/me/stats") == 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00+02:00"}, 200),
        ({"start": "2026-01-01"}, 200),
        ({"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, 400),
        ({"start": "yesterday"}, 400),
        ({"end": "0001-01-01T00:00:00+14:00"}, 400),
    ],
)
def test_moments(treasure: Treasure, query: Any, status: int) -> None:
    backend, _, _ = treasure
    assert backend.client().raw("GET", "/api/users/me/stats", query_string=query).status_code == status


def test_parts_are_of_five_minutes_or_of_days_and_old_ones_are_added_up(treasure: Treasure) -> None:
    backend, _, _ = treasure
    begin = datetime(2026, 3, 1, 11, 55, tzinfo=timezone.utc)
    with backend.store.reading() as connection:
        offering = offerings.find(connection)[0].id
    rows = [
        {"begin": text_of(begin + timedelta(minutes=5 * n)), "offering": offering, "key": "k", "hits": 2, "bytes": 10}
        for n in (0, 1, 300)
    ]
    with backend.store.writing() as connection:
        connection.execute(usage.insert(), rows)
    condition = usage.c.key == "k"
    for rolled in (False, True):
        with backend.store.writing() as connection:
            if rolled:
                roll_up(connection, begin + timedelta(days=60))
                roll_up(connection, begin + timedelta(days=60))
            total_, days = used(connection, condition, begin - timedelta(days=2), begin + timedelta(days=3))
            assert (total_.hits, total_.bytes) == (6, 30)
            assert [(one.begin.day, one.hits) for one in days] == [(1, 4), (2, 2)]
            if not rolled:
                _, steps = used(connection, condition, begin, begin + timedelta(hours=1))
                assert [(one.begin.minute, one.hits) for one in steps] == [(55, 2), (0, 2)]
    with backend.store.writing() as connection:
        connection.execute(usage.delete().where(condition))


def test_what_is_counted_is_kept_at_the_end_and_not_for_what_is_gone(treasure: Treasure) -> None:
    backend, _, _ = treasure
    with backend.store.reading() as connection:
        offering = offerings.find(connection)[0].id
    counter = UsageCounter(backend.store.database)
    counter.start()
    counter.count(offering, "end", 7)
    counter.count(offering, "end", 3)
    counter.count("00000000-0000-0000-0000-000000000000", "end", 7)
    counter.stop()
    now = datetime.now(timezone.utc)
    with backend.store.reading() as connection:
        total_, _ = used(connection, usage.c.key == "end", now - timedelta(days=1), now + timedelta(minutes=5))
    assert (total_.hits, total_.bytes) == (2, 10)
