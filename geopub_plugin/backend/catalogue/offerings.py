"""Offerings: the publication of a configuration, pinned to the revisions that it shows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Set

from sqlalchemy import Connection

from ..errors import Conflict, InvalidInput
from ..translation import tr
from . import tables
from .configurations import Configuration, configurations
from .definitions import check_levels, define, missing_table
from .journal import JournaledRows
from .lifecycles import CONFIGURATION, OFFERING, step
from .named_styles import draws_with, fit_again, fit_all
from .quotas import require_offering
from .rows import DatastoreEntity, Rows
from .spaces import Endpoint, endpoint_allowances
from .statics import Static
from .store import Store
from .stored_data import DataRevision, StoredData, revision
from .style_fit import pinned_file, pins_of


@dataclass(frozen=True)
class Offering(DatastoreEntity):
    """The publication of a configuration on an endpoint.

    `published` is what the services show: `type_infos` and `metadata` of the configuration at the moment of
    publication, `data` (stored data -> revision), `styles` (see `style_fit.StylePins`) with the `style` that these are
    and the others to choose from, `named_styles` (see `named_styles`); `making` is the stored data that is still being
    made (see `awaited`).
    """

    configuration: str
    endpoint: str
    open: bool
    available: bool
    status: str
    public_activity: bool
    published: Dict[str, Any]
    extra: Dict[str, Any]


offerings: Rows[Offering] = JournaledRows(tables.offering, Offering)


def publish(
    store: Store,
    configuration: Configuration,
    endpoint_id: str,
    open_to_all: Optional[bool] = None,
    available: bool = True,
) -> Offering:
    """Publish a configuration on an endpoint; it is live when this returns, PUBLISHING while its tiles are being made.

    Args:
        store: where.
        configuration: of what.
        endpoint_id: on which endpoint.
        open_to_all: whether everybody may use it; None for what the endpoint is for.
        available: whether it is to be found there, or by preview links only.

    Raises:
        InvalidInput: the endpoint is not one for it.
        Conflict: it is published there already, its data is not ready, or the quota is used up.
    """
    with store.writing() as connection:
        endpoint = _endpoint(connection, configuration, endpoint_id)
        is_open = checked_openness(endpoint, open_to_all)
        require_offering(connection, configuration.datastore)
        columns = tables.offering.c
        there = offerings.find(connection, columns.configuration == configuration.id, columns.endpoint == endpoint.id)
        for former in (one for one in there if one.status == "UNPUBLISHED"):
            offerings.remove(connection, former.id)
        if any(one.status != "UNPUBLISHED" for one in there):
            raise Conflict(
                tr("“{name}” is published already.", name=configuration.name),
                cure=tr("Synchronise its offering (PUT) to show what has changed."),
            )
        offering = offerings.add(
            connection,
            datastore=configuration.datastore,
            configuration=configuration.id,
            endpoint=endpoint.id,
            open=is_open,
            available=available,
            status="PUBLISHING",
        )
        return _show(store, connection, offering, configurations.get(connection, configuration.id))


def synchronise(store: Store, offering: Offering) -> Offering:
    """Show the configuration and the data as they are now."""
    with store.writing() as connection:
        current = offerings.get(connection, offering.id)
        status = step(OFFERING, current.id, current.status, "MODIFYING")
        current = offerings.change(connection, current.id, status=status)
        return _show(store, connection, current, configurations.get(connection, current.configuration))


def unpublish(store: Store, offering: Offering, keep: bool = False) -> None:
    """End a publication: its configuration is UNPUBLISHED, if nothing else publishes it.

    Args:
        store: where.
        offering: that is to show nothing any more.
        keep: let it stay, UNPUBLISHED, until this is asked for again; or else it is gone at once.
    """
    with store.writing() as connection:
        current = offerings.get(connection, offering.id)
        if current.status == "UNPUBLISHED" or not keep:
            offerings.remove(connection, current.id)
        else:
            step(OFFERING, current.id, current.status, "UNPUBLISHING")
            offerings.change(connection, current.id, status="UNPUBLISHED", published={})
        configuration = configurations.get(connection, current.configuration)
        columns = tables.offering.c
        others = offerings.find(connection, columns.configuration == configuration.id, columns.status != "UNPUBLISHED")
        if not others and configuration.status != "UNPUBLISHED":
            status = step(CONFIGURATION, configuration.name, configuration.status, "UNPUBLISHED")
            configurations.change(connection, configuration.id, status=status)


def remove_offering(store: Store, offering: Offering) -> None:
    """End a publication and forget it."""
    unpublish(store, offering)


def follow(store: Store, connection: Connection, data: StoredData) -> List[str]:
    """Let the offerings on a stored data show its new revision; return a line of log for each.

    What they show must still be there: an offering whose table or level has gone stays on the revision that it shows
    until it is modified, so that an update never breaks a live service.
    """
    shown = revision(connection, data.id, data.revision)
    lines = []
    for offering in offerings.find(connection):
        if data.id not in (*offering.published.get("data", {}), offering.published.get("making")):
            continue
        name = configurations.get(connection, offering.configuration).layer_name
        try:
            _refuse_loss(offering.published["type_infos"], shown)
            published = _with_data(store, connection, offering.published, shown)
        except InvalidInput as error:
            what = tr("“{name}” still shows the former data.", name=name)
            cure = tr("Modify its configuration and synchronise it.")
            lines.append(" ".join(("WARNING", what, *error.sentences[:2], cure)))
            if "making" in offering.published and offering.status != "UNSTABLE":  # it never showed anything else
                offerings.change(connection, offering.id, status=step(OFFERING, name, offering.status, "UNSTABLE"))
        else:
            status = _at_last(offering) if "making" in offering.published else offering.status
            offerings.change(connection, offering.id, published=published, status=status)
            lines.append("INFO " + tr("“{name}” shows the new data.", name=name))
    return lines


def follow_style(store: Store, connection: Connection, static: Static) -> None:
    """Let the offerings that draw with a style use its new revision, where it fits the data that they show.

    Where it does not, it may be made for data that is still to be shown: it is used once they are synchronised.
    """
    for offering in offerings.find(connection):
        published = offering.published
        if draws_with(published, static.id):
            with suppress(InvalidInput):
                styles = fit_again(store, connection, published, _revisions(connection, published["data"]))
                offerings.change(connection, offering.id, published={**published, **styles})


def style_files(store: Store, connection: Connection) -> Set[Path]:
    """Return the files of styles that offerings draw with."""
    shown = [pins for offering in offerings.find(connection) for pins in pins_of(offering.published)]
    return {pinned_file(store, pin) for pins in shown for pin in pins.values()}


def checked_openness(endpoint: Endpoint, open_to_all: Optional[bool]) -> bool:
    """Return whether an offering is open; refuse a restricted one on an endpoint that serves everybody."""
    if open_to_all is False and endpoint.open:
        raise InvalidInput(
            tr("The service cannot be restricted."),
            tr("“{name}” serves everybody who can reach it.", name=endpoint.name),
            tr("Publish it with “open”: true, or on a private endpoint."),
        )
    return endpoint.open if open_to_all is None else open_to_all


def _show(store: Store, connection: Connection, offering: Offering, configuration: Configuration) -> Offering:
    """Pin an offering to its configuration and to the current revisions."""
    definition = define(connection, configuration.datastore, configuration.type, configuration.type_infos)
    published = {
        "type_infos": definition.type_infos,
        "metadata": configuration.metadata,
        "attribution": configuration.attribution,
        "data": {data.stored_data: data.number for data in definition.data},
        **fit_all(store, connection, definition.type_infos, configuration.extra, definition.revisions),
    }
    if definition.making:
        published["making"] = definition.making
    if configuration.status != "PUBLISHED":
        status = step(CONFIGURATION, configuration.name, configuration.status, "PUBLISHED")
        configurations.change(connection, configuration.id, status=status)
    status = offering.status if definition.making else step(OFFERING, offering.id, offering.status, "PUBLISHED")
    return offerings.change(connection, offering.id, status=status, published=published)


def _with_data(
    store: Store, connection: Connection, published: Mapping[str, Any], shown: DataRevision
) -> Dict[str, Any]:
    """Return what an offering shows with another revision of its data."""
    pins = {**published["data"], shown.stored_data: shown.number}
    made = {**published, "data": pins, **fit_again(store, connection, published, _revisions(connection, pins))}
    if made.get("making") == shown.stored_data:
        del made["making"]
    return made


def _at_last(offering: Offering) -> str:
    """Return the status of an offering whose pyramid is there now, whatever became of it meanwhile."""
    status = offering.status
    if status == "UNSTABLE":
        status = step(OFFERING, offering.id, status, "MODIFYING")
    return step(OFFERING, offering.id, status, "PUBLISHED")


def _revisions(connection: Connection, pins: Mapping[str, int]) -> Dict[str, DataRevision]:
    return {identifier: revision(connection, identifier, number) for identifier, number in pins.items()}


def _refuse_loss(type_infos: Mapping[str, Any], data: DataRevision) -> None:
    """Refuse a revision that has not got what a published definition shows."""
    if "levels" in data.details:
        item = type_infos["used_data"][0]
        check_levels(data, int(item["top_level"]), int(item["bottom_level"]))
        return
    table = missing_table(type_infos, data)
    if table:
        raise InvalidInput(tr("The new data has no table “{table}”.", table=table))


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
