"""One connection: tokens, pages, refusals as errors of the one tree, patience with a busy server."""

from __future__ import annotations

import pytest

from geopub_plugin.backend import errors
from geopub_plugin.publish.client import connection as module
from geopub_plugin.publish.client.connection import segment, tag_filter
from geopub_plugin.publish.client.store import api_address
from geopub_plugin.publish.client.waiting import wait_until


def test_token_and_json(server, connection):
    server.on("POST", "things", lambda asked: {"echo": asked.json})
    assert connection.ask("POST", "things", json={"é": 1}) == {"echo": {"é": 1}}
    headers = server.asked[0].headers
    assert headers["authorization"] == "Bearer secret-token"
    assert headers["content-type"] == headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidInput),
        (401, errors.NotAuthenticated),
        (403, errors.NotAllowed),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.TooLarge),
        (418, errors.InvalidInput),
        (500, errors.JobFailed),
        (503, errors.Unavailable),
        (507, errors.StorageFull),
    ],
)
def test_refusals(server, connection, status, kind, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", ())
    server.on("GET", "x", (status, {"error": "label", "error_description": ["What.", "Why.", "Cure."]}))
    with pytest.raises(errors.GeoPubError) as caught:
        connection.ask("GET", "x")
    assert type(caught.value) is kind
    assert (caught.value.what, caught.value.why, caught.value.cure) == ("What.", "Why.", "Cure.")


@pytest.mark.parametrize(
    ("wire", "what"),
    [
        ({"error": "label", "error_description": "One string."}, "One string."),
        ({"error_description": ["Only this."]}, "Only this."),
        ({"error": "label"}, "label"),
        ({"message": "From the platform"}, "From the platform"),
        (b"<html>", "The server refused with status 400, without saying why."),
        (["list"], "The server refused with status 400, without saying why."),
    ],
)
def test_what_a_server_says(server, connection, wire, what):
    server.on("GET", "x", (400, wire))
    with pytest.raises(errors.InvalidInput) as caught:
        connection.ask("GET", "x")
    assert caught.value.what == what


def test_a_moved_server_is_named(server, connection):
    server.on("GET", "x", (301, {}, {"Location": "https://new.example/api/x"}))
    with pytest.raises(errors.Unavailable, match=r"new\.example/api/x"):
        connection.ask("GET", "x")


def test_an_answer_that_is_no_json(server, connection):
    server.on("GET", "x", (200, b"<html>hello</html>"))
    with pytest.raises(errors.Unavailable, match="not JSON"):
        connection.ask("GET", "x")


@pytest.mark.parametrize("total", [0, 1, 99, 100, 101, 250])
def test_pages(server, connection, total):
    def page(asked):
        start = (int(asked.query["page"]) - 1) * int(asked.query["limit"])
        some = [{"_id": str(i)} for i in range(start, min(start + int(asked.query["limit"]), total))]
        return 200, some, {"Content-Range": f"{start}-{start + len(some)}/{total}"}

    server.on("GET", "x", page)
    assert [int(wire["_id"]) for wire in connection.pages("x")] == list(range(total))
    assert len(server.asked) == max(1, -(-total // 100))


def test_a_list_without_content_range_is_one_page(server, connection):
    server.on("GET", "x", [{"_id": "1"}])
    assert len(list(connection.pages("x"))) == 1
    assert len(server.asked) == 1


def test_a_busy_server_is_asked_again_but_only_for_what_does_no_harm(server, connection, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", (0.0, 0.0))
    answers = iter([(503, {}), (502, {}), (200, {"ok": 1})])
    server.on("GET", "x", lambda _: next(answers))
    server.on("POST", "x", (503, {}))
    assert connection.ask("GET", "x") == {"ok": 1}
    with pytest.raises(errors.Unavailable):
        connection.ask("POST", "x")
    assert len([asked for asked in server.asked if asked.method == "POST"]) == 1


def test_waiting_ends_when_done_and_when_cancelled(connection):
    states = iter(["WAITING", "PROGRESS", "SUCCESS"])
    assert wait_until(connection, lambda: next(states), lambda state: state == "SUCCESS") == "SUCCESS"
    connection.cancel.set()
    with pytest.raises(errors.Cancelled):
        wait_until(connection, lambda: "WAITING", lambda state: False)


def test_identifiers_cannot_lead_elsewhere():
    assert segment("../../x?y") == "..%2F..%2Fx%3Fy"
    assert tag_filter({"datasheet_name": "é"}) == {"tags[datasheet_name]": "é"}


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123/api"),
        ("https://maps.example/", "https://maps.example/api"),
        ("https://data.geopf.fr/api", "https://data.geopf.fr/api"),
        ("https://maps.example/geopub/api/", "https://maps.example/geopub/api"),
    ],
)
def test_api_address(given, address):
    assert api_address(given) == address
