"""Keys of the caller: with what he opens services that are not for everybody."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from flask import Blueprint, Response
from sqlalchemy import Connection

from ..access.callers import caller
from ..catalogue import access_tables
from ..catalogue.keys import TYPES, Key, change_key, create_key, keys, type_infos
from .answers import Json, answer, answer_page, nothing
from .context import store
from .fields import Body, mapping, names, text
from .operation import gives, gives_nothing, gives_page, lists, makes, operation
from .questions import listing
from .schema import OBJECT, TEXT, entity, list_of, one_of

blueprint = Blueprint("keys", __name__, url_prefix="/api/users/me/keys")

KEY = entity(
    "Key",
    {
        "name": TEXT,
        "type": one_of(*TYPES),
        "whitelist": list_of(TEXT),
        "blacklist": list_of(TEXT),
        "user_agent": TEXT,
        "referer": TEXT,
        "type_infos": OBJECT,
    },
)
FILTERS = {"name": "name", "type": "type"}
_LIMITS = {
    "whitelist": names("The only networks from which it is good: 192.0.2.0/24, 2001:db8::/32."),
    "blacklist": names("Networks from which it is not."),
    "user_agent": text("What the User-Agent of a request must hold."),
    "referer": text("The site, or the beginning of the address, that a request must come from."),
}
CREATE = Body(
    name=text(required=True),
    type=text(required=True, choices=TYPES),
    type_infos=mapping("HASH: `hash`, made when absent; BASIC: `login`, `password`; HEADER: `headers`; OAUTH2: none."),
    **_LIMITS,
)
CHANGE = Body(name=text(), **_LIMITS)


@blueprint.get("")
@operation(gives_page(KEY), query=lists(FILTERS))
def list_keys() -> Response:
    """List the keys of the caller, without what opens."""
    with store().reading() as connection:
        page = keys.page(connection, listing(FILTERS), access_tables.key.c.user == caller().user.id)
        return answer_page(page, key_form)


@blueprint.post("")
@operation(makes(KEY), body=CREATE, refuses=(409,))
def create() -> Response:
    """Make a key. This answer is the only one that holds its secret."""
    given = CREATE.read()
    with store().writing() as connection:
        key, shown = create_key(connection, caller().user.id, given)
    response = answer(key_form(key, shown), 201)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/<entity>")
@operation(gives(KEY))
def one(entity: str) -> Response:
    """Return one key, without what opens."""
    with store().reading() as connection:
        return answer(key_form(key_of_caller(connection, entity)))


@blueprint.patch("/<entity>")
@operation(gives(KEY), body=CHANGE, refuses=(409,))
def change(entity: str) -> Response:
    """Change name, whitelist, blacklist, user_agent or referer."""
    given = CHANGE.read()
    with store().writing() as connection:
        return answer(key_form(change_key(connection, key_of_caller(connection, entity), given)))


@blueprint.delete("/<entity>")
@operation(gives_nothing())
def delete(entity: str) -> Response:
    """Delete a key: it opens nothing from now on."""
    with store().writing() as connection:
        keys.remove(connection, key_of_caller(connection, entity).id)
    return nothing()


def key_form(key: Key, shown: Optional[Mapping[str, Any]] = None) -> Json:
    """Return a key as JSON; `shown` are its secrets, when it has just been made."""
    return {
        "_id": key.id,
        "name": key.name,
        "type": key.type,
        "whitelist": key.whitelist,
        "blacklist": key.blacklist,
        "user_agent": key.user_agent,
        "referer": key.referer,
        "type_infos": dict(shown) if shown is not None else type_infos(key),
        "creation": key.created,
        "update": key.updated,
    }


def key_of_caller(connection: Connection, entity: str) -> Key:
    """Return a key of the caller, or raise NotFound: those of others are not there for him."""
    return keys.get(connection, entity, access_tables.key.c.user == caller().user.id)
