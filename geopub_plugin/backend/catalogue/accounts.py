"""Accounts: users who sign in, here with a password or at an external issuer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional

from sqlalchemy import Connection, func, insert, select, update

from ..access.passwords import check_length, hash_password, is_password
from ..errors import Conflict, InvalidInput, NotAllowed, NotFound
from ..translation import tr
from . import access_tables, tables
from .database import now
from .spaces import User, communities, users

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,180}")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Account:
    """How a user signs in."""

    user: str
    password: str  # hash; "" for none
    subject: Optional[str]  # "<issuer> <sub>"
    administrator: bool
    last_login: Optional[str]

    def __repr__(self) -> str:
        return f"Account({self.user})"


def add_account(
    connection: Connection,
    email: str,
    password: Optional[str] = None,
    first_name: str = "",
    last_name: str = "",
    administrator: bool = False,
    subject: Optional[str] = None,
) -> User:
    """Add a user who may sign in.

    Raises:
        InvalidInput: e-mail or password cannot be used.
        Conflict: there is a user with this e-mail.
    """
    email = email.strip()
    if not _EMAIL.fullmatch(email):
        raise InvalidInput(tr("“{email}” is no e-mail address.", email=email[:80]))
    if find_user(connection, email) is not None:
        raise Conflict(
            tr("There is a user {email} already.", email=email), cure=tr("Change that user, or remove it first.")
        )
    if password or subject is None:
        check_length(password or "")
    user = users.add(
        connection, email=email, first_name=first_name[:_LONGEST_NAME], last_name=last_name[:_LONGEST_NAME]
    )
    kept = hash_password(password) if password else ""
    values = {"user": user.id, "password": kept, "administrator": administrator, "subject": subject}
    connection.execute(insert(access_tables.account).values(values))
    return user


def find_user(connection: Connection, email: str) -> Optional[User]:
    """Return the user of an e-mail address, in any case of its letters, or None."""
    found = users.find(connection, func.lower(tables.user.c.email) == email.strip().lower())
    return found[0] if found else None


def user_named(connection: Connection, name: str) -> User:
    """Return the user of an e-mail address or an identifier, or raise NotFound."""
    found = find_user(connection, name) or next(iter(users.find(connection, tables.user.c.id == name)), None)
    if found is None:
        raise NotFound(tr("There is no user {name}.", name=name), cure=tr("`geopub user list` shows them."))
    return found


def account_of(connection: Connection, user: str) -> Optional[Account]:
    """Return how a user signs in, None for one who does not."""
    row = connection.execute(select(access_tables.account).where(access_tables.account.c.user == user)).first()
    return Account(**row._mapping) if row else None


def accounts(connection: Connection) -> Dict[str, Account]:
    """Return every account by its user."""
    return {row.user: Account(**row._mapping) for row in connection.execute(select(access_tables.account))}


def signed_in(connection: Connection, email: str, password: str) -> Optional[User]:
    """Return the user whose e-mail and password these are, or None; it takes as long when there is no such user."""
    user = find_user(connection, email)
    account = account_of(connection, user.id) if user else None
    right = is_password(account.password if account else "", password)
    return user if right else None


def note_login(connection: Connection, user: str) -> None:
    """Keep the moment at which a user has signed in."""
    table = access_tables.account
    connection.execute(update(table).where(table.c.user == user).values(last_login=now()))


def set_password(connection: Connection, user: str, password: str) -> None:
    """Give a user another password, and end every sign-in with the former one."""
    check_length(password)
    table, grant = access_tables.account, access_tables.oauth_grant
    values = {"password": hash_password(password)}
    if account_of(connection, user) is None:
        connection.execute(insert(table).values(user=user, administrator=False, **values))
    else:
        connection.execute(update(table).where(table.c.user == user).values(values))
    connection.execute(grant.delete().where(grant.c.user == user))


def remove_account(connection: Connection, user: User) -> None:
    """Remove a user with all keys, tokens and permissions.

    Raises:
        Conflict: the user is the supervisor of a community.
    """
    led = communities.find(connection, tables.community.c.supervisor == user.id)
    if led:
        raise Conflict(
            tr("The user {email} cannot be removed.", email=user.email),
            tr("It is the supervisor of the community “{name}”.", name=led[0].name),
            tr("Give that community another supervisor first."),
        )
    users.remove(connection, user.id)


def external_user(connection: Connection, issuer: str, claims: Mapping[str, Any]) -> User:
    """Return the user that an issuer speaks of, made at the first time.

    Args:
        connection: in a transaction that writes.
        issuer: its URL.
        claims: what it says, verified: `sub`, and perhaps `email`, `email_verified`, `given_name`, `family_name`.

    Raises:
        NotAllowed: the e-mail is that of a user who signs in otherwise, and is not verified.
    """
    subject = f"{issuer} {claims['sub']}"
    known = find_external(connection, subject)
    if known is not None:
        return known
    email = str(claims.get("email") or "").strip()
    taken = find_user(connection, email) if email else None
    if taken is None:
        usable = email if _EMAIL.fullmatch(email) else f"{_plain(str(claims['sub']))}@{_plain(issuer)}"
        names = {name: str(claims.get(claim) or "") for name, claim in _NAMES.items()}
        return add_account(connection, usable, subject=subject, **names)
    account = account_of(connection, taken.id)
    if claims.get("email_verified") is not True or account is None or account.subject or account.administrator:
        raise NotAllowed(
            tr("You cannot sign in with this account."),
            tr("There is another user with the e-mail address {email}.", email=email),
            tr("Ask the administrator of the server."),
        )
    table = access_tables.account
    connection.execute(update(table).where(table.c.user == taken.id).values(subject=subject))
    return taken


def find_external(connection: Connection, subject: str) -> Optional[User]:
    """Return the user of an issuer's subject, or None."""
    table = access_tables.account
    row = connection.execute(select(table.c.user).where(table.c.subject == subject)).first()
    return users.get(connection, row.user) if row else None


def listed(connection: Connection) -> List[User]:
    """Return every user, by e-mail."""
    return sorted(users.find(connection), key=lambda user: user.email.lower())


_NAMES = {"first_name": "given_name", "last_name": "family_name"}


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "-", text.rpartition("://")[2])[:60].strip("-")
