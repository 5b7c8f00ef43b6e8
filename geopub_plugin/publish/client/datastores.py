"""Who the caller is, and the datastore that they publish into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from ...backend.errors import NotAllowed, NotFound
from ...backend.translation import tr
from .connection import Connection, segment
from .entity import Wire, mapping, objects, text


@dataclass(frozen=True)
class Health:
    """What a server says of itself, without a token."""

    name: str
    version: str
    status: str


@dataclass(frozen=True)
class ServiceUrl:
    """One address under which a service answers."""

    type: str  # "WFS", "WMS", "TMS", "WMTS", …
    url: str


@dataclass(frozen=True)
class Endpoint:
    """A place where services are published, and how many more fit."""

    id: str
    name: str
    type: str  # "WFS", "WMS-VECTOR", "WMTS-TMS", …
    open: bool
    urls: Tuple[ServiceUrl, ...]
    use: int
    quota: int

    @property
    def has_room(self) -> bool:
        """Whether one more service may be published here."""
        return self.use < self.quota


@dataclass(frozen=True)
class Datastore:
    """A datastore and its endpoints."""

    id: str
    name: str
    technical_name: str
    endpoints: Tuple[Endpoint, ...]
    layer_name_prefix: str = ""
    identifier_prefix: str = ""  # of metadata records
    community: str = ""  # identifier

    def endpoint(self, kind: str, open_to_all: bool = True) -> Optional[Endpoint]:
        """Return the first endpoint of a type that has room, or None."""
        return next((e for e in self.endpoints if e.type == kind and e.open is open_to_all and e.has_room), None)


def urls_of(wire: Wire) -> Tuple[ServiceUrl, ...]:
    """Return the addresses of an endpoint or an offering."""
    return tuple(ServiceUrl(text(item, "type"), text(item, "url")) for item in objects(wire, "urls"))


def health(connection: Connection) -> Health:
    """Return what the server says of itself."""
    wire = connection.ask("GET", "health", timeout=5.0)
    return Health(text(wire, "name"), text(wire, "version"), text(wire, "status"))


def my_datastores(connection: Connection) -> Tuple[Tuple[str, str], ...]:
    """Return identifier and technical name of each datastore that the caller may use."""
    wire = connection.ask("GET", "users/me")
    communities = tuple(mapping(member, "community") for member in objects(wire, "communities_member"))
    return tuple((text(c, "datastore"), text(c, "technical_name")) for c in communities if c.get("datastore"))


def choose_datastore(connection: Connection, wanted: str = "") -> str:
    """Return the identifier of the datastore of this identifier or technical name; of the only one by default."""
    mine = my_datastores(connection)
    if not mine:
        raise NotAllowed(
            tr("Your account has no datastore on this server."),
            tr("Publishing needs a community with a datastore, and the right to upload into it."),
            tr("Ask the administrator of the server to add you to a community."),
        )
    names = ", ".join(name for _, name in mine)
    if wanted:
        found = next((id_ for id_, name in mine if wanted in (id_, name)), "")
        if not found:
            raise NotFound(
                tr("There is no datastore {name} among yours.", name=wanted),
                cure=tr("Choose one of these: {names}.", names=names),
            )
        return found
    if len(mine) > 1:
        raise NotFound(
            tr("You have several datastores on this server."),
            cure=tr("Choose one of these: {names}.", names=names),
        )
    return mine[0][0]


def datastore(connection: Connection, identifier: str) -> Datastore:
    """Return a datastore with its endpoints."""
    wire = connection.ask("GET", f"datastores/{segment(identifier)}")
    return Datastore(
        text(wire, "_id"),
        text(wire, "name"),
        text(wire, "technical_name"),
        tuple(_endpoint(item) for item in objects(wire, "endpoints")),
        text(wire, "configuration_layer_name_prefix"),
        text(wire, "metadata_file_identifier_prefix"),
        text(mapping(wire, "community"), "_id"),
    )


def _endpoint(wire: Wire) -> Endpoint:
    it = mapping(wire, "endpoint")
    return Endpoint(
        text(it, "_id"),
        text(it, "name"),
        text(it, "type"),
        bool(it.get("open", True)),
        urls_of(it),
        int(wire.get("use") or 0),
        int(wire.get("quota") or 0),
    )
