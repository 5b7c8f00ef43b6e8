"""What is said of entities and what happened to them: comments and events, below the path of each."""

from __future__ import annotations

from typing import Any, Optional

from flask import Blueprint, Response
from sqlalchemy import Connection

from ..catalogue import tables
from ..catalogue.journal import Comment, Event, acting, comments, events
from ..catalogue.rows import Rows
from ..catalogue.spaces import users
from .answers import Json, answer, answer_page, nothing, present
from .context import space, store
from .fields import Body, text
from .operation import PAGING, gives, gives_list, gives_nothing, makes, operation
from .questions import listing
from .schema import MOMENT, TEXT, reference, shape
from .schema import entity as entity_schema

PERSON = reference(**{"email?": TEXT, "first_name?": TEXT, "last_name?": TEXT})
LAST_EVENT = shape({"title": TEXT, "date": MOMENT, "text?": TEXT, "initiator?": PERSON})
EVENT = shape({"title": TEXT, "date": MOMENT, "text?": TEXT, "initiator?": PERSON}, "Event")
COMMENT = entity_schema("Comment", {"text": TEXT, "author?": PERSON})
SAID = Body(text=text(required=True))


def add_event_route(blueprint: Blueprint, path: str, rows: Rows[Any]) -> None:
    """Add the route that lists what happened to an entity."""

    @operation(gives_list(EVENT), query=PAGING)
    def list_events(entity: str) -> Response:
        """List what happened, oldest first."""
        with store().reading() as connection:
            rows.get(connection, entity, rows.table.c.datastore == space().id)
            page = events.page(connection, listing({}), tables.event.c.entity == entity)
            return answer_page(page, lambda event: event_form(connection, event))

    blueprint.add_url_rule(f"{path}/<entity>/events", "list_events", list_events, methods=["GET"])


def add_comment_routes(blueprint: Blueprint, path: str, rows: Rows[Any]) -> None:
    """Add the routes of comments below the path of an entity."""
    _add_routes_of_all(blueprint, f"{path}/<entity>/comments", rows)
    _add_routes_of_one(blueprint, f"{path}/<entity>/comments/<comment>")


def _add_routes_of_all(blueprint: Blueprint, place: str, rows: Rows[Any]) -> None:
    @operation(gives_list(COMMENT), query=PAGING)
    def list_comments(entity: str) -> Response:
        """List comments, oldest first."""
        with store().reading() as connection:
            rows.get(connection, entity, rows.table.c.datastore == space().id)
            page = comments.page(connection, listing({}), tables.comment.c.entity == entity)
            return answer_page(page, lambda comment: comment_form(connection, comment))

    @operation(makes(COMMENT), body=SAID)
    def add_comment(entity: str) -> Response:
        """Add a comment."""
        given = SAID.read()
        with store().writing() as connection:
            rows.get(connection, entity, rows.table.c.datastore == space().id)
            made = comments.add(connection, datastore=space().id, entity=entity, author=acting.get(), **given)
            return answer(comment_form(connection, made), 201)

    for method, view in (("GET", list_comments), ("POST", add_comment)):
        blueprint.add_url_rule(place, view.__name__, view, methods=[method])


def _add_routes_of_one(blueprint: Blueprint, place: str) -> None:
    @operation(gives(COMMENT))
    def one_comment(entity: str, comment: str) -> Response:
        """Return one comment."""
        with store().reading() as connection:
            return answer(comment_form(connection, _comment(connection, entity, comment)))

    @operation(gives(COMMENT), body=SAID)
    def change_comment(entity: str, comment: str) -> Response:
        """Change what a comment says."""
        given = SAID.read()
        with store().writing() as connection:
            current = _comment(connection, entity, comment)
            return answer(comment_form(connection, comments.change(connection, current.id, **given)))

    @operation(gives_nothing())
    def delete_comment(entity: str, comment: str) -> Response:
        """Delete a comment."""
        with store().writing() as connection:
            comments.remove(connection, _comment(connection, entity, comment).id)
        return nothing()

    for method, view in (("GET", one_comment), ("PATCH", change_comment), ("DELETE", delete_comment)):
        blueprint.add_url_rule(place, view.__name__, view, methods=[method])


def _comment(connection: Connection, entity: str, comment: str) -> Comment:
    column = tables.comment.c
    return comments.get(connection, comment, column.entity == entity, column.datastore == space().id)


def comment_form(connection: Connection, comment: Comment) -> Json:
    """Return a comment as JSON."""
    form = {
        "_id": comment.id,
        "text": comment.text,
        "author": person_form(connection, comment.author),
        "creation": comment.created,
        "update": comment.updated,
    }
    return present(form)


def event_form(connection: Connection, event: Event) -> Json:
    """Return an event as JSON."""
    form = {
        "title": event.title,
        "date": event.created,
        "text": event.text or None,
        "initiator": person_form(connection, event.initiator),
    }
    return present(form)


def person_form(connection: Connection, identifier: Optional[str]) -> Optional[Json]:
    """Return who a user is, None for nobody or for who has gone."""
    found = users.find(connection, tables.user.c.id == identifier) if identifier else []
    return {"_id": found[0].id, "first_name": found[0].first_name, "last_name": found[0].last_name} if found else None
