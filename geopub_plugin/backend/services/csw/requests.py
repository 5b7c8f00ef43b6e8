"""Requests of CSW 2.0.2, as key-value pairs and as posted XML, in one form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Tuple

from ...errors import InvalidInput
from ...safe_xml import Element, local_name, parse
from ...translation import tr
from ..owscommon import OwsError, Parameters, invalid, missing
from .documents import CSW, ELEMENT_SETS, SCHEMAS
from .filters import Wanted, everything, read_filter

LARGEST_PAGE = 500
PAGE = 10

OPERATIONS = ("GetCapabilities", "GetRecords", "GetRecordById")


@dataclass(frozen=True)
class CatalogueRequest:
    """What is asked of the catalogue service."""

    operation: str  # one of `OPERATIONS`
    ids: Tuple[str, ...] = ()
    schema: str = CSW
    elements: str = "summary"
    hits: bool = False  # only how many there are
    first: int = 1
    most: int = PAGE
    wanted: Wanted = everything


def read_parameters(parameters: Parameters) -> CatalogueRequest:
    """Read a request of key-value pairs (OGC 07-006r1 §10)."""
    asked = _begun(parameters.needed("request"), parameters.get("service", "CSW"), parameters.get("version"))
    if parameters.get("constraint"):
        raise invalid("constraint", parameters.get("constraint"), cure=tr("Post the request as XML to filter."))
    first, most = parameters.whole("startPosition", 1), parameters.whole("maxRecords")
    return _completed(
        replace(
            asked,
            ids=parameters.listed("id"),
            hits=_hits(parameters.get("resultType", "hits")),
            first=first or 1,
            most=PAGE if most is None else min(most, LARGEST_PAGE),
        ),
        parameters.get("outputSchema"),
        parameters.get("elementSetName"),
    )


def read_posted(body: bytes) -> CatalogueRequest:
    """Read a posted request."""
    try:
        root = parse(body)
    except InvalidInput as error:
        raise OwsError("OperationParsingFailed", "", error.what, error.why, error.cure) from error
    parameters = Parameters.of((name.rpartition("}")[2], value) for name, value in root.attrib.items())
    asked = _begun(local_name(root), parameters.get("service", "CSW"), parameters.get("version"))
    first, most = parameters.whole("startPosition", 1), parameters.whole("maxRecords")
    filters = [one for one in root.iter() if local_name(one) == "Filter"]
    return _completed(
        replace(
            asked,
            ids=tuple(_text(one) for one in root if local_name(one) == "Id"),
            hits=_hits(parameters.get("resultType", "hits")),
            first=first or 1,
            most=PAGE if most is None else min(most, LARGEST_PAGE),
            wanted=read_filter(filters[0]) if filters else everything,
        ),
        parameters.get("outputSchema"),
        next((_text(one) for one in root.iter() if local_name(one) == "ElementSetName"), ""),
    )


def _begun(operation: str, service: str, version: str) -> CatalogueRequest:
    if service.upper() != "CSW":
        raise invalid("service", service)
    known = next((name for name in OPERATIONS if name.lower() == operation.lower()), "")
    if not known:
        raise OwsError(
            "OperationNotSupported",
            operation[:80],
            tr("The operation “{name}” is not known here.", name=operation[:80]),
            cure=tr("Use one of: {names}.", names=", ".join(OPERATIONS)),
        )
    if version and version != "2.0.2" and known != "GetCapabilities":
        raise invalid("version", version, cure=tr("Use one of: {names}.", names="2.0.2"))
    return CatalogueRequest(known)


def _completed(asked: CatalogueRequest, schema: str, elements: str) -> CatalogueRequest:
    if asked.operation == "GetRecordById" and not asked.ids:
        raise missing("id")
    if schema and schema not in SCHEMAS:
        raise invalid("outputSchema", schema, cure=tr("Use one of: {names}.", names=", ".join(SCHEMAS)))
    if elements and elements.lower() not in ELEMENT_SETS:
        raise invalid("ElementSetName", elements, cure=tr("Use one of: {names}.", names=", ".join(ELEMENT_SETS)))
    return replace(asked, schema=schema or asked.schema, elements=(elements or asked.elements).lower())


def _hits(result_type: str) -> bool:
    if result_type.lower() not in ("hits", "results", "validate"):
        raise invalid("resultType", result_type)
    return result_type.lower() != "results"


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()
