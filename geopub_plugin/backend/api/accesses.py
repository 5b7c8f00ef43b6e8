"""Accesses: what a key of the caller opens."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy import Connection

from ..catalogue import access_tables
from ..catalogue.accesses import Access, accesses, give_access
from ..catalogue.offerings import offerings
from ..catalogue.permissions import permissions
from .answers import Json, answer, answer_page, nothing, present
from .context import store
from .fields import Body, names, text
from .keys import key_of_caller
from .operation import gives, gives_nothing, gives_page, lists, operation
from .permissions import OFFERING_REFERENCE, PERMISSION, offering_reference, permission_form
from .questions import listing
from .schema import ID, entity, list_of

blueprint = Blueprint("accesses", __name__, url_prefix="/api/users/me/keys/<key>/accesses")

ACCESS = entity("Access", {"permission?": PERMISSION, "offering": OFFERING_REFERENCE})
CREATE = Body(
    permission=text("The id of a permission of the caller; none for an offering that every key opens.", schema=ID),
    offerings=names("Ids.", schema=ID, required=True),
)


@blueprint.get("")
@operation(gives_page(ACCESS), query=lists({}))
def list_accesses(key: str) -> Response:
    """List what a key opens."""
    with store().reading() as connection:
        mine = key_of_caller(connection, key)
        page = accesses.page(connection, listing({}), access_tables.access.c.key == mine.id)
        return answer_page(page, lambda access: access_form(connection, access))


@blueprint.post("")
@operation(gives(list_of(ACCESS)), body=CREATE, refuses=(409,))
def create(key: str) -> Response:
    """Let a key open offerings. Answers 200, not 201: the platform's SDK takes nothing else for success."""
    given = CREATE.read()
    with store().writing() as connection:
        made = give_access(connection, key_of_caller(connection, key), given.get("permission", ""), given["offerings"])
        return answer([access_form(connection, access) for access in made])


@blueprint.delete("/<entity>")
@operation(gives_nothing())
def delete(key: str, entity: str) -> Response:
    """Let a key open an offering no more."""
    with store().writing() as connection:
        mine = key_of_caller(connection, key)
        accesses.remove(connection, accesses.get(connection, entity, access_tables.access.c.key == mine.id).id)
    return nothing()


def access_form(connection: Connection, access: Access) -> Json:
    """Return an access as JSON."""
    permission = permissions.get(connection, access.permission) if access.permission else None
    return present(
        {
            "_id": access.id,
            "permission": permission_form(connection, permission) if permission else None,
            "offering": offering_reference(connection, offerings.get(connection, access.offering)),
            "creation": access.created,
            "update": access.updated,
        }
    )
