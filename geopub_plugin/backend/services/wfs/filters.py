"""What a request's filter asks for: a parameter's worth, or a condition (OGC 09-025r2 §7.9.2.5; 09-026r2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional

from ...errors import InvalidInput
from ...translation import tr
from ..filters.fes import condition_of
from ..filters.tree import Condition, Keys
from ..owscommon import OwsError, Parameters, invalid
from .posted import read_xml

_EXCLUDED = ("bbox", "resourceId", "featureId")  # 09-025r2 table 8: they exclude a filter


@dataclass(frozen=True)
class Filtering:
    """A request without its filter, and what that says."""

    parameters: Parameters
    condition: Optional[Condition]


def filtering(parameters: Parameters) -> Filtering:
    """Take the filter out of a request; identifiers become `resourceId`, which needs no type.

    Raises:
        OwsError: it is not well-formed, or beside a parameter that excludes it.
    """
    if parameters.get("cql_filter"):
        raise OwsError(
            "OptionNotSupported",
            "cql_filter",
            tr("A WFS filters by FES, not by CQL."),
            tr("CQL is for the OGC API of this service."),
            tr("Write the filter in XML, as “filter”."),
        )
    text = parameters.get("filter")
    if not text:
        return Filtering(parameters, None)
    for other in _EXCLUDED:
        if parameters.get(other):
            raise invalid(other, parameters.get(other), tr("It excludes filter."), tr("Give one of the two."))
    condition = _read(text)
    rest: Dict[str, str] = {name: value for name, value in parameters.values.items() if name != "filter"}
    if isinstance(condition, Keys):
        return Filtering(Parameters({**rest, "resourceid": ",".join(condition.identifiers)}), None)
    return Filtering(Parameters(rest), condition)


def _read(text: str) -> Condition:
    whole = text[1:-1] if text.startswith("(") and text.endswith(")") else text  # lists of one filter
    try:
        element = read_xml(whole.encode("utf-8", "replace"))
    except InvalidInput as error:
        raise invalid("filter", text, error.why, error.cure) from error
    return condition_of(element)
