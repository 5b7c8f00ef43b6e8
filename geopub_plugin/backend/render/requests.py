"""What may be asked of the renderer, as values that travel as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Dict, Tuple, Type, Union

from ..features.schema import Bounds
from ..services.publications import DrawnTable
from ..styles.sprites import Sprite

DEFAULT_DPI = 96.0  # what QGIS draws with on the screen, so that a map looks as it does there

PNG, PNG8, JPEG, WEBP = "image/png", "image/png; mode=8bit", "image/jpeg", "image/webp"


@dataclass(frozen=True)
class MapView:
    """The ground that a picture shows: bounds with x (easting, longitude) first, whatever the system's axes."""

    layers: Tuple[DrawnTable, ...]  # the first is drawn on top
    srs: str
    bounds: Bounds
    width: int  # pixels
    height: int
    dpi: float
    revision: str  # of what is shown


@dataclass(frozen=True)
class MapRequest:
    """A map as a picture."""

    view: MapView
    format: str = PNG
    transparent: bool = False
    background: str = "#ffffff"


@dataclass(frozen=True)
class MetatileRequest:
    """A square of tiles, transparent PNGs each, cut out of one map."""

    view: MapView  # with the margin around
    across: int  # tiles of a side
    margin: int  # pixels on each side


@dataclass(frozen=True)
class FeatureInfoRequest:
    """The features at a pixel of a map."""

    view: MapView
    column: float  # pixels from the left edge
    row: float  # pixels from the top edge
    tolerances: Tuple[float, float, float]  # pixels around it that count for points, for lines, for polygons
    count: int  # at most so many features of each layer
    geometry: bool = True


@dataclass(frozen=True)
class LegendRequest:
    """The legend of one layer, as a PNG or, with the format "application/json", as a tree of symbols."""

    layers: Tuple[DrawnTable, ...]
    titles: Tuple[str, ...]  # of the layers, "" for none
    revision: str
    format: str = PNG
    transparent: bool = False
    dpi: float = DEFAULT_DPI
    width: int = 0  # pixels of each symbol; 0 for QGIS's own size
    height: int = 0


@dataclass(frozen=True)
class SldRequest:
    """The style of one table as an SLD: the one it was published with, else the one that QGIS writes."""

    layers: Tuple[DrawnTable, ...]  # one
    revision: str


@dataclass(frozen=True)
class MessageRequest:
    """A text as a picture, for WMS exceptions of the kind INIMAGE; an empty text gives BLANK."""

    text: str
    width: int
    height: int
    format: str = PNG
    transparent: bool = False
    background: str = "#ffffff"


@dataclass(frozen=True)
class SpritesRequest:
    """The pictures that a map style needs, on one sheet."""

    sprites: Tuple[Sprite, ...]
    ratio: float = 1.0  # pixels of the sheet for one of the map


@dataclass(frozen=True)
class GlyphsRequest:
    """The 256 characters of a font from a code point on, for the labels of a map style."""

    font: str  # "DejaVu Sans Bold"
    start: int


_BARE = (str, int, float, type(None))  # what JSON has; bool is int

Request = Union[
    MapRequest, FeatureInfoRequest, LegendRequest, MessageRequest, SpritesRequest, GlyphsRequest, SldRequest
]

_KINDS: Dict[str, Type[Any]] = {
    "map": MapRequest,
    "features": FeatureInfoRequest,
    "legend": LegendRequest,
    "message": MessageRequest,
    "sprites": SpritesRequest,
    "glyphs": GlyphsRequest,
    "sld": SldRequest,
    "metatile": MetatileRequest,
}


_NAMES = {known: name for name, known in _KINDS.items()}


def as_json(request: Request) -> Dict[str, Any]:
    """Return the wire form of a request."""
    return {"kind": _NAMES[type(request)], **_plain(request)}


def _plain(value: Any) -> Any:
    """Return a value of a request as JSON has it; `dataclasses.asdict` takes four times as long."""
    if isinstance(value, _BARE):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, PurePath) else {name: _plain(item) for name, item in vars(value).items()}


def from_json(wire: Dict[str, Any]) -> Request:
    """Read the wire form of a request."""
    fields = dict(wire)
    kind = _KINDS[fields.pop("kind")]
    if "view" in fields:
        view = fields["view"]
        fields["view"] = MapView(**{**view, "layers": _layers(view["layers"]), "bounds": tuple(view["bounds"])})
    if "layers" in fields:
        fields["layers"] = _layers(fields["layers"])
    if "titles" in fields:
        fields["titles"] = tuple(fields["titles"])
    if "tolerances" in fields:
        fields["tolerances"] = tuple(fields["tolerances"])
    if "sprites" in fields:
        fields["sprites"] = tuple(Sprite(**sprite) for sprite in fields["sprites"])
    return kind(**fields)


def _layers(wire: Any) -> Tuple[DrawnTable, ...]:
    return tuple(
        DrawnTable(Path(layer["data"]), layer["table"], Path(layer["style"]) if layer["style"] else None)
        for layer in wire
    )


def described(request: Request) -> str:
    """Return what a request draws, for logs: tables, ground and size, no paths."""
    if isinstance(request, MessageRequest):
        return f"message {request.width}x{request.height}"
    if isinstance(request, LegendRequest):
        return f"legend of {_tables(request.layers)}"
    if isinstance(request, SpritesRequest):
        return f"{len(request.sprites)} sprites"
    if isinstance(request, GlyphsRequest):
        return f"glyphs {request.start} of {request.font}"
    if isinstance(request, SldRequest):
        return f"style of {_tables(request.layers)}"
    view = request.view
    ground = ",".join(f"{edge:.10g}" for edge in view.bounds)
    what = "features" if isinstance(request, FeatureInfoRequest) else "map"
    return f"{what} of {_tables(view.layers)} {view.srs} [{ground}] {view.width}x{view.height} revision {view.revision}"


def _tables(layers: Tuple[DrawnTable, ...]) -> str:
    return ", ".join(layer.table for layer in layers)
