"""What every entity of a store has: an identifier, and JSON that may hold more than one client knows."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Tuple

Wire = Mapping[str, Any]


def text(wire: Wire, key: str) -> str:
    """Return a text of an entity, "" when it has none."""
    found = wire.get(key)
    return "" if found is None else str(found)


def tags_of(wire: Wire) -> Dict[str, str]:
    """Return the tags of an entity."""
    return {str(key): str(value) for key, value in (wire.get("tags") or {}).items()}


def mapping(wire: Wire, key: str) -> Dict[str, Any]:
    """Return an object of an entity, {} when it has none."""
    found = wire.get(key)
    return dict(found) if isinstance(found, Mapping) else {}


def objects(wire: Wire, key: str) -> Tuple[Wire, ...]:
    """Return a list of objects of an entity, () when it has none."""
    return tuple(item for item in wire.get(key) or () if isinstance(item, Mapping))


def reference(wire: Wire, key: str) -> str:
    """Return the identifier of the entity that another one refers to: `{"_id": …}` or the identifier itself."""
    found = wire.get(key)
    return text(found, "_id") if isinstance(found, Mapping) else text(wire, key)
