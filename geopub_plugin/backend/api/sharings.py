"""Sharings of uploads and stored data with other datastores, below the path of each."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from ..catalogue.rows import Page, Rows
from ..catalogue.sharings import end_sharing, share, shared_with
from ..errors import InvalidInput
from ..translation import tr
from .answers import answer_page, nothing
from .context import space, store
from .fields import ListBody, Parameter
from .operation import PAGING, gives_list, gives_nothing, operation
from .questions import page
from .schema import ID, TEXT, list_of, reference

SHARING = {**reference("name"), "title": "Sharing"}
DATASTORES = ListBody(ID)
GONE = Parameter("datastores", list_of(TEXT), "Ids of datastores; commas do as well.")


def add_sharing_routes(blueprint: Blueprint, path: str, rows: Rows[Any]) -> None:
    """Add the routes that list, add and end the sharings of an entity."""

    @operation(gives_list(SHARING), query=PAGING)
    def list_sharings(entity: str) -> Response:
        """List the datastores with which it is shared."""
        offset, limit = page()
        with store().reading() as connection:
            rows.get(connection, entity, rows.table.c.datastore == space().id)
            found = shared_with(connection, entity)
        part = Page(tuple(found[offset : offset + limit]), offset, len(found))
        return answer_page(part, lambda one: {"_id": one.id, "name": one.name})

    @operation(gives_nothing(), body=DATASTORES)
    def add_sharings(entity: str) -> Response:
        """Share it with other datastores, whose executions may then read it."""
        wanted = DATASTORES.read()
        if not all(isinstance(one, str) for one in wanted):
            raise InvalidInput(tr("Give the ids of datastores."))
        with store().writing() as connection:
            rows.get(connection, entity, rows.table.c.datastore == space().id)
            share(connection, entity, space().id, wanted)
        return nothing()

    @operation(gives_nothing(), query=(GONE,))
    def remove_sharings(entity: str) -> Response:
        """Share it with these datastores no more."""
        with store().writing() as connection:
            rows.get(connection, entity, rows.table.c.datastore == space().id)
            end_sharing(connection, entity, GONE.values)
        return nothing()

    place = f"{path}/<entity>/sharings"
    for method, view in (("GET", list_sharings), ("POST", add_sharings), ("DELETE", remove_sharings)):
        blueprint.add_url_rule(place, view.__name__, view, methods=[method])
