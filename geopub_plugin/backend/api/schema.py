"""JSON Schema (2020-12), the language in which OpenAPI 3.1 describes values: the few words that the API needs."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence

Schema = Dict[str, Any]

ANY: Schema = {}
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
ID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
ADDRESS: Schema = {"type": "string", "format": "uri-reference"}
OBJECT: Schema = {"type": "object"}
TAGS: Schema = {"type": "object", "additionalProperties": TEXT}


def one_of(*values: str) -> Schema:
    """Return the schema of a text out of a few."""
    return {"type": "string", "enum": list(values)}


def nullable(schema: Schema) -> Schema:
    """Return a schema that null fulfils, too."""
    kinds = schema["type"]
    more: Schema = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [kinds, "null"] if isinstance(kinds, str) else [*kinds, "null"], **more}


def list_of(schema: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": schema}


def shape(fields: Mapping[str, Schema], title: str = "") -> Schema:
    """Return the schema of an object; a `?` at the end of a name marks a field that may be absent.

    A schema with a title becomes a component of the document, which others refer to.
    """
    made: Schema = {"title": title} if title else {}
    properties = {name.rstrip("?"): schema for name, schema in fields.items()}
    required = [name for name in fields if not name.endswith("?")]
    made.update({"type": "object", "properties": properties})
    return {**made, "required": required} if required else made


def entity(title: str, fields: Mapping[str, Schema]) -> Schema:
    """Return the schema of an entity: its id, its own fields, two moments."""
    return shape({"_id": ID, **fields, "creation": MOMENT, "update": MOMENT}, title)


def reference(*fields: str, **more: Schema) -> Schema:
    """Return the schema of what points at another entity: its id, and texts that say which it is."""
    return shape({"_id": ID, **dict.fromkeys(fields, TEXT), **more})


def item_of(schema: Schema) -> Schema:
    """Return the schema of an entity in a list, where `fields` may leave out everything but the id."""
    required = [name for name in schema.get("required", ()) if name == "_id"]
    return {**schema, "title": f"{schema.get('title', '')}Item", "required": required}


def described(schema: Schema, description: str) -> Schema:
    """Return a schema with a sentence on what its value means."""
    return {**schema, "description": description} if description else schema


def names_of(schema: Schema) -> Sequence[str]:
    """Return the fields that the schema of an object knows."""
    return list(schema.get("properties", {}))
