"""GetFeatureInfo: OGC 06-042 §7.4 (1.3.0), OGC 01-068r3 §7.3 (1.1.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, List, Tuple

from ...render.requests import FeatureInfoRequest
from ...translation import tr
from ..owscommon import Parameters, invalid
from ..publications import MapLayer, Publications
from .documents import TEMPLATES
from .exceptions import V111, ServiceException
from .feature_gml import GML_FORMATS, OTHER_NAMES, gml_document
from .pictures import dressed_layers, map_layers, view_of

JSON, TEXT, HTML = "application/json", "text/plain", "text/html"
INFO_FORMATS = (*GML_FORMATS, JSON, TEXT, HTML)  # JSON last of those with features: QGIS takes the last
_SAME_FORMAT = {"application/geojson": JSON, "application/geo+json": JSON, **OTHER_NAMES}
_TOLERANCE = 4  # pixels; a finger's or a mouse's aim
_LARGEST_TOLERANCE = 100
_MOST_FEATURES = 1000
_KINDS = ("POINT", "LINE", "POLYGON")


@dataclass(frozen=True)
class Question:
    """What GetFeatureInfo asks for: of these layers, top first, in this format."""

    request: FeatureInfoRequest
    layers: Tuple[MapLayer, ...]
    format: str
    srs: str


@dataclass(frozen=True)
class Found:
    """What was found of one layer: GeoJSON features."""

    layer: MapLayer
    features: List[Dict[str, Any]]


def question(parameters: Parameters, publications: Publications, version: str) -> Question:
    """Return what a request asks for; raise for one that cannot be answered."""
    shown = {layer.name: layer for layer in dressed_layers(parameters, map_layers(parameters, publications))}
    asked = tuple(reversed(map_layers(parameters, publications, "QUERY_LAYERS")))
    for layer in asked:
        if layer.name not in shown:
            raise ServiceException(
                "LayerNotDefined", tr("The layer “{layer}” is in QUERY_LAYERS but not in LAYERS.", layer=layer.name)
            )
    layers = tuple(shown[layer.name] for layer in asked)
    view = view_of(parameters, tuple(reversed(layers)), version)
    column, row = ("X", "Y") if version == V111 else ("I", "J")
    request = FeatureInfoRequest(
        view,
        _pixel(parameters, column, view.width) + 0.5,
        _pixel(parameters, row, view.height) + 0.5,
        _tolerances(parameters),
        min(parameters.whole("FEATURE_COUNT", lowest=1) or 1, _MOST_FEATURES),
        parameters.get("WITH_GEOMETRY", "TRUE").upper() == "TRUE" and _format(parameters) in (JSON, *GML_FORMATS),
    )
    return Question(request, layers, _format(parameters), view.srs)


def _pixel(parameters: Parameters, name: str, size: int) -> int:
    text = parameters.first(name, {"I": "X", "J": "Y", "X": "I", "Y": "J"}[name])
    if not text or not text.isdecimal() or int(text) >= size:
        raise ServiceException(
            "InvalidPoint",
            tr("“{value}” is no pixel of the picture for the parameter {name}.", value=text[:40], name=name),
            cure=tr("Give a whole number from 0 to {last}.", last=size - 1),
        )
    return int(text)


def _format(parameters: Parameters) -> str:
    asked = parameters.get("INFO_FORMAT", JSON)
    plain = asked.lower().replace(" ", "")
    found = _SAME_FORMAT.get(plain, plain.split(";")[0])
    found = _SAME_FORMAT.get(found, found)
    if found not in INFO_FORMATS:
        raise ServiceException(
            "InvalidFormat",
            tr("The format “{format}” is not offered.", format=asked[:80]),
            cure=tr("Ask for one of: {formats}.", formats=", ".join(INFO_FORMATS)),
        )
    return found


def _tolerances(parameters: Parameters) -> Tuple[float, float, float]:
    """Return the pixels around the point that count for points, lines and polygons.

    QGIS Server and MapServer know one for each kind, GeoServer and deegree one for all.
    """
    for_all = _pixels(parameters, "BUFFER", _pixels(parameters, "RADIUS", float(_TOLERANCE)))
    point, line, polygon = (_pixels(parameters, f"FI_{kind}_TOLERANCE", for_all) for kind in _KINDS)
    return point, line, polygon


def _pixels(parameters: Parameters, name: str, default: float) -> float:
    pixels = parameters.whole(name)
    if pixels is None:
        return default
    if pixels > _LARGEST_TOLERANCE:
        raise invalid(name, str(pixels), tr("At most {largest} pixels.", largest=_LARGEST_TOLERANCE))
    return float(pixels)


def found_by_layer(asked: Question, answer: bytes) -> List[Found]:
    """Return the renderer's answer, which goes by table, by layer."""
    by_table = iter(json.loads(answer))
    found = []
    for layer in asked.layers:
        features = [feature for _ in layer.tables for feature in next(by_table)]
        for feature in features:
            feature["id"] = f"{layer.name}.{feature.get('id')}"
        found.append(Found(layer, features[: asked.request.count]))
    return found


def written(asked: Question, found: List[Found]) -> Tuple[str, bytes]:
    """Return media type and bytes of what was found, in the format asked for."""
    if asked.format == JSON:
        return JSON, json.dumps(_collection(asked, found), ensure_ascii=False).encode("utf-8")
    if asked.format == TEXT:
        return "text/plain; charset=utf-8", _as_text(found).encode("utf-8")
    if asked.format in GML_FORMATS:
        # XML says its encoding: QGIS knows the media type only when it is bare
        return asked.format, gml_document([(one.layer, one.features) for one in found], asked.srs, asked.format)
    page = TEMPLATES.get_template("feature_info.html").render(
        layers=found, any_feature=any(layer.features for layer in found), nothing=tr("Nothing was found here.")
    )
    return "text/html; charset=utf-8", page.encode("utf-8")


def _collection(asked: Question, found: List[Found]) -> Dict[str, Any]:
    collection: Dict[str, Any] = {
        "type": "FeatureCollection",
        "features": [feature for layer in found for feature in layer.features],
    }
    if asked.srs != "EPSG:4326":  # as GeoServer and QGIS write and read it, beyond RFC 7946
        collection["crs"] = {"type": "name", "properties": {"name": asked.srs}}
    return collection


def _as_text(found: List[Found]) -> str:
    lines = []
    for layer in found:
        lines.append(f"Layer '{layer.layer.name}'")
        for feature in layer.features:
            lines.append(f"  Feature {feature['id']}")
            lines += [
                f"    {name} = '{'' if value is None else value}'" for name, value in feature["properties"].items()
            ]
    return "\n".join(lines) + "\n"
