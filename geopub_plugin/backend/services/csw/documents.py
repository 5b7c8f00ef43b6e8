"""Documents of the catalogue service: capabilities, and records in the two schemas that clients ask for."""

from __future__ import annotations

import re
from typing import Iterable, List, Sequence
from urllib.parse import urlencode

from ...errors import GeoPubError
from ...safe_xml import escape, quoteattr
from ..owscommon import exception_of
from ..publications import ServiceInfo
from .records import PublishedRecord

CSW = "http://www.opengis.net/cat/csw/2.0.2"
GMD = "http://www.isotc211.org/2005/gmd"
SCHEMAS = (CSW, GMD)
ELEMENT_SETS = ("brief", "summary", "full")

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACES = (
    f'xmlns:csw="{CSW}" xmlns:ows="http://www.opengis.net/ows" xmlns:ogc="http://www.opengis.net/ogc"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    f' xsi:schemaLocation="{CSW} http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd"'
)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no letters of XML 1.0
_DECLARATION = re.compile(r"\A\s*<\?xml.*?\?>\s*", re.DOTALL)
_KINDS = {"brief": "BriefRecord", "summary": "SummaryRecord", "full": "Record"}
_LEVELS = {"DATASET": "dataset", "SERIES": "series"}


def capabilities(url: str, service: ServiceInfo) -> str:
    """Return the capabilities of the service at a URL (OGC 07-006r1 §10.3)."""
    schemas = _values("parameter", "outputSchema", SCHEMAS)
    sets = _values("parameter", "ElementSetName", ELEMENT_SETS)
    operations = [
        _operation("GetCapabilities", url),
        _operation("GetRecords", url, schemas, sets, _values("parameter", "resultType", ("hits", "results"))),
        _operation("GetRecordById", url, schemas, sets),
    ]
    comparisons = ("EqualTo", "Like")
    return (
        f'{_HEAD}<csw:Capabilities version="2.0.2" {_NAMESPACES}>'
        f"<ows:ServiceIdentification><ows:Title>{escape(service.title)}</ows:Title>"
        f"<ows:Abstract>{escape(service.abstract)}</ows:Abstract>"
        "<ows:ServiceType>CSW</ows:ServiceType><ows:ServiceTypeVersion>2.0.2</ows:ServiceTypeVersion>"
        "</ows:ServiceIdentification>"
        f"<ows:ServiceProvider><ows:ProviderName>{escape(service.provider)}</ows:ProviderName><ows:ServiceContact/>"
        f"</ows:ServiceProvider><ows:OperationsMetadata>{''.join(operations)}"
        f"{_values('parameter', 'service', ('CSW',))}{_values('parameter', 'version', ('2.0.2',))}"
        "</ows:OperationsMetadata>"
        "<ogc:Filter_Capabilities><ogc:Spatial_Capabilities><ogc:GeometryOperands>"
        '<ogc:GeometryOperand xmlns:gml="http://www.opengis.net/gml">gml:Envelope</ogc:GeometryOperand>'
        '</ogc:GeometryOperands><ogc:SpatialOperators><ogc:SpatialOperator name="BBOX"/></ogc:SpatialOperators>'
        "</ogc:Spatial_Capabilities><ogc:Scalar_Capabilities><ogc:LogicalOperators/><ogc:ComparisonOperators>"
        f"{''.join(f'<ogc:ComparisonOperator>{name}</ogc:ComparisonOperator>' for name in comparisons)}"
        "</ogc:ComparisonOperators></ogc:Scalar_Capabilities>"
        "<ogc:Id_Capabilities><ogc:EID/></ogc:Id_Capabilities></ogc:Filter_Capabilities></csw:Capabilities>"
    )


def record_url(base_url: str, identifier: str) -> str:
    """Return the address of a record, in the form that the platform's clients write."""
    query = {
        "REQUEST": "GetRecordById",
        "SERVICE": "CSW",
        "VERSION": "2.0.2",
        "OUTPUTSCHEMA": GMD,
        "elementSetName": "full",
        "ID": identifier,
    }
    return f"{base_url}/csw?{urlencode(query, safe='/:')}"


def by_id(found: Iterable[PublishedRecord], schema: str, elements: str) -> str:
    """Return records that were asked for by their identifiers (§10.9)."""
    shown = "".join(_record(one, schema, elements) for one in found)
    return f"{_HEAD}<csw:GetRecordByIdResponse {_NAMESPACES}>{shown}</csw:GetRecordByIdResponse>"


def page(shown: Sequence[PublishedRecord], matched: int, first: int, schema: str, elements: str, moment: str) -> str:
    """Return a part of the records that were found (§10.8).

    Args:
        shown: the part; none for `resultType=hits`.
        matched: how many were found.
        first: the place of the first of the part among them, from 1.
        schema: one of `SCHEMAS`.
        elements: one of `ELEMENT_SETS`.
        moment: of the answer, ISO 8601.
    """
    following = first + len(shown)
    head = (
        f'numberOfRecordsMatched="{matched}" numberOfRecordsReturned="{len(shown)}"'
        f' nextRecord="{following if following <= matched else 0}" recordSchema="{schema}" elementSet="{elements}"'
    )
    records = "".join(_record(one, schema, elements) for one in shown)
    return (
        f'{_HEAD}<csw:GetRecordsResponse {_NAMESPACES} version="2.0.2"><csw:SearchStatus timestamp="{moment}"/>'
        f"<csw:SearchResults {head}>{records}</csw:SearchResults></csw:GetRecordsResponse>"
    )


def report(error: GeoPubError) -> str:
    """Return the report of an error: `ows:ExceptionReport` of OWS Common 1.0, on which CSW 2.0.2 stands."""
    code, locator, _status = exception_of(error)
    located = f" locator={quoteattr(locator)}" if locator else ""
    return (
        f'{_HEAD}<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows" version="1.2.0">'
        f'<ows:Exception exceptionCode="{code}"{located}>{_element("ows:ExceptionText", str(error))}</ows:Exception>'
        "</ows:ExceptionReport>"
    )


def _record(record: PublishedRecord, schema: str, elements: str) -> str:
    if schema == GMD:
        return _DECLARATION.sub("", record.document)
    kind = _KINDS[elements]
    return f"<csw:{kind}>{''.join(_dublin_core(record, elements))}</csw:{kind}>"


def _dublin_core(record: PublishedRecord, elements: str) -> List[str]:
    """Return the elements of a record in Dublin Core, in the order of their schema (§10.2.5.3)."""
    resource = record.resource
    parts = [
        _element("dc:identifier", resource.identifier),
        _element("dc:title", resource.title or resource.identifier),
        _element("dc:type", _LEVELS[resource.level]),
    ]
    if elements != "brief":
        parts += [_element("dc:subject", word) for word in resource.keywords]
        parts += [_element("dc:format", "ISO 19139"), _element("dct:modified", record.updated)]
        parts += [_element("dct:abstract", resource.abstract)] if resource.abstract else []
    if elements == "full":
        parts += [_element("dc:creator", resource.organisation)] if resource.organisation else []
        parts += [_element("dc:language", resource.language)] if resource.language else []
    if resource.bounds is not None:
        west, south, east, north = resource.bounds
        parts.append(
            f"<ows:BoundingBox><ows:LowerCorner>{west} {south}</ows:LowerCorner>"
            f"<ows:UpperCorner>{east} {north}</ows:UpperCorner></ows:BoundingBox>"
        )
    return parts


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(_UNPRINTABLE.sub(' ', text))}</{name}>"


def _operation(name: str, url: str, *parameters: str) -> str:
    places = f'<ows:Get xlink:href="{escape(url)}?"/><ows:Post xlink:href="{escape(url)}"/>'
    where = f"<ows:DCP><ows:HTTP>{places}</ows:HTTP></ows:DCP>"
    return f'<ows:Operation name="{name}">{where}{"".join(parameters)}</ows:Operation>'


def _values(kind: str, name: str, values: Sequence[str]) -> str:
    listed = "".join(f"<ows:Value>{escape(value)}</ows:Value>" for value in values)
    return f'<ows:{kind.title()} name="{name}">{listed}</ows:{kind.title()}>'
