"""Labels of a QML file."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterator, List, Optional, Tuple

from ..safe_xml import Element
from ..translation import tr
from .expression_tree import FieldValue, Node, Unsupported, parse
from .fidelity import Ledger
from .qml_symbols import active_properties
from .qml_values import colour, length, number, pixels, visible
from .symbology import Drawn, Label, Rule

_LABEL_LEVEL = 1_000_000  # above all symbols
_ALONG = frozenset({"2", "3", "5"})  # QgsPalLayerSettings: Line, Curved, PerimeterCurved
_QUADRANTS = {  # QgsPalLayerSettings' quadrants: where the label stands, seen from the point
    "0": "bottom-right", "1": "bottom", "2": "bottom-left", "3": "right", "4": "center", "5": "left",
    "6": "top-right", "7": "top", "8": "top-left",
}  # fmt: skip
_CAPITALS = {"1": "uppercase", "2": "lowercase"}


def label_rules(labeling: Element, ledger: Ledger) -> Iterator[Rule]:
    """Yield a rule for each set of labels; what cannot be said is told in the ledger."""
    kind = labeling.get("type", "")
    if kind == "simple":
        settings = next((child for child in labeling if child.tag == "settings"), None)
        if settings is not None:
            yield from _rule(settings, "", None, (0.0, 0.0), ledger)
    elif kind == "rule-based":
        others: List[Node] = []
        for rule in labeling.iter("rule"):
            settings = next((child for child in rule if child.tag == "settings"), None)
            if settings is not None and rule.get("active", "1") != "0":
                for made in _of_rule(rule, settings, tuple(others), ledger):
                    others += [made.condition] if made.condition is not None else []
                    yield made
    elif kind:
        ledger.lost(tr("Labels of the type “{kind}” are not drawn.", kind=kind))


def _of_rule(rule: Element, settings: Element, others: Tuple[Node, ...], ledger: Ledger) -> Iterator[Rule]:
    title, text = rule.get("description", ""), rule.get("filter", "").strip()
    ledger.where = title
    condition: Optional[Node] = None
    otherwise = text.upper() == "ELSE"
    if text and not otherwise:
        try:
            condition = parse(text)
        except Unsupported as error:
            ledger.lost(tr("Left out: its expression uses “{element}”.", element=str(error)))
            return
    scales = (number(rule.get("scalemindenom")), number(rule.get("scalemaxdenom")))
    for made in _rule(settings, title, condition, scales, ledger):
        yield replace(made, unless=others if otherwise else ())


def _rule(
    settings: Element, title: str, condition: Optional[Node], scales: Tuple[float, float], ledger: Ledger
) -> Iterator[Rule]:
    parts: Dict[str, Element] = {child.tag: child for child in settings.iter()}
    style = parts.get("text-style")
    if style is None or not style.get("fieldName"):
        return
    ledger.where = title
    for name in active_properties(settings):
        ledger.approximated(tr("“{name}” follows no expression: its fixed value is drawn.", name=name))
    try:
        text = _text(style)
    except Unsupported as error:
        ledger.lost(tr("Labels are left out: their expression uses “{element}”.", element=str(error)))
        return
    rendering = parts.get("rendering")
    if rendering is not None and rendering.get("scaleVisibility") == "1":
        scales = (number(rendering.get("scaleMax")), number(rendering.get("scaleMin")))
        scales = (min(scales), max(scales))
    yield Rule(title, condition, (), *scales, (Drawn(_label(text, style, parts), _LABEL_LEVEL),))


def _text(style: Element) -> Node:
    field = style.get("fieldName", "")
    return parse(field) if style.get("isExpression") in ("1", "true") else FieldValue(field)


def _label(text: Node, style: Element, parts: Dict[str, Element]) -> Label:
    values = dict(style.attrib)
    values["fontSize_unit"] = values.get("fontSizeUnit") or "Point"
    opacity = number(values.get("textOpacity"), 1.0)
    buffer = parts.get("text-buffer", style)
    halo = colour(buffer.get("bufferColor", "255,255,255,255"), number(buffer.get("bufferOpacity"), 1.0))
    drawn = visible(buffer.get("bufferDraw", "0").replace("0", "no").replace("false", "no"))
    halo_values = {"size": buffer.get("bufferSize", "1"), "size_unit": buffer.get("bufferSizeUnits", "MM")}
    placement = parts.get("placement", style)
    anchor = _QUADRANTS.get(placement.get("quadOffset", "4"), "center")
    named = values.get("namedStyle", "").lower()
    return Label(
        text,
        length(values, "fontSize", 8.25),
        colour(values.get("textColor", "0,0,0,255"), opacity),
        values.get("fontFamily", ""),
        number(values.get("fontWeight"), 50) > 60 or "bold" in named,
        values.get("fontItalic") == "1" or "italic" in named,
        halo if drawn else None,
        pixels(halo_values, "size") if drawn else 0.0,
        placement.get("placement") in _ALONG,
        anchor if placement.get("placement") == "1" else "center",
        (0.0, 0.0),
        _CAPITALS.get(values.get("capitalization", ""), "none"),
    )
