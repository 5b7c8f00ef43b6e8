"""The documents that describe the API and its collections (OGC 17-069r4 §7, 18-058r1, 19-079r2)."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional, Sequence

from ...features.schema import ColumnKind, Field
from ...translation import tr
from ..publications import ServiceInfo
from ..wfs.feature_types import ListedType, PublishedType
from .addresses import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Addresses, Link, in_both_forms, link
from .conformance import CLASSES
from .reference_systems import CRS84, storage_system, systems

Json = Dict[str, Any]
_QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_SORTABLES = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
_SCHEMA = "http://www.opengis.net/def/rel/ogc/1.0/schema"
_JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_KINDS: Dict[ColumnKind, Json] = {
    ColumnKind.INTEGER: {"type": "integer"},
    ColumnKind.REAL: {"type": "number"},
    ColumnKind.BOOLEAN: {"type": "boolean"},
    ColumnKind.TEXT: {"type": "string"},
    ColumnKind.DATE: {"type": "string", "format": "date"},
    ColumnKind.DATETIME: {"type": "string", "format": "date-time"},
    ColumnKind.TIME: {"type": "string", "format": "time"},
    ColumnKind.BLOB: {"type": "string", "contentEncoding": "base64"},
    ColumnKind.JSON: {},
}
_GEOMETRIES = ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION")
UNQUERIED = (ColumnKind.BLOB, ColumnKind.JSON, ColumnKind.TIME)


def landing(service: ServiceInfo, addresses: Addresses, form: str) -> Json:
    """Return the landing page (§7.2)."""
    links = [
        *in_both_forms(addresses.landing, form),
        link("service-desc", OPENAPI, addresses.of("api"), tr("Definition of the API")),
        link("service-doc", HTML, addresses.of("api") + "?f=html", tr("Description of the API")),
        link("conformance", JSON, addresses.of("conformance"), tr("Conformance classes")),
        link("data", JSON, addresses.of("collections"), tr("Collections")),
        link("alternate", "text/xml", addresses.wfs(request="GetCapabilities"), "WFS"),
    ]
    return {"title": service.title, "description": service.abstract, "links": links}


def conformance(addresses: Addresses, form: str) -> Json:
    """Return the conformance declaration (§7.4)."""
    return {"conformsTo": list(CLASSES), "links": in_both_forms(addresses.of("conformance"), form)}


def collections(types: Sequence[ListedType], addresses: Addresses, form: str) -> Json:
    """Return the list of collections (§7.13)."""
    return {
        "links": in_both_forms(addresses.of("collections"), form),
        "collections": [collection(one, addresses) for one in types],
    }


def collection(published: ListedType, addresses: Addresses, form: str = "") -> Json:
    """Return the description of a collection (§7.14); `form` where it is a document of its own."""
    name = published.name.text
    told: Json = {"id": name, "title": published.type.title, "description": published.type.abstract}
    if published.type.keywords:
        told["keywords"] = list(published.type.keywords)
    told.update(
        itemType="feature",
        crs=systems(published),
        links=_links(published, addresses, form),
    )
    box = published.type.bounds
    if all(map(math.isfinite, box)):
        told["extent"] = {"spatial": {"bbox": [list(box)], "crs": CRS84}}
    if storage_system(published):
        told["storageCrs"] = storage_system(published)
    return told


def _links(published: ListedType, addresses: Addresses, form: str) -> List[Link]:
    name = published.name.text
    own = addresses.collection(name)
    items = addresses.collection(name, "items")
    download = addresses.wfs(request="GetFeature", typeNames=name, outputFormat="application/geopackage+sqlite3")
    return [
        *in_both_forms(own, form or "json"),
        link("items", GEOJSON, items, tr("Features as GeoJSON")),
        link("items", HTML, items + "?f=html", tr("Features as a page")),
        link(_QUERYABLES, SCHEMA, addresses.collection(name, "queryables"), tr("Properties to filter by")),
        link(_SORTABLES, SCHEMA, addresses.collection(name, "sortables"), tr("Properties to sort by")),
        link(_SCHEMA, SCHEMA, addresses.collection(name, "schema"), tr("Properties of the features")),
        link("enclosure", "application/geopackage+sqlite3", download, tr("All features as a GeoPackage")),
        *(link("describedby", one.format, one.url, tr("Metadata")) for one in published.type.metadata),
    ]


def queryables(published: PublishedType, addresses: Addresses) -> Json:
    """Return the properties to filter by (19-079r2 §6)."""
    fields = [field for field in published.schema.fields if field.kind not in UNQUERIED]
    told = _schema(published, addresses.collection(published.name.text, "queryables"), fields, geometry=True)
    return {**told, "additionalProperties": False}


def sortables(published: PublishedType, addresses: Addresses) -> Json:
    """Return the properties to sort by."""
    fields = [field for field in published.schema.fields if field.kind not in (ColumnKind.BLOB, ColumnKind.JSON)]
    fields = fields if published.schema.fid else []
    return _schema(published, addresses.collection(published.name.text, "sortables"), fields, geometry=False)


def schema(published: PublishedType, addresses: Addresses) -> Json:
    """Return what features hold (23-058r1), their keys included."""
    told = _schema(published, addresses.collection(published.name.text, "schema"), published.schema.fields, True)
    key = published.schema.fid or "id"
    name = key if key not in told["properties"] else f"{key}_"
    role = {name: {"type": "integer", "readOnly": True, "x-ogc-role": "id"}}
    told["properties"] = {**role, **told["properties"]}
    for place, described in enumerate(told["properties"].values()):
        described["x-ogc-propertySeq"] = place + 1
    return told


def _schema(published: PublishedType, address: str, fields: Sequence[Field], geometry: bool) -> Json:
    properties: Json = {}
    if geometry and published.schema.geometry:
        properties[published.schema.geometry] = _geometry(published)
    for field in fields:
        properties[field.name] = {"title": field.title or field.name, **_KINDS[field.kind]}
    return {
        "$schema": _JSON_SCHEMA,
        "$id": address,
        "type": "object",
        "title": published.type.title,
        "properties": properties,
    }


def _geometry(published: PublishedType) -> Json:
    kind = published.schema.geometry_type
    form = kind.lower() if kind in _GEOMETRIES else "any"
    return {"title": published.schema.geometry, "x-ogc-role": "primary-geometry", "format": f"geometry-{form}"}


def moment_field(published: PublishedType) -> Optional[Field]:
    """Return the field that `datetime` asks about: the first that holds dates or times; None where there is none."""
    fields = (field for field in published.schema.fields if field.kind in (ColumnKind.DATE, ColumnKind.DATETIME))
    return next(fields, None)
