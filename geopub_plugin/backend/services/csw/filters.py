"""Which records are wanted: filters of OGC 04-095 (FES 1.1) on a handful of queryables, as functions."""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Tuple

from ...features.schema import Bounds
from ...safe_xml import Element, local_name
from ...translation import tr
from ..owscommon import OwsError, invalid
from .records import PublishedRecord

Wanted = Callable[[PublishedRecord], bool]
Texts = Callable[[PublishedRecord], Tuple[str, ...]]

_QUERYABLES: Dict[str, Texts] = {
    "identifier": lambda record: (record.resource.identifier,),
    "title": lambda record: (record.resource.title,),
    "abstract": lambda record: (record.resource.abstract,),
    "subject": lambda record: record.resource.keywords,
    "type": lambda record: (record.resource.level.lower(),),
    "anytext": lambda record: (
        record.resource.identifier,
        record.resource.title,
        record.resource.abstract,
        record.resource.organisation,
        *record.resource.keywords,
    ),
}


def everything(_record: PublishedRecord) -> bool:
    """Want every record."""
    return True


def read_filter(element: Element) -> Wanted:
    """Return what an `ogc:Filter` wants.

    Raises:
        OwsError: it uses what this service does not know.
    """
    conditions = [_condition(child) for child in element]
    return lambda record: all(condition(record) for condition in conditions)


def _condition(element: Element) -> Wanted:
    kind = local_name(element)
    if kind not in _CONDITIONS:
        raise OwsError(
            "InvalidParameterValue",
            "constraint",
            tr("The filter uses “{name}”, which is not known here.", name=kind[:80]),
            cure=tr("Use one of: {names}.", names=", ".join(_CONDITIONS)),
        )
    return _CONDITIONS[kind](element)


def _and(element: Element) -> Wanted:
    parts = [_condition(child) for child in element]
    return lambda record: all(part(record) for part in parts)


def _or(element: Element) -> Wanted:
    parts = [_condition(child) for child in element]
    return lambda record: any(part(record) for part in parts)


def _not(element: Element) -> Wanted:
    parts = [_condition(child) for child in element]
    return lambda record: not any(part(record) for part in parts)


def _equal(element: Element) -> Wanted:
    texts, literal = _comparison(element)
    return lambda record: any(text.casefold() == literal.casefold() for text in texts(record))


def _like(element: Element) -> Wanted:
    texts, literal = _comparison(element)
    pattern = re.compile(_expression(literal, element), re.IGNORECASE | re.DOTALL)
    return lambda record: any(pattern.fullmatch(text) for text in texts(record))


def _expression(literal: str, element: Element) -> str:
    """Return a pattern of PropertyIsLike as a regular expression (OGC 04-095 §8)."""
    any_text, one, escaping = (element.get(name, "") for name in ("wildCard", "singleChar", "escapeChar"))
    parts: List[str] = []
    letters = iter(literal)
    for letter in letters:
        if escaping and letter == escaping:
            parts.append(re.escape(next(letters, "")))
        elif letter == any_text:
            parts.append(".*")
        else:
            parts.append("." if letter == one else re.escape(letter))
    return re.sub(r"(\.\*)+", ".*", "".join(parts))  # several in a row would take time without end


def _bbox(element: Element) -> Wanted:
    numbers = " ".join(
        (one.text or "") for one in element.iter() if local_name(one) in ("lowerCorner", "upperCorner", "coordinates")
    )
    try:
        west, south, east, north = (float(number) for number in numbers.replace(",", " ").split())
    except ValueError:
        raise invalid("constraint", numbers, tr("A BBOX needs four numbers.")) from None
    return lambda record: (
        record.resource.bounds is not None and _meet((west, south, east, north), record.resource.bounds)
    )


def _meet(one: Bounds, other: Bounds) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _comparison(element: Element) -> Tuple[Texts, str]:
    texts = {local_name(child): "".join(child.itertext()).strip() for child in element}
    name = texts.get("PropertyName", "").rpartition(":")[2].lower()
    if name not in _QUERYABLES:
        raise invalid("constraint", name, cure=tr("Use one of: {names}.", names=", ".join(_QUERYABLES)))
    return _QUERYABLES[name], texts.get("Literal", "")


_CONDITIONS: Dict[str, Callable[[Element], Wanted]] = {
    "And": _and,
    "Or": _or,
    "Not": _not,
    "PropertyIsEqualTo": _equal,
    "PropertyIsLike": _like,
    "BBOX": _bbox,
}
