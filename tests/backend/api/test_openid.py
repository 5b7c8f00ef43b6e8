"""An external issuer: tokens with its signature, and tokens about which it is asked."""

from __future__ import annotations

import json
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from werkzeug.serving import make_server

from geopub_plugin.backend.access.digests import new_secret
from geopub_plugin.backend.access.openid import IssuerTokens
from geopub_plugin.backend.catalogue import sign_ins
from geopub_plugin.backend.errors import InvalidInput, Unavailable
from geopub_plugin.backend.settings import Settings

from .conversation import running
from .team import PASSWORD, me, person, token_of

jwt = pytest.importorskip("jwt")
rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")


@cache
def private_key(_name: str) -> Any:
    return rsa.generate_private_key(65537, 2048)


class Issuer(ThreadingHTTPServer):
    """An issuer with one key at a time; counts how often its keys are fetched."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.url = f"http://127.0.0.1:{self.server_port}/realm"
        self.name, self.fetched = self.url, 0
        self.turn_key("first")

    def turn_key(self, name: str) -> None:
        self.key_name, self.key = name, private_key(name)

    def token(self, **changed: Any) -> str:
        now = int(time.time())
        claims: Dict[str, Any] = {"iss": self.url, "sub": "ada-1", "exp": now + 300, "aud": "geopub", **changed}
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, self.key, "RS256", headers={"kid": self.key_name})

    def documents(self, path: str) -> Any:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        if path.endswith("/keys"):
            self.fetched += 1
            return {"keys": [{**public, "kid": self.key_name, "use": "sig", "alg": "RS256"}]}
        return {"issuer": self.name, "jwks_uri": f"{self.url}/keys"}


class _Answers(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        body = json.dumps(self.server.documents(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def told(issuer: Issuer, **more: str) -> Dict[str, str]:
    return {"login": "openid", "openid_issuer": issuer.url, "openid_audience": "geopub", **more}


def test_a_token_of_the_issuer_opens_the_api_and_makes_its_user_once(tmp_path: Path, issuer: Issuer) -> None:
    with running(tmp_path / "data", **told(issuer)) as backend:
        about = {"email": "ada@example.org", "given_name": "Ada", "family_name": "Test"}
        first, second = me(backend, issuer.token(**about)), me(backend, issuer.token(aud=["x", "geopub"]))
        assert first and second
        assert (first["email"], first["first_name"], first["_id"]) == ("ada@example.org", "Ada", second["_id"])
        assert [one["community"]["technical_name"] for one in first["communities_member"]] == ["decouverte"]
        assert me(backend, issuer.token(aud=None, azp="geopub"))
        assert issuer.fetched == 1


def test_another_token_opens_nothing(tmp_path: Path, issuer: Issuer) -> None:
    with running(tmp_path / "data", **told(issuer)) as backend:
        good = issuer.token()
        head, body, signature = good.split(".")
        public = issuer.key.public_key().public_numbers()
        bad: List[str] = [
            issuer.token(exp=int(time.time()) - 60),
            issuer.token(exp=None),
            issuer.token(sub=None),
            issuer.token(aud="another"),
            issuer.token(aud=None),
            issuer.token(iss="https://another.example.org"),
            issuer.token(typ="ID"),
            issuer.token(nbf=int(time.time()) + 600),
            jwt.encode({"iss": issuer.url, "sub": "ada-1", "exp": 1 << 40, "aud": "geopub"}, "", "none"),
            jwt.encode(
                {"iss": issuer.url, "sub": "x", "exp": 1 << 40, "aud": "geopub"}, str(public.n).encode(), "HS256"
            ),
            f"{head}.{body}.",
            f"{head}.{body[:-2]}AA.{signature}",
            "x",
            "a.b.c",
        ]
        stolen_name = issuer.key_name
        stranger = Issuer()
        stranger.server_close()
        stranger.turn_key("of a stranger")
        stranger.url, stranger.key_name = issuer.url, stolen_name
        bad.append(stranger.token())
        assert me(backend, good)
        for token in bad:
            assert me(backend, token) is None, token


def test_a_new_key_is_fetched_and_unknown_ones_do_not_make_it_ask_and_ask(tmp_path: Path, issuer: Issuer) -> None:
    with running(tmp_path / "data", **told(issuer)) as backend, pytest.MonkeyPatch.context() as patch:
        assert me(backend, issuer.token())
        issuer.turn_key("second")
        assert me(backend, issuer.token()) is None  # the keys were fetched a moment ago
        assert issuer.fetched == 1
        patch.setattr("geopub_plugin.backend.access.openid._KEYS_SECONDS", 0.0)
        assert me(backend, issuer.token(sub="eve"))
        assert issuer.fetched == 2


@pytest.mark.parametrize(("verified", "status"), [(True, 200), (False, 403), (None, 403)])
def test_a_known_e_mail_address_is_taken_over_only_when_the_issuer_has_verified_it(
    tmp_path: Path, issuer: Issuer, verified: Any, status: int
) -> None:
    with running(tmp_path / "data", **told(issuer)) as backend:
        known = person(backend, "ada", PASSWORD)
        token = issuer.token(email="ADA@example.org", email_verified=verified)
        answer = backend.app.test_client().get("/api/users/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status
        assert status != 200 or answer.get_json()["_id"] == known.id


def test_an_administrator_cannot_be_taken_over(tmp_path: Path, issuer: Issuer) -> None:
    with running(tmp_path / "data", **told(issuer)) as backend:
        person(backend, "ada", PASSWORD, administrator=True)
        token = issuer.token(email="ada@example.org", email_verified=True)
        answer = backend.app.test_client().get("/api/users/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 403


def test_an_issuer_that_is_silent_or_another_one_is_said_to_be(tmp_path: Path, issuer: Issuer) -> None:
    with running(tmp_path / "data", **told(issuer)) as backend:
        issuer.name = "https://another.example.org"
        headers = {"Authorization": f"Bearer {issuer.token()}"}
        assert backend.app.test_client().get("/api/users/me", headers=headers).status_code == 503
    with running(tmp_path / "other", **told(issuer, openid_issuer="http://127.0.0.1:9/realm")) as backend:
        assert backend.app.test_client().get("/api/users/me", headers=headers).status_code == 503
        assert backend.client().get("")["technical_name"] == "local"  # who owns the store gets in


def test_the_issuer_is_asked_about_tokens_that_are_no_jwt(tmp_path: Path) -> None:
    """The issuer of this test is another GeoPub: opaque tokens, RFC 7662."""
    with running(tmp_path / "issuer", login="local") as home:
        ada, secret = person(home, "ada"), new_secret()
        with home.store.writing() as connection:
            sign_ins.add_client(connection, "geopub-elsewhere", "", ["client_credentials"], (), secret)
        server = make_server("127.0.0.1", 0, home.app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        file = tmp_path / "secret.txt"
        file.write_text(secret + "\n")
        settings = {
            "login": "openid",
            "openid_issuer": f"http://127.0.0.1:{server.server_port}/realms/geoplateforme",
            "openid_audience": "gpf-warehouse",
            "openid_client": "geopub-elsewhere",
            "openid_secret_file": str(file),
        }
        with running(tmp_path / "away", **settings) as backend:
            found = me(backend, token_of(home, ada))
            assert found and found["email"] == "ada@example.org"
            assert me(backend, token_of(home, ada, client="geopub")) is None  # made out for another
            assert me(backend, "x") is None
        server.shutdown()


def test_half_a_setup_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Settings.read({}, data="x", login="openid", openid_issuer="https://a.example.org")
    with pytest.raises(InvalidInput):
        Settings.read({}, data="x", login="magic")


def test_without_its_packages_it_says_so(tmp_path: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(Unavailable, match="server"):
        IssuerTokens(None, Settings(tmp_path, **told(issuer)))  # type: ignore[arg-type]
