"""Offerings: configurations published on an endpoint, with live addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from ...backend.errors import NotFound
from .connection import Connection, segment
from .datastores import ServiceUrl, urls_of
from .entity import Wire, reference, text
from .waiting import wait_until


@dataclass(frozen=True)
class Offering:
    """A live service."""

    id: str
    layer_name: str
    type: str
    status: str  # PUBLISHING, MODIFYING, PUBLISHED, UNPUBLISHING, UNPUBLISHED, UNSTABLE
    open: bool
    configuration: str
    endpoint: str
    urls: Tuple[ServiceUrl, ...]


class Offerings:
    """The offerings of one datastore."""

    def __init__(self, connection: Connection, datastore: str) -> None:
        self._connection = connection
        self._datastore = f"datastores/{segment(datastore)}"
        self._root = f"{self._datastore}/offerings"

    def list(self, **filters: str) -> Tuple[Offering, ...]:
        """Return the offerings with these values (`configuration=…`, `stored_data=…`)."""
        return tuple(_offering(wire) for wire in self._connection.pages(self._root, filters))

    def get(self, identifier: str) -> Offering:
        """Return one offering with its addresses."""
        return _offering(self._connection.ask("GET", f"{self._root}/{segment(identifier)}"))

    def create(self, configuration: str, endpoint: str, open_to_all: bool = True) -> Offering:
        """Publish a configuration on an endpoint."""
        path = f"{self._datastore}/configurations/{segment(configuration)}/offerings"
        return _offering(self._connection.ask("POST", path, json={"endpoint": endpoint, "open": open_to_all}))

    def synchronise(self, identifier: str) -> None:
        """Make the service follow its configuration and data as they are now."""
        self._connection.ask("PUT", f"{self._root}/{segment(identifier)}")

    def published(self, identifier: str) -> Offering:
        """Wait until a service is live (PUBLISHED) or has failed (UNSTABLE), and return it."""
        return wait_until(
            self._connection, lambda: self.get(identifier), lambda o: o.status in ("PUBLISHED", "UNSTABLE")
        )

    def delete(self, identifier: str) -> None:
        """Take a service off and wait until it is gone."""
        self._connection.ask("DELETE", f"{self._root}/{segment(identifier)}")
        wait_until(self._connection, lambda: self._status(identifier), lambda status: status in ("", "UNPUBLISHED"))

    def _status(self, identifier: str) -> str:
        try:
            return self.get(identifier).status
        except NotFound:
            return ""


def _offering(wire: Wire) -> Offering:
    return Offering(
        text(wire, "_id"),
        text(wire, "layer_name"),
        text(wire, "type"),
        text(wire, "status"),
        bool(wire.get("open")),
        reference(wire, "configuration"),
        reference(wire, "endpoint"),
        urls_of(wire),
    )
