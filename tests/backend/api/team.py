"""People of a team server, for the tests."""

from __future__ import annotations

from typing import Any, Dict, Optional

from werkzeug.test import TestResponse

from geopub_plugin.backend.access import passwords
from geopub_plugin.backend.access.digests import new_secret
from geopub_plugin.backend.catalogue import sign_ins
from geopub_plugin.backend.catalogue.accounts import add_account
from geopub_plugin.backend.catalogue.members import put_member
from geopub_plugin.backend.catalogue.seeds import add_community, add_datastore, join_discovery
from geopub_plugin.backend.catalogue.spaces import Datastore, User

from .conversation import Backend, Client

REALM = "/realms/geoplateforme/protocol/openid-connect"
passwords.METHOD = "scrypt:1024:8:1"  # thirty times faster, which tests may be
PASSWORD = "correct horse battery staple"


def person(backend: Backend, name: str, password: str = "", **more: Any) -> User:
    """Add a user name@example.org; without a password, one who signs in elsewhere."""
    subject = None if password else f"https://elsewhere.example.org {name}"
    with backend.store.writing() as connection:
        user = add_account(connection, f"{name}@example.org", password, name.title(), "Test", subject=subject, **more)
        join_discovery(connection, user)
        return user


def group(backend: Backend, name: str, supervisor: User, **limits: Any) -> Datastore:
    """Add a community with a datastore."""
    with backend.store.writing() as connection:
        return add_datastore(connection, add_community(connection, name.title(), name, supervisor), **limits)


def join(backend: Backend, user: User, datastore: Datastore, *rights: str) -> None:
    """Let a user into the community of a datastore."""
    with backend.store.writing() as connection:
        put_member(connection, datastore.community, user.id, rights)


def token_of(backend: Backend, user: User, client: str = "gpf-warehouse") -> str:
    """Return an access token of a user, as the sign-in hands it out."""
    token = new_secret()
    with backend.store.writing() as connection:
        begun = sign_ins.begin(connection, client, user.id, "openid")
        sign_ins.add_token(connection, begun.id, sign_ins.ACCESS, token, sign_ins.moment_after(hours=1))
    return token


def as_user(backend: Backend, user: User, datastore: str = "local") -> Client:
    """Return a client of the API for which a user has signed in."""
    return Client(backend.app, token_of(backend, user), datastore)


def ask_token(backend: Backend, address: str = "192.0.2.1", path: str = "token", **form: str) -> TestResponse:
    """Ask the token endpoint."""
    client = backend.app.test_client()
    return client.post(f"{REALM}/{path}", data=form, environ_base={"REMOTE_ADDR": address})


def sign_in(backend: Backend, login: str, password: str = PASSWORD, **more: str) -> TestResponse:
    """Ask for a token by password, as the platform's SDK does."""
    form = {"client_id": "gpf-warehouse", "client_secret": "known to all", "grant_type": "password"}
    return ask_token(backend, **form, username=login, password=password, **more)


def me(backend: Backend, token: str) -> Optional[Dict[str, Any]]:
    """Return what users/me says to a token, None when it is refused."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = backend.app.test_client().get("/api/users/me", headers=headers)
    assert answer.status_code in (200, 401)
    return answer.get_json() if answer.status_code == 200 else None
