"""An SLD read as a symbology that other renderers can draw: what `sld10` writes of it, SLD 1.0.0 (OGC 02-070)."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Tuple

from ..safe_xml import Element, local_name, parse
from ..translation import tr
from .expression_tree import Node, Unsupported
from .fidelity import Fate, Ledger
from .sld10 import to_sld10
from .sld_conditions import condition_of
from .sld_symbols import symbols_of
from .symbology import Drawn, Rule, Symbology

_LABEL_LEVEL = 1_000_000  # above every symbol


def read_sld(style: bytes, ledger: Ledger) -> Symbology:
    """Return what an SLD draws; what has no equivalent is told in the ledger.

    Raises:
        InvalidInput: it is no SLD, or has no rule.
    """
    plain, report = to_sld10(style, "layer")
    for finding in report.findings:
        if finding.fate is not Fate.KEPT:
            ledger.where = finding.where
            (ledger.lost if finding.fate is Fate.LOST else ledger.approximated)(finding.what)
    ledger.where = ""
    drawn = [element for element in parse(plain).iter() if local_name(element) == "FeatureTypeStyle"]
    rules = [rule for level, element in enumerate(drawn) for rule in _rules(element, level, ledger)]
    return Symbology(tuple(rules), levels=len(drawn) > 1)


def _rules(feature_style: Element, level: int, ledger: Ledger) -> Iterator[Rule]:
    others: List[Tuple[Rule, bool]] = []  # with whether it is drawn for what no other one is
    for element in feature_style:
        if local_name(element) == "Rule":
            made = _rule(element, level, ledger)
            others += [made] if made is not None else []
    conditions = tuple(rule.condition for rule, otherwise in others if not otherwise and rule.condition is not None)
    everything = any(rule.condition is None for rule, otherwise in others if not otherwise)
    for rule, otherwise in others:
        if not otherwise:
            yield rule
        elif not everything:
            yield Rule(rule.title, None, conditions, rule.smallest, rule.largest, rule.symbols)


def _rule(element: Element, level: int, ledger: Ledger) -> Optional[Tuple[Rule, bool]]:
    parts: Dict[str, Element] = {local_name(child): child for child in element}
    title = _text(parts.get("Title")) or _text(parts.get("Name"))
    ledger.where = title
    condition: Optional[Node] = None
    if "Filter" in parts:
        try:
            condition = condition_of(parts["Filter"])
        except Unsupported as error:
            ledger.lost(tr("Left out: its expression uses “{element}”.", element=str(error)))
            return None
    smallest, largest = (_scale(parts.get(f"{side}ScaleDenominator")) for side in ("Min", "Max"))
    drawn = tuple(
        Drawn(symbol, _LABEL_LEVEL if is_label else level)
        for child in element
        for symbol, is_label in symbols_of(child, ledger)
    )
    return Rule(title, condition, (), smallest, largest, drawn), "ElseFilter" in parts


def _scale(element: Optional[Element]) -> float:
    return float(_text(element) or 0)


def _text(element: Optional[Element]) -> str:
    return "" if element is None else (element.text or "").strip()
