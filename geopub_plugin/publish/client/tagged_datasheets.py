"""Datasheets of a store that has no list of them, as the Géoplateforme: whatever shares the tag `datasheet_name`."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from .connection import Connection, segment
from .datastores import urls_of
from .entity import Wire, mapping, reference, tags_of, text

TAG = "datasheet_name"
_FIELDS = {
    "uploads": "name,status,tags",
    "stored_data": "name,type,status,tags",
    "configurations": "name,layer_name,type,status,tags",
    "offerings": "layer_name,type,status,open,configuration,urls",
}


def tagged_datasheets(connection: Connection, datastore: str) -> Tuple[Dict[str, Any], ...]:
    """Return the datasheets in the form of GeoPub's own list, by name."""
    root = f"datastores/{segment(datastore)}"
    found = {
        resource: list(connection.pages(f"{root}/{resource}", {"fields": fields}))
        for resource, fields in _FIELDS.items()
    }
    offered = {reference(one, "configuration"): one for one in found["offerings"]}
    sheets: Dict[str, Dict[str, List[Any]]] = {}
    for resource in ("uploads", "stored_data", "configurations"):
        for wire in found[resource]:
            name = tags_of(wire).get(TAG)
            if name and text(wire, "status") != "DELETED":
                sheet = sheets.setdefault(name, {"uploads": [], "stored_data": [], "configurations": []})
                sheet[resource].append(wire)
    return tuple(_sheet(name, sheets[name], offered) for name in sorted(sheets, key=str.casefold))


def _sheet(name: str, parts: Dict[str, List[Any]], offered: Dict[str, Wire]) -> Dict[str, Any]:
    services = [_service(one, offered.get(text(one, "_id"), {})) for one in parts["configurations"]]
    return {
        "name": name,
        "title": name,
        "state": _state(parts, services),
        "uploads": parts["uploads"],
        "stored_data": parts["stored_data"],
        "services": services,
    }


def _service(configuration: Wire, offering: Wire) -> Dict[str, Any]:
    return {
        "type": text(configuration, "type"),
        "layer_name": text(configuration, "layer_name"),
        "title": text(mapping(configuration, "type_infos"), "title") or text(configuration, "name"),
        "configuration": text(configuration, "_id"),
        "offering": text(offering, "_id"),
        "status": text(offering, "status") or "UNPUBLISHED",
        "open": bool(offering.get("open", True)),
        "urls": [{"type": url.type, "url": url.url} for url in urls_of(offering)],
    }


def _state(parts: Dict[str, List[Any]], services: List[Dict[str, Any]]) -> str:
    statuses = {text(one, "status") for one in (*parts["uploads"], *parts["stored_data"])}
    if any(service["offering"] for service in services):
        return "PUBLISHED"
    if statuses & {"OPEN", "CHECKING", "GENERATING", "CREATED"}:
        return "INTEGRATING"
    return "FAILED" if "UNSTABLE" in statuses else "UNPUBLISHED"
