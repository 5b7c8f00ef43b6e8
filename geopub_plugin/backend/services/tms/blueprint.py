"""Routes of the tile map service, under /tms/1.0.0."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, List, Mapping, Sequence, Tuple

from flask import Blueprint, Response, jsonify

from ...errors import GeoPubError
from ...translation import tr
from ..cross_origin import let_pages_read
from ..publications import Publications, TileLayer
from .answers import error_answer, no_tile, refused, tile_answer, xml_answer
from .documents import layer_xml, service_xml, tile_json
from .fresh_tiles import FreshTiles
from .open_archives import OpenArchives


def tms_blueprint(publications: Publications, base_url: Callable[[], str], fresh: FreshTiles) -> Blueprint:
    """Return the routes.

    Args:
        publications: what is published.
        base_url: gives the address that clients use, without a slash at its end.
        fresh: has the tiles of the layers whose archive is still being made.
    """
    routes = Blueprint("tms", __name__, url_prefix="/tms/1.0.0")
    archives = OpenArchives(publications)

    let_pages_read(routes)

    @routes.errorhandler(GeoPubError)
    def tell(error: GeoPubError) -> Response:
        return refused(error)

    @routes.get("/")
    def service() -> Response:
        return xml_answer(service_xml(base_url(), publications.service(), publications.tile_layers()))

    @routes.get("/<name>", strict_slashes=False)
    def layer(name: str) -> Response:
        found = archives.layer(name)
        return _unknown(name) if found is None else xml_answer(layer_xml(base_url(), _described(found, fresh)))

    @routes.get("/<name>/metadata.json")
    def metadata(name: str) -> Response:
        found = archives.layer(name)
        if found is None:
            return _unknown(name)
        layers = _vector_layers(found, archives, fresh)
        return jsonify(tile_json(base_url(), _described(found, fresh), layers))

    @routes.get("/<name>/<int:z>/<int:x>/<int:y>.pbf")
    def tile(name: str, z: int, x: int, y: int) -> Response:
        found = archives.layer(name)
        if found is None:
            return _unknown(name)
        side = 1 << min(z, 30)
        if not found.top_level <= z <= found.bottom_level or x >= side or y >= side:
            return no_tile(name, z, x, y)
        return tile_answer(*_stored(found, archives, fresh, z, x, y))

    return routes


def _stored(layer: TileLayer, archives: OpenArchives, fresh: FreshTiles, z: int, x: int, y: int) -> Tuple[Any, bool]:
    """Return a tile and whether it is compressed: from the archive, or built at once while that is made."""
    if layer.making:
        return fresh.tile(layer.making, z, x, y), True
    archive = archives.archive(layer)
    return archive.tile(z, x, y), archive.gzipped


def _described(layer: TileLayer, fresh: FreshTiles) -> TileLayer:
    """Return the layer with the bounds that its archive is going to tell."""
    if not layer.making or layer.bounds_given:
        return layer
    return replace(layer, bounds=fresh.told(layer.making).bounds)


def _vector_layers(layer: TileLayer, archives: OpenArchives, fresh: FreshTiles) -> List[Mapping[str, Any]]:
    told: Sequence[Mapping[str, Any]]
    if layer.making:
        told = fresh.told(layer.making).vector_layers
    else:
        told = archives.archive(layer).metadata().get("vector_layers", [])
    return list(told)


def _unknown(name: str) -> Response:
    return error_answer(tr("There is no tile layer “{name}”.", name=name))
