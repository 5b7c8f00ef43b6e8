"""users/me: who the caller is and where he may work."""

from __future__ import annotations

from flask import Blueprint, Response

from ..catalogue.spaces import memberships, users
from .answers import answer, present
from .context import store

blueprint = Blueprint("users", __name__, url_prefix="/api/users")


@blueprint.get("/me")
def me() -> Response:
    """Return the user; a community has these keys and no other, or clients break."""
    with store().reading() as connection:
        user = users.find(connection)[0]  # the embedded store has one
        member = [
            {
                "rights": rights,
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
            for community, rights, datastore in memberships(connection, user.id)
        ]
    return answer(
        {
            "_id": user.id,
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "creation": user.created,
            "update": user.updated,
            "administrator": False,
            "technical": False,
            "communities_member": member,
        }
    )
