"""The documents that describe the service: capabilities, schemas, stored queries."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterable, List, Sequence, Tuple
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ...features.schema import Bounds, ColumnKind
from ...translation import tr
from ..filters.fes import SPATIAL, TEMPORAL
from ..owscommon import Parameters, invalid
from ..publications import Publications
from ..reference_systems import CRS84
from .csv import MEDIA_TYPE as CSV_TYPE
from .feature_types import Catalogue, ListedType, PublishedType
from .files import FILE_FORMATS
from .gml import GML_2, GML_31, GML_32, element_names

_SECTIONS = ("serviceidentification", "serviceprovider", "operationsmetadata", "featuretypelist", "filter_capabilities")
_OTHER_SYSTEMS = ("urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG::3857", CRS84)
_OTHER_FORMATS = ("application/json", CSV_TYPE, *(one.media_type for one in FILE_FORMATS.values()))
_FORMATS = {dialect.version: (dialect.media_type, *_OTHER_FORMATS) for dialect in (GML_32, GML_31)}
_DIALECTS = {dialect.version: dialect for dialect in (GML_32, GML_31, GML_2)}
_SCHEMA_FORMATS = {
    "2.0.0": "application/gml+xml; version=3.2",
    "1.1.0": "text/xml; subtype=gml/3.1.1",
    "1.0.0": "text/xml",
}

# Conformance as stated in the capabilities: OGC 09-025r2 table 13, OGC 09-026r1 table 5
_CONSTRAINTS = {
    "ImplementsBasicWFS": "TRUE",
    "ImplementsTransactionalWFS": "FALSE",
    "ImplementsLockingWFS": "FALSE",
    "KVPEncoding": "TRUE",
    "XMLEncoding": "TRUE",
    "SOAPEncoding": "FALSE",
    "ImplementsInheritance": "FALSE",
    "ImplementsRemoteResolve": "FALSE",
    "ImplementsResultPaging": "TRUE",
    "ImplementsStandardJoins": "FALSE",
    "ImplementsSpatialJoins": "FALSE",
    "ImplementsTemporalJoins": "FALSE",
    "ImplementsFeatureVersioning": "FALSE",
    "ManageStoredQueries": "FALSE",
}
# No answer is ever cut short: GDAL and QGIS, which take this for their page size, fetch a table at one go, streamed.
_COUNT_DEFAULT = str(2**31 - 1)
_FILTER_CONSTRAINTS = {
    "ImplementsQuery": "TRUE",
    "ImplementsAdHocQuery": "TRUE",
    "ImplementsFunctions": "FALSE",
    "ImplementsResourceId": "TRUE",
    "ImplementsMinStandardFilter": "TRUE",
    "ImplementsStandardFilter": "TRUE",
    "ImplementsMinSpatialFilter": "TRUE",
    "ImplementsSpatialFilter": "TRUE",
    "ImplementsMinTemporalFilter": "TRUE",
    "ImplementsTemporalFilter": "TRUE",
    "ImplementsVersionNav": "FALSE",
    "ImplementsSorting": "TRUE",
    "ImplementsExtendedOperators": "FALSE",
    "ImplementsMinimumXPath": "FALSE",
    "ImplementsSchemaElementFunc": "FALSE",
}
_COMPARISON_OPERATORS = (
    "PropertyIsEqualTo", "PropertyIsNotEqualTo", "PropertyIsLessThan", "PropertyIsGreaterThan",
    "PropertyIsLessThanOrEqualTo", "PropertyIsGreaterThanOrEqualTo", "PropertyIsLike", "PropertyIsNull",
    "PropertyIsNil", "PropertyIsBetween",
)  # fmt: skip
_COMPARISON_OPERATORS_110 = (  # OGC 04-095, filterCapabilities.xsd
    "EqualTo", "NotEqualTo", "LessThan", "GreaterThan", "LessThanEqualTo", "GreaterThanEqualTo", "Like", "Between",
    "NullCheck",
)  # fmt: skip
_GEOMETRY_OPERANDS = (
    "Envelope", "Point", "MultiPoint", "LineString", "Curve", "MultiCurve", "Polygon", "Surface", "MultiSurface",
    "MultiGeometry",
)  # fmt: skip
_GEOMETRY_OPERANDS_110 = ("Envelope", "Point", "LineString", "Polygon")

_XSD_TYPES = {
    ColumnKind.INTEGER: "xsd:long",
    ColumnKind.REAL: "xsd:double",
    ColumnKind.BOOLEAN: "xsd:boolean",
    ColumnKind.TEXT: "xsd:string",
    ColumnKind.DATE: "xsd:date",
    ColumnKind.DATETIME: "xsd:dateTime",
    ColumnKind.TIME: "xsd:time",
    ColumnKind.BLOB: "xsd:hexBinary",
    ColumnKind.JSON: "xsd:string",
}
_NARROW = {"TINYINT": "xsd:int", "SMALLINT": "xsd:int", "MEDIUMINT": "xsd:int"}
_GML_TYPES = {
    "POINT": "gml:PointPropertyType",
    "LINESTRING": "gml:CurvePropertyType",
    "POLYGON": "gml:SurfacePropertyType",
    "MULTIPOINT": "gml:MultiPointPropertyType",
    "MULTILINESTRING": "gml:MultiCurvePropertyType",
    "MULTIPOLYGON": "gml:MultiSurfacePropertyType",
    "GEOMETRYCOLLECTION": "gml:MultiGeometryPropertyType",
    "GEOMETRY": "gml:GeometryPropertyType",
}
_GML_2_TYPES = {
    "POINT": "gml:PointPropertyType",
    "LINESTRING": "gml:LineStringPropertyType",
    "POLYGON": "gml:PolygonPropertyType",
    "MULTIPOINT": "gml:MultiPointPropertyType",
    "MULTILINESTRING": "gml:MultiLineStringPropertyType",
    "MULTIPOLYGON": "gml:MultiPolygonPropertyType",
    "GEOMETRYCOLLECTION": "gml:MultiGeometryPropertyType",
    "GEOMETRY": "gml:GeometryAssociationType",
}
_GML_SCHEMAS = {
    "2.0.0": "http://schemas.opengis.net/gml/3.2.1/gml.xsd",
    "1.1.0": "http://schemas.opengis.net/gml/3.1.1/base/gml.xsd",
    "1.0.0": "http://schemas.opengis.net/gml/2.1.2/feature.xsd",
}
_TEMPLATES = {version: f"capabilities_{version.replace('.', '')}.xml" for version in _GML_SCHEMAS}


def _stated(bounds: Bounds) -> bool:
    return all(math.isfinite(edge) for edge in bounds) and bounds[0] <= bounds[2] and bounds[1] <= bounds[3]


_templates = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)
_templates.tests["stated"] = _stated


def rendered(name: str, **values: Any) -> bytes:
    """Return a template filled."""
    return _templates.get_template(name).render(**values).encode("utf-8", "replace")


def namespaces_of(types: Iterable[ListedType], base: str) -> Dict[str, str]:
    """Return the namespace of each prefix of the types."""
    return {one.name.prefix: one.name.namespace(base) for one in types}


@dataclass(frozen=True)
class _Operation:
    """An operation as the capabilities describe it."""

    name: str
    parameters: Dict[str, Tuple[str, ...]] = field(default_factory=dict)
    constraints: Dict[str, str] = field(default_factory=dict)


def _operations(version: str) -> List[_Operation]:
    newer = version == "2.0.0"
    operations = [
        _Operation("GetCapabilities", {"AcceptVersions": ("2.0.0", "1.1.0", "1.0.0")}),
        _Operation("DescribeFeatureType", {"outputFormat": (_SCHEMA_FORMATS[version],)}),
        _Operation(
            "GetFeature",
            {"outputFormat": _FORMATS[version], "resultType": ("results", "hits")},
            {"CountDefault": _COUNT_DEFAULT} if newer else {},
        ),
    ]
    if not newer:
        return operations
    values = _Operation("GetPropertyValue", {"resolve": ("none", "local"), "outputFormat": _FORMATS[version][:1]})
    return [*operations, values, *(_Operation(name) for name in ("ListStoredQueries", "DescribeStoredQueries"))]


def capabilities(
    publications: Publications, catalogue: Catalogue, endpoint: str, version: str, parameters: Parameters
) -> bytes:
    """Return the capabilities, cut down to the sections asked for (06-121r3 §7.3.3) in version 2.0.0."""
    revision = publications.revision()
    types = catalogue.listed()
    asked = {section.lower() for section in parameters.listed("sections")}
    sections = set(_SECTIONS) if not asked or "all" in asked else asked & set(_SECTIONS)
    if parameters.get("updateSequence") == revision:
        sections = set()  # the client has it already (06-121r3 §7.3.4)
    return rendered(
        _TEMPLATES[version],
        revision=revision,
        service=publications.service(),
        sections=sections,
        types=types,
        namespaces=namespaces_of(types, catalogue.base),
        endpoint=endpoint,
        operations=_operations(version) if version != "1.0.0" else [],
        constraints=_CONSTRAINTS,
        filter_constraints=_FILTER_CONSTRAINTS,
        comparison_operators=_COMPARISON_OPERATORS,
        comparison_operators_110=_COMPARISON_OPERATORS_110,
        geometry_operands=_GEOMETRY_OPERANDS,
        geometry_operands_110=_GEOMETRY_OPERANDS_110,
        spatial_operators=SPATIAL,
        temporal_operators=[name for name in TEMPORAL if name != "AnyInteracts"],  # which the schema forgets
        other_systems=_OTHER_SYSTEMS,
        formats=_FORMATS.get(version, ()),
    )


def schemas(types: Sequence[PublishedType], base: str, endpoint: str, version: str) -> bytes:
    """Return the XML Schema of types; where they are of several namespaces, one that imports each of theirs."""
    by_prefix: Dict[str, List[PublishedType]] = {}
    for one in types:
        by_prefix.setdefault(one.name.prefix, []).append(one)
    if len(by_prefix) == 1:
        ((prefix, own),) = by_prefix.items()
        return _schema(prefix, own, base, version)
    name = "typeNames" if version == "2.0.0" else "typeName"
    imports = {}
    for own in by_prefix.values():
        query = {"service": "WFS", "version": version, "request": "DescribeFeatureType"}
        query[name] = ",".join(one.name.text for one in own)
        imports[own[0].name.namespace(base)] = f"{endpoint}?{urlencode(query)}"
    return rendered("schemas.xsd", imports=imports)


def _schema(prefix: str, types: Sequence[PublishedType], base: str, version: str) -> bytes:
    newer = version == "2.0.0"
    return rendered(
        "schema.xsd",
        prefix=prefix,
        namespace=types[0].name.namespace(base),
        gml=_DIALECTS[version].gml,
        gml_location=_GML_SCHEMAS[version],
        substitutes="gml:AbstractFeature" if newer else "gml:_Feature",
        types=[_described(one, _GML_2_TYPES if version == "1.0.0" else _GML_TYPES) for one in types],
    )


def _described(one: PublishedType, kinds: Dict[str, str]) -> Dict[str, Any]:
    geometry, elements = element_names(one.schema)
    fields: List[Tuple[str, str]] = [
        (elements[column.name], _NARROW.get(column.sql_type.upper(), _XSD_TYPES[column.kind]))
        for column in one.schema.fields
    ]
    kind = kinds.get(one.schema.geometry_type, kinds["GEOMETRY"])
    return {"name": one.name.local, "geometry": geometry, "geometry_type": kind, "fields": fields}


def schema_format(version: str) -> str:
    """Return the media type of schemas."""
    return _SCHEMA_FORMATS[version]


def check_schema_format(asked: str) -> None:
    """Refuse a format of schemas that is no XML Schema (09-025r2 §9), however clients of any version write it."""
    if asked and not re.search("xml|gml", asked, re.IGNORECASE):
        raise invalid("outputFormat", asked, cure=tr("Ask for one of the formats that the capabilities list."))
