"""Filter Encoding 2.0 (OGC 09-026r2), and 1.1 (04-095) and 1.0 (02-059), as a tree."""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List, Optional, Tuple

from ...safe_xml import Element, local_name
from ...translation import tr
from ..owscommon import OwsError, invalid
from ..reference_systems import wire_srs
from .gml_geometry import shape_of
from .tree import (
    GEOMETRY,
    All,
    AnyOf,
    Between,
    Comparison,
    Condition,
    Constant,
    Keys,
    Like,
    Missing,
    Not,
    Operand,
    Property,
    Spatial,
    Temporal,
)

_COMPARISONS: Dict[str, str] = {
    "PropertyIsEqualTo": "=",
    "PropertyIsNotEqualTo": "<>",
    "PropertyIsLessThan": "<",
    "PropertyIsLessThanOrEqualTo": "<=",
    "PropertyIsGreaterThan": ">",
    "PropertyIsGreaterThanOrEqualTo": ">=",
    "PropertyIsLessThanEqualTo": "<=",  # as 1.0 and some clients spell it
    "PropertyIsGreaterThanEqualTo": ">=",
}
SPATIAL: Tuple[str, ...] = (
    "BBOX", "Equals", "Disjoint", "Intersects", "Touches", "Crosses", "Within", "Contains", "Overlaps", "Beyond",
    "DWithin",
)  # fmt: skip
TEMPORAL: Tuple[str, ...] = (
    "After", "Before", "Begins", "BegunBy", "TContains", "During", "TEquals", "TOverlaps", "Meets", "OverlappedBy",
    "MetBy", "Ends", "EndedBy", "AnyInteracts",
)  # fmt: skip
_IDENTIFIERS: FrozenSet[str] = frozenset({"ResourceId", "FeatureId", "GmlObjectId"})
_REFERENCES: FrozenSet[str] = frozenset({"ValueReference", "PropertyName"})
_DEEPEST = 60  # conditions inside one another
_MOST = 2000  # conditions in all


def condition_of(element: Element) -> Condition:
    """Return what a Filter element says; raise OwsError that names what it is wrong about."""
    return _Reader().whole(element)


class _Reader:
    """Reads one filter."""

    def __init__(self) -> None:
        self.depth = self.count = 0

    def whole(self, element: Element) -> Condition:
        parts = list(element)
        if not parts:
            raise _wrong(tr("The filter is empty."))
        if all(local_name(part) in _IDENTIFIERS for part in parts):
            return Keys(tuple(_identifier(part) for part in parts))
        if len(parts) > 1:
            raise _wrong(tr("The filter holds several conditions; join them with And or Or."))
        return self.condition(parts[0])

    def condition(self, element: Element) -> Condition:
        self.depth += 1
        self.count += 1
        if self.depth > _DEEPEST or self.count > _MOST:
            raise _wrong(tr("The filter is too long, or nested too deep."))
        made = self._condition(element)
        self.depth -= 1
        return made

    def _condition(self, element: Element) -> Condition:
        name = local_name(element)
        if name in _COMPARISONS:
            left, right = self._two(element)
            return Comparison(left, _COMPARISONS[name], right, element.get("matchCase", "true") not in ("false", "0"))
        if name in SPATIAL:
            return _spatial(element)
        if name in TEMPORAL:
            return _temporal(element)
        if name in _IDENTIFIERS:
            return Keys((_identifier(element),))
        reader = _OTHERS.get(name)
        if reader is None:
            raise _unknown(name)
        return reader(self, element)

    def logic(self, element: Element) -> Condition:
        parts = tuple(self.condition(part) for part in element)
        if not parts:
            raise _wrong(tr("“{name}” holds no condition.", name=local_name(element)))
        return All(parts) if local_name(element) == "And" else AnyOf(parts)

    def negation(self, element: Element) -> Condition:
        parts = list(element)
        if len(parts) != 1:
            raise _wrong(tr("“{name}” must hold one condition.", name="Not"))
        return Not(self.condition(parts[0]))

    def like(self, element: Element) -> Condition:
        left, right = self._two(element)
        if not isinstance(left, Property) or not isinstance(right, Constant):
            raise _wrong(tr("“{name}” compares a property with a text.", name="PropertyIsLike"))
        escape = element.get("escapeChar") or element.get("escape") or "\\"
        signs = (element.get("wildCard") or "*", element.get("singleChar") or "?", escape)
        if any(len(sign) != 1 for sign in signs) or len(set(signs)) != 3:
            raise _wrong(tr("wildCard, singleChar and escapeChar must be three different characters."))
        return Like(left, right.text, *signs, element.get("matchCase", "true") not in ("false", "0"))

    def missing(self, element: Element) -> Condition:
        for part in element:
            if local_name(part) in _REFERENCES:
                return Missing(Property(text_of(part)))
        raise _wrong(tr("“{name}” names no property.", name=local_name(element)))

    def between(self, element: Element) -> Condition:
        operands: List[Operand] = []
        for part in element:
            inner = list(part)
            is_bound = local_name(part) in ("LowerBoundary", "UpperBoundary")
            operands.append(_operand(inner[0]) if is_bound and inner else _operand(part))
        if len(operands) != 3:
            raise _wrong(tr("“{name}” needs a property and two bounds.", name="PropertyIsBetween"))
        return Between(*operands)

    @staticmethod
    def _two(element: Element) -> Tuple[Operand, Operand]:
        operands = [_operand(part) for part in element]
        if len(operands) != 2:
            raise _wrong(tr("“{name}” needs two operands.", name=local_name(element)))
        return operands[0], operands[1]


_OTHERS: Dict[str, Callable[[_Reader, Element], Condition]] = {
    "And": _Reader.logic,
    "Or": _Reader.logic,
    "Not": _Reader.negation,
    "PropertyIsLike": _Reader.like,
    "PropertyIsNull": _Reader.missing,
    "PropertyIsNil": _Reader.missing,
    "PropertyIsBetween": _Reader.between,
}


def text_of(element: Element) -> str:
    """Return the text of an element, without blanks around it."""
    return (element.text or "").strip()


def _operand(element: Element) -> Operand:
    name = local_name(element)
    if name in _REFERENCES:
        return Property(text_of(element))
    if name == "Literal":
        return Constant("".join(element.itertext()).strip())
    raise _unknown(name)


def _identifier(element: Element) -> str:
    found = next((value for key, value in element.attrib.items() if key.rpartition("}")[2] in ("rid", "fid", "id")), "")
    if not found:
        raise _wrong(tr("“{name}” names no feature.", name=local_name(element)))
    return found


def _spatial(element: Element) -> Condition:
    name = local_name(element)
    operand, distance, unit = GEOMETRY, 0.0, ""
    geometry: Optional[Element] = None
    for part in element:
        if local_name(part) in _REFERENCES:
            operand = text_of(part)
        elif local_name(part) == "Distance":
            distance, unit = _distance(part), part.get("uom") or part.get("units") or ""
        elif local_name(part) in ("Literal", "Function"):
            raise _unknown(local_name(part))
        else:
            geometry = part
    if geometry is None:
        raise _wrong(tr("“{name}” needs a geometry to compare with.", name=name))
    named = geometry.get("srsName")
    return Spatial(name, operand, shape_of(geometry, wire_srs(named, "filter") if named else None), distance, unit)


def _distance(element: Element) -> float:
    try:
        distance = float(text_of(element))
    except ValueError:
        distance = -1.0
    if not 0 <= distance < 1e9:
        raise _wrong(tr("“{value}” is no distance.", value=text_of(element)[:100]))
    return distance


def _temporal(element: Element) -> Condition:
    name = local_name(element)
    operand: Optional[Property] = None
    moments: List[str] = []
    for part in element:
        if local_name(part) in _REFERENCES:
            operand = Property(text_of(part))
        else:
            moments += [text_of(one) for one in part.iter() if text_of(one)]
    if operand is None or not 1 <= len(moments) <= 2:
        raise _wrong(tr("“{name}” needs a property and a moment or a period.", name=name))
    return Temporal(name, operand, moments[0], moments[1] if len(moments) == 2 else "")


def _unknown(name: str) -> OwsError:
    return OwsError(
        "OptionNotSupported",
        "filter",
        tr("Filters of this service do not know “{name}”.", name=name[:100]),
        tr("It is no part of what the capabilities list."),
        tr("Use the operators that the capabilities list."),
    )


def _wrong(why: str) -> OwsError:
    return invalid("filter", "Filter", why, tr("Correct the filter, and send the request again."))
