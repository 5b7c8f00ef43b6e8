"""Snapshots read from the entities of a catalogue."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from sqlalchemy import Connection, Row, select

from ..about import __title__
from ..data_folder import DataFolder
from ..features.schema import Bounds
from ..services.publications import DrawnTable, FeatureType, MapLayer, MapStyle, MetadataLink, ServiceInfo, TileLayer
from ..translation import tr
from . import tables
from .listed_styles import addresses_of, listed_styles
from .snapshots import Part, Snapshot, Whole, digest

LIVE = ("PUBLISHED", "MODIFYING", "PUBLISHING")  # the last while the tiles are being made
_WORLD: Bounds = (-180.0, -85.0, 180.0, 85.0)


class SnapshotReader:
    """Reads one snapshot."""

    def __init__(self, connection: Connection, folder: DataFolder, making: Mapping[str, str]) -> None:
        self._connection, self._folder, self._making = connection, folder, dict(making)
        rows = connection.execute(select(tables.data_revision))
        self._revisions: Dict[Tuple[str, int], Row] = {(row.stored_data, row.number): row for row in rows}

    def whole(self) -> Whole:
        """Return everything that is live."""
        parts = [self._part(row) for row in self._live()]
        public = Snapshot.of(self._service(), [part for part in parts if part.public])
        named: Dict[Tuple[str, str], List[Part]] = defaultdict(list)
        for part in parts:
            named[(part.type, part.layer_name)].append(part)
        return Whole(public, {part.offering: part for part in parts}, dict(named))

    def _part(self, row: Row) -> Part:
        about = {
            "offering": row.id,
            "type": row.type,
            "layer_name": row.layer_name,
            "private": not row.endpoint_open,
            "public": row.endpoint_open and row.open and row.available,
            "available": row.available,
            "revision": digest(
                [
                    row.layer_name,
                    row.type,
                    row.published,
                    self._making.get(row.published.get("making", "")),
                    _style_url(row.extra) if row.type == "WMTS-TMS" else "",
                ]
            ),
        }
        if row.type == "WFS":
            return Part(**about, feature_types=tuple(self._feature_types(row)))
        if row.type == "WMS-VECTOR":
            return Part(**about, map_layers=(self._map_layer(row),))
        return Part(**about, tile_layers=tuple(self._tile_layer(row)) if row.type == "WMTS-TMS" else ())

    def _live(self) -> Sequence[Row]:
        offering, configuration, endpoint = tables.offering, tables.configuration, tables.endpoint
        of_offering = (offering.c.id, offering.c.published, offering.c.open, offering.c.available)
        of_configuration = (
            configuration.c.layer_name,
            configuration.c.type,
            configuration.c.name,
            configuration.c.extra,
        )
        query = (
            select(*of_offering, *of_configuration, endpoint.c.open.label("endpoint_open"))
            .join(configuration, configuration.c.id == offering.c.configuration)
            .join(endpoint, endpoint.c.id == offering.c.endpoint)
            .where(offering.c.status.in_(LIVE))
            .order_by(offering.c.created, offering.c.id)
        )
        return self._connection.execute(query).all()

    def _service(self) -> ServiceInfo:
        row = self._connection.execute(select(tables.community).order_by(tables.community.c.created)).first()
        name, contact = (row.name, row.contact) if row else (__title__, "")
        contact = "" if contact.endswith("@localhost") else contact
        return ServiceInfo(tr("Services of {name}", name=name), tr("Published with GeoPub."), name, contact)

    def _data(self, row: Row, item: Mapping[str, Any]) -> Row:
        identifier = item["stored_data"]
        return self._revisions[identifier, row.published["data"][identifier]]

    def _feature_types(self, row: Row) -> Iterator[FeatureType]:
        infos = row.published["type_infos"]
        for item in infos["used_data"]:
            data = self._data(row, item)
            known = {relation["name"]: relation for relation in data.details["relations"]}
            for relation in item["relations"]:
                table = known[relation["native_name"]]
                yield FeatureType(
                    name=f"{row.layer_name}:{relation['public_name']}",
                    title=relation["title"],
                    abstract=relation["abstract"],
                    keywords=tuple(relation["keywords"]),
                    data=self._place(data),
                    table=relation["native_name"],
                    bounds=_given(infos) or _bounds(table.get("bounds")) or _bounds(data.bounds) or (0, 0, 0, 0),
                    revision=digest([data.stored_data, data.number, relation, row.published["metadata"]]),
                    metadata=_links(row),
                    srs=data.srs or "",
                )

    def _map_layer(self, row: Row) -> MapLayer:
        infos, style = row.published["type_infos"], row.published.get("style") or {}
        used = [(item, self._data(row, item)) for item in infos["used_data"]]
        further = [one for one in row.published.get("named_styles", ()) if one["styles"] is not None]
        return MapLayer(
            name=row.layer_name,
            title=infos["title"] or row.name,
            abstract=infos["abstract"],
            keywords=tuple(infos["keywords"]),
            tables=self._drawn(used, row.published["styles"]),
            srs=used[0][1].srs,
            bounds=_given(infos) or _union([_bounds(data.bounds) for _, data in used]),
            revision=digest(row.published),
            metadata=_links(row),
            style_name=style.get("name", "default"),
            style_title=style.get("title", ""),
            further_styles=tuple(
                MapStyle(one["name"], one["title"], self._drawn(used, one["styles"])) for one in further
            ),
        )

    def _drawn(self, used: Sequence[Tuple[Any, Row]], pins: Mapping[str, Sequence[str]]) -> Tuple[DrawnTable, ...]:
        """Return the tables of a map layer with one of its styles."""
        return tuple(
            DrawnTable(self._place(data), relation["name"], self._style(pins, f"{data.stored_data}/{relation['name']}"))
            for item, data in used
            for relation in item["relations"]
        )

    def _tile_layer(self, row: Row) -> Iterator[TileLayer]:
        """Yield the layer, from its archive or, while that is being made, from what its worker was told."""
        infos, making = row.published["type_infos"], row.published.get("making", "")
        item = infos["used_data"][0]
        job, told = "", _given(infos)
        if making:
            job = self._making.get(making, "")
            if not job:  # of an execution that has ended without it
                return
            archive = self._folder.stored_file(making, "1", ".pmtiles")
        else:
            data = self._data(row, item)
            archive, told = self._place(data), told or _bounds(data.bounds) or (0, 0, 0, 0)
        yield TileLayer(
            name=row.layer_name,
            title=infos["title"] or row.name,
            abstract=infos["abstract"],
            keywords=tuple(infos["keywords"]),
            archive=archive,
            top_level=int(item["top_level"]),
            bottom_level=int(item["bottom_level"]),
            bounds=told or _WORLD,
            revision=digest([row.published, job]),
            metadata=_links(row),
            making=job,
            bounds_given=told is not None,
            style_url=_style_url(row.extra),
        )

    def _place(self, data: Row) -> Path:
        return self._folder.stored_file(data.stored_data, str(data.number), data.suffix)

    def _style(self, pins: Mapping[str, Sequence[str]], drawn: str) -> Optional[Path]:
        return self._folder.static_file(*pins[drawn]) if drawn in pins else None


def _links(row: Row) -> Tuple[MetadataLink, ...]:
    return tuple(MetadataLink(link["format"], link["url"], link["type"]) for link in row.published["metadata"])


def _style_url(extra: Optional[Mapping[str, Any]]) -> str:
    """Return the address of the current one of the styles that a configuration lists, as the platform lists them."""
    styles = sorted(listed_styles(extra or {}), key=lambda one: one.get("current") is not True)
    return next((url for style in styles for _name, url in addresses_of(style)), "")


def _given(infos: Mapping[str, Any]) -> Optional[Bounds]:
    bbox = infos.get("bbox")
    return (bbox["west"], bbox["south"], bbox["east"], bbox["north"]) if bbox else None


def _bounds(sides: Any) -> Optional[Bounds]:
    if not sides:
        return None
    west, south, east, north = sides
    return west, south, east, north


def _union(bounds: Sequence[Optional[Bounds]]) -> Bounds:
    known = [one for one in bounds if one is not None]
    wests, souths, easts, norths = zip(*known) if known else ((0.0,),) * 4
    return min(wests), min(souths), max(easts), max(norths)
