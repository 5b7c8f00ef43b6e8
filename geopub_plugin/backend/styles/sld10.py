"""SLD 1.1.0, as QGIS writes it, turned into valid SLD 1.0.0: what GeoServer and the platform's validator read.

Everything is made anew after the tables of `sld_content`, so whatever the source holds, the outcome is valid; what the
tables do not admit is told of in the report.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Optional, Tuple

from ..errors import InvalidInput
from ..safe_xml import Element, SubElement, local_name, write_document
from ..translation import tr
from .fidelity import FidelityReport, Ledger
from .recognition import read
from .sld_content import CHILDREN, CSS, REQUIRED, SYMBOLIZERS, VALUES
from .sld_filters import OGC, Unwritable, expression_of, filter_of
from .sld_units import Unit, unit_of

SLD = "http://www.opengis.net/sld"
XLINK = "http://www.w3.org/1999/xlink"
TARGET = "SLD 1.0.0"
_HREF = f"{{{XLINK}}}href"
_PREFIXES = {"sld": SLD, "ogc": OGC, "xlink": XLINK}
_LOST_BY_QGIS = re.compile(rb"<!--(.*?) not implemented yet-->", re.DOTALL)
_SILENT = frozenset({"Description", "VendorOption", "GeneralizeLine", "IsAligned", "IsRepeated", "Priority"})
_FONT_MARKS = frozenset({"OnlineResource", "Format", "MarkIndex", "InlineContent"})  # of a Mark: SLD 1.1 only
_NOWHERE = re.compile(r"^\s*(?:[-+]?0*\.?0*)?\s*$")  # an offset of nothing


def to_sld10(style: bytes, table: str, scales: Tuple[float, float] = (0.0, 0.0)) -> Tuple[bytes, FidelityReport]:
    """Return a style as SLD 1.0.0, its layer and style named like the table, and what became of its parts.

    `scales` are the smallest and the largest denominator of the layer, 0 for no limit: QGIS leaves them out of labels.

    Raises:
        InvalidInput: it is no SLD, or nothing of it is left.
    """
    ledger = Ledger()
    for match in _LOST_BY_QGIS.finditer(style):
        ledger.lost(tr("QGIS has no SLD for: {symbol}.", symbol=match.group(1).decode("utf-8", "replace").strip()))
    root = read(style).root
    styles = [element for element in root.iter() if local_name(element) == "UserStyle"]
    if not styles:
        raise _nothing_left(table)
    made = _document(table)
    user_style = made[0][1]
    _describe(styles[0], user_style)
    converter = _Converter(ledger, scales)
    for feature_style in styles[0]:
        if local_name(feature_style) == "FeatureTypeStyle":
            converter.feature_type_style(feature_style, user_style)
    if not converter.rules:
        raise _nothing_left(table)
    ledger.where = ""
    ledger.kept(tr("Rules: {count}.", count=converter.rules))
    return write_document(made, _PREFIXES, indented=True), ledger.report(TARGET)


class _Converter:
    """Makes the elements of SLD 1.0.0 from those of an SLD of any version."""

    def __init__(self, ledger: Ledger, scales: Tuple[float, float]) -> None:
        self.ledger = ledger
        self.scales = scales
        self.rules = 0
        self.unit = Unit()

    def feature_type_style(self, source: Element, parent: Element) -> None:
        """Append a FeatureTypeStyle, unless no rule of it is left."""
        made = Element(_sld("FeatureTypeStyle"))
        _describe(source, made)
        for child in source:
            if local_name(child) == "Rule":
                rule = self._rule(child)
                if rule is not None:
                    made.append(rule)
                    self.rules += 1
        if any(child.tag == _sld("Rule") for child in made):
            parent.append(made)

    def _rule(self, source: Element) -> Optional[Element]:
        self.ledger.where = _title(source)
        made = Element(_sld("Rule"))
        name = next((child.text for child in source if local_name(child) == "Name"), None)
        if name and name.strip():
            made.append(_text("Name", name.strip()))
        _describe(source, made)
        try:
            self._fill_rule(source, made)
        except Unwritable as error:
            self.ledger.lost(
                tr("The rule is left out: its filter uses “{element}”, which SLD 1.0.0 lacks.", element=str(error))
            )
            return None
        if not any(child.tag in _SYMBOLIZER_TAGS for child in made):
            self.ledger.lost(tr("The rule is left out: it draws nothing."))
            return None
        return made

    def _fill_rule(self, source: Element, made: Element) -> None:
        names = ("MinScaleDenominator", "MaxScaleDenominator")
        scales = {name: _scale(source, name) or of_layer or None for name, of_layer in zip(names, self.scales)}
        for child in source:
            if local_name(child) == "Filter":
                made.append(filter_of(child))
            elif local_name(child) == "ElseFilter":
                made.append(Element(_sld("ElseFilter")))
        for name, value in scales.items():
            if value is not None:
                made.append(_text(name, f"{value:.12g}"))
        for child in source:
            if local_name(child) in SYMBOLIZERS:
                self.unit = unit_of(child, scales["MinScaleDenominator"], scales["MaxScaleDenominator"])
                if self.unit.note:
                    self.ledger.approximated(self.unit.note)
                symbolizer = self._element(child)
                if symbolizer is not None:
                    made.append(symbolizer)

    def _element(self, source: Element) -> Optional[Element]:
        """Return an element with the children that SLD 1.0.0 admits, in its order."""
        name = local_name(source)
        made = Element(_sld(name))
        found: Dict[str, List[Element]] = {}
        for child in source:
            self._child(name, child, found)
        if name == "Mark" and "WellKnownName" not in found:
            found["WellKnownName"] = [_text("WellKnownName", self._font_mark(source))]
        for wanted in CHILDREN[name]:
            made.extend(found.get(wanted, ()))
        if any(wanted not in found for wanted in REQUIRED.get(name, ())):
            return None
        return made

    def _child(self, parent: str, source: Element, found: Dict[str, List[Element]]) -> None:
        name = local_name(source)
        name = "CssParameter" if name == "SvgParameter" else name
        if name not in CHILDREN[parent]:
            self._tell_loss(parent, name, source)
            return
        child = self._made_child(parent, name, source)
        if child is None:
            return
        if name in found and name not in ("CssParameter", "ExternalGraphic", "Mark", "ColorMapEntry"):
            return  # the first one counts
        found.setdefault(name, []).append(child)

    def _made_child(self, parent: str, name: str, source: Element) -> Optional[Element]:
        if name in _COPIED:
            return _COPIED[name](source)
        if name == "PropertyName":
            return expression_of(source)
        if name == "CssParameter" and source.get("name") not in CSS.get(parent, frozenset()):
            return None  # such as font-color, which no reader knows
        if name in VALUES:
            return self._value(name, source)
        if name in CHILDREN:
            return self._element(source)
        return _text(name, (source.text or "").strip())

    def _value(self, name: str, source: Element) -> Optional[Element]:
        made = Element(_sld(name))
        if name == "CssParameter":
            made.set("name", source.get("name", ""))
        try:
            expressions = [expression_of(child) for child in source]
        except Unwritable as error:
            self.ledger.lost(
                tr("{part}: computed by “{element}”, which SLD 1.0.0 lacks.", part=_part(made), element=str(error))
            )
            return None
        made.text = (source.text or "").strip() or None
        made.extend(expressions)
        if name != "Label" and not made.text and not expressions:
            return None
        self.unit.convert(made)
        return made

    def _font_mark(self, source: Element) -> str:
        """Return the name of a mark: GeoServer's for a character of a font, else the default of the standard."""
        index = next((child.text or "" for child in source if local_name(child) == "MarkIndex"), "").strip()
        font = next((child.get(_HREF, "") for child in source if local_name(child) == "OnlineResource"), "")
        if font.startswith("ttf://") and index.isdigit():
            return f"{font}#0x{int(index):x}"
        if index or font:
            self.ledger.approximated(tr("A mark is drawn as a square: SLD 1.0.0 has no word for it."))
        return "square"

    def _tell_loss(self, parent: str, name: str, source: Element) -> None:
        if parent == "Mark" and name in _FONT_MARKS:
            return  # told of where the mark gets its name
        if parent == "Geometry":
            self.ledger.approximated(tr("A symbol on a part of the geometry is drawn on all of it."))
        elif name == "VendorOption":
            self.ledger.approximated(tr("Placement options of labels are left out."))
        elif name in ("Displacement", "PerpendicularOffset", "InitialGap", "Gap"):
            if not all(_NOWHERE.match(text) for text in source.itertext()):
                self.ledger.lost(tr("{part}: SLD 1.0.0 has no word for it.", part=name))
        elif name not in _SILENT and name != "Name":
            self.ledger.lost(tr("{part}: SLD 1.0.0 has no word for it.", part=name))


def _document(table: str) -> Element:
    made = Element(_sld("StyledLayerDescriptor"), {"version": "1.0.0"})
    named_layer = SubElement(made, _sld("NamedLayer"))
    named_layer.append(_text("Name", table))
    SubElement(named_layer, _sld("UserStyle")).append(_text("Name", table))
    return made


def _describe(source: Element, made: Element) -> None:
    """Append the title and the abstract, which SLD 1.1 puts into a Description."""
    texts = {local_name(child): (child.text or "").strip() for child in source}
    for child in source:
        if local_name(child) == "Description":
            texts.update({local_name(one): (one.text or "").strip() for one in child})
    for name in ("Title", "Abstract"):
        if texts.get(name):
            made.append(_text(name, texts[name]))


def _scale(rule: Element, name: str) -> Optional[float]:
    """Return a scale's denominator; QGIS writes nearly nothing, or less, where there is no limit."""
    for child in rule:
        if local_name(child) == name:
            try:
                value = float((child.text or "").strip())
            except ValueError:
                return None
            return value if 1e-6 < value < 1e300 else None
    return None


def _title(rule: Element) -> str:
    texts = {local_name(child): (child.text or "").strip() for child in rule.iter()}
    own = {local_name(child): (child.text or "").strip() for child in rule}
    return own.get("Title") or own.get("Name") or texts.get("Title", "")


def _resource(source: Element) -> Element:
    return Element(_sld("OnlineResource"), {f"{{{XLINK}}}type": "simple", _HREF: source.get(_HREF, "")})


def _colour_entry(source: Element) -> Element:
    names = ("color", "opacity", "quantity", "label")
    return Element(_sld("ColorMapEntry"), {name: source.get(name, "") for name in names if source.get(name)})


_COPIED: Dict[str, Callable[[Element], Element]] = {"OnlineResource": _resource, "ColorMapEntry": _colour_entry}
_SYMBOLIZER_TAGS = frozenset(f"{{{SLD}}}{name}" for name in SYMBOLIZERS)


def _sld(name: str) -> str:
    return f"{{{SLD}}}{name}"


def _text(name: str, text: str) -> Element:
    made = Element(_sld(name))
    made.text = text
    return made


def _part(made: Element) -> str:
    return made.get("name") or local_name(made)


def _nothing_left(table: str) -> InvalidInput:
    return InvalidInput(
        tr("The style of “{table}” cannot be written as SLD 1.0.0.", table=table),
        tr("None of its rules has an equivalent there."),
        tr("Maps drawn by GeoPub use the QGIS style and are not concerned. For other servers, simplify the style."),
    )
