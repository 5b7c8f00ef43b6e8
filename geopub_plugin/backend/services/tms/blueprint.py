"""Routes of the tile map service, under /tms/1.0.0."""

from __future__ import annotations

import gzip
import hashlib
from typing import Callable

from flask import Blueprint, Response, jsonify, request

from ...translation import tr
from ..publications import Publications, TileLayer
from .documents import error_xml, layer_xml, service_xml, tile_json
from .open_archives import OpenArchives

_TILE = "application/vnd.mapbox-vector-tile"


def tms_blueprint(publications: Publications, base_url: Callable[[], str]) -> Blueprint:
    """Return the routes; `base_url` gives the address that clients use, without a slash at its end."""
    routes = Blueprint("tms", __name__, url_prefix="/tms/1.0.0")
    archives = OpenArchives(publications)

    @routes.after_request
    def allow_everywhere(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    @routes.get("/")
    def service() -> Response:
        return _xml(service_xml(base_url(), publications.service(), publications.tile_layers()))

    @routes.get("/<name>", strict_slashes=False)
    def layer(name: str) -> Response:
        found = archives.layer(name)
        return _unknown(name) if found is None else _xml(layer_xml(base_url(), found))

    @routes.get("/<name>/metadata.json")
    def metadata(name: str) -> Response:
        found = archives.layer(name)
        if found is None:
            return _unknown(name)
        told = archives.archive(found).metadata()
        return jsonify(tile_json(base_url(), found, told.get("vector_layers", [])))

    @routes.get("/<name>/<int:z>/<int:x>/<int:y>.pbf")
    def tile(name: str, z: int, x: int, y: int) -> Response:
        found = archives.layer(name)
        return _unknown(name) if found is None else _tile(archives, found, z, x, y)

    return routes


def _tile(archives: OpenArchives, layer: TileLayer, z: int, x: int, y: int) -> Response:
    """Answer with a tile as it is stored; 204 where the pyramid has none."""
    side = 1 << min(z, 30)
    if not layer.top_level <= z <= layer.bottom_level or x >= side or y >= side:
        return _error(tr("The layer “{layer}” has no tile {z}/{x}/{y}.", layer=layer.name, z=z, x=x, y=y))
    archive = archives.archive(layer)
    data = archive.tile(z, x, y)
    if data is None:
        return Response(status=204, headers={"Cache-Control": "no-cache"})
    mark = hashlib.blake2b(data, digest_size=12).hexdigest()
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if archive.gzipped and request.accept_encodings["gzip"] > 0:
        headers["Content-Encoding"] = "gzip"
        mark += "-gzip"
    elif archive.gzipped:
        data = gzip.decompress(data)
    response = Response(data, mimetype=_TILE, headers=headers)
    response.set_etag(mark)
    response.make_conditional(request)
    return response


def _xml(text: str) -> Response:
    return Response(text, mimetype="text/xml")


def _unknown(name: str) -> Response:
    return _error(tr("There is no tile layer “{name}”.", name=name))


def _error(message: str) -> Response:
    return Response(error_xml(message), status=404, mimetype="text/xml")
