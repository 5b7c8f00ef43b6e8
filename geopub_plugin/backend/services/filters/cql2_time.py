"""Temporal functions of CQL2 (OGC 21-065r2 §8.8), as comparisons: what a feature holds is a moment, never a period."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from ...translation import tr
from ..owscommon import OwsError
from .cql2_errors import unknown, wrong
from .tree import All, Always, AnyOf, Comparison, Condition, Constant, Property

_OPEN = ("..", "")
_Period = Tuple[Optional[str], Optional[str]]  # its ends, None for an open one
_MIRRORED = {
    "t_after": "t_before", "t_before": "t_after", "t_contains": "t_during", "t_during": "t_contains",
    "t_finishedby": "t_finishes", "t_finishes": "t_finishedby", "t_meets": "t_metby", "t_metby": "t_meets",
    "t_overlappedby": "t_overlaps", "t_overlaps": "t_overlappedby", "t_startedby": "t_starts",
    "t_starts": "t_startedby", "t_equals": "t_equals", "t_disjoint": "t_disjoint", "t_intersects": "t_intersects",
}  # fmt: skip


def temporal(name: str, operands: List[Any]) -> Condition:
    """Return a temporal function of a property and a moment or a period, in whichever order."""
    if name not in _MIRRORED:
        raise unknown(name)
    left, right = operands
    if _property(left) is None:
        left, right, name = right, left, _MIRRORED[name]
    operand, period = _property(left), _period(right)
    if operand is None or period is None:
        raise _needs(name)
    return _RELATIONS[name](operand, period)


def within(operand: Property, begin: str, end: str) -> Condition:
    """Return the condition that a moment is in a period, its ends included; ".." and "" are open ends."""
    return _intersects(operand, (None if begin in _OPEN else begin, None if end in _OPEN else end))


def _needs(name: str) -> OwsError:
    return wrong(tr("“{name}” needs a property and a moment or a period.", name=name))


def _property(node: Any) -> Optional[Property]:
    found = node.get("property") if isinstance(node, dict) else None
    return Property(found) if isinstance(found, str) else None


def _period(node: Any) -> Optional[_Period]:
    """Return the ends of a moment (both the same) or of a period."""
    if not isinstance(node, dict):
        return None
    moment = node.get("date", node.get("timestamp"))
    if isinstance(moment, str):
        return moment, moment
    ends = node.get("interval")
    if not isinstance(ends, list) or len(ends) != 2:
        return None
    told = [one.get("date", one.get("timestamp")) if isinstance(one, dict) else one for one in ends]
    if not all(isinstance(one, str) for one in told):
        return None  # a period whose ends are properties
    begin, end = (None if one in _OPEN else one for one in told)
    return begin, end


def _compared(operand: Property, sign: str, end: Optional[str]) -> Condition:
    """Return the comparison with an end; nothing is beyond an open one, nor equal to it."""
    return Always(False) if end is None else Comparison(operand, sign, Constant(end))


def _bounded(operand: Property, period: _Period, signs: Tuple[str, str]) -> Condition:
    told = [Comparison(operand, sign, Constant(end)) for sign, end in zip(signs, period) if end is not None]
    return All(tuple(told)) if told else Comparison(operand, "=", operand)  # any moment, but no NULL


def _intersects(operand: Property, period: _Period) -> Condition:
    return _bounded(operand, period, (">=", "<="))


def _longer(period: _Period, condition: Condition) -> Condition:
    """Return the condition where the period is longer than a moment."""
    return condition if period[0] != period[1] or period[0] is None else Always(False)


_RELATIONS: Dict[str, Callable[[Property, _Period], Condition]] = {
    "t_after": lambda operand, period: _compared(operand, ">", period[1]),
    "t_before": lambda operand, period: _compared(operand, "<", period[0]),
    "t_disjoint": lambda operand, period: AnyOf(
        (_compared(operand, "<", period[0]), _compared(operand, ">", period[1]))
    ),
    "t_during": lambda operand, period: _bounded(operand, period, (">", "<")),
    "t_equals": lambda operand, period: _compared(operand, "=", period[0]) if period[0] == period[1] else Always(False),
    "t_intersects": _intersects,
    "t_starts": lambda operand, period: _longer(period, _compared(operand, "=", period[0])),
    "t_finishes": lambda operand, period: _longer(period, _compared(operand, "=", period[1])),
    "t_meets": lambda operand, period: _longer(period, _compared(operand, "=", period[0])),
    "t_metby": lambda operand, period: _longer(period, _compared(operand, "=", period[1])),
    # a moment holds, begins with, ends with and overlaps no period
    **dict.fromkeys(
        ("t_contains", "t_finishedby", "t_overlappedby", "t_overlaps", "t_startedby"),
        lambda _operand, _period: Always(False),
    ),
}
