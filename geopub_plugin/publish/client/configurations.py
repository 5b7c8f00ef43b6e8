"""Configurations: what a service is made of, before it is offered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from .connection import Connection, segment, tag_filter
from .entity import Wire, mapping, objects, tags_of, text

WFS, WMS, TMS = "WFS", "WMS-VECTOR", "WMTS-TMS"  # configuration types


@dataclass(frozen=True)
class Configuration:
    """The definition of a service."""

    id: str
    name: str
    layer_name: str
    type: str
    status: str  # UNPUBLISHED, PUBLISHED, SYNCHRONIZING
    tags: Dict[str, str]
    type_infos: Dict[str, Any]
    extra: Dict[str, Any]
    metadata: Tuple[Dict[str, str], ...] = ()  # links to records and styles: format, url, type
    attribution: Optional[Dict[str, Any]] = None  # title and url

    @property
    def stored_data(self) -> Tuple[str, ...]:
        """The stored data that it shows."""
        return tuple(text(used, "stored_data") for used in objects(self.type_infos, "used_data"))


class Configurations:
    """The configurations of one datastore."""

    def __init__(self, connection: Connection, datastore: str) -> None:
        self._connection = connection
        self._root = f"datastores/{segment(datastore)}/configurations"

    def list(self, tags: Optional[Mapping[str, str]] = None, **filters: str) -> Tuple[Configuration, ...]:
        """Return the configurations with all these tags and values (`layer_name=…`, `type=…`)."""
        query = {**filters, **tag_filter(tags or {}), "fields": "name,layer_name,type,status,tags"}
        return tuple(_configuration(wire) for wire in self._connection.pages(self._root, query))

    def get(self, identifier: str) -> Configuration:
        """Return one configuration with its `type_infos`."""
        return _configuration(self._connection.ask("GET", f"{self._root}/{segment(identifier)}"))

    def create(
        self,
        kind: str,
        name: str,
        layer_name: str,
        type_infos: Mapping[str, Any],
        attribution: Optional[Mapping[str, Any]] = None,
    ) -> Configuration:
        """Define a service."""
        body = {"type": kind, "name": name, "layer_name": layer_name, "type_infos": type_infos, "metadata": []}
        if attribution:
            body["attribution"] = dict(attribution)
        return _configuration(self._connection.ask("POST", self._root, json=body))

    def replace(
        self,
        identifier: str,
        kind: str,
        name: str,
        type_infos: Mapping[str, Any],
        attribution: Optional[Mapping[str, Any]] = None,
        metadata: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Define a service anew; its layer name stays, and of the rest what is given again."""
        body = {"type": kind, "name": name, "type_infos": type_infos, "metadata": [dict(link) for link in metadata]}
        if attribution:
            body["attribution"] = dict(attribution)
        self._connection.ask("PUT", f"{self._root}/{segment(identifier)}", json=body)

    def change(self, identifier: str, **fields: Any) -> None:
        """Change name or extra."""
        self._connection.ask("PATCH", f"{self._root}/{segment(identifier)}", json=fields)

    def tag(self, identifier: str, tags: Mapping[str, str]) -> None:
        """Add or replace tags."""
        self._connection.ask("POST", f"{self._root}/{segment(identifier)}/tags", json=dict(tags))

    def delete(self, identifier: str) -> None:
        """Delete a configuration that is not published."""
        self._connection.ask("DELETE", f"{self._root}/{segment(identifier)}")


def _configuration(wire: Wire) -> Configuration:
    return Configuration(
        text(wire, "_id"),
        text(wire, "name"),
        text(wire, "layer_name"),
        text(wire, "type"),
        text(wire, "status"),
        tags_of(wire),
        mapping(wire, "type_infos"),
        mapping(wire, "extra"),
        tuple({str(key): str(value) for key, value in link.items()} for link in objects(wire, "metadata")),
        mapping(wire, "attribution") or None,
    )
