"""Permissions that a datastore gives."""

from __future__ import annotations

from typing import Any, Dict

from flask import Response
from sqlalchemy import Connection, select

from ..catalogue import access_tables, tables
from ..catalogue.configurations import configurations
from ..catalogue.offerings import Offering, offerings
from ..catalogue.permissions import (
    ACCOUNT,
    COMMUNITY,
    Permission,
    change_permission,
    grant,
    offerings_of,
    permissions,
)
from ..catalogue.spaces import communities, datastores, users
from .answers import Json, answer, answer_page, nothing, present
from .context import datastore_blueprint, space, store
from .fields import Body, Parameter, anything, flag, names, text
from .operation import gives, gives_nothing, gives_page, lists, operation
from .questions import listing
from .schema import FLAG, ID, MOMENT, TEXT, entity, list_of, nullable, reference, shape

blueprint = datastore_blueprint("permissions")

OFFERING_REFERENCE = reference(type=TEXT, status=TEXT, layer_name=TEXT, open=FLAG, available=FLAG)
PERMISSION = entity(
    "Permission",
    {
        "licence": TEXT,
        "end_date?": MOMENT,
        "only_oauth": FLAG,
        "offerings": list_of(OFFERING_REFERENCE),
        "datastore_author": reference("name", "technical_name", active=FLAG),
        "beneficiary": shape(
            {
                "_id": ID,
                "last_name?": TEXT,
                "first_name?": TEXT,
                "name?": TEXT,
                "technical_name?": TEXT,
                "contact?": TEXT,
                "public?": FLAG,
            }
        ),
    },
)
CREATE = Body(
    type=text(required=True, choices=(ACCOUNT, COMMUNITY)),
    users=names("Ids, for ACCOUNT.", schema=ID),
    communities=names("Ids, for COMMUNITY.", schema=ID),
    licence=text("On what terms.", required=True),
    end_date=anything(nullable(TEXT), "ISO 8601; none for no end."),
    offerings=names("Ids.", schema=ID, required=True),
    only_oauth=flag("Whether only a token opens it, and no other key."),
)
CHANGE = Body(
    licence=text("On what terms."),
    end_date=anything(nullable(TEXT), "ISO 8601; null for no end."),
    offerings=names("Ids.", schema=ID),
)
FILTERS = {"licence": "licence"}
OFFERING = Parameter("offering", TEXT, "The id of an offering that they are for.")


@blueprint.get("/permissions")
@operation(gives_page(PERMISSION), query=lists(FILTERS, OFFERING))
def list_permissions() -> Response:
    """List the permissions that the datastore gives."""
    link, columns = access_tables.permission_offering, access_tables.permission.c
    conditions = [columns.datastore == space().id]
    if OFFERING.value:
        conditions.append(columns.id.in_(select(link.c.permission).where(link.c.offering == OFFERING.value)))
    with store().reading() as connection:
        page = permissions.page(connection, listing(FILTERS), *conditions)
        return answer_page(page, lambda one: permission_form(connection, one))


@blueprint.post("/permissions")
@operation(gives(list_of(PERMISSION), 201, "Made: one for each beneficiary."), body=CREATE)
def create() -> Response:
    """Let users or communities use offerings: one permission for each."""
    given = CREATE.read()
    kind = given["type"]
    with store().writing() as connection:
        made = grant(
            connection,
            space().id,
            kind,
            given.get("users" if kind == ACCOUNT else "communities", []),
            given["licence"],
            given["offerings"],
            given.get("end_date"),
            given.get("only_oauth", False),
        )
        return answer([permission_form(connection, one) for one in made], 201)


@blueprint.get("/permissions/<entity>")
@operation(gives(PERMISSION))
def one(entity: str) -> Response:
    """Return one permission."""
    with store().reading() as connection:
        return answer(permission_form(connection, _get(connection, entity)))


@blueprint.patch("/permissions/<entity>")
@operation(gives(PERMISSION), body=CHANGE)
def change(entity: str) -> Response:
    """Change end_date, licence or offerings; what is no longer allowed ends at once."""
    given: Dict[str, Any] = CHANGE.read()
    with store().writing() as connection:
        return answer(permission_form(connection, change_permission(connection, _get(connection, entity), given)))


@blueprint.delete("/permissions/<entity>")
@operation(gives_nothing())
def delete(entity: str) -> Response:
    """Take a permission back; the accesses by it end at once."""
    with store().writing() as connection:
        permissions.remove(connection, _get(connection, entity).id)
    return nothing()


def permission_form(connection: Connection, permission: Permission) -> Json:
    """Return a permission as JSON; author and beneficiary have these keys and no other, or clients break."""
    author = datastores.get(connection, permission.datastore)
    allowed = offerings.find(connection, tables.offering.c.id.in_(offerings_of(connection, permission.id)))
    return present(
        {
            "_id": permission.id,
            "licence": permission.licence,
            "end_date": permission.end_date,
            "only_oauth": permission.only_oauth,
            "offerings": [offering_reference(connection, one) for one in allowed],
            "datastore_author": {
                "_id": author.id,
                "name": author.name,
                "technical_name": author.technical_name,
                "active": author.active,
            },
            "beneficiary": _beneficiary(connection, permission),
            "creation": permission.created,
            "update": permission.updated,
        }
    )


def offering_reference(connection: Connection, offering: Offering) -> Json:
    """Return which offering a permission or an access is for."""
    configuration = configurations.get(connection, offering.configuration)
    return {
        "_id": offering.id,
        "type": configuration.type,
        "status": offering.status,
        "layer_name": configuration.layer_name,
        "open": offering.open,
        "available": offering.available,
    }


def _beneficiary(connection: Connection, permission: Permission) -> Json:
    if permission.user:
        user = users.get(connection, permission.user)
        return {"_id": user.id, "last_name": user.last_name, "first_name": user.first_name}
    community = communities.get(connection, permission.community or "")
    return {
        "_id": community.id,
        "name": community.name,
        "technical_name": community.technical_name,
        "contact": community.contact,
        "public": community.public,
    }


def _get(connection: Connection, entity: str) -> Permission:
    return permissions.get(connection, entity, access_tables.permission.c.datastore == space().id)
