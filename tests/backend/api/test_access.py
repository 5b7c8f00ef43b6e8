"""Who may ask, and under which names."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from geopub_plugin.backend.access.hosts import base_url_of, host_guard, is_loopback
from geopub_plugin.backend.access.tokens import PUBLIC
from geopub_plugin.backend.api.answers import handle_errors

from .conversation import TOKEN, Backend, Client


def routes(backend: Backend) -> list:
    """Return every route of the API with something in the place of its parameters."""
    found = []
    for rule in backend.app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and rule.rule not in PUBLIC:
            path = rule.build(dict.fromkeys(rule.arguments, 1))[1]
            found += [(method, path) for method in rule.methods - {"HEAD", "OPTIONS"}]
    return found


def test_every_route_of_the_api_needs_the_token(backend: Backend) -> None:
    client = backend.app.test_client()
    asked = routes(backend)
    assert len(asked) > 80
    for method, path in asked:
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), (method, path)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer é"]
)
def test_another_token_is_none(shared: Client, header: str) -> None:
    assert shared.raw("GET", "/api/users/me", headers={"Authorization": header}).status_code == 401


def test_health_and_services_need_none(backend: Backend) -> None:
    client = backend.app.test_client()
    for path in ("/health", "/api/health"):
        answer = client.get(path)
        assert (answer.status_code, answer.get_json()["status"]) == (200, "ready")
    assert client.get("/wfs/ows?service=WFS&request=GetCapabilities").status_code == 200
    assert client.get("/wms-v/ows?service=WMS&request=GetCapabilities").status_code == 200
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8123", 200),
        ("localhost:8123", 200),
        ("[::1]:8123", 200),
        ("maps.example.org", 200),
        ("evil.example.org", 403),
        ("127.0.0.1.evil.example.org", 403),
        ("localhost.evil.example.org:8123", 403),
        ("10.0.0.1", 403),
    ],
)
@pytest.mark.parametrize("bound_to", ["127.0.0.1", "0.0.0.0"])
def test_a_loopback_backend_answers_to_its_own_names_only(host: str, status: int, bound_to: str) -> None:
    app = Flask(__name__)
    app.before_request(host_guard(bound_to, "https://maps.example.org/geopub"))
    app.add_url_rule("/", "root", lambda: "here")
    handle_errors(app)
    answer = app.test_client().get("/", headers={"Host": host})
    assert answer.status_code == (status if bound_to == "127.0.0.1" else 200)


@pytest.mark.parametrize(("public", "base"), [("", "http://127.0.0.1:8123"), ("https://m.org/g", "https://m.org/g")])
def test_urls_start_with_the_public_url_or_the_one_that_is_asked(public: str, base: str) -> None:
    app = Flask(__name__)
    with app.test_request_context("/x", base_url="http://127.0.0.1:8123", headers={"X-Forwarded-Host": "evil.org"}):
        assert base_url_of(public)() == base


@pytest.mark.parametrize(
    ("address", "loopback"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("x", False)]
)
def test_what_loopback_is(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


def test_a_token_is_in_no_answer_and_no_log(world: tuple, tmp_path: Path) -> None:
    backend, _, _ = world
    client = backend.client()
    for path in ("users/me", "datastores/local", "datastores/local/uploads"):
        assert TOKEN not in client.raw("GET", f"/api/{path}").text
    assert not any(TOKEN.encode() in place.read_bytes() for place in tmp_path.rglob("*") if place.is_file())
