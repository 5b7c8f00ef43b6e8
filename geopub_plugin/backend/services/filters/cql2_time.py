"""Temporal functions of CQL2 (OGC 21-065r2 §7.8) as comparisons of where moments and periods begin and end."""

from __future__ import annotations

from operator import eq, ge, gt, le, lt
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

from ...features.schema import ColumnKind
from ...translation import tr
from ..owscommon import OwsError
from .cql2_errors import wrong
from .tree import All, Always, Comparison, Condition, Constant, Not, Property, Timed

_OPEN = ("..", "")
_LITERALS = (("date", ColumnKind.DATE), ("timestamp", ColumnKind.DATETIME))
_End = Union[Property, Constant, None]  # None: it never begins, or never ends
_Period = Tuple[_End, _End]  # a moment begins and ends at once

# Which ends of the first (s start, e end) stand so to which of the second (https://www.w3.org/TR/owl-time)
_RELATIONS: Dict[str, Tuple[str, ...]] = {
    "t_after": ("s>e",),
    "t_before": ("e<s",),
    "t_equals": ("s=s", "e=e"),
    "t_intersects": ("s<=e", "e>=s"),
    "t_contains": ("s<s", "e>e"),
    "t_during": ("s>s", "e<e"),
    "t_finishedby": ("s<s", "e=e"),
    "t_finishes": ("s>s", "e=e"),
    "t_meets": ("e=s",),
    "t_metby": ("s=e",),
    "t_overlappedby": ("s>s", "s<e", "e>e"),
    "t_overlaps": ("s<s", "e>s", "e<e"),
    "t_startedby": ("s=s", "e>e"),
    "t_starts": ("s=s", "e<e"),
}
TEMPORAL = frozenset(("t_disjoint", *_RELATIONS))
_SIGNS: Dict[str, Callable[[int, int], bool]] = {"<": lt, ">": gt, "=": eq, "<=": le, ">=": ge}


def temporal(name: str, operands: List[Any]) -> Condition:
    """Return a temporal function (one of `TEMPORAL`) of two moments or periods, given or of the feature."""
    left, right = (_period(one, name) for one in operands)
    made = _related("t_intersects" if name == "t_disjoint" else name, left, right)
    properties = tuple(end for end in (*left, *right) if isinstance(end, Property))
    return Timed(properties, Not(made) if name == "t_disjoint" else made)


def within(operand: Property, begin: str, end: str) -> Condition:
    """Return the condition that a moment is in a period, its ends included; ".." and "" are open ends."""
    return _related("t_intersects", (operand, operand), (_end(begin), _end(end)))


def _needs(name: str) -> OwsError:
    return wrong(tr("“{name}” needs two moments or periods, properties or values.", name=name))


def _period(node: Any, name: str) -> _Period:
    """Return the ends of a moment (both the same) or of a period."""
    ends = node.get("interval") if isinstance(node, dict) else None
    if ends is None:
        moment = _moment(node, name)
        return moment, moment
    if not isinstance(ends, list) or len(ends) != 2:
        raise _needs(name)
    begin, end = (_end(one) if isinstance(one, str) else _moment(one, name) for one in ends)
    return begin, end


def _moment(node: Any, name: str) -> Union[Property, Constant]:
    if isinstance(node, dict) and isinstance(node.get("property"), str):
        return Property(node["property"])
    moment = moment_of_json(node)
    if moment is None:
        raise _needs(name)
    return moment


def moment_of_json(node: Any) -> Optional[Constant]:
    """Return a date or a timestamp; None for anything else."""
    for member, kind in _LITERALS:
        if isinstance(node, dict) and isinstance(node.get(member), str):
            return Constant(node[member], kind)
    return None


def _end(text: str) -> _End:
    return None if text in _OPEN else Constant(text, ColumnKind.DATETIME if "T" in text.upper() else ColumnKind.DATE)


def _related(name: str, left: _Period, right: _Period) -> Condition:
    parts = []
    for told in _RELATIONS[name]:
        places = "se".index(told[0]), "se".index(told[-1])
        parts.append(_compared(left[places[0]], told[1:-1], right[places[1]], places))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _compared(left: _End, sign: str, right: _End, places: Tuple[int, int]) -> Condition:
    """Return the comparison of two ends (places: 0 starts, 1 ends); open ones are before or after everything."""
    if left is not None and right is not None:
        return Comparison(left, sign, right)
    first, second = (0 if end is not None else 2 * place - 1 for end, place in zip((left, right), places))
    holds, given = _SIGNS[sign](first, second), left if left is not None else right
    return Always(holds) if not isinstance(given, Property) else _whatever(given, holds)


def _whatever(operand: Property, holds: bool) -> Condition:
    """Return a condition that holds for any value, or for none; for NULL nobody knows."""
    return Comparison(operand, "=" if holds else "<>", operand)
