"""Requests of several queries, taken apart: one set of parameters for each (OGC 09-025r2 §6.2.5.3 and §7.9.2.3)."""

from __future__ import annotations

import re
from typing import Dict, List, Tuple

from ...translation import tr
from ..owscommon import Parameters, invalid, wire_list
from .feature_types import Catalogue
from .filters import filtering
from .names import split_feature_id

ALIGNED = ("filter", "propertyname", "sortby", "srsname")  # one list for each query, in their order
_MOST = 100  # queries in a request
_BETWEEN_FILTERS = re.compile(r"(?:^|(?<=[>(]))\s*\)\s*\(\s*(?=<(?!/)|\)|$)")  # a text in a filter may hold ")(", too


def query_parameters(parameters: Parameters, catalogue: Catalogue, version: str) -> List[Parameters]:
    """Return the parameters of each query that a request holds.

    "(a)(b)" is two queries; "a,b" is two in the older versions, but a join of the two in version 2.0.0. Identifiers
    alone are a query for each type that they are of.
    """
    text = parameters.first("typeNames", "typeName")
    if not text:
        return _by_identifier(filtering(parameters).parameters, parameters, catalogue)
    groups = [",".join(group) for group in wire_list(text)]
    if version != "2.0.0":
        groups = [name for group in groups for name in group.split(",")]
    if len(groups) < 2:
        return [parameters]
    if len(groups) > _MOST:
        raise invalid("typeNames", text, tr("A request holds at most {count} queries.", count=_MOST))
    rest = {name: value for name, value in parameters.values.items() if name not in (*ALIGNED, "typenames", "typename")}
    lists = {name: _aligned(name, parameters.get(name), len(groups)) for name in ALIGNED if parameters.get(name)}
    return [
        Parameters({**rest, "typenames": group, **{name: values[place] for name, values in lists.items()}})
        for place, group in enumerate(groups)
    ]


def _aligned(name: str, text: str, count: int) -> Tuple[str, ...]:
    """Return what a parameter says of each query; what stands without brackets, filters apart, is for all."""
    if not text.startswith("(") and name != "filter":
        return (text,) * count
    if name == "filter":
        parts = _BETWEEN_FILTERS.split(text[1:-1]) if text.startswith("(") else [text]
    else:
        parts = re.findall(r"\(([^()]*)\)", text)
    if len(parts) != count:
        raise invalid(
            name,
            text,
            tr("The request holds {count} queries, and this {lists} lists.", count=count, lists=len(parts)),
            tr("Write a list in brackets for each query, “()” for none."),
        )
    return tuple(parts)


def _by_identifier(named: Parameters, parameters: Parameters, catalogue: Catalogue) -> List[Parameters]:
    identifiers = named.listed("resourceId") or named.listed("featureId")
    by_type: Dict[str, List[str]] = {}
    for identifier in identifiers:
        by_type.setdefault(split_feature_id(identifier)[0], []).append(identifier)
    known = {prefix: some for prefix, some in by_type.items() if catalogue.knows_features(prefix)}
    if len(known) < 2:
        only = next(iter(known.values()), None)
        return [parameters if only is None else _of(named, only)]
    return [_of(named, some) for some in known.values()]


def _of(named: Parameters, identifiers: List[str]) -> Parameters:
    rest = {name: value for name, value in named.values.items() if name != "featureid"}
    return Parameters({**rest, "resourceid": ",".join(identifiers)})
