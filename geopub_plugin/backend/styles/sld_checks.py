"""What is wrong with an SLD, whatever the table it is for."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from ..faults import Fault, Severity
from ..safe_xml import Element, local_name
from ..translation import tr
from .recognition import StyleDocument

SLD_VERSIONS = ("1.0.0", "1.1.0")
_DRAWING = ("PointSymbolizer", "LineSymbolizer", "PolygonSymbolizer")
_HREF = "{http://www.w3.org/1999/xlink}href"


def sld_faults(document: StyleDocument, table: str) -> Iterator[Fault]:
    """Yield the faults of an SLD's version, rules and graphics."""
    if document.version not in SLD_VERSIONS:
        yield _version(document.version, table)
    rules = _named(document.root, "Rule")
    if not rules:
        yield _no_rule(table)
        return
    empty = [rule for rule in rules if not any(local_name(child).endswith("Symbolizer") for child in rule)]
    if empty:
        yield _empty_rules(empty, table)
    drawing = [element for element in document.root.iter() if local_name(element) in _DRAWING]
    if not drawing:
        yield _nothing_drawn(table)
    yield from _external_graphics(drawing, table)


def _named(root: Element, name: str) -> List[Element]:
    return [element for element in root.iter() if local_name(element) == name]


def _title(rule: Element) -> str:
    texts = {local_name(child): child.text or "" for child in rule}
    return texts.get("Title") or texts.get("Name") or "Rule"


def _version(version: str, table: str) -> Fault:
    return Fault(
        "style.version",
        Severity.ERROR,
        tr("The SLD is of version “{version}”.", version=version),
        tr("GeoPub reads SLD 1.0.0 and 1.1.0."),
        tr("Save the style again from QGIS or GeoServer, or correct the version attribute."),
        table=table,
    )


def _no_rule(table: str) -> Fault:
    return Fault(
        "style.no-rule",
        Severity.ERROR,
        tr("The style has no rule."),
        tr("Nothing would be drawn."),
        tr("Add at least one rule with a symbol."),
        table=table,
    )


def _empty_rules(rules: List[Element], table: str) -> Fault:
    return Fault(
        "style.empty-rule",
        Severity.WARNING,
        tr("Rules of the style that draw nothing: {count}.", count=len(rules)),
        tr("They hold no symbolizer."),
        tr("Give them a symbol, or remove them."),
        table=table,
        count=len(rules),
        examples=tuple(_title(rule) for rule in rules[:10]),
    )


def _nothing_drawn(table: str) -> Fault:
    return Fault(
        "style.no-symbol",
        Severity.ERROR,
        tr("The style has no symbol for points, lines or polygons."),
        tr("It holds labels or raster symbols only, and QGIS draws no vector layer with that."),
        tr("Add a symbol, an invisible one if only labels are wanted, or save the style as QML."),
        table=table,
    )


def _external_graphics(drawing: List[Element], table: str) -> Iterator[Fault]:
    """Yield one fault for pictures that lie elsewhere: an error where nothing else would be drawn."""
    found = [(symbolizer, _addresses(symbolizer)) for symbolizer in drawing]
    outside = [addresses for _symbolizer, addresses in found if addresses]
    if not outside:
        return
    addresses = tuple(dict.fromkeys(address for group in outside for address in group))
    yield Fault(
        "style.external-graphic",
        Severity.ERROR if len(outside) == len(drawing) else Severity.WARNING,
        tr("Graphics of the style that lie outside of it: {count}.", count=len(addresses)),
        tr("GeoPub fetches nothing from elsewhere when it draws."),
        tr("Use a symbol that QGIS brings along, or embed the graphic in the style and save it as QML."),
        table=table,
        count=len(addresses),
        examples=addresses[:10],
    )


def _addresses(symbolizer: Element) -> Tuple[str, ...]:
    """Return the addresses of graphics that would be fetched; names of QGIS's own SVG files have no "://"."""
    resources = [
        resource for graphic in _named(symbolizer, "ExternalGraphic") for resource in _named(graphic, "OnlineResource")
    ]
    return tuple(resource.get(_HREF, "") for resource in resources if "://" in resource.get(_HREF, ""))
