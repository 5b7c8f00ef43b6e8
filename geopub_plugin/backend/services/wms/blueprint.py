"""The WMS endpoint: /wms-v/ows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Callable, Tuple

from flask import Blueprint, Response, request

from ...about import __version__
from ...errors import GeoPubError
from ...render.requests import DEFAULT_DPI, PNG, LegendRequest, MessageRequest, Request
from ...render.supervisor import Renderer
from ...translation import tr
from ..cross_origin import let_pages_read
from ..owscommon import Parameters, missing
from ..publications import MapLayer, Publications
from .capabilities import capabilities, media_type
from .exceptions import V111, V130, ServiceException, report
from .exceptions import media_type as report_media_type
from .feature_info import found_by_layer, question, written
from .given_styles import dressed, given_styles
from .layer_styles import MEDIA_TYPE as SLD_TYPE
from .layer_styles import styles_document
from .pictures import dressed_layers, frame_of, map_layers, map_request, picture_format, styled_layers


@dataclass(frozen=True)
class _Service:
    """Answers one request after another."""

    publications: Publications
    renderer: Renderer
    base_url: Callable[[], str]

    def get_capabilities(self, parameters: Parameters, version: str) -> Response:
        document = capabilities(parameters, self.publications, self.base_url(), version)
        return Response(document, content_type=f"{media_type(version)}; charset=utf-8")

    def get_map(self, parameters: Parameters, version: str) -> Response:
        given = given_styles(parameters)
        with dressed(styled_layers(parameters, self.publications, given), given) as layers:
            asked = map_request(parameters, layers, version)
            if given.own:  # its files have names of their own each time
                return Response(self.renderer.draw(asked), content_type=asked.format)
            return self._picture(asked, asked.format, lambda: self.renderer.draw(asked))

    def get_styles(self, parameters: Parameters, _version: str) -> Response:
        layers = map_layers(parameters, self.publications, "LAYERS" if parameters.get("LAYERS") else "LAYER")
        return Response(styles_document(layers, self.renderer.sld), content_type=f"{SLD_TYPE}; charset=utf-8")

    def get_feature_info(self, parameters: Parameters, version: str) -> Response:
        asked = question(parameters, self.publications, version)
        found = found_by_layer(asked, self.renderer.feature_info(asked.request))
        content_type, body = written(asked, found)
        return Response(body, content_type=content_type)

    def get_legend_graphic(self, parameters: Parameters, _version: str) -> Response:
        layers = map_layers(parameters, self.publications, "LAYER" if parameters.get("LAYER") else "LAYERS")
        layers = dressed_layers(Parameters({"styles": parameters.first("STYLE", "STYLES")}), layers)
        wants_json = parameters.get("FORMAT").lower().startswith("application/json")
        asked = _legend_request(
            parameters, layers, "application/json" if wants_json else picture_format(parameters, PNG)
        )
        return self._picture(asked, asked.format, lambda: self.renderer.legend(asked))

    def _picture(self, asked: Request, content_type: str, draw: Callable[[], bytes]) -> Response:
        """Return what is drawn, or "304 Not Modified": the same request of the same revision gives the same bytes."""
        etag = hashlib.sha256(repr((asked, __version__)).encode("utf-8")).hexdigest()[:32]
        kept = {"ETag": f'"{etag}"', "Cache-Control": "no-cache"}  # keep it, and ask whether it is still right
        if request.if_none_match.contains(etag):
            return Response(status=304, headers=kept)
        return Response(draw(), headers=kept, content_type=content_type)

    def failed(self, error: GeoPubError, parameters: Parameters, version: str) -> Response:
        """Return an error as EXCEPTIONS asks for it: XML, written into the picture, or an empty picture."""
        form = parameters.get("EXCEPTIONS", "XML").upper()
        if parameters.get("REQUEST").upper() == "GETMAP" and form.endswith(("INIMAGE", "BLANK")):
            picture = self._message("" if form.endswith("BLANK") else str(error), parameters)
            if picture is not None:
                return picture
        return Response(report(error, version), content_type=report_media_type(version))

    def _message(self, text: str, parameters: Parameters) -> Response | None:
        """Return a text as a picture; None when the request says too little of the picture, or nothing can draw it."""
        try:
            frame = frame_of(parameters, picture_format(parameters))
            asked = MessageRequest(text, frame.width, frame.height, frame.format, frame.transparent, frame.background)
            return Response(self.renderer.message(asked), content_type=frame.format)
        except GeoPubError:
            return None


def _legend_request(parameters: Parameters, layers: Tuple[MapLayer, ...], asked_format: str) -> LegendRequest:
    tables = tuple(table for layer in layers for table in layer.tables)
    titles = tuple(layer.title if len(layer.tables) == 1 else table.table for layer in layers for table in layer.tables)
    hidden = parameters.get("LAYERTITLE", "TRUE").upper() == "FALSE"
    return LegendRequest(
        tables,
        tuple("" for _ in titles) if hidden else titles,
        "+".join(layer.revision for layer in layers),
        asked_format,
        parameters.get("TRANSPARENT", "FALSE").upper() == "TRUE",
        DEFAULT_DPI,
        min(parameters.whole("WIDTH") or 0, 200),
        min(parameters.whole("HEIGHT") or 0, 200),
    )


def _version(parameters: Parameters) -> str:
    """Return the version to speak: of two, the highest not above the one asked for (OGC 06-042 §6.2.4)."""
    asked = parameters.first("VERSION", "WMTVER")
    if not asked:
        return V111 if parameters.get("SRS") and not parameters.get("CRS") else V130
    numbers = [int(part) if part.isdecimal() else 0 for part in asked.split(".")]
    return V130 if numbers >= [1, 3] else V111


def wms_blueprint(publications: Publications, renderer: Renderer, base_url: Callable[[], str]) -> Blueprint:
    """Return the routes of WMS 1.3.0 and 1.1.1 for what is published."""
    service = _Service(publications, renderer, base_url)
    operations = {
        "GETCAPABILITIES": service.get_capabilities,
        "CAPABILITIES": service.get_capabilities,  # of WMS 1.0, still asked for
        "GETMAP": service.get_map,
        "MAP": service.get_map,
        "GETFEATUREINFO": service.get_feature_info,
        "GETLEGENDGRAPHIC": service.get_legend_graphic,
        "GETSTYLES": service.get_styles,
    }
    blueprint = Blueprint("wms", __name__)
    let_pages_read(blueprint)

    @blueprint.route("/wms-v/ows", methods=["GET", "POST"])
    def ows() -> Response:
        parameters, version = Parameters({}), V130
        try:
            given = request.args if request.method == "GET" else request.values
            parameters = Parameters.of(given.items(multi=True))
            version = _version(parameters)
            return operations[_operation(parameters, tuple(operations))](parameters, version)
        except GeoPubError as error:
            return service.failed(error, parameters, version)

    return blueprint


def _operation(parameters: Parameters, known: Tuple[str, ...]) -> str:
    service = parameters.get("SERVICE", "WMS")
    if service.upper() != "WMS":
        raise ServiceException(
            "OperationNotSupported",
            tr("The service “{service}” is not offered at this address.", service=service[:40]),
            cure=tr("Ask for SERVICE=WMS."),
        )
    if not parameters.get("REQUEST"):
        raise missing("REQUEST")
    operation = parameters.get("REQUEST").upper()
    if operation not in known:
        raise ServiceException(
            "OperationNotSupported",
            tr("The operation “{operation}” is not offered.", operation=parameters.get("REQUEST")[:40]),
            cure=tr("Ask for GetCapabilities, GetMap, GetFeatureInfo, GetLegendGraphic or GetStyles."),
        )
    return operation
