"""Filters and expressions of SLD 1.1 and QGIS, written as Filter Encoding 1.0 (OGC 02-059) has them."""

from __future__ import annotations

from typing import Callable, Dict, Optional

from ..safe_xml import Element, SubElement, local_name
from .sld_content import COMPARISONS, EXPRESSIONS

OGC = "http://www.opengis.net/ogc"


class Unwritable(ValueError):
    """SLD 1.0.0 has no word for what the message names."""


def ogc(name: str) -> str:
    """Return the qualified name of an element of a filter."""
    return f"{{{OGC}}}{name}"


def filter_of(source: Element) -> Element:
    """Return a Filter; raise Unwritable that names the first element which FE 1.0 lacks."""
    made = Element(ogc("Filter"))
    children = list(source)
    if not children:
        raise Unwritable("Filter")
    for child in children:
        made.append(_condition(child))
    return made


def expression_of(source: Element) -> Element:
    """Return an expression; raise Unwritable that names the first element which FE 1.0 lacks."""
    name = local_name(source)
    if name == "ValueReference":  # FE 2.0's word
        name = "PropertyName"
    if name not in EXPRESSIONS:
        raise Unwritable(name)
    made = Element(ogc(name))
    if name == "Function":
        made.set("name", source.get("name", ""))
    if name in ("PropertyName", "Literal"):
        made.text = "".join(source.itertext()).strip() if name == "PropertyName" else "".join(source.itertext())
    else:
        made.extend([expression_of(child) for child in source])
    return made


def _condition(source: Element) -> Element:
    name = local_name(source)
    if name in COMPARISONS:
        made = Element(ogc(name))
        made.extend([expression_of(child) for child in source])
        return made
    if name not in _SPECIAL:
        raise Unwritable(name)
    return _SPECIAL[name](source)


def _logic(source: Element) -> Element:
    name = local_name(source)
    conditions = [_condition(child) for child in source]
    if len(conditions) == 1 and name != "Not":  # FE 1.0 wants two
        return conditions[0]
    made = Element(ogc(name))
    made.extend(conditions)
    return made


def _null(source: Element) -> Element:
    made = Element(ogc("PropertyIsNull"))
    made.append(_property(source[0]))
    return made


def _property(source: Element) -> Element:
    made = expression_of(source)
    if made.tag not in (ogc("PropertyName"), ogc("Literal")):
        raise Unwritable(local_name(source))
    return made


def _like(source: Element) -> Element:
    escape: Optional[str] = source.get("escape") or source.get("escapeChar")
    made = Element(
        ogc("PropertyIsLike"),
        {
            "wildCard": source.get("wildCard", "%"),
            "singleChar": source.get("singleChar", "_"),
            "escape": escape or "\\",
        },
    )
    if source.get("matchCase") == "false":
        raise Unwritable("PropertyIsLike matchCase=false")
    made.extend([_property(child) for child in source])
    return made


def _between(source: Element) -> Element:
    made = Element(ogc("PropertyIsBetween"))
    for child in source:
        name = local_name(child)
        if name in ("LowerBoundary", "UpperBoundary"):
            SubElement(made, ogc(name)).extend([expression_of(one) for one in child])
        else:
            made.append(expression_of(child))
    return made


_SPECIAL: Dict[str, Callable[[Element], Element]] = {
    "And": _logic,
    "Or": _logic,
    "Not": _logic,
    "PropertyIsNull": _null,
    "PropertyIsLike": _like,
    "PropertyIsBetween": _between,
}
