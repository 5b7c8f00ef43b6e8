"""The definition of the API (OpenAPI 3.0; OGC 17-069r4 §9)."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from ...about import __version__
from ...translation import tr
from ..publications import ServiceInfo
from ..wfs.feature_types import ListedType
from .addresses import GEOJSON, HTML, JSON, SCHEMA, Addresses
from .item_requests import DEFAULT_LIMIT, GREATEST_LIMIT
from .problems import MEDIA_TYPE
from .reference_systems import CRS84

Json = Dict[str, Any]
_FOUR_OR_SIX = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
_LIST = {"type": "array", "items": {"type": "string"}}
_OF_ITEMS = (
    "limit", "offset", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs", "properties",
    "skipGeometry", "sortby", "queryables",
)  # fmt: skip


def definition(service: ServiceInfo, types: Sequence[ListedType], addresses: Addresses) -> Json:
    """Return the definition as an OpenAPI document."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": service.title,
            "description": service.abstract,
            "version": __version__,
            **({"contact": {"email": service.contact}} if "@" in service.contact else {}),
        },
        "servers": [{"url": addresses.landing}],
        "tags": [{"name": "capabilities"}, {"name": "data"}],
        "paths": _paths(),
        "components": {
            "parameters": _parameters([one.name.text for one in types]),
            "responses": {"problem": _answer(tr("The request cannot be answered"), (MEDIA_TYPE,), "problem")},
            "schemas": _SCHEMAS,
        },
    }


def _paths() -> Json:
    one, many = "/collections/{collectionId}", "/collections/{collectionId}/items"
    return {
        "/": _get(tr("Landing page"), "landing", (JSON, HTML), "page"),
        "/conformance": _get(tr("Conformance classes"), "conformance", (JSON, HTML), "conformance"),
        "/collections": _get(tr("Collections"), "collections", (JSON, HTML), "collections"),
        one: _get(tr("A collection"), "collection", (JSON, HTML), "collection", "collectionId"),
        f"{one}/queryables": _get(
            tr("Properties to filter by"), "queryables", (SCHEMA, HTML), "schema", "collectionId"
        ),
        f"{one}/sortables": _get(tr("Properties to sort by"), "sortables", (SCHEMA, HTML), "schema", "collectionId"),
        f"{one}/schema": _get(tr("Properties of the features"), "schema", (SCHEMA, HTML), "schema", "collectionId"),
        many: _get(tr("Features"), "items", (GEOJSON, HTML), "featureCollection", "collectionId", *_OF_ITEMS),
        f"{many}/{{featureId}}": _get(
            tr("A feature"), "item", (GEOJSON, HTML), "feature", "collectionId", "featureId", "crs"
        ),
    }


def _get(summary: str, operation: str, media_types: Sequence[str], shape: str, *parameters: str) -> Json:
    refused = {"$ref": "#/components/responses/problem"}
    codes = ("400", "401", "403", "404", "500") if "collectionId" in parameters else ("400", "401", "403", "500")
    tag = "data" if shape in ("featureCollection", "feature") else "capabilities"
    return {
        "get": {
            "tags": [tag],
            "summary": summary,
            "operationId": operation,
            "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in (*parameters, "f")],
            "responses": {"200": _answer(summary, media_types, shape), **dict.fromkeys(codes, refused)},
        }
    }


def _answer(told: str, media_types: Sequence[str], shape: str) -> Json:
    content = {
        kind: {"schema": {"type": "string"} if kind == HTML else {"$ref": f"#/components/schemas/{shape}"}}
        for kind in media_types
    }
    return {"description": told, "content": content}


def _parameter(name: str, told: str, schema: Json, **more: Any) -> Json:
    return {"name": name, "in": "query", "description": told, "required": False, "schema": schema, **more}


def _parameters(names: List[str]) -> Json:
    text, uri = {"type": "string"}, {"type": "string", "format": "uri"}
    collection = {**text, **({"enum": names} if names else {})}
    separate = {"style": "form", "explode": False}
    return {
        "collectionId": {"name": "collectionId", "in": "path", "required": True, "schema": collection},
        "featureId": {"name": "featureId", "in": "path", "required": True, "schema": {"type": "integer"}},
        "f": _parameter("f", tr("Form of the answer"), {**text, "enum": ["json", "html"]}),
        "limit": _parameter(
            "limit",
            tr("Features of a page; more than the greatest number means that"),
            {"type": "integer", "minimum": 1, "maximum": GREATEST_LIMIT, "default": DEFAULT_LIMIT},
        ),
        "offset": _parameter(
            "offset",
            tr("Features to pass over; the links of a page lead to the next"),
            {"type": "integer", "minimum": 0},
        ),
        "bbox": _parameter("bbox", tr("Box that features meet"), _FOUR_OR_SIX, **separate),
        "bbox-crs": _parameter("bbox-crs", tr("System of the box"), {**uri, "default": CRS84}),
        "datetime": _parameter(
            "datetime", tr("Moment, or period with “/” between its ends; “..” is an open end"), text
        ),
        "crs": _parameter("crs", tr("System of the answer"), {**uri, "default": CRS84}),
        "filter": _parameter("filter", tr("Filter in CQL2"), text),
        "filter-lang": _parameter(
            "filter-lang", tr("Language of the filter"), {**text, "enum": ["cql2-text", "cql2-json"]}
        ),
        "filter-crs": _parameter("filter-crs", tr("System of the filter's geometries"), {**uri, "default": CRS84}),
        "properties": _parameter("properties", tr("Properties to send, instead of all"), _LIST, **separate),
        "skipGeometry": _parameter("skipGeometry", tr("Whether to leave geometries out"), {"type": "boolean"}),
        "sortby": _parameter("sortby", tr("Properties to sort by, “-” before those that descend"), _LIST, **separate),
        "queryables": _parameter(
            "queryables",
            tr("Any queryable by its name: features in which it has this value"),
            {"type": "object", "additionalProperties": text},
            style="form",
            explode=True,
        ),
    }


def _object(*required: str, **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


_TEXT: Json = {"type": "string"}
_WHOLE: Json = {"type": "integer", "minimum": 0}
_LINKS: Json = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
_SCHEMAS: Json = {
    "link": _object("href", "rel", href=_TEXT, rel=_TEXT, type=_TEXT, title=_TEXT),
    "page": _object("links", title=_TEXT, description=_TEXT, links=_LINKS),
    "conformance": _object("conformsTo", conformsTo=_LIST),
    "collections": _object(
        "links", "collections", links=_LINKS,
        collections={"type": "array", "items": {"$ref": "#/components/schemas/collection"}},
    ),
    "collection": _object(
        "id", "links", id=_TEXT, title=_TEXT, description=_TEXT, links=_LINKS, crs=_LIST, storageCrs=_TEXT,
        itemType=_TEXT, extent={"type": "object"}, keywords=_LIST,
    ),
    "schema": _object("type", "properties", type={**_TEXT, "enum": ["object"]}, properties={"type": "object"}),
    "feature": _object(
        "type", "geometry", "properties", type={**_TEXT, "enum": ["Feature"]}, id={"type": "integer"}, links=_LINKS,
        geometry={"type": "object", "nullable": True}, properties={"type": "object", "nullable": True},
    ),
    "featureCollection": _object(
        "type", "features", type={**_TEXT, "enum": ["FeatureCollection"]}, links=_LINKS, numberMatched=_WHOLE,
        numberReturned=_WHOLE, timeStamp={**_TEXT, "format": "date-time"},
        features={"type": "array", "items": {"$ref": "#/components/schemas/feature"}},
    ),
    "problem": _object(
        "status", "detail", type=_TEXT, title=_TEXT, status=_WHOLE, detail=_TEXT, code=_TEXT, description=_TEXT,
    ),
}  # fmt: skip
