"""Symbolizers of SLD 1.0.0 (OGC 02-070 §11), in pixels: each becomes what other renderers can draw."""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from ..safe_xml import Element, local_name
from ..translation import tr
from .expression_tree import Call, Literal, Node, Unsupported
from .fidelity import Ledger
from .graphics import HREF
from .graphics_for_qgis import packed_svg
from .qml_values import symbol_element
from .sld_conditions import node_of
from .symbology import Circle, Colour, Fill, Icon, Label, Length, Line, Pattern, Placement, Symbol

Parts = Mapping[str, "Element"]
_MARKS = {"square": "square", "triangle": "triangle", "star": "star", "cross": "cross", "x": "cross2"}
_GREY, _BLACK = (128, 128, 128), (0, 0, 0)
_SIZE = 6.0  # of a mark that says none (OGC 02-070 §11.3.2)


def symbols_of(symbolizer: Element, ledger: Ledger) -> Iterator[Tuple[Symbol, bool]]:
    """Yield what a symbolizer draws, bottom first, and whether it is a text."""
    reader = _READERS.get(local_name(symbolizer))
    if reader is not None:
        for symbol in reader(_Symbolizer(ledger), _parts(symbolizer)):
            yield symbol, isinstance(symbol, Label)
    elif local_name(symbolizer) == "RasterSymbolizer":
        ledger.lost(tr("A symbol of the type “{kind}” is not drawn.", kind="RasterSymbolizer"))


class _Symbolizer:
    """Reads one symbolizer."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def polygon(self, parts: Parts) -> List[Symbol]:
        drawn: List[Symbol] = []
        if "Fill" in parts:
            drawn += self._filling(parts["Fill"])
        if "Stroke" in parts:
            drawn += self.line(parts)
        return drawn

    def line(self, parts: Parts) -> List[Symbol]:
        stroke = parts.get("Stroke")
        if stroke is None:
            return []
        inside = _parts(stroke)
        css = self._css(stroke)
        graphic = inside.get("GraphicStroke")
        if graphic is not None:
            return [self._along(icon) for icon in self._graphic(graphic[0])]
        if "GraphicFill" in inside:
            self.ledger.approximated(tr("A line filled with a pattern is drawn in one colour."))
        dashes = tuple(float(one) for one in re.findall(r"[\d.]+", css.get("stroke-dasharray", "")))
        return [
            Line(
                _colour(css.get("stroke", ""), css.get("stroke-opacity", ""), _BLACK),
                Length(_number(css.get("stroke-width", ""), 1.0)),
                dashes * (2 if len(dashes) % 2 else 1),
                {"round": "round", "square": "square"}.get(css.get("stroke-linecap", ""), "butt"),
                {"round": "round", "bevel": "bevel"}.get(css.get("stroke-linejoin", ""), "miter"),
            )
        ]

    def point(self, parts: Parts) -> List[Symbol]:
        graphic = parts.get("Graphic")
        return list(self._graphic(graphic)) if graphic is not None else []

    def text(self, parts: Parts) -> List[Symbol]:
        if "Label" not in parts:
            return []
        try:
            text = _mixed(parts["Label"])
        except Unsupported as error:
            self.ledger.lost(tr("Labels are left out: their expression uses “{element}”.", element=str(error)))
            return []
        font = self._css(parts["Font"]) if "Font" in parts else {}
        fill = self._css(parts["Fill"]) if "Fill" in parts else {}
        halo = _parts(parts["Halo"]) if "Halo" in parts else {}
        around = self._css(halo["Fill"]) if "Fill" in halo else {}
        placement = _parts(parts["LabelPlacement"]) if "LabelPlacement" in parts else {}
        return [
            Label(
                text,
                Length(_number(font.get("font-size", ""), 10.0)),
                _colour(fill.get("fill", ""), fill.get("fill-opacity", ""), _BLACK),
                font.get("font-family", ""),
                font.get("font-weight") == "bold",
                font.get("font-style") in ("italic", "oblique"),
                _colour(around.get("fill", "#ffffff"), around.get("fill-opacity", ""), _BLACK) if halo else None,
                self._value(halo.get("Radius"), 1.0) if halo else 0.0,
                "LinePlacement" in placement,
            )
        ]

    def _filling(self, fill: Element) -> List[Symbol]:
        css = self._css(fill)
        inside = _parts(fill)
        if "GraphicFill" not in inside:
            return [Fill(_colour(css.get("fill", ""), css.get("fill-opacity", ""), _GREY))]
        found: List[Symbol] = []
        for icon in self._graphic(inside["GraphicFill"][0]):
            if isinstance(icon, Icon):
                side = icon.size.value
                found.append(Pattern(_pattern(icon.symbol, side), Colour(*_GREY, 0.5), (side, side)))
            elif isinstance(icon, Circle):
                side = icon.diameter.value
                found.append(Pattern(_pattern(_marker_of(icon), side), icon.fill or Colour(*_GREY), (side, side)))
        return found

    def _graphic(self, graphic: Element) -> Iterator[Symbol]:
        """Yield the picture or the mark of a graphic: the first that is there."""
        parts = _parts(graphic)
        opacity = self._value(parts.get("Opacity"), 1.0)
        size = self._value(parts.get("Size"), _SIZE)
        angle = self._value(parts.get("Rotation"), 0.0)
        first = next((one for one in graphic if local_name(one) in ("ExternalGraphic", "Mark")), None)
        if first is not None and local_name(first) == "ExternalGraphic":
            yield from self._picture(first, size, angle, opacity)
            return
        mark = _parts(first) if first is not None else {}
        name = _text(mark.get("WellKnownName")) or "square"
        fill = self._css(mark["Fill"]) if "Fill" in mark else None if first is not None else {}
        stroke = self._css(mark["Stroke"]) if "Stroke" in mark else None
        inner = None if fill is None else _colour(fill.get("fill", ""), fill.get("fill-opacity", ""), _GREY, opacity)
        outer = (
            None
            if stroke is None
            else _colour(stroke.get("stroke", ""), stroke.get("stroke-opacity", ""), _BLACK, opacity)
        )
        width = _number((stroke or {}).get("stroke-width", ""), 1.0)
        circle = Circle(Length(size), inner, outer, width)
        if name == "circle":
            yield circle
            return
        if name not in _MARKS:
            self.ledger.approximated(tr("The mark “{name}” is drawn as a square.", name=name))
        yield Icon(_marker_of(circle, _MARKS.get(name, "square"), angle), Length(size), rotation=angle)

    def _picture(self, external: Element, size: float, angle: float, opacity: float) -> Iterator[Symbol]:
        resource = _parts(external).get("OnlineResource")
        reference = resource.get(HREF, "") if resource is not None else ""
        packed = packed_svg(reference)
        if not packed and "://" in reference:
            self.ledger.lost(tr("A graphic that lies elsewhere is not drawn: {address}", address=reference))
            return
        values = {"name": packed or reference, "size": str(size), "size_unit": "Pixel", "angle": str(angle)}
        yield Icon(symbol_element("marker", "SvgMarker", values), Length(size), rotation=angle, opacity=opacity)

    def _along(self, symbol: Symbol) -> Symbol:
        """Return a mark repeated along a line."""
        if isinstance(symbol, Circle):
            symbol = Icon(_marker_of(symbol), symbol.diameter)
        if not isinstance(symbol, Icon):  # a graphic is nothing else
            return symbol
        return Icon(symbol.symbol, symbol.size, Placement.LINE, symbol.size.value, opacity=symbol.opacity)

    def _css(self, element: Element) -> Dict[str, str]:
        """Return the parameters of a fill, a stroke or a font whose values are constant."""
        found = {}
        for child in element:
            if local_name(child) == "CssParameter":
                constant = self._constant(child)
                if constant is not None:
                    found[child.get("name", "")] = constant
        return found

    def _value(self, element: Optional[Element], otherwise: float) -> float:
        return otherwise if element is None else _number(self._constant(element) or "", otherwise)

    def _constant(self, element: Element) -> Optional[str]:
        """Return a value, None for one that follows an attribute."""
        if all(local_name(child) == "Literal" for child in element):
            return "".join(element.itertext()).strip()
        name = element.get("name") or local_name(element)
        self.ledger.approximated(tr("“{name}” follows no expression: its fixed value is drawn.", name=name))
        return None


def _parts(element: Element) -> Dict[str, Element]:
    return {local_name(child): child for child in element}


def _text(element: Optional[Element]) -> str:
    return "" if element is None else (element.text or "").strip()


def _mixed(label: Element) -> Node:
    """Return the text of a label: words and expressions one after the other."""
    parts: List[Node] = [Literal(label.text.strip())] if (label.text or "").strip() else []
    for child in label:
        parts.append(node_of(child))
        if (child.tail or "").strip():
            parts.append(Literal((child.tail or "").strip()))
    if not parts:
        raise Unsupported("Label")
    return parts[0] if len(parts) == 1 else Call("concat", tuple(parts))


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise


def _colour(text: str, opacity: str, otherwise: Tuple[int, int, int], more: float = 1.0) -> Colour:
    found = re.fullmatch(r"#([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})", text.strip())
    red, green, blue = (int(one, 16) for one in found.groups()) if found else otherwise
    return Colour(red, green, blue, min(max(_number(opacity, 1.0), 0.0), 1.0) * more)


def _marker_of(circle: Circle, shape: str = "circle", angle: float = 0.0) -> Element:
    """Return a marker as QML has it, in pixels."""
    values = {
        "name": shape,
        "size": str(circle.diameter.value),
        "size_unit": "Pixel",
        "angle": str(angle),
        "color": _qgis_colour(circle.fill or Colour(0, 0, 0, 0.0)),
        "outline_style": "solid" if circle.outline else "no",
        "outline_color": _qgis_colour(circle.outline or Colour(0, 0, 0, 0.0)),
        "outline_width": str(circle.outline_width),
        "outline_width_unit": "Pixel",
    }
    return symbol_element("marker", "SimpleMarker", values)


def _pattern(marker: Element, side: float) -> Element:
    """Return a filling of markers side by side as QML has it."""
    values = {key: str(side) for key in ("distance_x", "distance_y")}
    units = {f"{key}_unit": "Pixel" for key in values}
    symbol = symbol_element(
        "fill", "PointPatternFill", {**values, **units, "displacement_x": "0", "displacement_y": "0"}
    )
    marker.set("name", "@0@0")
    symbol[0].append(marker)
    return symbol


def _qgis_colour(colour: Colour) -> str:
    return f"{colour.red},{colour.green},{colour.blue},{round(colour.opacity * 255)}"


_READERS: Dict[str, Callable[[_Symbolizer, Parts], List[Symbol]]] = {
    "PolygonSymbolizer": _Symbolizer.polygon,
    "LineSymbolizer": _Symbolizer.line,
    "PointSymbolizer": _Symbolizer.point,
    "TextSymbolizer": _Symbolizer.text,
}
