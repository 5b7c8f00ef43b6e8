"""Statistics: how often, and for how many bytes, services and keys were used."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Callable

from flask import Blueprint, Response
from sqlalchemy import ColumnElement, Connection, select

from ..access.callers import caller
from ..catalogue import access_tables, tables
from ..catalogue.database import now
from ..catalogue.offerings import offerings
from ..catalogue.permissions import benefiting, permissions
from ..catalogue.personal_tables import usage
from ..catalogue.spaces import endpoint_allowances
from ..catalogue.usage import Hits, UsageCounter, text_of, used
from ..errors import InvalidInput, NotFound
from ..translation import tr
from .answers import Json, answer, content_range
from .context import datastore_blueprint, space, store
from .fields import Parameter
from .keys import key_of_caller
from .operation import PAGING, gives, operation
from .questions import page
from .schema import COUNT, FLAG, MOMENT, list_of, shape

HITS = shape({"begin_date": MOMENT, "end_date": MOMENT, "hits": COUNT, "data_transfer": COUNT}, "Hits")
STATISTICS = shape({"total": HITS, "details": list_of(HITS)}, "Statistics")
START = Parameter("start", MOMENT, "The beginning; 30 days before the end when absent.")
END = Parameter("end", MOMENT, "The end; now when absent.")
DETAILS = Parameter("details", FLAG, "Whether parts are wanted: five minutes each, or days if it is longer than two.")
ASKED = (START, END, DETAILS, *PAGING)

Condition = ColumnElement[bool]


def statistics_blueprint(counter: UsageCounter) -> Blueprint:
    """Return the routes of statistics; what was counted until they are asked is in them."""
    blueprint = Blueprint("statistics", __name__)
    _add_of_user(blueprint, counter)
    of_datastore = datastore_blueprint("datastore_statistics")
    _add_of_datastore(of_datastore, counter)
    blueprint.register_blueprint(of_datastore)
    return blueprint


def _add_of_user(blueprint: Blueprint, counter: UsageCounter) -> None:
    mine = select(access_tables.key.c.id)

    @blueprint.get("/api/users/me/stats")
    @operation(gives(STATISTICS), query=ASKED)
    def of_me() -> Response:
        """Say how much the caller has used with his keys."""
        return _told(counter, lambda _: usage.c.key.in_(mine.where(access_tables.key.c.user == caller().user.id)))

    @blueprint.get("/api/users/me/keys/<entity>/stats")
    @operation(gives(STATISTICS), query=ASKED)
    def of_key(entity: str) -> Response:
        """Say how much one key of the caller was used."""
        return _told(counter, lambda connection: usage.c.key == key_of_caller(connection, entity).id)

    @blueprint.get("/api/users/me/permissions/<entity>/stats")
    @operation(gives(STATISTICS), query=ASKED)
    def of_my_permission(entity: str) -> Response:
        """Say how much the caller has used by one permission."""

        def condition(connection: Connection) -> Condition:
            me = caller().user.id
            if entity not in [one.id for one in benefiting(connection, me)]:
                raise NotFound(tr("There is no permission {identifier} for you.", identifier=entity))
            return _by_permission(entity) & usage.c.key.in_(mine.where(access_tables.key.c.user == me))

        return _told(counter, condition)


def _add_of_datastore(blueprint: Blueprint, counter: UsageCounter) -> None:
    @blueprint.get("/offerings/<entity>/stats")
    @operation(gives(STATISTICS), query=ASKED)
    def of_offering(entity: str) -> Response:
        """Say how much one offering was used."""

        def condition(connection: Connection) -> Condition:
            return usage.c.offering == offerings.get(connection, entity, tables.offering.c.datastore == space().id).id

        return _told(counter, condition)

    @blueprint.get("/endpoints/<entity>/stats")
    @operation(gives(STATISTICS), query=ASKED)
    def of_endpoint(entity: str) -> Response:
        """Say how much the offerings of the datastore on one endpoint were used."""

        def condition(connection: Connection) -> Condition:
            if entity not in [one.of.id for one in endpoint_allowances(connection, space().id)]:
                raise NotFound(tr("There is no endpoint {identifier} here.", identifier=entity))
            column = tables.offering.c
            here = select(column.id).where(column.datastore == space().id, column.endpoint == entity)
            return usage.c.offering.in_(here)

        return _told(counter, condition)

    @blueprint.get("/permissions/<entity>/stats")
    @operation(gives(STATISTICS), query=ASKED)
    def of_permission(entity: str) -> Response:
        """Say how much was used by one permission."""

        def condition(connection: Connection) -> Condition:
            permissions.get(connection, entity, access_tables.permission.c.datastore == space().id)
            return _by_permission(entity)

        return _told(counter, condition)


def _by_permission(permission: str) -> Condition:
    column = access_tables.access.c
    given = select(column.id).where(
        column.permission == permission, column.key == usage.c.key, column.offering == usage.c.offering
    )
    return given.exists()


def _told(counter: UsageCounter, condition: Callable[[Connection], Condition]) -> Response:
    end = _moment(END, datetime.now(timezone.utc))
    start = _moment(START, end - timedelta(days=30))
    if start > end:
        raise InvalidInput(tr("“start” is after “end”."))
    offset, limit = page()
    counter.keep()
    with store().reading() as connection:
        total, details = used(connection, condition(connection), start, end)
    details = details if DETAILS.truth else ()
    shown = details[offset : offset + limit]
    form = {"total": _form(total), "details": [_form(one) for one in shown]}
    return answer(form, **content_range(offset, len(shown), len(details)))


def _form(counted: Hits) -> Json:
    begin, end = text_of(counted.begin), text_of(counted.end)
    return {"begin_date": begin, "end_date": end, "hits": counted.hits, "data_transfer": counted.bytes}


def _moment(asked: Parameter, otherwise: datetime) -> datetime:
    """Return a moment of the query; without an offset it is in UTC."""
    if not asked.value:
        return otherwise
    try:
        found = datetime.fromisoformat(asked.value.replace("Z", "+00:00").replace("z", "+00:00").replace(" ", "+"))
    except ValueError:
        raise InvalidInput(
            tr("The field “{name}” is no moment.", name=asked.name), cure=tr("Write it as {moment}.", moment=now())
        ) from None
    found = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    try:
        return found.astimezone(timezone.utc)
    except OverflowError:
        raise InvalidInput(tr("The field “{name}” is no moment.", name=asked.name)) from None
