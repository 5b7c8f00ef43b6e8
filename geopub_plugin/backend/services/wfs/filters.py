"""The filters that say no more than a parameter could: a box, or identifiers (OGC 09-026r1 §7.8.3.2 and §7.11).

GDAL and others send their boxes so. Every other filter is refused, never passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Tuple

from ...errors import InvalidInput
from ...safe_xml import parse
from ...translation import tr
from ..owscommon import OwsError, Parameters, invalid

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # nosec B405

BOX_PROPERTY = "bboxproperty"  # a parameter of our own: what the box of a filter is about


def refusal(parameter: str) -> OwsError:
    """Return the error of a filter that this service cannot apply."""
    return OwsError(
        "OptionNotSupported",
        parameter,
        tr("This service does not filter by expressions."),
        tr("It selects by one box, or by identifiers."),
        tr("Use bbox or resourceId, or filter what you receive."),
    )


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def filter_parameters(element: Element) -> Dict[str, str]:
    """Return the parameters that a filter element stands for; raise OptionNotSupported where there are none."""
    parts = list(element)
    identifiers = [part.get("rid") or part.get("fid") or "" for part in parts]
    if identifiers and all(identifiers):
        return {"resourceid": ",".join(identifiers)}
    if len(parts) == 1 and local_name(parts[0]) == "BBOX":
        return _box(parts[0])
    raise refusal("filter")


def _box(element: Element) -> Dict[str, str]:
    texts = {local_name(part): (part.text or "").strip() for part in element.iter()}
    envelope = next((part for part in element if local_name(part) == "Envelope"), None)
    corners = (texts.get("lowerCorner", "") + " " + texts.get("upperCorner", "")).split()
    if envelope is None or not corners:
        raise refusal("filter")
    srs = envelope.get("srsName")
    return {
        "bbox": ",".join([*corners, srs] if srs else corners),
        BOX_PROPERTY: texts.get("ValueReference") or texts.get("PropertyName") or "",
    }


def without_filter(parameters: Parameters) -> Parameters:
    """Return the parameters with those that the filter stands for in its place."""
    if parameters.get("cql_filter"):
        raise refusal("cql_filter")
    text = parameters.get("filter")
    if not text:
        return parameters
    for other in ("bbox", "resourceId", "featureId"):  # 09-025r2 table 8: they exclude each other
        if parameters.get(other):
            raise invalid(other, parameters.get(other), tr("It excludes filter."), tr("Give one of the two."))
    try:
        stated = filter_parameters(parse(text.encode("utf-8", "replace")))
    except OwsError:
        raise
    except InvalidInput as error:
        raise invalid("filter", text, error.why, error.cure) from error
    return Parameters({**{name: value for name, value in parameters.values.items() if name != "filter"}, **stated})


def box_property(parameters: Parameters) -> Tuple[str, ...]:
    """Return the property that the filter's box is about, () where none is named."""
    return parameters.listed(BOX_PROPERTY)
