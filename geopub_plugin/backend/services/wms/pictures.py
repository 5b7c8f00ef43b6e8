"""The picture that a WMS request asks for: size, format, ground, layers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Tuple

from ...features.schema import Bounds
from ...render.requests import DEFAULT_DPI, JPEG, PNG, PNG8, WEBP, MapRequest, MapView
from ...translation import tr
from ..owscommon import Parameters, invalid, missing
from ..publications import DrawnTable, MapLayer, Publications
from .exceptions import V111, ServiceException
from .given_styles import NO_STYLES, GivenStyles, examine_names
from .reference_systems import ReferenceSystem, reference_system

LARGEST = 4096  # pixels of width and of height
MOST_LAYERS = 20
PICTURE_FORMATS = (PNG, PNG8, JPEG, WEBP)
_SAME_FORMAT = {"image/png8": PNG8, "image/jpg": JPEG, "image/png;mode=8bit": PNG8, "image/png": PNG}
_DPI = (10.0, 1200.0)


@dataclass(frozen=True)
class Frame:
    """Size and look of a picture, what INIMAGE and BLANK exceptions need too."""

    width: int
    height: int
    format: str
    transparent: bool
    background: str


def picture_format(parameters: Parameters, default: str = "") -> str:
    """Return the picture format that FORMAT asks for; raise ServiceException for others."""
    asked = parameters.get("FORMAT", default)
    if not asked:
        raise missing("FORMAT")
    plain = asked.lower().replace(" ", "")
    found = _SAME_FORMAT.get(plain, plain)
    if found not in PICTURE_FORMATS:
        raise ServiceException(
            "InvalidFormat",
            tr("The format “{format}” is not offered.", format=asked[:80]),
            cure=tr("Ask for one of: {formats}.", formats=", ".join(PICTURE_FORMATS)),
        )
    return found


def frame_of(parameters: Parameters, format_asked: str) -> Frame:
    """Return size and look of the picture; raise when they are missing or beyond the limits."""
    background = parameters.get("BGCOLOR", "0xFFFFFF")
    colour = re.fullmatch(r"(?:0x|0X|#)([0-9A-Fa-f]{6})", background)
    if colour is None:
        raise invalid("BGCOLOR", background, cure=tr("Write it as 0xRRGGBB."))
    transparent = parameters.get("TRANSPARENT", "FALSE").upper() == "TRUE" and format_asked != JPEG
    return Frame(
        _size(parameters, "WIDTH"),
        _size(parameters, "HEIGHT"),
        format_asked,
        transparent,
        "#" + colour.group(1).lower(),
    )


def _size(parameters: Parameters, name: str) -> int:
    parameters.needed(name)
    size = parameters.whole(name, lowest=1) or 0
    if size > LARGEST:
        raise invalid(
            name,
            str(size),
            tr("Pictures are at most {largest} × {largest} pixels.", largest=LARGEST),
            tr("Ask for a smaller picture, or for several."),
        )
    return size


def map_layers(parameters: Parameters, publications: Publications, name: str = "LAYERS") -> Tuple[MapLayer, ...]:
    """Return the layers that a list names, in its order; raise ServiceException for one that is not published."""
    asked = parameters.listed(name)
    if not asked:
        raise missing(name)
    if len(asked) > MOST_LAYERS:
        raise invalid(name, ",".join(asked), tr("At most {count} layers are drawn at once.", count=MOST_LAYERS))
    published = publications.map_layers()
    return tuple(_named(layer, published) for layer in asked)


def _named(name: str, published: Tuple[MapLayer, ...]) -> MapLayer:
    found = next((layer for layer in published if layer.name == name), None)
    if found is None:
        raise ServiceException(
            "LayerNotDefined",
            tr("There is no layer “{layer}”.", layer=name[:80]),
            tr("It was never published here, or not any more."),
            tr("Choose one of the layers that GetCapabilities lists."),
        )
    return found


def dressed_layers(parameters: Parameters, layers: Tuple[MapLayer, ...]) -> Tuple[MapLayer, ...]:
    """Return each layer with the style that STYLES names for it; raise ServiceException for one that it lacks."""
    asked = [style.strip() for style in parameters.get("STYLES").split(",")]
    if asked != [""] and len(asked) != len(layers):
        raise ServiceException(
            "StyleNotDefined",
            tr("{styles} styles are named for {layers} layers.", styles=len(asked), layers=len(layers)),
            cure=tr("Name one style per layer, or leave STYLES empty."),
        )
    return tuple(
        _dressed(layer, style) for layer, style in zip(layers, asked if asked != [""] else asked * len(layers))
    )


def _dressed(layer: MapLayer, style: str) -> MapLayer:
    dressed = layer.dressed(style)
    if dressed is None:
        raise ServiceException(
            "StyleNotDefined",
            tr("The layer “{layer}” has no style “{style}”.", layer=layer.name, style=style[:80]),
            cure=tr("It has: {styles}.", styles=", ".join(one.name for one in layer.styles)),
        )
    return dressed


def system_of(parameters: Parameters, version: str) -> ReferenceSystem:
    """Return the system that the request names: CRS in 1.3.0, SRS in 1.1.1."""
    name = "SRS" if version == V111 else "CRS"
    text = parameters.first(name, "CRS", "SRS")
    if not text:
        raise missing(name)
    return reference_system(text, version)


def bounds_of(parameters: Parameters, north_first: bool) -> Bounds:
    """Return BBOX with x first; raise when it is no box."""
    text = parameters.needed("BBOX")
    try:
        numbers = [float(number) for number in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise invalid("BBOX", text, tr("Four numbers with commas between them are needed."))
    west, south, east, north = (numbers[i] for i in ((1, 0, 3, 2) if north_first else (0, 1, 2, 3)))
    if west >= east or south >= north:
        raise invalid("BBOX", text, tr("Its lower corner is not below and left of its upper corner."))
    return west, south, east, north


def drawn_tables(layers: Tuple[MapLayer, ...]) -> Tuple[DrawnTable, ...]:
    """Return what is drawn, top first: LAYERS names the bottom first (OGC 06-042 §7.3.3.3)."""
    return tuple(table for layer in reversed(layers) for table in layer.tables)


def _dpi(parameters: Parameters) -> float:
    """Return the resolution asked for as QGIS, MapServer and GeoServer understand it."""
    said = re.search(r"dpi:([0-9.]+)", parameters.get("FORMAT_OPTIONS"))
    text = parameters.first("DPI", "MAP_RESOLUTION") or (said.group(1) if said else "")
    try:
        dpi = float(text) if text else DEFAULT_DPI
    except ValueError:
        raise invalid("DPI", text, tr("A number is needed.")) from None
    if not _DPI[0] <= dpi <= _DPI[1]:
        raise invalid("DPI", text, tr("It must lie between {lowest} and {highest}.", lowest=_DPI[0], highest=_DPI[1]))
    return dpi


def view_of(parameters: Parameters, layers: Tuple[MapLayer, ...], version: str) -> MapView:
    """Return the ground that a request shows of these layers."""
    system = system_of(parameters, version)
    return MapView(
        drawn_tables(layers),
        system.name,
        bounds_of(parameters, system.north_first),
        _size(parameters, "WIDTH"),
        _size(parameters, "HEIGHT"),
        _dpi(parameters),
        "+".join(layer.revision for layer in layers),
    )


def map_request(parameters: Parameters, layers: Tuple[MapLayer, ...], version: str) -> MapRequest:
    """Return what GetMap asks for (OGC 06-042 §7.3, OGC 01-068r3 §7.2) of the layers that it names."""
    frame = frame_of(parameters, picture_format(parameters))
    view = view_of(parameters, layers, version)
    return MapRequest(view, frame.format, frame.transparent, frame.background)


def styled_layers(
    parameters: Parameters, publications: Publications, given: GivenStyles = NO_STYLES
) -> Tuple[MapLayer, ...]:
    """Return the layers of LAYERS, or of SLD_BODY without it, each with the style asked for."""
    if given.layers and not parameters.get("LAYERS"):
        parameters = Parameters({**parameters.values, "layers": ",".join(given.layers)})
    layers = map_layers(parameters, publications)
    examine_names(given, layers)
    if given.layers:
        parameters = Parameters({"styles": ",".join(given.named.get(layer.name, "") for layer in layers)})
    return dressed_layers(parameters, layers)
