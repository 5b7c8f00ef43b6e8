"""What the tiles of a service hold, and where: what a style for them has to fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional, Tuple

from ..backend.errors import NotFound
from ..backend.translation import tr
from .client import Store
from .client.configurations import Configuration
from .client.entity import mapping, objects, text
from .client.stored_data import StoredData
from .map_style import GLYPHS


@dataclass(frozen=True)
class TileContents:
    """The layers of tiles with their attributes, and the addresses that a style needs."""

    fields: Dict[str, Tuple[str, ...]]  # by layer
    tile_json: str  # address
    glyphs: str  # address, with {fontstack} and {range}
    data: Optional[StoredData]  # what the tiles were made of, None where that is not known


def tile_contents(store: Store, service: Configuration) -> TileContents:
    """Return what the tiles of a service hold; raise NotFound while it is not published."""
    urls = [url.url for one in store.offerings.list(configuration=service.id) for url in one.urls if url.type == "TMS"]
    if not urls:
        raise NotFound(tr("“{name}” is not published.", name=service.name))
    told = store.connection.read(f"{urls[0]}/metadata.json")
    fields = {text(layer, "id"): tuple(mapping(layer, "fields")) for layer in objects(told, "vector_layers")}
    return TileContents(
        fields, f"{urls[0]}/metadata.json", urls[0].partition("/tms/")[0] + GLYPHS, _source(store, service)
    )


def _source(store: Store, service: Configuration) -> Optional[StoredData]:
    """Return the vector data that a pyramid was made of, by the tag that the platform's clients set."""
    for pyramid in service.stored_data:
        identifier = store.stored_data.get(pyramid).tags.get("vectordb_id", "")
        try:
            return store.stored_data.get(identifier) if identifier else None
        except NotFound:
            return None
    return None
