"""A JSON Schema as a few lines of text that people can read."""

from __future__ import annotations

from typing import Any, Dict, List

Schema = Dict[str, Any]

_INDENT = "  "


def outline(schema: Schema) -> str:
    """Return a schema in the manner of TypeScript: `{name: text, tags?: {…: text}}`, a field on each line."""
    return "\n".join(_lines(schema, ""))


def _lines(schema: Schema, indent: str) -> List[str]:
    properties = schema.get("properties")
    if properties is None:
        return [_phrase(schema)]
    required = set(schema.get("required", ()))
    lines = ["{"]
    for name, one in properties.items():
        inner = _lines(one, indent + _INDENT)
        note = f"  – {one['description']}" if one.get("description") else ""
        inner[-1] += note
        lines.append(f"{indent}{_INDENT}{name}{'' if name in required else '?'}: {inner[0]}")
        lines += inner[1:]
    return [*lines, f"{indent}}}"]


def _phrase(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join("null" if value is None else f'"{value}"' for value in schema["enum"])
    kinds = schema.get("type", "anything")
    if isinstance(kinds, list):
        return " | ".join(_phrase({**schema, "type": kind}) if kind != "null" else "null" for kind in kinds)
    if kinds == "array":
        return f"[{outline(schema.get('items', {}))}, …]"
    if kinds == "object":
        return f"{{…: {_phrase(schema['additionalProperties'])}}}" if schema.get("additionalProperties") else "{…}"
    return str(schema.get("format") or {"string": "text", "integer": "whole number"}.get(kinds, kinds))
