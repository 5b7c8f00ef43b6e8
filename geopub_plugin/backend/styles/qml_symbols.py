"""Symbols of a QML file: each layer of a symbol becomes what other renderers can draw."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Mapping, Tuple

from ..safe_xml import Element
from ..translation import tr
from .fidelity import Ledger
from .qml_values import colour, length, number, pair, pixels, properties, symbol_element
from .symbology import (
    Circle,
    Drawn,
    Fill,
    Icon,
    Length,
    Line,
    Pattern,
    Placement,
    Symbol,
    Unit,
)

Values = Mapping[str, str]
_DASHES: Dict[str, Tuple[float, ...]] = {  # of Qt's pens, in widths of the pen
    "dash": (4, 2),
    "dot": (1, 2),
    "dash dot": (4, 2, 1, 2),
    "dash dot dot": (4, 2, 1, 2, 1, 2),
}
_CAPS = {"square": "square", "flat": "butt", "round": "round"}
_JOINS = {"bevel": "bevel", "miter": "miter", "round": "round"}
_BRUSH_PERIOD = 8.0  # pixels after which Qt's brushes repeat


class SymbolReader:
    """Reads symbols of one geometry type."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def symbols(self, symbol: Element) -> Iterator[Drawn]:
        """Yield what each enabled layer of a symbol draws, bottom first."""
        opacity = number(symbol.get("alpha"), 1.0)
        for layer in symbol:
            if layer.tag == "layer" and layer.get("enabled", "1") != "0":
                self._tell_data_defined(layer)
                level = int(number(layer.get("pass")))
                for drawn in self._drawn(symbol, layer, opacity):
                    yield Drawn(drawn, level)

    def _drawn(self, symbol: Element, layer: Element, opacity: float) -> List[Symbol]:
        kind = layer.get("class", "")
        reader = _READERS.get(kind)
        if reader is not None:
            return reader(self, properties(layer), opacity)
        if symbol.get("type") == "marker":
            return [self._icon(symbol, layer, opacity)]
        if kind in ("MarkerLine", "HashLine"):
            return self._marker_line(layer, opacity)
        if kind == "CentroidFill":
            self.ledger.approximated(tr("Markers in the middle of polygons may stand elsewhere, or repeat in tiles."))
            return self._nested(layer, opacity, Placement.POINT, 0.0)
        if symbol.get("type") == "fill" and kind != "GeometryGenerator":
            return self._pattern(symbol, layer, opacity)
        self.ledger.lost(tr("A symbol of the type “{kind}” is not drawn.", kind=kind))
        return []

    # -- polygons ------------------------------------------------------------------------------------------------------

    def simple_fill(self, values: Values, opacity: float) -> List[Symbol]:
        """Read a fill of one colour and its outline."""
        drawn: List[Symbol] = []
        style = values.get("style", "solid")
        fill = colour(values.get("color", "0,0,0,255"), opacity)
        if style == "solid":
            drawn.append(Fill(fill))
        elif style != "no":
            drawn.append(Pattern(symbol_element("fill", "SimpleFill", values), fill, (_BRUSH_PERIOD, _BRUSH_PERIOD)))
        if pair(values.get("offset", "0,0")) != (0.0, 0.0):
            self.ledger.approximated(tr("A shifted fill is drawn in its place."))
        return [*drawn, *self._outline(values, opacity)]

    def _outline(self, values: Values, opacity: float) -> List[Symbol]:
        pen = values.get("outline_style") or values.get("style_border", "solid")  # the latter of QGIS 2
        width = length(values, "outline_width" if "outline_width" in values else "width_border", 0.26)
        if pen == "no":
            return []
        text = values.get("outline_color") or values.get("color_border", "0,0,0,255")
        join = _JOINS.get(values.get("joinstyle", "bevel"), "bevel")
        return [Line(colour(text, opacity), _hairline(width), _dashes(pen, width), "square", join)]

    def _pattern(self, symbol: Element, layer: Element, opacity: float) -> List[Symbol]:
        values = properties(layer)
        kind = layer.get("class", "")
        afar = colour(values.get("color", "128,128,128,255"), opacity * 0.5)
        if kind == "LinePatternFill":
            distance = pixels(values, "distance", 5.0)
            period = (distance, distance)
            if number(values.get("angle", values.get("lineangle", "0"))) % 90:
                period = (distance * 2**0.5, distance * 2**0.5)
        elif kind == "PointPatternFill":
            period = (pixels(values, "distance_x", 15.0), pixels(values, "distance_y", 15.0))
        else:
            self.ledger.approximated(tr("A fill of the type “{kind}” is drawn in one colour.", kind=kind))
            first = values.get("gradient_color2") or values.get("color") or values.get("color1", "128,128,128,255")
            return [Fill(colour(first, opacity))]
        return [Pattern(_alone(symbol, layer), afar, period)]

    # -- lines ---------------------------------------------------------------------------------------------------------

    def simple_line(self, values: Values, opacity: float) -> List[Symbol]:
        """Read a line of one colour."""
        pen = values.get("line_style") or values.get("penstyle", "solid")
        if pen == "no":
            return []
        width = length(values, "line_width" if "line_width" in values else "width", 0.26)
        dashes = _dashes(pen, width)
        if values.get("use_custom_dash") == "1":
            scale = pixels({"dash": "1", "dash_unit": values.get("customdash_unit", "MM")}, "dash")
            dashes = tuple(number(part) * scale for part in values.get("customdash", "").split(";"))
        line = Line(
            colour(values.get("line_color") or values.get("color", "0,0,0,255"), opacity),
            _hairline(width),
            dashes,
            _CAPS.get(values.get("capstyle", "square"), "square"),
            _JOINS.get(values.get("joinstyle", "bevel"), "bevel"),
            length(values, "offset"),
        )
        if values.get("draw_inside_polygon") == "1" or values.get("ring_filter", "0") not in ("0", ""):
            self.ledger.approximated(tr("An outline that is drawn inside, or on some rings only, is drawn on all."))
        return [line]

    def _marker_line(self, layer: Element, opacity: float) -> List[Symbol]:
        values = properties(layer)
        placements = values.get("placements") or values.get("placement", "Interval")
        if "Interval" in placements or "interval" in placements:
            return self._nested(layer, opacity, Placement.LINE, max(pixels(values, "interval", 3.0), 1.0))
        if "CentralPoint" in placements or "centralpoint" in placements:
            return self._nested(layer, opacity, Placement.LINE_CENTRE, 0.0)
        self.ledger.approximated(tr("Markers on vertices or ends of lines are drawn in the middle of lines."))
        return self._nested(layer, opacity, Placement.LINE_CENTRE, 0.0)

    def _nested(self, layer: Element, opacity: float, placement: Placement, spacing: float) -> List[Symbol]:
        nested = next((child for child in layer if child.tag == "symbol"), None)
        if nested is None:
            return []
        size = max((_size(one) for one in nested if one.tag == "layer"), key=lambda one: one.value, default=Length(8.0))
        return [Icon(nested, size, placement, spacing, opacity=opacity)]

    # -- points --------------------------------------------------------------------------------------------------------

    def simple_marker(self, values: Values, opacity: float) -> List[Symbol]:
        """Read a marker: a circle stays one, other shapes become pictures."""
        size = length(values, "size", 2.0)
        if values.get("name", "circle") != "circle":
            symbol = symbol_element("marker", "SimpleMarker", values)
            return [Icon(symbol, size, rotation=number(values.get("angle")), opacity=opacity)]
        pen = values.get("outline_style", "solid")
        outline_text = values.get("outline_color") or values.get("color_border", "0,0,0,255")
        width = pixels(values, "outline_width")
        x, y = pair(values.get("offset", "0,0"))
        scale = pixels({"offset": "1", "offset_unit": values.get("offset_unit", "MM")}, "offset")
        return [
            Circle(
                size,
                colour(values.get("color", "0,0,0,255"), opacity),
                None if pen == "no" else colour(outline_text, opacity),
                width or 1.0,
                (x * scale, y * scale),
            )
        ]

    def _icon(self, symbol: Element, layer: Element, opacity: float) -> Icon:
        return Icon(_alone(symbol, layer), _size(layer), opacity=opacity)

    def _tell_data_defined(self, layer: Element) -> None:
        for name in active_properties(layer):
            self.ledger.approximated(tr("“{name}” follows no expression: its fixed value is drawn.", name=name))


def active_properties(element: Element) -> Iterator[str]:
    """Yield the names of the data-defined properties that are in use."""
    for child in element:
        if child.tag not in ("data_defined_properties", "dd_properties"):
            continue
        for option in child.iter("Option"):
            if option.get("name") == "properties":
                for one in option:
                    if any(flag.get("name") == "active" and flag.get("value") == "true" for flag in one):
                        yield one.get("name", "")


def _hairline(width: Length) -> Length:
    """Return the width that QGIS draws: a line of no width is one pixel wide."""
    return Length(1.0) if width.value == 0 else width


def _dashes(pen: str, width: Length) -> Tuple[float, ...]:
    wide = width.value if width.unit is Unit.PIXEL and width.value > 1 else 1.0
    return tuple(part * wide for part in _DASHES.get(pen, ()))


def _size(layer: Element) -> Length:
    return length(properties(layer), "size", 2.0)


def _alone(symbol: Element, layer: Element) -> Element:
    """Return a symbol with this layer only, opaque: its opacity is told apart."""
    made = Element("symbol", {**dict(symbol.attrib), "alpha": "1"})
    made.append(_copied(layer))
    return made


def _copied(element: Element) -> Element:
    made = Element(element.tag, dict(element.attrib))
    made.text = element.text
    made.extend([_copied(child) for child in element])
    return made


_Reader = Callable[[SymbolReader, Values, float], List[Symbol]]
_READERS: Dict[str, _Reader] = {
    "SimpleFill": SymbolReader.simple_fill,
    "SimpleLine": SymbolReader.simple_line,
    "SimpleMarker": SymbolReader.simple_marker,
}
