"""users/me: who the caller is, where he may work, what he may use."""

from __future__ import annotations

from typing import List

from flask import Blueprint, Response
from sqlalchemy import Connection

from ..access.callers import caller
from ..catalogue import access_tables
from ..catalogue.accounts import account_of
from ..catalogue.database import now
from ..catalogue.documents import QUOTA, used
from ..catalogue.keys import MOST_KEYS, keys
from ..catalogue.members import remove_member
from ..catalogue.permissions import Permission, benefiting, permissions
from ..catalogue.rows import Page
from ..catalogue.spaces import RIGHTS, Community, communities, memberships
from ..errors import NotFound
from ..translation import tr
from .answers import Json, answer, answer_page, nothing, present
from .context import store
from .operation import PAGING, gives, gives_nothing, gives_page, operation
from .permissions import PERMISSION, permission_form
from .questions import page
from .schema import COUNT, FLAG, ID, MOMENT, TEXT, entity, list_of, one_of, shape

blueprint = Blueprint("users", __name__, url_prefix="/api/users/me")

MEMBERSHIP = shape(
    {
        "rights": list_of(one_of(*RIGHTS)),
        "community": shape(
            {"_id": ID, "name": TEXT, "technical_name": TEXT, "datastore?": ID, "supervisor": ID, "public": FLAG}
        ),
    },
    "Membership",
)
USER = entity(
    "User",
    {
        "email": TEXT,
        "first_name": TEXT,
        "last_name": TEXT,
        "last_login?": MOMENT,
        "last_call": MOMENT,
        "administrator": FLAG,
        "technical": FLAG,
        "documents_quota": COUNT,
        "documents_use": COUNT,
        "keys_quota": COUNT,
        "keys_use": COUNT,
        "communities_member": list_of(MEMBERSHIP),
    },
)


@blueprint.get("")
@operation(gives(USER))
def me() -> Response:
    """Return the caller."""
    user = caller().user
    with store().reading() as connection:
        account = account_of(connection, user.id)
        form = {
            "_id": user.id,
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "last_login": account.last_login if account else None,
            "creation": user.created,
            "update": user.updated,
            "administrator": account is not None and account.administrator,
            "last_call": now(),
            "technical": False,
            "documents_quota": QUOTA,
            "documents_use": used(connection, user.id),
            "keys_quota": MOST_KEYS,
            "keys_use": len(keys.find(connection, access_tables.key.c.user == user.id)),
            "communities_member": [_membership(user.id, *member) for member in memberships(connection, user.id)],
        }
    return answer(present(form))


@blueprint.delete("/communities/<community>")
@operation(gives_nothing(), refuses=(409,))
def leave(community: str) -> Response:
    """Leave a community."""
    with store().writing() as connection:
        remove_member(connection, communities.get(connection, community), caller().user.id)
    return nothing()


@blueprint.get("/permissions")
@operation(gives_page(PERMISSION), query=PAGING)
def list_permissions() -> Response:
    """List the permissions of the caller and of his communities."""
    offset, limit = page()
    with store().reading() as connection:
        found = benefiting(connection, caller().user.id)
        part = Page(tuple(found[offset : offset + limit]), offset, len(found))
        return answer_page(part, lambda permission: permission_form(connection, permission))


@blueprint.get("/permissions/<entity>")
@operation(gives(PERMISSION))
def permission(entity: str) -> Response:
    """Return one permission of the caller."""
    with store().reading() as connection:
        return answer(permission_form(connection, _mine(connection, entity)))


@blueprint.delete("/permissions/<entity>")
@operation(gives_nothing())
def renounce(entity: str) -> Response:
    """Renounce a permission that is the caller's own."""
    with store().writing() as connection:
        permissions.get(connection, entity, access_tables.permission.c.user == caller().user.id)
        permissions.remove(connection, entity)
    return nothing()


def _mine(connection: Connection, entity: str) -> Permission:
    found: List[Permission] = [one for one in benefiting(connection, caller().user.id) if one.id == entity]
    if not found:
        raise NotFound(tr("There is no permission {identifier} for you.", identifier=entity))
    return found[0]


def _membership(user: str, community: Community, rights: List[str], datastore: str) -> Json:
    """Return where the caller may do what; a community has these keys and no other, or clients break."""
    return {
        "rights": list(RIGHTS) if community.supervisor == user else rights,
        "community": present(
            {
                "_id": community.id,
                "name": community.name,
                "technical_name": community.technical_name,
                "datastore": datastore or None,
                "supervisor": community.supervisor,
                "public": community.public,
            }
        ),
    }
