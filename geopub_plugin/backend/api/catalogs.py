"""Catalogs: what users of other datastores may know: public communities, and services that are open to all."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy import or_, select

from ..access.callers import caller
from ..catalogue import tables
from ..catalogue.offerings import offerings
from ..catalogue.rows import Page
from ..catalogue.snapshot_reader import LIVE
from ..catalogue.spaces import Community, communities
from .answers import Json, answer_page, present
from .context import store
from .offerings import OFFERING, offering_form
from .operation import gives_page, lists, operation
from .questions import listing
from .schema import FLAG, TEXT, reference

blueprint = Blueprint("catalogs", __name__, url_prefix="/api/catalogs")

COMMUNITY = {
    **reference("name", "technical_name", **{"contact": TEXT, "public": FLAG, "description?": TEXT}),
    "title": "CatalogCommunity",
}
ORGANIZATION = {**reference("name"), "title": "Organization"}
COMMUNITY_FILTERS = {"name": "name", "technical_name": "technical_name"}


@blueprint.get("/communities")
@operation(gives_page(COMMUNITY), query=lists(COMMUNITY_FILTERS))
def list_communities() -> Response:
    """List the communities that are public, and those of the caller."""
    community, member = tables.community.c, tables.membership.c
    own = select(member.community).where(member.user == caller().user.id)
    with store().reading() as connection:
        known = or_(community.public, community.id.in_(own))
        return answer_page(communities.page(connection, listing(COMMUNITY_FILTERS), known), community_form)


@blueprint.get("/organizations")
@operation(gives_page(ORGANIZATION), query=lists({"name": "name"}))
def list_organizations() -> Response:
    """List organizations: this store keeps none."""
    return answer_page(Page((), listing({"name": "name"}).offset, 0), lambda one: one)


@blueprint.get("/offerings")
@operation(gives_page(OFFERING), query=lists({}))
def list_offerings() -> Response:
    """List the services of all datastores that are open to everybody."""
    column = tables.offering.c
    with store().reading() as connection:
        page = offerings.page(connection, listing({}), column.open, column.available, column.status.in_(LIVE))
        return answer_page(page, lambda one: offering_form(connection, one))


def community_form(community: Community) -> Json:
    """Return a community as JSON."""
    form = {
        "_id": community.id,
        "name": community.name,
        "technical_name": community.technical_name,
        "description": community.description or None,
        "contact": community.contact,
        "public": community.public,
    }
    return present(form)
