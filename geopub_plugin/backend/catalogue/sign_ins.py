"""Sign-ins (OAuth 2.0 grants): their clients, codes and tokens. Codes and tokens are kept as SHA-256 only."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Optional, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from ..access.digests import digest
from ..errors import Conflict, InvalidInput, NotFound
from ..translation import tr
from .access_tables import oauth_client, oauth_grant, oauth_token
from .database import now

ACCESS, REFRESH = "access", "refresh"
CODE_SECONDS = 120
REFRESH_DAYS = 30
GRANTS = ("password", "client_credentials", "authorization_code", "refresh_token")


@dataclass(frozen=True)
class OAuthClient:
    """A program that asks for tokens."""

    id: str
    created: str
    name: str
    secret: str  # hash; "" for a public client
    grants: List[str]
    redirects: List[str]
    user: Optional[str]

    @property
    def client_id(self) -> str:
        """Its id, under the name by which oauthlib asks for it."""
        return self.id

    @property
    def public(self) -> bool:
        """Whether it is one that can keep no secret (RFC 6749 §2.1)."""
        return not self.secret

    def __repr__(self) -> str:
        return f"OAuthClient({self.id})"


@dataclass(frozen=True)
class SignIn:
    """One sign-in of a user through a client; every token that came of it ends with it."""

    id: str
    created: str
    client: str
    user: str
    scope: str
    code: Optional[str]
    code_expires: Optional[str]
    code_used: bool
    redirect_uri: str
    challenge: str
    challenge_method: str


@dataclass(frozen=True)
class Token:
    """What is kept of a token."""

    hash: str
    grant: str
    kind: str
    created: str
    expires: str
    spent: bool

    @property
    def live(self) -> bool:
        """Whether it may be used now."""
        return not self.spent and self.expires > now()


def moment_after(**duration: float) -> str:
    """Return the moment so much later than now, as `database.now` writes it."""
    moment = datetime.now(timezone.utc) + timedelta(**duration)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds_of(moment: str) -> int:
    """Return a moment as seconds since 1970."""
    return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())


# Clients ------------------------------------------------------------------------------------------------------------


def add_client(
    connection: Connection,
    identifier: str,
    name: str,
    grants: Sequence[str],
    redirects: Sequence[str] = (),
    secret: Optional[str] = None,
    user: Optional[str] = None,
) -> OAuthClient:
    """Let a program ask for tokens; `secret` is random and long, without one the client is a public one."""
    if not identifier.isprintable() or not 1 <= len(identifier) <= 100 or set(grants) - set(GRANTS):
        raise InvalidInput(tr("“{name}” cannot be a client.", name=identifier[:100]))
    if find_client(connection, identifier) is not None:
        raise Conflict(tr("There is a client {name} already.", name=identifier))
    row = {
        "id": identifier,
        "created": now(),
        "name": name,
        "secret": digest(secret) if secret else "",
        "grants": list(grants),
        "redirects": list(redirects),
        "user": user,
    }
    connection.execute(insert(oauth_client).values(row))
    return OAuthClient(**row)  # type: ignore[arg-type]


def find_client(connection: Connection, identifier: str) -> Optional[OAuthClient]:
    """Return the client of a client_id, or None."""
    row = connection.execute(select(oauth_client).where(oauth_client.c.id == identifier)).first()
    return OAuthClient(**row._mapping) if row else None


def listed_clients(connection: Connection) -> List[OAuthClient]:
    """Return every client."""
    rows = connection.execute(select(oauth_client).order_by(oauth_client.c.created, oauth_client.c.id))
    return [OAuthClient(**row._mapping) for row in rows]


def remove_client(connection: Connection, identifier: str) -> None:
    """Remove a client with every token it got."""
    if find_client(connection, identifier) is None:
        raise NotFound(tr("There is no client {name}.", name=identifier))
    connection.execute(delete(oauth_client).where(oauth_client.c.id == identifier))


# Sign-ins -----------------------------------------------------------------------------------------------------------


def begin(connection: Connection, client: str, user: str, scope: str, code: str = "", **asked: str) -> SignIn:
    """Keep a new sign-in; `asked` are redirect_uri, challenge and challenge_method of one by a code."""
    row: Dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "created": now(),
        "client": client,
        "user": user,
        "scope": scope,
        "code": digest(code) if code else None,
        "code_expires": moment_after(seconds=CODE_SECONDS) if code else None,
        **asked,
    }
    connection.execute(insert(oauth_grant).values(row))
    return sign_in(connection, row["id"])


def sign_in(connection: Connection, identifier: str) -> SignIn:
    """Return a sign-in."""
    return SignIn(**connection.execute(select(oauth_grant).where(oauth_grant.c.id == identifier)).one()._mapping)


def sign_in_of_code(connection: Connection, code: str) -> Optional[SignIn]:
    """Return the sign-in that a code stands for, also when the code was used or is too old, or None."""
    row = connection.execute(select(oauth_grant).where(oauth_grant.c.code == digest(code))).first()
    return SignIn(**row._mapping) if row else None


def use_code(connection: Connection, identifier: str) -> None:
    """Let a code be of no more use."""
    connection.execute(update(oauth_grant).where(oauth_grant.c.id == identifier).values(code_used=True))


def end(connection: Connection, identifier: str) -> None:
    """End a sign-in with all its tokens."""
    connection.execute(delete(oauth_grant).where(oauth_grant.c.id == identifier))


def add_token(connection: Connection, grant: str, kind: str, token: str, expires: str) -> None:
    """Keep a token that is handed out."""
    row = {"hash": digest(token), "grant": grant, "kind": kind, "created": now(), "expires": expires}
    connection.execute(insert(oauth_token).values(row))


def find_token(connection: Connection, token: str) -> Optional[Token]:
    """Return what is kept of a token, also when it is of no more use, or None."""
    row = connection.execute(select(oauth_token).where(oauth_token.c.hash == digest(token))).first()
    return Token(**row._mapping) if row else None


def spend(connection: Connection, token: str) -> bool:
    """Let a refresh token be of no more use; False: it was so already."""
    table = oauth_token
    statement = update(table).where(table.c.hash == digest(token), table.c.spent.is_(False)).values(spent=True)
    return bool(connection.execute(statement).rowcount)


def remove_token(connection: Connection, token: str) -> None:
    """Remove a token."""
    connection.execute(delete(oauth_token).where(oauth_token.c.hash == digest(token)))


def forget_expired(connection: Connection) -> None:
    """Remove the tokens that are too old, and the sign-ins that have none left."""
    moment = now()
    connection.execute(delete(oauth_token).where(oauth_token.c.expires < moment))
    alive = select(oauth_token.c.grant)
    unused = oauth_grant.c.code.is_(None) | (oauth_grant.c.code_expires < moment)
    connection.execute(delete(oauth_grant).where(oauth_grant.c.id.not_in(alive), unused))
