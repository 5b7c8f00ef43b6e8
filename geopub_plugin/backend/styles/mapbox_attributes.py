"""The attributes that a Mapbox style reads: by expressions, by filters of the old form, by tokens in texts."""

from __future__ import annotations

import difflib
import re
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Set

from ..faults import Fault, Severity
from ..translation import tr

_COMPARED = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "!in", "has", "!has"})
_COMBINED = frozenset({"all", "any", "none"})
_TOKEN = re.compile(r"\{([^{}]+)\}")
_OWN = frozenset({"$type", "$id"})


def attribute_faults(layers: Sequence[Any], known: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """Yield a fault for each attribute that a layer of the tiles does not have; `known` has those of each layer."""
    missing: Dict[str, Set[str]] = {}
    for layer in layers:
        table = layer.get("source-layer") if isinstance(layer, dict) else None
        if isinstance(table, str) and table in known:
            for name in attributes_of(layer):
                if name not in known[table]:
                    missing.setdefault(table, set()).add(name)
    for table, names in missing.items():
        for name in sorted(names):
            nearest = difflib.get_close_matches(name, known[table], n=1)
            yield Fault(
                "style.unknown-attribute",
                Severity.WARNING,
                tr("The style uses the attribute “{name}”, which “{table}” does not have.", name=name, table=table),
                tr("What depends on it will be missing."),
                tr("Did you mean “{nearest}”?", nearest=nearest[0])
                if nearest
                else tr("The table has: {fields}.", fields=", ".join(list(known[table])[:20])),
                table=table,
                examples=(name,),
            )


def attributes_of(layer: Mapping[str, Any]) -> List[str]:
    """Return the names of the attributes that a layer of a style reads, each once."""
    found = list(_of_filter(layer.get("filter")))
    for part in ("layout", "paint"):
        values = layer.get(part)
        for key, value in values.items() if isinstance(values, dict) else ():
            found += _of_value(value)
            if key in ("text-field", "icon-image") and isinstance(value, str):
                found += _TOKEN.findall(value)
    return [name for name in dict.fromkeys(found) if name not in _OWN]


def _of_filter(rule: Any) -> Iterator[str]:
    if not isinstance(rule, list) or not rule:
        return
    if rule[0] in _COMBINED:
        for part in rule[1:]:
            yield from _of_filter(part)
    elif rule[0] in _COMPARED and len(rule) > 1 and isinstance(rule[1], str):
        in_expression = rule[0] in ("in", "has") and len(rule) == 3 and isinstance(rule[2], list)
        if not in_expression:
            yield rule[1]
        yield from _of_value(rule[2:])
    else:
        yield from _of_value(rule)


def _of_value(value: Any) -> Iterator[str]:
    """Yield the attributes of expressions, and of functions of the old form."""
    if isinstance(value, dict):
        if isinstance(value.get("property"), str):
            yield value["property"]
        for one in value.values():
            yield from _of_value(one)
    elif isinstance(value, list):
        if len(value) == 2 and value[0] in ("get", "has") and isinstance(value[1], str):
            yield value[1]
        elif not (value and value[0] == "literal"):
            for one in value:
                yield from _of_value(one)
