"""What the administrator of a team server does from the command line: users, datastores, clients.

It works on the catalogue itself, also while a backend serves it: every sign-in and every right is read anew at each
request.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping

from sqlalchemy import Connection

from ..access.digests import new_secret
from ..errors import Conflict, InvalidInput
from ..places import Places
from ..translation import tr
from . import tables
from .accounts import accounts, add_account, listed, remove_account, set_password, user_named
from .database import Database
from .members import members, put_member
from .migrations import NEWEST, version
from .quotas import limit_of, set_limit
from .seeds import LOCAL_EMAIL, add_community, add_datastore, join_discovery
from .sign_ins import OAuthClient, add_client, listed_clients, remove_client
from .spaces import Datastore, User, communities, datastore_named, datastores, storage_allowances

Json = Dict[str, Any]
Told = Mapping[str, Any]

_TECHNICAL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
_LIMITS = ("bytes", "offerings", "keep_days")


def administer(data: Path, catalogue_url: str, told: Told) -> Any:
    """Do one thing and return what is to be said of it.

    Args:
        data: the data folder.
        catalogue_url: of a PostgreSQL database; "" for SQLite in the data folder.
        told: `do`, a key of `ACTIONS`, and what that takes.

    Raises:
        GeoPubError: it cannot be done.
    """
    action = ACTIONS.get(str(told.get("do")))
    if action is None:
        raise InvalidInput(tr("There is no action “{name}”.", name=told.get("do")))
    with _catalogue(data, catalogue_url) as connection:
        return action(connection, told)


@contextmanager
def _catalogue(data: Path, catalogue_url: str) -> Iterator[Connection]:
    places = Places(data)
    if not catalogue_url and not places.catalogue.exists():
        raise _unprepared(data)
    database = Database(catalogue_url or f"sqlite:///{places.catalogue}", data)
    try:
        with database.writing() as connection:
            if version(connection) != NEWEST:
                raise _unprepared(data)
            yield connection
    finally:
        database.close()


def _unprepared(data: Path) -> Conflict:
    return Conflict(
        tr("The data folder {path} cannot be administered yet.", path=data),
        tr("There is no catalogue of this version of GeoPub in it."),
        tr("Start `geopub serve` on it once."),
    )


# Users --------------------------------------------------------------------------------------------------------------


def _add_user(connection: Connection, told: Told) -> Json:
    names = {name: str(told.get(name) or "") for name in ("first_name", "last_name")}
    administrator = bool(told.get("administrator"))
    user = add_account(connection, told["email"], told["password"], administrator=administrator, **names)
    join_discovery(connection, user)
    return _user(connection, user)


def _list_users(connection: Connection, _told: Told) -> List[Json]:
    return [_user(connection, user) for user in listed(connection) if user.email != LOCAL_EMAIL]


def _remove_user(connection: Connection, told: Told) -> Json:
    user = user_named(connection, told["email"])
    if user.email == LOCAL_EMAIL:
        raise Conflict(tr("The user of this machine cannot be removed."))
    form = _user(connection, user)
    remove_account(connection, user)
    return form


def _set_password(connection: Connection, told: Told) -> Json:
    user = user_named(connection, told["email"])
    if user.email == LOCAL_EMAIL:
        raise Conflict(tr("The user of this machine has the token of server.json, and no password."))
    set_password(connection, user.id, told["password"])
    return _user(connection, user)


def _user(connection: Connection, user: User) -> Json:
    account = accounts(connection).get(user.id)
    return {
        "email": user.email,
        "name": f"{user.first_name} {user.last_name}".strip(),
        "administrator": bool(account and account.administrator),
        "sign_in": "elsewhere" if account and account.subject else "password" if account else "none",
        "last_login": account.last_login if account else None,
    }


# Datastores ---------------------------------------------------------------------------------------------------------


def _add_datastore(connection: Connection, told: Told) -> Json:
    name = str(told["name"])
    if not _TECHNICAL_NAME.fullmatch(name):
        raise InvalidInput(
            tr("“{name}” cannot be the name of a datastore.", name=name),
            tr("It has up to 30 small letters, digits and hyphens."),
        )
    if communities.find(connection, tables.community.c.technical_name == name):
        raise Conflict(tr("There is a datastore {name} already.", name=name))
    supervisor = user_named(connection, told["supervisor"])
    community = add_community(connection, str(told.get("title") or name), name, supervisor)
    datastore = add_datastore(connection, community)
    return _limit(connection, {**told, "name": datastore.id})


def _list_datastores(connection: Connection, _told: Told) -> List[Json]:
    return [_datastore(connection, one) for one in datastores.find(connection)]


def _limit(connection: Connection, told: Told) -> Json:
    datastore = datastore_named(connection, told["name"])
    changes = {name: int(told[name]) or None for name in _LIMITS if told.get(name) is not None}
    if changes:
        set_limit(connection, datastore.id, **changes)
    return _datastore(connection, datastore)


def _put_member(connection: Connection, told: Told) -> Json:
    datastore = datastore_named(connection, told["name"])
    put_member(connection, datastore.community, user_named(connection, told["email"]).id, told.get("rights") or ())
    return _datastore(connection, datastore)


def _datastore(connection: Connection, datastore: Datastore) -> Json:
    limit = limit_of(connection, datastore.id)
    return {
        "name": datastore.technical_name,
        "title": datastore.name,
        "used": sum(one.use for one in storage_allowances(connection, datastore.id)),
        "bytes": limit.bytes,
        "offerings": limit.offerings,
        "keep_days": limit.keep_days,
        "members": {one.user.email: one.rights for one in members(connection, datastore.community)},
    }


# Clients ------------------------------------------------------------------------------------------------------------


def _add_client(connection: Connection, told: Told) -> Json:
    """Add a confidential client; this answer is the only one that holds its secret."""
    redirects, account = list(told.get("redirects") or ()), told.get("account")
    if not redirects and not account:
        raise InvalidInput(
            tr("The client could ask for no token."),
            tr("It has no address to which a code is sent, and no user as whom it acts."),
        )
    grants = [
        *(["authorization_code", "refresh_token"] if redirects else ()),
        *(["client_credentials"] if account else ()),
    ]
    secret, user = new_secret(), user_named(connection, account).id if account else None
    client = add_client(connection, told["id"], str(told.get("name") or told["id"]), grants, redirects, secret, user)
    return {**_client(client), "secret": secret}


def _list_clients(connection: Connection, _told: Told) -> List[Json]:
    return [_client(client) for client in listed_clients(connection)]


def _remove_client(connection: Connection, told: Told) -> Json:
    remove_client(connection, told["id"])
    return {"id": told["id"]}


def _client(client: OAuthClient) -> Json:
    return {"id": client.id, "public": client.public, "grants": client.grants, "redirects": client.redirects}


ACTIONS: Mapping[str, Callable[[Connection, Told], Any]] = {
    "user.add": _add_user,
    "user.list": _list_users,
    "user.remove": _remove_user,
    "user.password": _set_password,
    "datastore.add": _add_datastore,
    "datastore.list": _list_datastores,
    "datastore.limit": _limit,
    "datastore.member": _put_member,
    "client.add": _add_client,
    "client.list": _list_clients,
    "client.remove": _remove_client,
}
