"""A QML file read as a symbology that other renderers can draw."""

from __future__ import annotations

from typing import List, Tuple

from ..safe_xml import Element
from ..translation import tr
from .fidelity import Ledger
from .qml_labels import label_rules
from .qml_rules import RendererReader
from .qml_values import number
from .recognition import StyleDocument
from .symbology import Rule, Symbology


def read_qml(style: StyleDocument, ledger: Ledger) -> Symbology:
    """Return what a QML draws; what has no equivalent is told in the ledger."""
    root = style.root
    rules: List[Rule] = []
    levels = False
    scales = _scales(root)
    for child in root:
        if child.tag == "renderer-v2":
            levels = child.get("symbollevels") == "1" or child.get("type") == "RuleRenderer"  # QGIS minds these always
            rules += RendererReader(ledger).rules(child)
        elif child.tag == "labeling" and root.get("labelsEnabled", "1") != "0":
            rules += label_rules(child, ledger)
        elif child.tag in ("SingleCategoryDiagramRenderer", "LinearlyInterpolatedDiagramRenderer"):
            ledger.where = ""
            if any(category.get("enabled") == "1" for category in child.iter("DiagramCategory")):
                ledger.lost(tr("Diagrams are not drawn."))
    ledger.where = ""
    if root.find("labeling") is None and _has_old_labels(root):
        ledger.lost(tr("Labels of QGIS 2 are not drawn: save the style again with QGIS 3."))
    if number(root.findtext("blendMode")) != 0:
        ledger.approximated(tr("The layer is laid over others without blending."))
    opacity = number(root.findtext("layerOpacity"), 1.0)
    transparency = number(root.findtext("layerTransparency"))  # of QGIS 2
    return Symbology(tuple(_within(rule, scales) for rule in rules), opacity * (1 - transparency / 100), levels)


def _has_old_labels(root: Element) -> bool:
    """Tell whether the layer has labels as QGIS 2 kept them: among its custom properties."""
    kept = {one.get("key"): one.get("value") for properties in root.iter("customproperties") for one in properties}
    return kept.get("labeling") == "pal" and kept.get("labeling/enabled") == "true"


def _scales(root: Element) -> Tuple[float, float]:
    """Return the denominators between which the layer is drawn, 0 for no limit."""
    if root.get("hasScaleBasedVisibilityFlag") not in ("1", "true"):
        return 0.0, 0.0
    bounds = (
        number(root.get("maxScale") or root.get("minimumScale")),
        number(root.get("minScale") or root.get("maximumScale")),
    )
    return (bounds[0], bounds[1]) if not bounds[1] or bounds[0] <= bounds[1] else (bounds[1], bounds[0])


def _within(rule: Rule, scales: Tuple[float, float]) -> Rule:
    smallest = max(rule.smallest, scales[0])
    largest = min([limit for limit in (rule.largest, scales[1]) if limit > 0], default=0.0)
    return Rule(rule.title, rule.condition, rule.unless, smallest, largest, rule.symbols)
