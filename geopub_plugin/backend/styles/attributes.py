"""Where a style names attributes of its table, and how to change those names in place."""

from __future__ import annotations

import re
from typing import Callable, FrozenSet, Iterator, Tuple

from ..safe_xml import Element, local_name
from .expressions import is_plain_name, translate_names
from .recognition import StyleDocument, StyleKind

# What becomes of a name; the flag says that the name decides which features are drawn, and not only how.
Translate = Callable[[str, bool], str]

_QML_DRAWING = ("renderer-v2", "labeling", "LinearlyInterpolatedDiagramRenderer", "SingleCategoryDiagramRenderer")
_QML_EXPRESSIONS = frozenset({"geometryModifier", "weight_expression", "expression"})


def translate_attributes(style: StyleDocument, translate: Translate, known: FrozenSet[str] = frozenset()) -> None:
    """Replace in place each name of an attribute in a style.

    `known` holds names in lower case: QGIS takes a text for a field when there is one of that name, else for an
    expression.
    """
    if style.kind is StyleKind.QML:
        _Qml(translate, known).visit(style.root)
    else:
        _visit_sld(style.root, translate)


class _Qml:
    """Visits the parts of a QML file that draw."""

    def __init__(self, translate: Translate, known: FrozenSet[str]) -> None:
        self.translate, self.known = translate, known

    def visit(self, root: Element) -> None:
        for part in root:  # children only: a renderer may hold another
            if local_name(part) in _QML_DRAWING:
                for element in part.iter():
                    self._drawing(element)
        for properties in root.iter("customproperties"):
            self._old_labels(properties)

    def _expression(self, text: str, decisive: bool) -> str:
        return translate_names(text, lambda name: self.translate(name, decisive))

    def _name_or_expression(self, text: str, decisive: bool) -> str:
        if text.lower() in self.known or is_plain_name(text):
            return self.translate(text, decisive)
        return self._expression(text, decisive)

    def _rewrite(self, element: Element, attribute: str, change: Callable[[str, bool], str], decisive: bool) -> None:
        text = element.get(attribute)
        if text:
            element.set(attribute, change(text, decisive))

    def _drawing(self, element: Element) -> None:
        name = local_name(element)
        if name == "renderer-v2":
            self._rewrite(element, "attr", self._name_or_expression, True)
            self._rewrite(element, "weight_expression", self._name_or_expression, False)
        elif name == "rule":
            self._rewrite(element, "filter", self._rule_filter, True)
        elif name == "text-style":
            is_expression = element.get("isExpression") in ("1", "true")
            self._rewrite(element, "fieldName", self._expression if is_expression else self._name, False)
        elif name == "attribute":  # of a diagram
            self._rewrite(element, "field", self._name_or_expression, False)
        elif name == "orderByClause" and element.text:
            element.text = self._expression(element.text, False)
        elif name == "Option":
            self._option(element)
        elif name == "prop":  # of QGIS 2 and early 3
            self._property(element)

    def _name(self, text: str, decisive: bool) -> str:
        return self.translate(text, decisive)

    def _rule_filter(self, text: str, decisive: bool) -> str:
        return text if text.strip().upper() == "ELSE" else self._expression(text, decisive)

    def _option(self, element: Element) -> None:
        key = element.get("name", "")
        if key in _QML_EXPRESSIONS:
            self._rewrite(element, "value", self._expression, False)
        elif key == "field" and element.get("type", "QString") == "QString":
            self._rewrite(element, "value", self._name, False)

    def _property(self, element: Element) -> None:
        key = element.get("k", "")
        if key in _QML_EXPRESSIONS or (key.endswith("_expression") and "_dd_" in key):
            self._rewrite(element, "v", self._expression, False)
        elif key.endswith("_dd_field"):
            self._rewrite(element, "v", self._name, False)

    def _old_labels(self, properties: Element) -> None:
        """Visit the labels of QGIS 2, which are properties of the layer."""
        by_key = {element.get("key"): element for element in properties}
        field, flag = by_key.get("labeling/fieldName"), by_key.get("labeling/isExpression")
        if field is not None:
            is_expression = flag is not None and flag.get("value") == "true"
            self._rewrite(field, "value", self._expression if is_expression else self._name, False)


def _visit_sld(root: Element, translate: Translate) -> None:
    for element, decisive in _property_names(root, False):
        name = re.split("[:/]", (element.text or "").strip())[-1]  # "app:name" and "app:Town/app:name" name "name"
        new = translate(name, decisive) if name else name
        if new != name:
            element.text = new


def _property_names(element: Element, decisive: bool) -> Iterator[Tuple[Element, bool]]:
    """Yield each PropertyName below an element, and whether it stands in a filter; <Geometry> names no attribute."""
    for child in element:
        name = local_name(child)
        if name in ("PropertyName", "ValueReference"):
            yield child, decisive
        elif name != "Geometry":
            yield from _property_names(child, decisive or name == "Filter")
