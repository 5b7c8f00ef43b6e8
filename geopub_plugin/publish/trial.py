"""Trying a target before it is used: who one is there, and where one may publish."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import Optional, Tuple

from .client import Connection
from .client.datastores import datastore, my_datastores
from .client.entity import text
from .client.store import api_address
from .qgis_transport import QgisTransport
from .targets import Target

# The datastores that the Géoplateforme lends to everybody; its own QGIS plugin marks what is published there so.
SANDBOXES = ("122b878c-aad8-4507-87b2-465e664467d3", "87e1beb6-ee07-4adc-8449-6a925dc28949")
SANDBOX_PREFIX = "SANDBOX_"


@dataclass(frozen=True)
class Place:
    """A datastore in which one may publish."""

    id: str
    name: str  # technical
    prefix: str  # that every technical name must have there


@dataclass(frozen=True)
class Trial:
    """What a server says to who signs in as a target does."""

    user: str
    places: Tuple[Place, ...]


def tried(target: Target, cancel: Optional[Event] = None) -> Trial:
    """Sign in and look around, in the calling thread, which may wait for it.

    Raises:
        GeoPubError: the server does not answer, is no store, or does not let one in.
    """
    with closing(QgisTransport(target.authcfg)) as transport:
        connection = Connection(transport, api_address(target.url), cancel=cancel)
        me = connection.ask("GET", "users/me", timeout=20.0)
        found = my_datastores(connection)
        places = tuple(Place(id_, name, _prefix(connection, id_)) for id_, name in found)
    return Trial(text(me, "email") or text(me, "_id"), places)


def _prefix(connection: Connection, identifier: str) -> str:
    if identifier in SANDBOXES:
        return SANDBOX_PREFIX
    stated = datastore(connection, identifier).layer_name_prefix
    return f"{stated}." if stated and stated[-1] not in "._-" else stated
