"""Tokens: handed out by password, code with PKCE, client credentials, refresh; revoked, expired, stolen, guessed."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from geopub_plugin.backend.access.digests import digest, new_secret
from geopub_plugin.backend.catalogue import access_tables, sign_ins
from geopub_plugin.backend.catalogue.accounts import set_password, user_named
from geopub_plugin.backend.catalogue.spaces import users

from .conversation import Backend, running
from .team import PASSWORD, REALM, ask_token, me, person, sign_in

ADA = "ada@example.org"
CALLBACK = "http://127.0.0.1:7070/callback"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Return a backend with two users."""
    with running(tmp_path_factory.mktemp("team") / "data", login="local") as backend:
        person(backend, "ada", PASSWORD)
        person(backend, "eve", PASSWORD)
        yield backend


def tokens(answer: TestResponse) -> Dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.get_json()


def refused(answer: TestResponse, error: str, status: int = 400) -> None:
    assert (answer.status_code, answer.get_json()["error"]) == (status, error), answer.text


# By password ----------------------------------------------------------------------------------------------------------


def test_a_password_gives_a_token_that_opens_the_api(team: Backend) -> None:
    given = tokens(sign_in(team, ADA))
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] == 3600
    found = me(team, given["access_token"])
    assert found and found["email"] == ADA
    assert [one["community"]["technical_name"] for one in found["communities_member"]] == ["decouverte"]
    assert found["last_login"]
    assert me(team, given["refresh_token"]) is None


def test_an_e_mail_is_the_same_in_any_case(team: Backend) -> None:
    tokens(sign_in(team, "ADA@Example.org"))


@pytest.mark.parametrize(
    ("login", "password"),
    [("nobody@example.org", PASSWORD), ("eve@example.org", "wrong"), ("", ""), ("local@localhost", ""), ("é", "é\0")],
)
def test_who_there_is_cannot_be_found_out(team: Backend, login: str, password: str) -> None:
    answer = sign_in(team, login, password)
    if login and password:
        refused(answer, "invalid_grant")
        assert answer.data == sign_in(team, "eve@example.org", "also wrong").data
    else:
        assert answer.status_code == 400


def test_an_unknown_client_gets_nothing(team: Backend) -> None:
    form = {"grant_type": "password", "username": ADA, "password": PASSWORD}
    refused(ask_token(team, client_id="unknown", **form), "invalid_client", 401)
    refused(ask_token(team, **form), "invalid_client", 401)
    refused(ask_token(team, client_id="geopub", **form), "unauthorized_client")  # may ask by code only


def test_parameters_that_are_there_twice_are_refused(team: Backend) -> None:
    body = urlencode([("grant_type", "password"), ("username", ADA), ("username", "eve@example.org")])
    answer = team.app.test_client().post(f"{REALM}/token", data=body, content_type="application/x-www-form-urlencoded")
    refused(answer, "invalid_request")


def test_what_is_in_the_query_is_not_read(team: Backend) -> None:
    query = {"client_id": "gpf-warehouse", "grant_type": "password", "username": ADA, "password": PASSWORD}
    answer = team.app.test_client().post(f"{REALM}/token", query_string=query)
    assert answer.status_code == 400


def test_a_new_password_ends_every_sign_in(team: Backend) -> None:
    person(team, "cleo", PASSWORD)
    given = tokens(sign_in(team, "cleo@example.org"))
    with team.store.writing() as connection:
        set_password(connection, user_named(connection, "cleo@example.org").id, PASSWORD + " anew")
    assert me(team, given["access_token"]) is None
    refused(sign_in(team, "cleo@example.org"), "invalid_grant")
    tokens(sign_in(team, "cleo@example.org", PASSWORD + " anew"))


def test_a_removed_user_is_out_at_once(team: Backend) -> None:
    user = person(team, "dan", PASSWORD)
    given = tokens(sign_in(team, "dan@example.org"))
    with team.store.writing() as connection:
        users.remove(connection, user.id)
    assert me(team, given["access_token"]) is None


# Guessing -------------------------------------------------------------------------------------------------------------


def test_after_five_wrong_passwords_even_the_right_one_must_wait(tmp_path: Path) -> None:
    with running(tmp_path / "data", login="local") as team:
        person(team, "ada", PASSWORD)
        for number in range(5):
            refused(sign_in(team, ADA, f"guess {number}"), "invalid_grant")
        answer = sign_in(team, ADA)
        refused(answer, "temporarily_unavailable", 429)
        assert 1 <= int(answer.headers["Retry-After"]) <= 900
        liar = team.app.test_client().post(
            f"{REALM}/token",
            data={"client_id": "gpf-warehouse", "grant_type": "password", "username": ADA, "password": PASSWORD},
            headers={"X-Forwarded-For": "198.51.100.7"},
            environ_base={"REMOTE_ADDR": "192.0.2.1"},
        )
        assert liar.status_code == 429  # no proxy is trusted
        form = {"client_id": "gpf-warehouse", "grant_type": "password", "username": ADA, "password": PASSWORD}
        tokens(ask_token(team, address="198.51.100.7", **form))  # nobody is shut out from where nobody guessed


# Refreshing -----------------------------------------------------------------------------------------------------------


def refresh(team: Backend, token: str, client: str = "gpf-warehouse") -> TestResponse:
    return ask_token(team, grant_type="refresh_token", client_id=client, refresh_token=token)


def test_a_refresh_token_gives_new_tokens_once(team: Backend) -> None:
    first = tokens(sign_in(team, ADA))
    second = tokens(refresh(team, first["refresh_token"]))
    assert me(team, second["access_token"])
    third = tokens(refresh(team, second["refresh_token"]))
    assert me(team, third["access_token"])


def test_a_refresh_token_that_comes_again_was_stolen_and_ends_the_sign_in(team: Backend) -> None:
    first = tokens(sign_in(team, ADA))
    second = tokens(refresh(team, first["refresh_token"]))
    refused(refresh(team, first["refresh_token"]), "invalid_grant")
    assert me(team, second["access_token"]) is None
    refused(refresh(team, second["refresh_token"]), "invalid_grant")


def test_a_refresh_token_is_its_clients_own(team: Backend) -> None:
    first = tokens(sign_in(team, ADA))
    refused(refresh(team, first["refresh_token"], client="geopub"), "invalid_grant")
    refused(refresh(team, first["access_token"]), "invalid_grant")
    tokens(refresh(team, first["refresh_token"]))


def test_tokens_expire(team: Backend) -> None:
    given = tokens(sign_in(team, ADA))
    table = access_tables.oauth_token
    with team.store.writing() as connection:
        for name in ("access_token", "refresh_token"):
            old = update(table).where(table.c.hash == digest(given[name]))
            connection.execute(old.values(expires="2020-01-01T00:00:00.000000Z"))
    assert me(team, given["access_token"]) is None
    refused(refresh(team, given["refresh_token"]), "invalid_grant")


# Codes ----------------------------------------------------------------------------------------------------------------


def question(**changed: Any) -> str:
    asked = {
        "response_type": "code",
        "client_id": "geopub",
        "redirect_uri": CALLBACK,
        "state": "of the client & more",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    return f"{REALM}/auth?" + urlencode({name: value for name, value in asked.items() if value is not None})


def submit(team: Backend, url: str, login: str = ADA, password: str = PASSWORD, nonce: str = "") -> TestResponse:
    client = team.app.test_client()
    page = client.get(url)
    assert page.status_code == 200, page.text
    shown = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert shown
    return client.post(url, data={"login": login, "password": password, "nonce": nonce or shown[1]})


def code_of(answer: TestResponse) -> Tuple[str, str]:
    assert answer.status_code == 302, answer.text
    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    return told["code"][0], told["state"][0]


def exchange(team: Backend, code: str, verifier: str = VERIFIER, **changed: str) -> TestResponse:
    form = {"grant_type": "authorization_code", "client_id": "geopub", "redirect_uri": CALLBACK, "code": code}
    return ask_token(team, **{**form, "code_verifier": verifier, **changed})


def test_a_code_gives_tokens_to_who_asked_for_it(team: Backend) -> None:
    answer = submit(team, question())
    assert answer.headers["Location"].startswith(CALLBACK + "?")
    code, state = code_of(answer)
    assert state == "of the client & more"
    given = tokens(exchange(team, code))
    found = me(team, given["access_token"])
    assert found and found["email"] == ADA
    tokens(refresh(team, given["refresh_token"], client="geopub"))


def test_a_code_serves_once_and_its_second_use_ends_what_came_of_it(team: Backend) -> None:
    code, _ = code_of(submit(team, question()))
    given = tokens(exchange(team, code))
    refused(exchange(team, code), "invalid_grant")
    assert me(team, given["access_token"]) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"verifier": "w" * 50},
        {"code": "x"},
        {"redirect_uri": "http://127.0.0.1:7071/callback"},
        {"client_id": "gpf-warehouse"},
        {"code_verifier": ""},
    ],
)
def test_a_code_is_of_no_use_to_others(team: Backend, changed: Dict[str, str]) -> None:
    code, _ = code_of(submit(team, question()))
    answer = exchange(team, **{"code": code, **changed})
    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.get_json()


def test_a_code_expires(team: Backend) -> None:
    code, _ = code_of(submit(team, question()))
    table = access_tables.oauth_grant
    with team.store.writing() as connection:
        old = update(table).where(table.c.code == digest(code))
        connection.execute(old.values(code_expires="2020-01-01T00:00:00.000000Z"))
    refused(exchange(team, code), "invalid_grant")


@pytest.mark.parametrize("port", [1, 7070, 50123])
def test_on_this_machine_a_client_may_listen_at_any_port(team: Backend, port: int) -> None:
    callback = f"http://127.0.0.1:{port}/callback"
    code, _ = code_of(submit(team, question(redirect_uri=callback)))
    tokens(exchange(team, code, redirect_uri=callback))


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example.org/callback",
        "http://127.0.0.1.evil.example.org:7070/callback",
        "http://127.0.0.1:7070/other",
        "http://127.0.0.1:7070/callback?x=1",
        "http://127.0.0.1:7070/callback#x",
        "http://127.0.0.1:7070@evil.example.org/callback",
        "http://user@127.0.0.1:7070/callback",
        "https://127.0.0.1:7070/callback",
        "http://127.0.0.1:7070/callback\r\nX: y",
        "http://127.0.0.1:99999/callback",
        "javascript:alert(1)",
        "//evil.example.org",
        "",
        None,
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_registered(team: Backend, target: str) -> None:
    for method in ("GET", "POST"):
        answer = team.app.test_client().open(question(redirect_uri=target), method=method)
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert "<form" not in answer.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),  # that is plain, too
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unauthorized_client"),
    ],
)
def test_a_client_is_told_what_is_wrong_with_its_question(team: Backend, changed: Dict[str, Any], error: str) -> None:
    answer = team.app.test_client().get(question(**changed))
    assert answer.status_code == 302
    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (told["error"], told["state"]) == ([error], ["of the client & more"])


def test_the_page_takes_no_form_but_its_own(team: Backend) -> None:
    assert submit(team, question(), nonce="x" * 32).status_code == 400
    blind = team.app.test_client().post(question(), data={"login": ADA, "password": PASSWORD, "nonce": ""})
    assert blind.status_code == 400
    answer = submit(team, question(), password="wrong")
    assert answer.status_code == 401
    assert "<form" in answer.text


def test_the_page_can_be_put_in_no_frame_and_runs_nothing(team: Backend) -> None:
    page = team.app.test_client().get(question(state='"><script>alert(1)</script>'))
    assert "<script" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:7070" in policy
    cookie = page.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


# Programs -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def program(team: Backend) -> Tuple[str, str]:
    """Return a confidential client that acts as Ada, and its secret."""
    secret = new_secret()
    with team.store.writing() as connection:
        user = user_named(connection, ADA).id
        grants = ["client_credentials", "authorization_code"]
        sign_ins.add_client(connection, "robot", "A robot", grants, ["https://app.example.org/back"], secret, user)
    return "robot", secret


def test_a_program_gets_a_token_for_its_secret(team: Backend, program: Tuple[str, str]) -> None:
    name, secret = program
    given = tokens(ask_token(team, grant_type="client_credentials", client_id=name, client_secret=secret))
    assert "refresh_token" not in given
    found = me(team, given["access_token"])
    assert found and found["email"] == ADA
    basic = base64.b64encode(f"{name}:{secret}".encode()).decode()
    answer = team.app.test_client().post(
        f"{REALM}/token", data={"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {basic}"}
    )
    tokens(answer)


@pytest.mark.parametrize("secret", ["", "x", "é"])
def test_a_program_without_its_secret_gets_none(team: Backend, program: Tuple[str, str], secret: str) -> None:
    answer = ask_token(team, grant_type="client_credentials", client_id="robot", client_secret=secret)
    refused(answer, "invalid_client", 401)


def test_a_public_client_is_no_program(team: Backend) -> None:
    answer = ask_token(team, grant_type="client_credentials", client_id="gpf-warehouse", client_secret="known to all")
    assert answer.status_code in (400, 401)


def test_a_confidential_client_needs_no_challenge(team: Backend, program: Tuple[str, str]) -> None:
    """The platform's QGIS plugin asks without PKCE, with a secret (grant flow 0 of QGIS)."""
    name, secret = program
    back = "https://app.example.org/back"
    url = question(client_id=name, redirect_uri=back, code_challenge=None, code_challenge_method=None)
    code, _ = code_of(submit(team, url))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "client_id": name}
    refused(ask_token(team, **form), "invalid_client", 401)
    code, _ = code_of(submit(team, url))
    tokens(ask_token(team, **{**form, "code": code}, client_secret=secret))


# Ending, asking -------------------------------------------------------------------------------------------------------


def test_a_token_can_be_revoked_by_its_client(team: Backend) -> None:
    given = tokens(sign_in(team, ADA))
    other = ask_token(team, path="revoke", client_id="geopub", token=given["access_token"])
    assert other.status_code == 200
    assert me(team, given["access_token"])
    assert ask_token(team, path="revoke", client_id="gpf-warehouse", token=given["access_token"]).status_code == 200
    assert me(team, given["access_token"]) is None
    tokens(refresh(team, given["refresh_token"]))


def test_signing_out_ends_everything(team: Backend) -> None:
    given = tokens(sign_in(team, ADA))
    answer = ask_token(team, path="logout", client_id="gpf-warehouse", refresh_token=given["refresh_token"])
    assert answer.status_code == 200
    assert me(team, given["access_token"]) is None
    refused(refresh(team, given["refresh_token"]), "invalid_grant")


def test_a_resource_server_may_ask_what_a_token_is_worth(team: Backend, program: Tuple[str, str]) -> None:
    name, secret = program
    given = tokens(sign_in(team, ADA))
    asked = {"client_id": name, "client_secret": secret}
    told = ask_token(team, path="token/introspect", token=given["access_token"], **asked).get_json()
    assert told["active"] is True
    assert (told["email"], told["client_id"]) == (ADA, "gpf-warehouse")
    for token in ("x", given["refresh_token"]):
        told = ask_token(team, path="token/introspect", token=token, **asked).get_json()
        assert told == {"active": False}
    blind = ask_token(team, path="token/introspect", token=given["access_token"], client_id="geopub").get_json()
    assert blind == {"active": False}


def test_the_addresses_can_be_discovered(team: Backend) -> None:
    client = team.app.test_client()
    told = client.get("/realms/geoplateforme/.well-known/openid-configuration").get_json()
    assert told["token_endpoint"] == f"http://localhost{REALM}/token"
    for name, url in told.items():
        if name.endswith("_endpoint"):
            assert client.open(urlsplit(url).path, method="POST").status_code in (400, 401), name


def test_userinfo_says_who_has_signed_in(team: Backend) -> None:
    given = tokens(sign_in(team, ADA))
    client = team.app.test_client()
    told = client.get(f"{REALM}/userinfo", headers={"Authorization": f"Bearer {given['access_token']}"}).get_json()
    assert told["email"] == ADA
    assert client.get(f"{REALM}/userinfo", headers={"Authorization": "Bearer x"}).status_code == 401


# Secrets --------------------------------------------------------------------------------------------------------------


def test_no_secret_is_on_the_disk(tmp_path: Path) -> None:
    with running(tmp_path / "data", login="local") as team:
        password, secret = secrets.token_urlsafe(12), new_secret()
        person(team, "ada", password)
        with team.store.writing() as connection:
            sign_ins.add_client(connection, "robot", "", ["password", "refresh_token"], secret=secret)
        form = {"grant_type": "password", "client_id": "robot", "client_secret": secret}
        given = tokens(ask_token(team, **form, username=ADA, password=password))
        hidden = [password, secret, given["access_token"], given["refresh_token"]]
        files = [place.read_bytes() for place in tmp_path.rglob("*") if place.is_file()]
        assert files
        assert not any(one.encode() in content for one in hidden for content in files)


def test_the_embedded_backend_has_no_sign_in_and_needs_none_of_its_packages(tmp_path: Path) -> None:
    with running(tmp_path / "data") as backend:
        assert backend.app.test_client().post(f"{REALM}/token").status_code == 404
    program = (
        "import sys\n"
        "class Without:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('oauthlib', 'jwt', 'cryptography'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Without())\n"
        "import geopub_plugin.backend.app, geopub_plugin.backend.server\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).resolve().parents[3])
