"""A twin of a layer whose style QGIS can write as SLD without saying something else.

QGIS (3.22 to 3.44) writes an ELSE rule without its filter, so that it draws everything; classes of several values and
“all other values” as “is null”; classes that are switched off as if they were on; and no opacity of the layer.
"""

from __future__ import annotations

from typing import List

from qgis.core import QgsFeatureRenderer, QgsRuleBasedRenderer, QgsSymbol, QgsVectorLayer

_TREES = ("categorizedSymbol", "graduatedSymbol", "RuleRenderer")


def sld_source(layer: QgsVectorLayer) -> QgsVectorLayer:
    """Return a layer without features that looks like this one, all of its rules said in full."""
    # Not a clone: of a GeoPackage it would be opened again, and take the style that is stored there.
    twin = QgsVectorLayer(_memory_uri(layer), layer.name(), "memory")
    twin.dataProvider().addAttributes(layer.fields().toList())
    twin.updateFields()
    twin.setScaleBasedVisibility(layer.hasScaleBasedVisibility())
    twin.setMinimumScale(layer.minimumScale())
    twin.setMaximumScale(layer.maximumScale())
    if layer.labeling() is not None:
        twin.setLabeling(layer.labeling().clone())
        twin.setLabelsEnabled(layer.labelsEnabled())
    twin.setRenderer(_in_full(layer.renderer(), layer.opacity()))
    return twin


def _memory_uri(layer: QgsVectorLayer) -> str:
    geometry = {0: "Point", 1: "LineString", 2: "Polygon"}.get(int(layer.geometryType()), "NoGeometry")
    return f"{geometry}?crs={layer.crs().authid()}"


def _in_full(renderer: QgsFeatureRenderer, opacity: float) -> QgsFeatureRenderer:
    """Return a copy of a renderer with explicit rules, its symbols as opaque as the layer makes them."""
    made = renderer.clone()
    if renderer.type() in _TREES:
        converted = QgsRuleBasedRenderer.convertFromRenderer(renderer)
        if converted is not None:
            _switch_off(converted, renderer)
            _say_filters(converted.rootRule(), renderer.type() != "RuleRenderer")
            made = converted
    for symbol in _symbols(made):
        symbol.setOpacity(symbol.opacity() * opacity)
    return made


def _switch_off(converted: QgsRuleBasedRenderer, renderer: QgsFeatureRenderer) -> None:
    """Switch off the rules of classes that are switched off, which QGIS forgets to do."""
    classes = {"categorizedSymbol": "categories", "graduatedSymbol": "ranges"}.get(renderer.type())
    if classes is not None:
        for rule, one in zip(converted.rootRule().children(), getattr(renderer, classes)()):
            rule.setActive(one.renderState())


def _symbols(renderer: QgsFeatureRenderer) -> List[QgsSymbol]:
    if isinstance(renderer, QgsRuleBasedRenderer):
        return [rule.symbol() for rule in renderer.rootRule().descendants() if rule.symbol() is not None]
    if hasattr(renderer, "symbol") and renderer.symbol() is not None:  # of a single symbol: the renderer's own
        return [renderer.symbol()]
    return []


def _say_filters(parent: QgsRuleBasedRenderer.Rule, classes: bool) -> None:
    """Replace ELSE by what it means, and take away what is switched off.

    A class that is switched off is no “other value”; a rule that is switched off counts for nothing.
    """
    said = [
        rule.filterExpression() or "TRUE"
        for rule in parent.children()
        if not rule.isElse() and (classes or rule.active())
    ]
    for rule in list(parent.children()):
        if not rule.active():
            parent.removeChild(rule)
        elif rule.isElse():
            rule.setFilterExpression(_none_of(said))
        if rule.active():
            _say_filters(rule, classes)


def _none_of(filters: List[str]) -> str:
    return " AND ".join(f"NOT ({one})" for one in filters)
