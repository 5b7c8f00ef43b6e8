"""A symbology as a Mapbox style (specification version 8), for one source layer of vector tiles."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple, Type

from ..translation import tr
from .expression_tree import Unsupported
from .fidelity import FidelityReport, Ledger
from .mapbox_expressions import Expression, MapboxWords
from .qml_reader import read_qml
from .recognition import StyleKind, read
from .sld_reader import read_sld
from .sprites import Sprite, sprite_of
from .symbology import Circle, Colour, Fill, Icon, Label, Length, Line, Pattern, Placement, Rule, Symbology, Unit

TARGET = "Mapbox"
_SCALE_OF_ZOOM_0 = 2 * math.pi * 6378137 / 512 * 96 / 0.0254  # denominator at 96 dpi; a tile is 512 pixels wide
_METRES_OF_ZOOM_0 = 2 * math.pi * 6378137 / 512  # of a pixel
_HIGHEST = 24.0
Layer = Dict[str, Any]


@dataclass(frozen=True)
class TileLayer:
    """The layer of a tile that a style draws."""

    source: str  # the style's name for the tiles
    name: str  # `source-layer`
    names: Mapping[str, str]  # attribute in the tiles, by its name in the style in lower case
    numeric: FrozenSet[str]  # attributes in the tiles that hold numbers


@dataclass(frozen=True)
class MapboxLayers:
    """The layers of a style, and the pictures they need."""

    layers: Tuple[Layer, ...]
    sprites: Tuple[Sprite, ...]
    report: FidelityReport

    @property
    def has_labels(self) -> bool:
        """Whether text is drawn, so that glyphs are needed."""
        return any("text-field" in layer.get("layout", {}) for layer in self.layers)


def to_mapbox(style: bytes, tiles: TileLayer) -> MapboxLayers:
    """Return the layers that draw a QML or an SLD as Mapbox does, bottom first.

    Raises:
        InvalidInput: it is neither, or an SLD without a rule.
    """
    document = read(style)
    ledger = Ledger()
    writer = _Writer(tiles, ledger)
    symbology = read_qml(document, ledger) if document.kind is StyleKind.QML else read_sld(style, ledger)
    layers = writer.layers(symbology)
    ledger.where = ""
    ledger.kept(tr("Layers of the map style: {count}.", count=len(layers)))
    return MapboxLayers(tuple(layers), tuple(writer.sprites.values()), ledger.report(TARGET))


def style_document(
    name: str,
    source: str,
    tilejson: str,
    layers: Tuple[Layer, ...],
    sprite: Optional[str] = None,
    glyphs: Optional[str] = None,
) -> bytes:
    """Return a style with one source of vector tiles; all addresses are absolute."""
    document: Dict[str, Any] = {"version": 8, "name": name, "sources": {source: {"type": "vector", "url": tilejson}}}
    if sprite:
        document["sprite"] = sprite
    if glyphs:
        document["glyphs"] = glyphs
    document["layers"] = list(layers)
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


class _Writer:
    """Writes the layers of one source layer."""

    def __init__(self, tiles: TileLayer, ledger: Ledger) -> None:
        self.tiles = tiles
        self.ledger = ledger
        self.words = MapboxWords(tiles.names, tiles.numeric)
        self.sprites: Dict[str, Sprite] = {}
        self.opacity = 1.0

    def layers(self, symbology: Symbology) -> List[Layer]:
        self.opacity = symbology.opacity
        if symbology.opacity < 1 and any(len(rule.symbols) > 1 for rule in symbology.rules):
            self.ledger.approximated(tr("Where symbols lie upon each other, the layer's opacity shows both."))
        written: List[Tuple[int, Layer]] = []
        for rule in symbology.rules:
            self.ledger.where = rule.title
            written += self._of_rule(rule)
        if symbology.levels:
            written.sort(key=lambda one: one[0])
        else:
            written.sort(key=lambda one: one[0] >= 1_000_000)  # labels only
        return [{**layer, "id": f"{self.tiles.name}-{number}"} for number, (_level, layer) in enumerate(written)]

    def _of_rule(self, rule: Rule) -> Iterator[Tuple[int, Layer]]:
        try:
            condition = self._condition(rule)
        except Unsupported as error:
            self.ledger.lost(tr("Left out: its expression uses “{element}”.", element=str(error)))
            return
        if condition is False:
            return
        head: Layer = {"id": "", "type": "", "source": self.tiles.source, "source-layer": self.tiles.name}
        if rule.title:
            head["metadata"] = {"title": rule.title}
        if condition is not True:
            head["filter"] = condition
        if rule.largest > 0:
            head["minzoom"] = _zoom(rule.largest)
        if rule.smallest > 0 and _zoom(rule.smallest) < _HIGHEST:
            head["maxzoom"] = _zoom(rule.smallest)
        for drawn in rule.symbols:
            try:
                layer = _WRITERS[type(drawn.symbol)](self, drawn.symbol)
            except Unsupported as error:
                self.ledger.lost(tr("Left out: its expression uses “{element}”.", element=str(error)))
                continue
            yield drawn.level, {**head, **layer}

    def _condition(self, rule: Rule) -> Expression:
        parts = [] if rule.condition is None else [self.words.true(rule.condition)]
        parts += [self.words.untrue(node) for node in rule.unless]
        parts = [part for part in parts if part is not True]
        if any(part is False for part in parts):
            return False
        return True if not parts else parts[0] if len(parts) == 1 else ["all", *parts]

    # -- symbols -------------------------------------------------------------------------------------------------------

    def fill(self, symbol: Fill) -> Layer:
        return {"type": "fill", "paint": self._coloured("fill", symbol.colour, {"fill-antialias": False})}

    def pattern(self, symbol: Pattern) -> Layer:
        sprite = sprite_of(symbol)
        self.sprites[sprite.name] = sprite
        return {"type": "fill", "paint": self._faded("fill-opacity", 1.0, {"fill-pattern": sprite.name})}

    def line(self, symbol: Line) -> Layer:
        paint = self._coloured("line", symbol.colour, {"line-width": self._length(symbol.width)})
        if symbol.offset.value:
            paint["line-offset"] = self._length(symbol.offset)
        if symbol.dashes:
            width = symbol.width.value if symbol.width.unit is Unit.PIXEL else 1.0
            paint["line-dasharray"] = [round(part / max(width, 0.1), 3) for part in symbol.dashes]
        return {"type": "line", "layout": {"line-cap": symbol.cap, "line-join": symbol.join}, "paint": paint}

    def circle(self, symbol: Circle) -> Layer:
        width = symbol.outline_width if symbol.outline else 0.0
        radius = Length(symbol.diameter.value / 2, symbol.diameter.unit)
        paint: Dict[str, Any] = {"circle-radius": self._length(radius, less=width / 2)}
        fill = symbol.fill or Colour(0, 0, 0, 0.0)
        paint = self._coloured("circle", fill, paint)
        if symbol.outline:
            paint["circle-stroke-width"] = _rounded(width)
            paint["circle-stroke-color"] = symbol.outline.hexadecimal
            self._faded("circle-stroke-opacity", symbol.outline.opacity, paint)
        if symbol.offset != (0.0, 0.0):
            paint["circle-translate"] = [_rounded(part) for part in symbol.offset]
        return {"type": "circle", "paint": paint}

    def icon(self, symbol: Icon) -> Layer:
        sprite = sprite_of(symbol)
        self.sprites[sprite.name] = sprite
        layout: Dict[str, Any] = {
            "icon-image": sprite.name,
            "icon-allow-overlap": True,
            "icon-ignore-placement": True,
            "symbol-placement": symbol.placement.value,
        }
        if symbol.placement is not Placement.POINT:
            layout["icon-rotation-alignment"] = "map"
        if symbol.placement is Placement.LINE:
            layout["symbol-spacing"] = _rounded(max(symbol.spacing, 1.0))
        if symbol.size.unit is Unit.GROUND:
            layout["icon-size"] = self._length(Length(symbol.size.value / sprite.drawn_size, Unit.GROUND))
        return {"type": "symbol", "layout": layout, "paint": self._faded("icon-opacity", symbol.opacity, {})}

    def label(self, symbol: Label) -> Layer:
        layout: Dict[str, Any] = {
            "text-field": self.words.text(symbol.text),
            "text-font": [font_name(symbol)],
            "text-size": self._length(symbol.size),
            "symbol-placement": "line" if symbol.along_line else "point",
        }
        if symbol.anchor != "center":
            layout["text-anchor"] = _OPPOSITE_ANCHOR[symbol.anchor]
        if symbol.capitals != "none":
            layout["text-transform"] = symbol.capitals
        paint = self._coloured("text", symbol.colour, {})
        if symbol.halo:
            paint["text-halo-color"] = _rgba(symbol.halo)
            paint["text-halo-width"] = _rounded(symbol.halo_width)
        self.ledger.approximated(tr("Labels are placed by the map in the browser: not all stand where QGIS puts them."))
        return {"type": "symbol", "layout": layout, "paint": paint}

    # -- values --------------------------------------------------------------------------------------------------------

    def _coloured(self, kind: str, colour: Colour, paint: Dict[str, Any]) -> Dict[str, Any]:
        paint[f"{kind}-color"] = colour.hexadecimal
        return self._faded(f"{kind}-opacity", colour.opacity, paint)

    def _faded(self, key: str, opacity: float, paint: Dict[str, Any]) -> Dict[str, Any]:
        if opacity * self.opacity < 1:
            paint[key] = _rounded(opacity * self.opacity)
        return paint

    def _length(self, length: Length, less: float = 0.0) -> Expression:
        if length.unit is Unit.PIXEL:
            return _rounded(max(length.value - less, 0.0) if less else length.value)
        self.ledger.approximated(tr("Sizes on the ground are exact at the equator, and larger in truth elsewhere."))
        at_zoom_0 = length.value / _METRES_OF_ZOOM_0  # a power of two for each zoom: interpolation is exact
        return ["interpolate", ["exponential", 2], ["zoom"], 0, at_zoom_0, 24, at_zoom_0 * 2**24]


def font_name(label: Label) -> str:
    """Return the name of a label's font as glyphs are asked for."""
    face = ("Bold " if label.bold else "") + ("Italic" if label.italic else "")
    return f"{label.font or 'sans-serif'} {face.strip() or 'Regular'}"


def _zoom(denominator: float) -> float:
    return round(min(max(math.log2(_SCALE_OF_ZOOM_0 / denominator), 0.0), _HIGHEST), 3)


def _rounded(value: float) -> float:
    return round(value, 3)


def _rgba(colour: Colour) -> str:
    if colour.opacity == 1:
        return colour.hexadecimal
    return f"rgba({colour.red},{colour.green},{colour.blue},{colour.opacity:g})"


_OPPOSITE_ANCHOR = {
    "top": "bottom", "bottom": "top", "left": "right", "right": "left", "top-left": "bottom-right",
    "top-right": "bottom-left", "bottom-left": "top-right", "bottom-right": "top-left",
}  # fmt: skip
_WRITERS: Dict[Type[Any], Callable[[_Writer, Any], Layer]] = {
    Fill: _Writer.fill,
    Pattern: _Writer.pattern,
    Line: _Writer.line,
    Circle: _Writer.circle,
    Icon: _Writer.icon,
    Label: _Writer.label,
}
