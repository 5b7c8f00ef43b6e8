"""Admission to the services that are not for everybody: from what a request carries to the offerings it may see."""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterator, List, Optional, Tuple
from urllib.parse import urlsplit

from flask import Request, g
from sqlalchemy import Connection, select

from ..catalogue import access_tables
from ..catalogue.accesses import opened_by
from ..catalogue.keys import BASIC, HASH, HEADER, OAUTH2, Key, header_digest, keys
from ..catalogue.store import Store
from ..errors import NotAllowed, NotAuthenticated
from ..translation import tr
from .addresses import is_in, networks
from .attempts import Attempts, guesses
from .basic import basic_credentials
from .callers import Identity
from .digests import digest, same
from .passwords import RememberedPasswords, is_password

PARAMETER = "apikey"  # the parameter, and the header, of a HASH key


class Admission:
    """Opens the door to who carries a key (or, for a key of type OAUTH2, a token)."""

    def __init__(self, store: Store, identity: Identity, attempts: Attempts) -> None:
        self._store, self._identity, self._attempts = store, identity, attempts
        self._remembered = RememberedPasswords()

    def admitted(self, request: Request) -> FrozenSet[str]:
        """Return the offerings that a request may see now.

        Raises:
            NotAuthenticated: it carries no key, or one that is none.
            NotAllowed: its key is not good from there, or for such a program.
            TooManyRequests: too many passwords were wrong.
        """
        with self._store.reading() as connection:
            key = self._key(connection, request)
            if key is None:
                raise NotAuthenticated(
                    tr("This service is not for everybody."),
                    tr("The request carries no valid key."),
                    tr("Send a key that was given access: {name}=… or the header of its type.", name=PARAMETER),
                )
            _require_limits(key, request)
            g.access_key = key.id  # what it opens is counted for it
            return opened_by(connection, key)

    def _key(self, connection: Connection, request: Request) -> Optional[Key]:
        """Return the key of a request, in the order: parameter, header, Authorization, other headers."""
        given = next((value for name, value in request.args.items() if name.lower() == PARAMETER), "")
        given = given or request.headers.get(PARAMETER, "")
        if given:
            return _of_hash(connection, given)
        authorization = request.headers.get("Authorization", "")
        if authorization:
            scheme = authorization.partition(" ")[0].lower()
            return self._of_password(connection, request) if scheme == "basic" else self._of_token(connection, request)
        return _of_headers(connection, request)

    def _of_password(self, connection: Connection, request: Request) -> Optional[Key]:
        sent = basic_credentials(request.headers.get("Authorization", ""))
        if sent is None:
            return None
        login, password = sent
        found = keys.find(connection, *_called(BASIC, login))
        kept = found[0].secret if found else ""
        if kept and self._remembered.knows(kept, password):
            return found[0]
        counted = guesses("key", login, request.remote_addr or "")
        self._attempts.begin(counted)
        if not is_password(kept, password):
            return None
        self._attempts.succeeded(counted)
        self._remembered.remember(kept, password)
        return found[0]

    def _of_token(self, connection: Connection, request: Request) -> Optional[Key]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        found = self._identity.caller_of(token.strip()) if scheme.lower() == "bearer" and token.strip() else None
        if found is None:
            return None
        columns = access_tables.key.c
        return next(iter(keys.find(connection, columns.type == OAUTH2, columns.user == found.user.id)), None)


def _of_hash(connection: Connection, given: str) -> Optional[Key]:
    return next(iter(keys.find(connection, *_called(HASH, digest(given)))), None)


def _of_headers(connection: Connection, request: Request) -> Optional[Key]:
    columns = access_tables.key.c
    kinds = connection.execute(select(columns.lookup).where(columns.type == HEADER).distinct()).scalars()
    for lookup in sorted(kinds):
        names = lookup.split("\n")
        if all(name in request.headers for name in names):
            sent: Dict[str, str] = {name: request.headers[name] for name in names}
            found = [key for key in _of_type(connection, lookup) if same(key.secret, header_digest(sent))]
            if found:
                return found[0]
    return None


def _of_type(connection: Connection, lookup: str) -> List[Key]:
    return keys.find(connection, *_called(HEADER, lookup))


def _called(kind: str, lookup: str) -> Iterator[object]:
    columns = access_tables.key.c
    yield columns.type == kind
    yield columns.lookup == lookup


def _require_limits(key: Key, request: Request) -> None:
    """Refuse a key where its owner does not want it to be good."""
    address = request.remote_addr or ""
    wrong: Tuple[bool, ...] = (
        bool(key.whitelist) and not is_in(address, networks(key.whitelist)),
        bool(key.blacklist) and is_in(address, networks(key.blacklist)),
        bool(key.user_agent) and key.user_agent.lower() not in request.headers.get("User-Agent", "").lower(),
        bool(key.referer) and not comes_from(request.headers.get("Referer", ""), key.referer),
    )
    if any(wrong):
        reasons = (tr("address"), tr("address"), "User-Agent", "Referer")
        raise NotAllowed(
            tr("The key is not good for this request."),
            tr("Its owner limits it: {what}.", what=reasons[wrong.index(True)]),
        )


def comes_from(referer: str, site: str) -> bool:
    """Tell whether a page is of a site: a host (with its subdomains), or the beginning of an address."""
    try:
        page, wanted = urlsplit(referer), urlsplit(site if "://" in site else f"//{site}")
        host, name = (page.hostname or ""), (wanted.hostname or "")
        ports = (page.port, wanted.port)
    except ValueError:
        return False
    if not wanted.scheme:
        return bool(name) and (host == name or host.endswith(f".{name}")) and ports[1] in (None, ports[0])
    path = wanted.path.rstrip("/")
    inside = page.path == path or page.path.startswith(f"{path}/")
    return (page.scheme, host, ports[0]) == (wanted.scheme, name, ports[1]) and (inside or not path)
