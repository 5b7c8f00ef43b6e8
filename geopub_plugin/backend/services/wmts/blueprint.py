"""The WMTS endpoint: /wmts by key and value, /wmts/1.0.0 by path (OGC 07-057r7 §8 and §10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from flask import Blueprint, Response, request

from ...errors import GeoPubError
from ...render.supervisor import Renderer
from ...translation import tr
from ..cross_origin import let_pages_read
from ..owscommon import OwsError, Parameters, exception_of, exception_report, missing
from ..publications import Publications
from ..wms.exceptions import V130, ServiceException
from ..wms.feature_info import JSON, found_by_layer, question, written
from .documents import capabilities
from .matrices import SIDE, SYSTEM
from .metatiles import Metatile
from .tile_cache import TileCache
from .tile_requests import PNG, layer_of, tile_of

# Code and locator here (OGC 07-057r7 tables 24 and 30), by the code of WMS
_CODES = {"InvalidPoint": ("PointIJOutOfRange", "I"), "InvalidFormat": ("InvalidParameterValue", "INFOFORMAT")}
_OTHER_CODE = ("InvalidParameterValue", "")


@dataclass(frozen=True)
class _Service:
    """Answers one request after another."""

    publications: Publications
    renderer: Renderer
    tiles: TileCache
    base_url: Callable[[], str]

    def get_capabilities(self, _parameters: Parameters) -> Response:
        return Response(capabilities(self.publications, self.base_url()), content_type="application/xml; charset=utf-8")

    def get_tile(self, parameters: Parameters) -> Response:
        """Return a tile, or "304 Not Modified" without drawing."""
        layer, tile = layer_of(parameters, self.publications), tile_of(parameters)
        metatile = Metatile.around(layer, tile)
        etag = self.tiles.mark(metatile, tile)
        if request.if_none_match.contains(etag):
            response = Response(status=304)
        else:
            response = Response(self.tiles.tile(metatile, tile), content_type=PNG)
        response.set_etag(etag)
        response.cache_control.no_cache = True  # keep it, and ask whether it is still right
        return response

    def get_feature_info(self, parameters: Parameters) -> Response:
        layer, tile = layer_of(parameters, self.publications), tile_of(parameters)
        as_map = {
            **parameters.values,
            "layers": layer.name,
            "query_layers": layer.name,
            "styles": layer.style_name,
            "crs": SYSTEM,
            "bbox": ",".join(f"{edge!r}" for edge in tile.bounds),
            "width": str(SIDE),
            "height": str(SIDE),
            "i": parameters.needed("I"),
            "j": parameters.needed("J"),
            "info_format": parameters.get("INFOFORMAT", JSON),
        }
        asked = question(Parameters(as_map), self.publications, V130)
        content_type, body = written(asked, found_by_layer(asked, self.renderer.feature_info(asked.request)))
        return Response(body, content_type=content_type)


def wmts_blueprint(
    publications: Publications, renderer: Renderer, tiles: TileCache, base_url: Callable[[], str]
) -> Blueprint:
    """Return the routes of WMTS 1.0.0 for the map layers that are published."""
    service = _Service(publications, renderer, tiles, base_url)
    operations = {
        "GETCAPABILITIES": service.get_capabilities,
        "GETTILE": service.get_tile,
        "GETFEATUREINFO": service.get_feature_info,
    }
    blueprint = Blueprint("wmts", __name__, url_prefix="/wmts")
    by_path = "/1.0.0/<layer>/<style>/<tilematrixset>/<tilematrix>/<tilerow>/<tilecol>"

    let_pages_read(blueprint)

    @blueprint.errorhandler(GeoPubError)
    def tell(error: GeoPubError) -> Response:
        if isinstance(error, ServiceException):  # of what both services share
            error = OwsError(*_CODES.get(error.code, _OTHER_CODE), error.what, error.why, error.cure)
        return Response(
            exception_report(error, "1.0.0"), exception_of(error)[2], content_type="text/xml; charset=utf-8"
        )

    @blueprint.get("", strict_slashes=False)
    def by_keys() -> Response:
        parameters = Parameters.of(request.args.items(multi=True))
        return operations[_operation(parameters, tuple(operations))](parameters)

    @blueprint.get("/1.0.0/WMTSCapabilities.xml")
    def document() -> Response:
        return service.get_capabilities(Parameters({}))

    @blueprint.get(f"{by_path}.png")
    def tile(**named: str) -> Response:
        return service.get_tile(Parameters(named))

    @blueprint.get(f"{by_path}/<j>/<i>.json")
    def feature_info(**named: str) -> Response:
        return service.get_feature_info(Parameters(named))

    return blueprint


def _operation(parameters: Parameters, known: tuple) -> str:
    service = parameters.get("SERVICE", "WMTS")
    if service.upper() != "WMTS":
        raise OwsError(
            "InvalidParameterValue",
            "SERVICE",
            tr("The service “{service}” is not offered at this address.", service=service[:40]),
            cure=tr("Ask for SERVICE=WMTS."),
        )
    if not parameters.get("REQUEST"):
        raise missing("REQUEST")
    operation = parameters.get("REQUEST").upper()
    if operation not in known:
        raise OwsError(
            "OperationNotSupported",
            parameters.get("REQUEST")[:40],
            tr("The operation “{operation}” is not offered.", operation=parameters.get("REQUEST")[:40]),
            cure=tr("Ask for GetCapabilities, GetTile or GetFeatureInfo."),
        )
    return operation
