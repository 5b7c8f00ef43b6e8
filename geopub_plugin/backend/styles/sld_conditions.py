"""Filters and expressions of Filter Encoding 1.0 (OGC 02-059), as `sld_filters` writes them, as expression trees."""

from __future__ import annotations

import re
from typing import Dict, List

from ..safe_xml import Element, local_name
from .expression_tree import Call, FieldValue, Literal, Node, Unsupported

_OPERATORS: Dict[str, str] = {
    "PropertyIsEqualTo": "=",
    "PropertyIsNotEqualTo": "<>",
    "PropertyIsLessThan": "<",
    "PropertyIsGreaterThan": ">",
    "PropertyIsLessThanOrEqualTo": "<=",
    "PropertyIsGreaterThanOrEqualTo": ">=",
    "And": "and",
    "Or": "or",
    "Not": "not",
    "Add": "+",
    "Sub": "-",
    "Mul": "*",
    "Div": "/",
}
_NUMBER = re.compile(r"\s*[-+]?\d+(\.\d*)?([eE][-+]?\d+)?\s*", re.ASCII)


def condition_of(element: Element) -> Node:
    """Return the tree of a Filter; raise Unsupported that names what has none."""
    children = list(element)
    if len(children) != 1:
        raise Unsupported("Filter")
    return node_of(children[0])


def node_of(element: Element) -> Node:
    """Return the tree of a condition or an expression; raise Unsupported that names what has none."""
    name, arguments = local_name(element), list(element)
    if name in ("And", "Or"):
        node = node_of(arguments[0])
        for argument in arguments[1:]:
            node = Call(_OPERATORS[name], (node, node_of(argument)))
        return node
    if name in _OPERATORS:
        return Call(_OPERATORS[name], tuple(node_of(argument) for argument in arguments))
    if name == "PropertyName":
        return FieldValue(re.split("[:/]", (element.text or "").strip())[-1])
    if name == "Literal":
        return _literal(element.text or "")
    if name == "PropertyIsNull":
        return Call("is null", (node_of(arguments[0]),))
    if name == "PropertyIsBetween":
        low, high = (node_of(one[0]) for one in arguments[1:])
        value = node_of(arguments[0])
        return Call("and", (Call(">=", (value, low)), Call("<=", (value, high))))
    if name == "PropertyIsLike":
        return _like(element, arguments)
    raise Unsupported(element.get("name", "") + "()" if name == "Function" else name)


def _literal(text: str) -> Literal:
    if _NUMBER.fullmatch(text):
        return Literal(float(text) if any(sign in text for sign in ".eE") else int(text))
    return Literal(text)


def _like(element: Element, arguments: List[Element]) -> Node:
    """Return a LIKE whose pattern has % and _ for the wild cards that the filter declares."""
    wild, single = element.get("wildCard", "%"), element.get("singleChar", "_")
    escape = element.get("escape", "\\")
    text, pattern, escaped = arguments[1].text or "", "", False
    for sign in text:
        if escaped:
            pattern, escaped = pattern + sign, False
        elif sign == escape:
            escaped = True
        else:
            pattern += {wild: "%", single: "_"}.get(sign, sign)
    return Call("like", (node_of(arguments[0]), Literal(pattern)))
