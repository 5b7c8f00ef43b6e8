"""Datasheets: everything that shares one name, at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from ...backend.errors import NotFound
from ...backend.translation import tr
from .connection import Connection, segment
from .datastores import ServiceUrl, urls_of
from .deletions import Doomed, doomed_of
from .entity import Wire, objects, reference, text
from .tagged_datasheets import tagged_datasheets


@dataclass(frozen=True)
class Service:
    """A live or prepared service of a datasheet."""

    type: str
    layer_name: str
    title: str
    configuration: str
    offering: str  # "" while it is not published
    urls: Tuple[ServiceUrl, ...]
    status: str = ""  # of the offering: PUBLISHED, PUBLISHING, UNSTABLE, …
    open: bool = True  # to everybody
    styles: Tuple[Tuple[str, str], ...] = ()  # names and addresses of files of the current style, for clients that draw


@dataclass(frozen=True)
class Datasheet:
    """What one name holds together."""

    name: str
    title: str
    state: str  # PUBLISHED, UNPUBLISHED, INTEGRATING or FAILED
    stored_data: Tuple[str, ...]
    uploads: Tuple[str, ...]
    services: Tuple[Service, ...]
    update: str  # ISO 8601


class Datasheets:
    """The datasheets of one datastore."""

    def __init__(self, connection: Connection, datastore: str) -> None:
        self._connection, self._datastore = connection, datastore
        self._root = f"datastores/{segment(datastore)}/datasheets"

    def list(self) -> Tuple[Datasheet, ...]:
        """Return every datasheet; where the store has no such list, they are put together from tags."""
        try:
            return tuple(_datasheet(wire) for wire in self._connection.pages(self._root))
        except NotFound:
            return tuple(_datasheet(wire) for wire in tagged_datasheets(self._connection, self._datastore))

    def consequences(self, name: str) -> Tuple[Doomed, ...]:
        """Return what would go if a datasheet were deleted; nothing is."""
        return doomed_of(self._connection.ask("GET", f"{self._root}/{segment(name)}/deletion"))

    def delete(self, name: str) -> None:
        """Delete a datasheet with everything that belongs to it; what runs for it is ended."""
        self._connection.ask("DELETE", f"{self._root}/{segment(name)}", timeout=300.0)


def state_text(state: str) -> str:
    """Return the state of a datasheet in the user's language."""
    return {
        "PUBLISHED": tr("Published"),
        "UNPUBLISHED": tr("Not published"),
        "INTEGRATING": tr("In progress"),
        "FAILED": tr("Failed"),
    }.get(state, state)


def _identifiers(wire: Wire, key: str) -> Tuple[str, ...]:
    return tuple(text(item, "_id") if isinstance(item, dict) else str(item) for item in wire.get(key) or ())


def _service(wire: Wire) -> Service:
    return Service(
        text(wire, "type"),
        text(wire, "layer_name"),
        text(wire, "title"),
        reference(wire, "configuration"),
        reference(wire, "offering"),
        urls_of(wire),
        text(wire, "status"),
        bool(wire.get("open", True)),
        tuple((text(one, "name"), text(one, "url")) for one in objects(wire, "styles")),
    )


def _datasheet(wire: Wire) -> Datasheet:
    return Datasheet(
        text(wire, "name"),
        text(wire, "title") or text(wire, "name"),
        text(wire, "state"),
        _identifiers(wire, "stored_data"),
        _identifiers(wire, "uploads"),
        tuple(_service(item) for item in objects(wire, "services")),
        text(wire, "update"),
    )
