"""Communities and their members."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, g, request
from sqlalchemy import Connection

from ..access.callers import caller
from ..access.rights import MEMBER, Needs, require
from ..catalogue.accounts import user_named
from ..catalogue.members import Member, change_community, members, put_member, remove_member
from ..catalogue.spaces import RIGHTS, Community, User, communities, datastores, users
from ..errors import NotAllowed
from ..translation import tr
from .answers import Json, answer, answer_all, nothing, present
from .context import store
from .fields import Body, flag, names, text
from .operation import gives, gives_list, gives_nothing, operation
from .schema import FLAG, ID, TEXT, entity, list_of, one_of, reference, shape

blueprint = Blueprint("communities", __name__, url_prefix="/api/communities/<community>")

USER_REFERENCE = reference(email=TEXT, first_name=TEXT, last_name=TEXT)
COMMUNITY = entity(
    "Community",
    {
        "name": TEXT,
        "technical_name": TEXT,
        "description?": TEXT,
        "contact": TEXT,
        "public": FLAG,
        "supervisor": USER_REFERENCE,
        "datastore?": reference(active=FLAG),
    },
)
MEMBER_FORM = shape({"rights": list_of(one_of(*RIGHTS)), "user": USER_REFERENCE}, "Member")
CHANGE = Body(
    name=text(),
    description=text(),
    contact=text("An e-mail address."),
    public=flag("Whether everybody sees that it exists."),
    supervisor=text("The id of a user.", schema=ID),
)
PUT_MEMBER = Body(rights=names(f"Among {', '.join(RIGHTS)}."))


@blueprint.before_request
def find_community() -> None:
    """Find the community of the path: members see it, and changing it needs the right to."""
    with store().reading() as connection:
        found = communities.get(connection, (request.view_args or {}).pop("community"))
        leaving = request.method == "DELETE" and (request.view_args or {}).get("user") == caller().user.id
        reading = request.method in ("GET", "HEAD", "OPTIONS")
        require(connection, caller(), found, MEMBER if reading or leaving else Needs(("COMMUNITY",)))
    g.community = found


@blueprint.get("")
@operation(gives(COMMUNITY))
def one() -> Response:
    """Return a community."""
    with store().reading() as connection:
        return answer(community_form(connection, _here()))


@blueprint.patch("")
@operation(gives(COMMUNITY), body=CHANGE)
def change() -> Response:
    """Change name, description, contact, public or supervisor."""
    given = CHANGE.read()
    if given.get("supervisor", _here().supervisor) != _here().supervisor:
        _require_supervisor()
    with store().writing() as connection:
        changed = change_community(connection, communities.get(connection, _here().id), **given)
        return answer(community_form(connection, changed))


@blueprint.get("/users")
@operation(gives_list(MEMBER_FORM))
def list_members() -> Response:
    """List the members."""
    with store().reading() as connection:
        return answer_all([member_form(member) for member in members(connection, _here().id)])


@blueprint.put("/users/<user>")
@operation(gives(MEMBER_FORM), body=PUT_MEMBER)
def put(user: str) -> Response:
    """Let a user in, named by id or e-mail address, or change the rights of one."""
    rights = PUT_MEMBER.read().get("rights", [])
    with store().writing() as connection:
        return answer(member_form(put_member(connection, _here().id, user_named(connection, user).id, rights)))


@blueprint.delete("/users/<user>")
@operation(gives_nothing(), refuses=(409,))
def remove(user: str) -> Response:
    """Take a user out; everybody may leave."""
    with store().writing() as connection:
        remove_member(connection, _here(), user)
    return nothing()


def community_form(connection: Connection, community: Community) -> Json:
    """Return a community as JSON."""
    owned = datastores.find(connection, datastores.table.c.community == community.id)
    supervisor = users.get(connection, community.supervisor)
    return present(
        {
            "_id": community.id,
            "name": community.name,
            "technical_name": community.technical_name,
            "description": community.description or None,
            "contact": community.contact,
            "public": community.public,
            "supervisor": user_reference(supervisor),
            "datastore": {"_id": owned[0].id, "active": owned[0].active} if owned else None,
            "creation": community.created,
            "update": community.updated,
        }
    )


def member_form(member: Member) -> Json:
    """Return a member as JSON."""
    return {"rights": member.rights, "user": user_reference(member.user)}


def user_reference(user: User) -> Json:
    """Return what is said of a user to others."""
    return {"_id": user.id, "email": user.email, "first_name": user.first_name, "last_name": user.last_name}


def _require_supervisor() -> None:
    """Refuse to hand a community over to anybody but who leads it."""
    who = caller()
    if not who.administrator and who.user.id != _here().supervisor:
        raise NotAllowed(
            tr("You may not give “{name}” another supervisor.", name=_here().name),
            tr("Only its present supervisor may."),
        )


def _here() -> Community:
    return cast(Community, g.community)
