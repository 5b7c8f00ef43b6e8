"""Who asks the API: the bearer token (RFC 6750) of a request, and the user behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional, Protocol, cast

from flask import g, request

from ..catalogue import sign_ins
from ..catalogue.accounts import account_of
from ..catalogue.seeds import local_user
from ..catalogue.spaces import User, users
from ..catalogue.store import Store
from .digests import digest, same


@dataclass(frozen=True)
class Caller:
    """The user for whom a request is made."""

    user: User
    administrator: bool = False  # may do everything everywhere


class Identity(Protocol):
    """Knows users by their tokens."""

    def caller_of(self, token: str) -> Optional[Caller]:
        """Return the user of a token, None when it is of no use."""


class LocalToken:
    """The one token of server.json: whoever can read that file owns the store."""

    def __init__(self, store: Store, token: str) -> None:
        self._store, self._expected = store, digest(token)

    def caller_of(self, token: str) -> Optional[Caller]:
        """Return the local user."""
        if not same(digest(token), self._expected):
            return None
        with self._store.reading() as connection:
            return Caller(local_user(connection), administrator=True)


class StoredTokens:
    """The access tokens that this backend has handed out."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def caller_of(self, token: str) -> Optional[Caller]:
        """Return the user who has signed in."""
        with self._store.reading() as connection:
            found = sign_ins.find_token(connection, token)
            if found is None or found.kind != sign_ins.ACCESS or not found.live:
                return None
            user = users.get(connection, sign_ins.sign_in(connection, found.grant).user)
            account = account_of(connection, user.id)
        return Caller(user, account is not None and account.administrator)


class FirstOf:
    """Asks one after the other."""

    def __init__(self, *among: Identity) -> None:
        self._among = among

    def caller_of(self, token: str) -> Optional[Caller]:
        """Return the user of whoever knows the token."""
        return next((caller for one in self._among for caller in [one.caller_of(token)] if caller), None)


def bearer_token() -> str:
    """Return the bearer token of the request, "" for none."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def caller() -> Caller:
    """Return who asks; only routes behind the token guard may."""
    return cast(Caller, g.caller)


CallerOf = Callable[[str], Optional[Caller]]
