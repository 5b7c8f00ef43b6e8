"""Values as QML writes them: properties, colours, lengths."""

from __future__ import annotations

from typing import Dict, Mapping, Optional, Tuple

from ..safe_xml import Element, SubElement
from .symbology import DPI, MILLIMETRE, Colour, Length, Unit

_PIXELS = {"mm": MILLIMETRE, "pixel": 1.0, "px": 1.0, "point": DPI / 72, "points": DPI / 72, "inch": DPI}
_ON_THE_GROUND = frozenset({"mapunit", "mapunits", "rendermetersinmapunits"})


def properties(layer: Element) -> Dict[str, str]:
    """Return the properties of a symbol layer, in the way of QGIS 2 (prop) or 3 (Option)."""
    found = {prop.get("k", ""): prop.get("v", "") for prop in layer if prop.tag == "prop"}
    for option in layer:
        if option.tag == "Option":
            found.update({one.get("name", ""): one.get("value", "") for one in option if one.get("value") is not None})
    return found


def symbol_element(kind: str, layer_class: str, values: Mapping[str, str]) -> Element:
    """Return a symbol of one layer, in the way of QGIS 2, which every QGIS reads."""
    made = Element("symbol", {"type": kind, "name": "0", "alpha": "1", "clip_to_extent": "1"})
    layer = SubElement(made, "layer", {"class": layer_class, "enabled": "1", "locked": "0"})
    layer.set("pass", "0")
    for key, value in values.items():
        SubElement(layer, "prop", {"k": key, "v": value})
    return made


def colour(text: str, opacity: float = 1.0) -> Colour:
    """Return the colour of "r,g,b,a" or "#rrggbb", with the opacity of what it is part of."""
    if text.startswith("#") and len(text) == 7:
        return Colour(int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16), opacity)
    parts = text.split(",")[:4]
    try:
        numbers = [min(max(int(float(part)), 0), 255) for part in parts]
    except ValueError:
        return Colour(0, 0, 0, opacity)
    if len(numbers) < 3:
        return Colour(0, 0, 0, opacity)
    own = numbers[3] / 255 if len(numbers) == 4 else 1.0
    return Colour(numbers[0], numbers[1], numbers[2], round(own * opacity, 4))


def number(text: Optional[str], default: float = 0.0) -> float:
    """Return a number, or the default where there is none."""
    try:
        return float(text) if text else default
    except ValueError:
        return default


def length(values: Mapping[str, str], key: str, default: float = 0.0) -> Length:
    """Return a length with its unit: the property beside it, millimetres where there is none."""
    value = number(values.get(key), default)
    unit = values.get(f"{key}_unit", "MM").lower()
    if unit in _ON_THE_GROUND:
        return Length(value, Unit.GROUND)
    return Length(value * _PIXELS.get(unit, MILLIMETRE))


def pixels(values: Mapping[str, str], key: str, default: float = 0.0) -> float:
    """Return a length in pixels, one on the ground as if it were millimetres."""
    found = length(values, key, default)
    return found.value if found.unit is Unit.PIXEL else found.value * MILLIMETRE


def pair(text: str) -> Tuple[float, float]:
    """Return the two numbers of "x,y"."""
    parts = text.split(",")
    return (number(parts[0]), number(parts[1])) if len(parts) == 2 else (0.0, 0.0)


def visible(pen: str) -> bool:
    """Tell whether a pen or brush of this style draws."""
    return pen not in ("no", "")
