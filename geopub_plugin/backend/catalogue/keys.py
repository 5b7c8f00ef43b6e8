"""Keys: with what a user opens services that are not for everybody. Only their digests are kept."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from sqlalchemy import Connection

from ..access.addresses import networks
from ..access.digests import digest, new_secret
from ..access.passwords import hash_password
from ..errors import Conflict, InvalidInput
from ..translation import tr
from . import access_tables
from .rows import Entity, Rows

HASH, HEADER, BASIC, OAUTH2 = "HASH", "HEADER", "BASIC", "OAUTH2"
TYPES = (HASH, HEADER, BASIC, OAUTH2)
SHORTEST_HASH = 20  # characters; those that GeoPub makes have 43
MOST_KEYS = 100  # of a user
NOTHING_KEPT = ""  # what a key of this type does not need
_LIMITS = ("user_agent", "referer")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,60}")  # RFC 9110 §5.6.2
_TAKEN_HEADERS = frozenset(
    [
        "host",
        "authorization",
        "cookie",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "apikey",
        "forwarded",
        "te",
        "upgrade",
        "user-agent",
        "referer",
        "origin",
        "accept",
        "accept-encoding",
        "accept-language",
        "expect",
    ]
)


@dataclass(frozen=True)
class Key(Entity):
    """A key of a user, without what opens."""

    user: str
    name: str
    type: str
    lookup: Optional[str]
    secret: str
    hint: str
    whitelist: List[str]
    blacklist: List[str]
    user_agent: str
    referer: str

    @property
    def headers(self) -> Tuple[str, ...]:
        """The names of the headers that a HEADER key needs, in lower case and sorted."""
        return tuple((self.lookup or "").split("\n")) if self.type == HEADER else ()

    def __repr__(self) -> str:
        return f"Key({self.id}, {self.type})"


keys: Rows[Key] = Rows(access_tables.key, Key)


def create_key(connection: Connection, user: str, body: Mapping[str, Any]) -> Tuple[Key, Dict[str, Any]]:
    """Make a key; return it, and its `type_infos` with the secrets: the only time they are seen.

    Raises:
        InvalidInput: type or secrets cannot be used.
        Conflict: the user has a key of this name, or has an OAUTH2 key and wants another.
    """
    kind, infos = str(body.get("type") or ""), body.get("type_infos") or {}
    columns = access_tables.key.c
    mine = keys.find(connection, columns.user == user)
    if len(mine) >= MOST_KEYS:
        raise Conflict(tr("You have {count} keys, and no more can be made.", count=MOST_KEYS))
    if kind == OAUTH2 and any(key.type == OAUTH2 for key in mine):
        raise Conflict(tr("You have a key of type OAUTH2, and need no other."))
    name = _free_name(mine, body.get("name"))
    kept, shown = _secrets(connection, kind, infos)
    return keys.add(connection, user=user, name=name, type=kind, **kept, **_limits(body)), shown


def change_key(connection: Connection, key: Key, body: Mapping[str, Any]) -> Key:
    """Change name, whitelist, blacklist, user_agent or referer."""
    values = _limits(body, only_given=True)
    if "name" in body:
        others = keys.find(connection, access_tables.key.c.user == key.user, access_tables.key.c.id != key.id)
        values["name"] = _free_name(others, body["name"])
    return keys.change(connection, key.id, **values) if values else key


def type_infos(key: Key) -> Dict[str, Any]:
    """Return what may be said of a key once it is made: whoever reads it again sees a part of it only."""
    if key.type == HASH:
        return {"hash": key.hint}
    if key.type == BASIC:
        return {"login": key.hint}
    return {"headers": dict.fromkeys(key.hint.split("\n"), "…")} if key.type == HEADER else {}


def header_digest(values: Mapping[str, str]) -> str:
    """Return what is kept of the headers of a HEADER key; names are in lower case."""
    return digest(json.dumps(sorted(values.items())))


def _secrets(connection: Connection, kind: str, infos: Mapping[str, Any]) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """Return the columns of a key and what its owner is shown once."""
    if kind == HASH:
        secret = str(infos.get("hash") or "") or new_secret()
        _require_long(secret)
        _refuse_taken(connection, HASH, digest(secret))
        return {"lookup": digest(secret), "secret": NOTHING_KEPT, "hint": f"{secret[:4]}…"}, {"hash": secret}
    if kind == BASIC:
        login, password = str(infos.get("login") or ""), str(infos.get("password") or "")
        _check_login(login, password)
        _refuse_taken(connection, BASIC, login)
        return {"lookup": login, "secret": hash_password(password), "hint": login}, {"login": login}
    if kind == HEADER:
        given = _headers(infos.get("headers"))
        lower = {name.lower(): value for name, value in given.items()}
        kept = {"lookup": "\n".join(sorted(lower)), "secret": header_digest(lower), "hint": "\n".join(given)}
        return kept, {"headers": given}
    if kind == OAUTH2:
        return {"lookup": None, "secret": NOTHING_KEPT, "hint": ""}, {}
    raise InvalidInput(
        tr("There is no key of type “{type}”.", type=kind[:40]),
        cure=tr("Give one of: {types}.", types=", ".join(TYPES)),
    )


def _limits(body: Mapping[str, Any], only_given: bool = False) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for name in ("whitelist", "blacklist"):
        if name in body or not only_given:
            found[name] = [str(network) for network in networks(list(body.get(name) or ()))]
    for name in _LIMITS:
        if name in body or not only_given:
            found[name] = _printable(body.get(name) or "", name)
    if found.get("whitelist") and found.get("blacklist"):
        raise InvalidInput(tr("A key has a whitelist or a blacklist, not both."))
    return found


def _free_name(others: Sequence[Key], value: Any) -> str:
    name = _printable(value or "", "name").strip()
    if not name:
        raise InvalidInput(tr("A key needs a name."))
    if any(key.name.lower() == name.lower() for key in others):
        raise Conflict(tr("You have a key named “{name}” already.", name=name), cure=tr("Give another name."))
    return name


def _printable(value: Any, field: str) -> str:
    text = str(value)
    if not text.isprintable() or len(text) > 200:  # no line breaks: such a text would end up in a header
        raise InvalidInput(
            tr("The field “{name}” cannot be used.", name=field), tr("It is too long or holds control characters.")
        )
    return text


def _require_long(secret: str) -> None:
    if not (SHORTEST_HASH <= len(secret) <= 200 and secret.isascii() and secret.isprintable()):
        raise InvalidInput(
            tr("The hash of the key cannot be used."),
            tr("It must have {count} to 200 letters, digits or signs of ASCII.", count=SHORTEST_HASH),
            tr("Leave it out, and a random one is made."),
        )


def _check_login(login: str, password: str) -> None:
    if not login.isprintable() or ":" in login or not 1 <= len(login) <= 100:
        raise InvalidInput(tr("The login of a key has 1 to 100 characters, and no colon."))
    if not 8 <= len(password) <= 200 or not password.isprintable():
        raise InvalidInput(tr("The password of a key has 8 to 200 characters."))


def _headers(value: Any) -> Dict[str, str]:
    """Return the headers of a HEADER key: names that are free to use, values that cannot be guessed."""
    given = {str(name): str(text) for name, text in value.items()} if isinstance(value, Mapping) else {}
    for name, text in given.items():
        free = _TOKEN.fullmatch(name) and name.lower() not in _TAKEN_HEADERS and not name.lower().startswith("x-forw")
        if not free or not text.isascii() or not text.isprintable() or not text.strip() == text or len(text) > 500:
            raise InvalidInput(tr("“{name}” cannot be a header of a key, or its value cannot.", name=name[:60]))
    if not 1 <= len(given) <= 5 or len({name.lower() for name in given}) < len(given):
        raise InvalidInput(tr("A key of type HEADER needs one to five headers."))
    _require_long("".join(given.values()))
    return given


def _refuse_taken(connection: Connection, kind: str, lookup: str) -> None:
    columns = access_tables.key.c
    if keys.find(connection, columns.type == kind, columns.lookup == lookup):
        raise Conflict(tr("This key cannot be made: another one is the same."), cure=tr("Give another login or hash."))
