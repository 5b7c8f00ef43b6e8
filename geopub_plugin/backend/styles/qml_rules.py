"""Renderers of a QML file as rules: which features, between which scales, with which symbols."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ..safe_xml import Element
from ..translation import tr
from .expression_tree import Call, FieldValue, Literal, Node, Unsupported, parse
from .expressions import is_plain_name
from .fidelity import Ledger
from .qml_symbols import SymbolReader
from .qml_values import number
from .symbology import Drawn, Rule

_INSIDE = ("pointCluster", "pointDisplacement", "mergedFeatureRenderer", "invertedPolygonRenderer")


class RendererReader:
    """Reads the renderer of a layer."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.reader = SymbolReader(ledger)

    def rules(self, renderer: Element) -> List[Rule]:
        """Return the rules of a renderer; what cannot be said is told in the ledger."""
        kind = renderer.get("type", "")
        if kind in _INSIDE:
            return self._of_another(renderer, kind)
        reader = _RENDERERS.get(kind)
        if reader is None:
            if kind != "nullSymbol":
                self.ledger.lost(tr("Symbology of the type “{kind}” is not drawn.", kind=kind))
            return []
        return list(reader(self, renderer))

    def _of_another(self, renderer: Element, kind: str) -> List[Rule]:
        """Return the rules of the renderer inside, which is drawn as if it stood alone."""
        inner = next((child for child in renderer if child.tag == "renderer-v2"), None)
        if kind == "invertedPolygonRenderer":
            self.ledger.lost(tr("Inverted polygons are not drawn."))
            return []
        self.ledger.approximated(tr("Features are drawn one by one, not grouped or merged."))
        return self.rules(inner) if inner is not None else []

    def single(self, renderer: Element) -> Iterator[Rule]:
        """Read one symbol for all features."""
        symbols = _symbols(renderer)
        if symbols:
            yield Rule("", None, symbols=self._drawn(next(iter(symbols.values())), ""))

    def categorised(self, renderer: Element) -> Iterator[Rule]:
        """Read a symbol for each value of an attribute or expression."""
        tested = self._parsed(_attribute(renderer))
        if tested is None:
            return
        symbols = _symbols(renderer)
        named: List[Node] = []
        others: List[Tuple[str, Element]] = []
        for category in renderer.iter("category"):
            title, symbol = category.get("label", ""), symbols.get(category.get("symbol", ""))
            values = _category_values(category)
            if symbol is None:
                continue
            if values is None:
                others += [(title, symbol)] if category.get("render", "true") == "true" else []
                continue
            condition = _equals(tested, values)
            named.append(condition)  # a class that is switched off is no “other value” either
            if category.get("render", "true") == "true":
                yield Rule(title, condition, symbols=self._drawn(symbol, title))
        for title, symbol in others:
            yield Rule(title, None, tuple(named), symbols=self._drawn(symbol, title))

    def graduated(self, renderer: Element) -> Iterator[Rule]:
        """Read a symbol for each range of a number; of two that touch, the first one holds the bound."""
        tested = self._parsed(_attribute(renderer))
        if tested is None:
            return
        symbols = _symbols(renderer)
        bounds_seen: List[float] = []
        for part in renderer.iter("range"):
            lower, upper = number(part.get("lower")), number(part.get("upper"))
            title, symbol = part.get("label", ""), symbols.get(part.get("symbol", ""))
            above = Call(">" if lower in bounds_seen else ">=", (tested, _number(lower)))
            bounds_seen.append(upper)
            if symbol is not None and part.get("render", "true") == "true":
                condition = Call("and", (above, Call("<=", (tested, _number(upper)))))
                yield Rule(title, condition, symbols=self._drawn(symbol, title))

    def ruled(self, renderer: Element) -> Iterator[Rule]:
        """Read a tree of rules."""
        root = next((child for child in renderer if child.tag == "rules"), None)
        if root is not None:
            yield from self._below(root, _symbols(renderer), None, (), (0.0, 0.0))

    def _below(
        self,
        parent: Element,
        symbols: Dict[str, Element],
        condition: Optional[Node],
        unless: Tuple[Node, ...],
        scales: Tuple[float, float],
    ) -> Iterator[Rule]:
        children = [rule for rule in parent if rule.tag == "rule" and rule.get("checkstate", "1") != "0"]
        siblings: List[Node] = []
        parsed: List[Tuple[Element, Optional[Node], bool]] = []
        for rule in children:
            text = rule.get("filter", "").strip()
            self.ledger.where = _title(rule)
            if text.upper() == "ELSE":
                parsed.append((rule, None, True))
                continue
            node = self._parsed(text) if text else None
            if text and node is None:
                continue  # told of; without its filter it would be drawn everywhere
            siblings.append(node if node is not None else Literal(True))
            parsed.append((rule, node, False))
        for rule, node, otherwise in parsed:
            own = _both(condition, node)
            exceptions = (*unless, *siblings) if otherwise else unless
            inside = _narrowed(scales, rule)
            symbol = symbols.get(rule.get("symbol", ""))
            title = _title(rule)
            if symbol is not None:
                yield Rule(title, own, exceptions, inside[0], inside[1], self._drawn(symbol, title))
            yield from self._below(rule, symbols, own, exceptions, inside)

    def _parsed(self, expression: str) -> Optional[Node]:
        try:
            return FieldValue(expression) if is_plain_name(expression) else parse(expression)
        except Unsupported as error:
            self.ledger.lost(tr("Left out: its expression uses “{element}”.", element=str(error)))
            return None

    def _drawn(self, symbol: Element, title: str) -> Tuple[Drawn, ...]:
        self.ledger.where = title
        return tuple(self.reader.symbols(symbol))


def _symbols(renderer: Element) -> Dict[str, Element]:
    found: Dict[str, Element] = {}
    for child in renderer:
        if child.tag == "symbols":
            found.update({symbol.get("name", ""): symbol for symbol in child if symbol.tag == "symbol"})
        elif child.tag == "symbol":  # of QGIS 1
            found[child.get("name", "")] = child
    return found


def _attribute(renderer: Element) -> str:
    return renderer.get("attr", "").strip()


def _category_values(category: Element) -> Optional[Sequence[Literal]]:
    """Return the values of a class, None for all others."""
    listed = [child for child in category if child.tag == "val"]
    if listed:
        return [_typed(one.get("value", ""), one.get("type", "")) for one in listed]
    value = category.get("value", "")
    if value == "" or category.get("type") == "NULL":
        return None
    return [_typed(value, category.get("type", "string"))]


def _typed(value: str, kind: str) -> Literal:
    if kind in ("integer", "long", "double", "int", "longlong"):
        return _number(number(value))
    if kind == "bool":
        return Literal(value.lower() in ("true", "1"))
    return Literal(value)


def _number(value: float) -> Literal:
    return Literal(int(value) if value.is_integer() and abs(value) < 2**53 else value)


def _equals(tested: Node, values: Sequence[Literal]) -> Node:
    return Call("=", (tested, values[0])) if len(values) == 1 else Call("in", (tested, *values))


def _both(left: Optional[Node], right: Optional[Node]) -> Optional[Node]:
    if left is None or right is None:
        return left if right is None else right
    return Call("and", (left, right))


def _title(rule: Element) -> str:
    return rule.get("label") or rule.get("filter", "")


def _narrowed(scales: Tuple[float, float], rule: Element) -> Tuple[float, float]:
    smallest = max(scales[0], number(rule.get("scalemindenom")))
    limits = [limit for limit in (scales[1], number(rule.get("scalemaxdenom"))) if limit > 0]
    return smallest, min(limits, default=0.0)


_Reader = Callable[[RendererReader, "Element"], Iterator[Rule]]
_RENDERERS: Dict[str, _Reader] = {
    "singleSymbol": RendererReader.single,
    "SingleSymbol": RendererReader.single,
    "categorizedSymbol": RendererReader.categorised,
    "graduatedSymbol": RendererReader.graduated,
    "RuleRenderer": RendererReader.ruled,
}
