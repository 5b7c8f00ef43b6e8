"""Offerings: the publication of a configuration, pinned to the revisions that it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional

from sqlalchemy import Connection

from ..errors import Conflict, InvalidInput
from ..translation import tr
from . import tables
from .configurations import Configuration, configurations
from .definitions import check_levels, define, missing_table
from .lifecycles import CONFIGURATION, OFFERING, step
from .rows import Rows
from .spaces import Endpoint, endpoint_allowances
from .statics import Static
from .store import Store
from .stored_data import DataRevision, StoredData, revision


@dataclass(frozen=True)
class Offering:
    """The publication of a configuration on an endpoint.

    `published` is what the services show: `type_infos` and `metadata` of the configuration at the moment of
    publication, `data` (stored data -> revision) and `styles` (static -> [revision, suffix]).
    """

    id: str
    created: str
    updated: str
    datastore: str
    configuration: str
    endpoint: str
    open: bool
    available: bool
    status: str
    published: Dict[str, Any]
    extra: Dict[str, Any]


offerings: Rows[Offering] = Rows(tables.offering, Offering, "offering")


def publish(
    store: Store, configuration: Configuration, endpoint_id: str, open_to_all: Optional[bool] = None
) -> Offering:
    """Publish a configuration on an endpoint; it is live when this returns.

    Raises:
        InvalidInput: the endpoint is not one for it.
        Conflict: it is published there already, its data is not ready, or the quota is used up.
    """
    with store.writing() as connection:
        endpoint = _endpoint(connection, configuration, endpoint_id)
        checked_openness(endpoint, open_to_all)
        columns = tables.offering.c
        if offerings.find(connection, columns.configuration == configuration.id, columns.endpoint == endpoint.id):
            raise Conflict(
                tr("“{name}” is published already.", name=configuration.name),
                cure=tr("Synchronise its offering (PUT) to show what has changed."),
            )
        offering = offerings.add(
            connection,
            datastore=configuration.datastore,
            configuration=configuration.id,
            endpoint=endpoint.id,
            open=True,
            available=True,
            status="PUBLISHING",
        )
        return _show(connection, offering, configurations.get(connection, configuration.id))


def synchronise(store: Store, offering: Offering) -> Offering:
    """Show the configuration and the data as they are now."""
    with store.writing() as connection:
        current = offerings.get(connection, offering.id)
        status = step(OFFERING, current.id, current.status, "MODIFYING")
        current = offerings.change(connection, current.id, status=status)
        return _show(connection, current, configurations.get(connection, current.configuration))


def unpublish(store: Store, offering: Offering) -> None:
    """End a publication: the offering is gone, its configuration is UNPUBLISHED."""
    with store.writing() as connection:
        current = offerings.get(connection, offering.id)
        step(OFFERING, current.id, current.status, "UNPUBLISHING")
        offerings.remove(connection, current.id)
        configuration = configurations.get(connection, current.configuration)
        others = offerings.find(connection, tables.offering.c.configuration == configuration.id)
        if not others and configuration.status != "UNPUBLISHED":
            status = step(CONFIGURATION, configuration.name, configuration.status, "UNPUBLISHED")
            configurations.change(connection, configuration.id, status=status)


def follow(connection: Connection, data: StoredData) -> List[str]:
    """Let the offerings on a stored data show its new revision; return a line of log for each.

    What they show must still be there: an offering whose table or level has gone stays on the revision that it shows
    until it is modified, so that an update never breaks a live service.
    """
    shown = revision(connection, data.id, data.revision)
    lines = []
    for offering in offerings.find(connection):
        if data.id not in offering.published.get("data", {}):
            continue
        name = configurations.get(connection, offering.configuration).layer_name
        reason = _obstacle(offering.published, shown)
        if reason:
            lines.append(
                "WARNING "
                + tr("“{name}” still shows the former data. {reason}", name=name, reason=reason)
                + " "
                + tr("Modify its configuration and synchronise it.")
            )
            continue
        pins = {**offering.published["data"], data.id: shown.number}
        offerings.change(connection, offering.id, published={**offering.published, "data": pins})
        lines.append("INFO " + tr("“{name}” shows the new data.", name=name))
    return lines


def follow_style(connection: Connection, static: Static) -> None:
    """Let the offerings that draw with a style use its new revision."""
    for offering in offerings.find(connection):
        if static.id in offering.published.get("styles", {}):
            pins = {**offering.published["styles"], static.id: [static.revision, static.suffix]}
            offerings.change(connection, offering.id, published={**offering.published, "styles": pins})


def checked_openness(endpoint: Endpoint, open_to_all: Optional[bool]) -> None:
    """Refuse a restricted offering on an endpoint that serves everybody."""
    if open_to_all is False and endpoint.open:
        raise InvalidInput(
            tr("The service cannot be restricted."),
            tr("“{name}” serves everybody who can reach it.", name=endpoint.name),
            tr("Publish it with “open”: true, or do not publish it here."),
        )


def _show(connection: Connection, offering: Offering, configuration: Configuration) -> Offering:
    """Pin an offering to its configuration and to the current revisions."""
    definition = define(connection, configuration.datastore, configuration.type, configuration.type_infos)
    published = {
        "type_infos": definition.type_infos,
        "metadata": configuration.metadata,
        "attribution": configuration.attribution,
        "data": {data.stored_data: data.number for data in definition.data},
        "styles": {style.id: [style.revision, style.suffix] for style in definition.styles},
    }
    if configuration.status != "PUBLISHED":
        status = step(CONFIGURATION, configuration.name, configuration.status, "PUBLISHED")
        configurations.change(connection, configuration.id, status=status)
    status = step(OFFERING, offering.id, offering.status, "PUBLISHED")
    return offerings.change(connection, offering.id, status=status, published=published)


def _obstacle(published: Mapping[str, Any], data: DataRevision) -> str:
    """Return why a published definition cannot show a revision, "" when it can."""
    if "levels" in data.details:
        item = published["type_infos"]["used_data"][0]
        try:
            check_levels(data, int(item["top_level"]), int(item["bottom_level"]))
        except InvalidInput as error:
            return error.why
        return ""
    table = missing_table(published["type_infos"], data)
    return tr("The new data has no table “{table}”.", table=table) if table else ""


def _endpoint(connection: Connection, configuration: Configuration, identifier: str) -> Endpoint:
    allowances = {one.of.id: one for one in endpoint_allowances(connection, configuration.datastore)}
    if identifier not in allowances:
        raise InvalidInput(
            tr("There is no endpoint {identifier} in this datastore.", identifier=identifier),
            cure=tr("Give one of the endpoints that the datastore lists."),
        )
    allowance = allowances[identifier]
    endpoint: Endpoint = allowance.of
    if endpoint.type != configuration.type:
        raise InvalidInput(
            tr("“{name}” cannot be published on “{endpoint}”.", name=configuration.name, endpoint=endpoint.name),
            tr("The endpoint takes configurations of type {type}.", type=endpoint.type),
        )
    if allowance.use >= allowance.quota:
        raise Conflict(
            tr("Nothing more can be published on “{endpoint}”.", endpoint=endpoint.name),
            tr("All {quota} offerings of its quota are used.", quota=allowance.quota),
            tr("Unpublish something first."),
        )
    return endpoint
