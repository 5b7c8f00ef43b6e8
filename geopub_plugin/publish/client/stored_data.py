"""Stored data: what integration and pyramid jobs made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, Mapping, Optional, Tuple

from ...backend.faults import Fault
from .connection import Connection, segment, tag_filter
from .entity import Wire, mapping, objects, tags_of, text
from .executions import faults_of, names_of

GEOMETRY_TYPE = "geometry"


@dataclass(frozen=True)
class Relation:
    """One table of a vector database."""

    name: str
    type: str  # "TABLE" or "VIEW"
    attributes: Dict[str, str]  # column: PostgreSQL type
    title: str = ""
    native: str = ""  # name in the delivered file
    count: int = -1  # -1 when the server does not say
    primary_key: Tuple[str, ...] = ()

    @property
    def has_geometry(self) -> bool:
        """Whether it can be drawn."""
        return any(kind.lower().startswith(GEOMETRY_TYPE) for kind in self.attributes.values())

    @property
    def plain_attributes(self) -> Tuple[str, ...]:
        """The columns that are neither geometry nor key."""
        return tuple(
            name
            for name, kind in self.attributes.items()
            if not kind.lower().startswith(GEOMETRY_TYPE) and name not in self.primary_key
        )


@dataclass(frozen=True)
class StoredData:
    """A vector database or a pyramid."""

    id: str
    name: str
    type: str  # "VECTOR-DB", "ROK4-PYRAMID-VECTOR", …
    status: str
    srs: str
    tags: Dict[str, str]
    relations: Tuple[Relation, ...] = ()
    levels: Tuple[str, ...] = ()
    extent: Optional[Mapping[str, Any]] = None  # GeoJSON Feature, longitude and latitude
    bounds: Optional[Tuple[float, float, float, float]] = None  # of the extent: west, south, east, north
    size: int = 0
    faults: Tuple[Fault, ...] = ()
    names: Optional[Mapping[str, Any]] = None  # delivered table -> {"name", "fields"}


@dataclass(frozen=True)
class PlanLayer:
    """Tiles of a pyramid that is not made yet, for who has the address, which holds a secret."""

    url: str
    tiles: str  # with {z}, {x} and {y}
    metadata: str  # TileJSON


class StoredDataSet:
    """The stored data of one datastore."""

    def __init__(self, connection: Connection, datastore: str) -> None:
        self._connection = connection
        self._root = f"datastores/{segment(datastore)}/stored_data"

    def list(self, tags: Optional[Mapping[str, str]] = None, **filters: str) -> Tuple[StoredData, ...]:
        """Return the stored data with all these tags and values."""
        query = {**filters, **tag_filter(tags or {}), "fields": "name,type,status,srs,tags"}
        return tuple(_stored_data(wire) for wire in self._connection.pages(self._root, query))

    def get(self, identifier: str) -> StoredData:
        """Return one stored data with its relations or levels."""
        return _stored_data(self._connection.ask("GET", f"{self._root}/{segment(identifier)}"))

    def tag(self, identifier: str, tags: Mapping[str, str]) -> None:
        """Add or replace tags."""
        self._connection.ask("POST", f"{self._root}/{segment(identifier)}/tags", json=dict(tags))

    def sample_area(self, identifier: str, bottom_level: int, centre: Tuple[float, float]) -> str:
        """Return 10 × 10 tiles of a level around a longitude and latitude: WKT, the parameter `area` of a sample."""
        query = {"bottom_level": str(bottom_level), "longitude": str(centre[0]), "latitude": str(centre[1])}
        found = self._connection.ask("GET", f"{self._root}/{segment(identifier)}/sample_area", query)
        return text(found, "area")

    def complete(self, identifier: str) -> str:
        """Turn a sample into the full pyramid with the same settings and id; return the execution that makes it."""
        return text(self._connection.ask("POST", f"{self._root}/{segment(identifier)}/completion"), "_id")

    def show_plan(self, identifier: str, parameters: Mapping[str, Any]) -> PlanLayer:
        """Show what a pyramid with these parameters would hold; its tiles are built when they are asked for."""
        shown = self._connection.ask("POST", f"{self._root}/{segment(identifier)}/plan_layers", json=dict(parameters))
        return PlanLayer(text(shown, "url"), text(shown, "tiles"), text(shown, "metadata"))

    def delete(self, identifier: str) -> None:
        """Delete stored data that no service shows any more."""
        self._connection.ask("DELETE", f"{self._root}/{segment(identifier)}")


def _relation(wire: Wire) -> Relation:
    counted = wire.get("count")
    return Relation(
        text(wire, "name"),
        text(wire, "type"),
        {str(column): str(kind) for column, kind in mapping(wire, "attributes").items()},
        text(wire, "title"),
        text(wire, "native"),
        -1 if counted is None else int(counted),
        tuple(str(key) for key in wire.get("primary_key") or ()),
    )


def _bounds(geojson: Any) -> Optional[Tuple[float, float, float, float]]:
    """Return the bounds of a GeoJSON feature or geometry, None where there is nothing to measure."""
    points = list(_positions(geojson))
    if not points:
        return None
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return min(xs), min(ys), max(xs), max(ys)


def _positions(node: Any) -> Iterator[Tuple[float, float]]:
    """Yield every position of a GeoJSON object, however deep it is nested."""
    if isinstance(node, Mapping):
        for key in ("geometry", "coordinates", "geometries", "features"):
            yield from _positions(node.get(key))
    elif isinstance(node, (list, tuple)):
        if len(node) >= 2 and all(isinstance(number, (int, float)) for number in node[:2]):
            yield float(node[0]), float(node[1])
        else:
            for part in node:
                yield from _positions(part)


def _stored_data(wire: Wire) -> StoredData:
    infos, ours = mapping(wire, "type_infos"), mapping(mapping(wire, "extra"), "geopub")
    return StoredData(
        text(wire, "_id"),
        text(wire, "name"),
        text(wire, "type"),
        text(wire, "status"),
        text(wire, "srs"),
        tags_of(wire),
        tuple(_relation(item) for item in objects(infos, "relations")),
        tuple(str(level) for level in infos.get("levels") or ()),
        wire.get("extent"),
        _bounds(wire.get("extent")),
        int(wire.get("size") or 0),
        faults_of(ours),
        names_of(ours) or None,
    )
