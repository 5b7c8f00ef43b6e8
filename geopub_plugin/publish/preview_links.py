"""Links that show a publication for some hours to whoever has them, also while it is not public."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Sequence, Tuple
from urllib.parse import urlsplit

from ..backend.errors import NotAllowed, NotFound
from ..backend.translation import tr
from .client import Store
from .client.connection import segment
from .client.datastores import urls_of
from .client.entity import text
from .live_layers import KINDS, LiveService

HOURS = 24


@dataclass(frozen=True)
class PreviewLinks:
    """What was made for one publication: a page for each of its services, and the services behind the links."""

    pages: Tuple[str, ...]
    services: Tuple[LiveService, ...]
    expires: str  # ISO 8601, of the first to end


def preview_links(store: Store, layer_name: str, title: str, hours: int = HOURS) -> PreviewLinks:
    """Make a link for each live service of a technical name.

    Raises:
        NotFound: nothing is live under this name, or the store knows no such links (the Géoplateforme does not).
    """
    offerings = [one for one in store.offerings.list() if one.layer_name == layer_name]
    if not offerings:
        raise NotFound(tr("Nothing is published as “{name}”.", name=layer_name))
    made = [_made(store, one.id, hours) for one in offerings]
    found = [(url.type, url.url) for wire in made for url in urls_of(wire) if url.type in KINDS]
    services = tuple(LiveService(kind, title, url, open=True) for kind, url in found)
    return PreviewLinks(tuple(text(wire, "url") for wire in made), services, min(text(w, "expires") for w in made))


def reachable(store: Store, services: Sequence[LiveService]) -> Tuple[LiveService, ...]:
    """Return services as QGIS can draw them: those that ask for a key behind links that are good for some hours.

    QGIS must not be given an address that asks for a key: its provider would wait for a login, for ever if QGIS ends.

    Raises:
        NotAllowed: a service is restricted, and its store knows no such links (the Géoplateforme does not).
    """
    if all(one.open for one in services):
        return tuple(services)
    offered = store.offerings.list(fields="layer_name,type,status,open,configuration,urls")
    closed = {_place(url.url): one.id for one in offered if not one.open for url in one.urls}
    return tuple(_reachable(store, one, closed.get(_place(one.url), "")) for one in services)


def _reachable(store: Store, service: LiveService, offering: str) -> LiveService:
    if not offering:
        return replace(service, open=True)
    try:
        made = urls_of(_made(store, offering, HOURS))
    except NotFound as error:
        raise NotAllowed(
            tr("“{title}” is restricted.", title=service.title),
            tr("Its services ask for a key, and this server makes no temporary links."),
            tr("Add it to QGIS as a connection of your own, with the key as its authentication."),
        ) from error
    return replace(service, open=True, url=next(one.url for one in made if one.type == service.kind))


def _place(url: str) -> Tuple[str, str]:
    """Return what of an address is the same for this computer and for the network."""
    parts = urlsplit(url)
    return parts.path, parts.query


def _made(store: Store, offering: str, hours: int) -> Any:
    path = f"datastores/{segment(store.id)}/offerings/{segment(offering)}/previews"
    return store.connection.ask("POST", path, json={"hours": hours})
