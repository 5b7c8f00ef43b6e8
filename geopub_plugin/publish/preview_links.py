"""Links that show a publication for some hours to whoever has them, also while it is not public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Tuple

from ..backend.errors import NotFound
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
    services = tuple(LiveService(kind, title, url) for kind, url in found)
    return PreviewLinks(tuple(text(wire, "url") for wire in made), services, min(text(w, "expires") for w in made))


def _made(store: Store, offering: str, hours: int) -> Any:
    path = f"datastores/{segment(store.id)}/offerings/{segment(offering)}/previews"
    return store.connection.ask("POST", path, json={"hours": hours})
