"""Tags, which uploads, stored data, configurations and metadata carry alike."""

from __future__ import annotations

from typing import Any, Callable

from flask import Blueprint, Response

from ..catalogue.rows import Rows
from .answers import nothing
from .context import space, store
from .fields import MapBody, Parameter
from .operation import gives_nothing, operation
from .questions import tags
from .schema import TEXT, list_of

GONE = Parameter("tags", list_of(TEXT), "Names of tags; commas do as well.")


def add_tag_routes(blueprint: Blueprint, path: str, rows: Rows[Any]) -> None:
    """Add the routes that set and remove tags below the path of an entity."""

    def change(entity: str, edit: Callable[[dict], dict]) -> Response:
        with store().writing() as connection:
            current = rows.get(connection, entity, rows.table.c.datastore == space().id)
            rows.change(connection, entity, tags=edit(current.tags))
        return nothing()

    @operation(gives_nothing(), body=MapBody(TEXT))
    def put_tags(entity: str) -> Response:
        """Set tags; others stay."""
        new = tags()
        return change(entity, lambda current: {**current, **new})

    @operation(gives_nothing(), query=(GONE,))
    def remove_tags(entity: str) -> Response:
        """Remove tags."""
        gone = set(GONE.values)
        return change(entity, lambda current: {key: value for key, value in current.items() if key not in gone})

    blueprint.add_url_rule(f"{path}/<entity>/tags", "put_tags", put_tags, methods=["POST"])
    blueprint.add_url_rule(f"{path}/<entity>/tags", "remove_tags", remove_tags, methods=["DELETE"])
