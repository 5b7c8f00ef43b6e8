"""Units of sizes in an SLD: SLD 1.0.0 knows pixels only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..safe_xml import Element, local_name
from ..translation import tr
from .sld_filters import ogc

PIXEL = 0.00028  # metres: the pixel of SLD and WMS (OGC 05-078r4, 10.2)
_METRES = {"metre": 1.0, "foot": 0.3048}
_TYPICAL = 25_000.0  # the scale at which a size on the ground is drawn where the rule tells none
_LENGTHS = frozenset({"Size", "Radius", "DisplacementX", "DisplacementY", "PerpendicularOffset"})
_CSS_LENGTHS = frozenset({"stroke-width", "stroke-dasharray", "stroke-dashoffset", "font-size"})


@dataclass(frozen=True)
class Unit:
    """How many pixels one unit of a symbolizer's sizes is, and what to say about that."""

    pixels: float = 1.0
    note: str = ""

    def convert(self, made: Element) -> None:
        """Turn the length that an element holds into pixels, in place."""
        name = local_name(made)
        is_length = name in _LENGTHS or (name == "CssParameter" and made.get("name") in _CSS_LENGTHS)
        if self.pixels == 1.0 or not is_length:
            return
        if made.text:
            made.text = " ".join(_pixels(number, self.pixels) for number in made.text.split())
        for position, expression in enumerate(list(made)):
            product = Element(ogc("Mul"))
            factor = Element(ogc("Literal"))
            factor.text = f"{self.pixels:.9g}"
            product.extend((expression, factor))
            made.remove(expression)
            made.insert(position, product)


def unit_of(symbolizer: Element, smallest: Optional[float], largest: Optional[float]) -> Unit:
    """Return the unit of a symbolizer's sizes; a size on the ground becomes that of a scale at which the rule draws."""
    name = symbolizer.get("uom", "").rstrip("/").rsplit("/", 1)[-1]
    metres = _METRES.get(name)
    if metres is None:
        return Unit()
    scale = largest / 2 if largest else (smallest or 0) * 2 or _TYPICAL
    scale = max(scale, smallest or 0)
    note = tr("Sizes on the ground are drawn as at 1:{scale}, whatever the scale.", scale=f"{scale:.0f}")
    return Unit(metres / (PIXEL * scale), note)


def _pixels(number: str, factor: float) -> str:
    try:
        return f"{float(number) * factor:.4g}"
    except ValueError:
        return number
