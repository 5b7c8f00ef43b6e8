"""Features as GeoJSON (RFC 7946), a batch at a time."""

from __future__ import annotations

import json
from typing import Dict, List, Mapping, Optional, Sequence

from ...features.batch import COLLECTION, LINE, MULTILINE, MULTIPOINT, MULTIPOLYGON, POINT, POLYGON, Batch, Geometries
from ...features.bytestrings import Column, laid, row_texts
from ...features.decimals import integer_words
from ...features.schema import Field
from ..reference_systems import WireSrs
from .names import TypeName
from .skeleton import Place, Skeleton, coordinate_texts, feature_columns, placed
from .values import json_values, quoted_in_json, where_null

_TYPES = {
    POINT: b"Point",
    LINE: b"LineString",
    POLYGON: b"Polygon",
    MULTIPOINT: b"MultiPoint",
    MULTILINE: b"MultiLineString",
    MULTIPOLYGON: b"MultiPolygon",
}
_EMPTY_COLLECTION = b'{"type":"GeometryCollection","geometries":[]}'
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _text(value: object) -> bytes:
    return _json.encode(value).encode("utf-8", "replace")


def _begin(kind: int) -> bytes:
    return b'{"type":"%s","coordinates":' % _TYPES[kind]


def _opening(place: Place) -> bytes:
    """Return what comes before the coordinates of a path."""
    text = b"" if place.first_of_feature else b","
    if place.first_of_feature:
        text += b'{"type":"GeometryCollection","geometries":[' if place.kind == COLLECTION else _begin(place.kind)
        text += b"[" if MULTIPOINT <= place.kind <= MULTIPOLYGON else b""
    if place.first_of_part:
        text += _begin(place.part_kind) if place.kind == COLLECTION else b""
        text += b"[" if place.part_kind == POLYGON else b""
    return text if place.part_kind == POINT else text + b"["


def _closing(place: Place) -> bytes:
    """Return what comes after the coordinates of a path."""
    text = b"" if place.part_kind == POINT else b"]"
    if place.last_of_part:
        text += b"]" if place.part_kind == POLYGON else b""
        text += b"}" if place.kind == COLLECTION else b""
    if place.last_of_feature:
        text += b"]" if place.kind >= MULTIPOINT else b""
        text += b"}"
    return text


class GeoJsonWriter:
    """Writes the features of one type."""

    media_type = "application/geo+json"

    def __init__(self, name: TypeName, fields: Sequence[Field], srs: WireSrs, continued: bool = False) -> None:
        # RFC 7946 §4: longitude before latitude; other systems keep x before y
        self._srs = WireSrs(srs.text, srs.name, False, srs.decimals)
        self._id = b'{"type":"Feature","id":' + _text(name.feature_prefix + ".")[:-1], b'","geometry":'
        self._fields = tuple(fields)
        self._anything_written = continued

    def head(self, matched: int, returned: int, time: str, links: Dict[str, str]) -> bytes:
        """Return what comes before the first feature."""
        collection: Dict[str, object] = {"type": "FeatureCollection"}
        if not self._srs.longitude_latitude:  # GeoJSON 2008 §3, which GDAL and QGIS still read
            collection["crs"] = {"type": "name", "properties": {"name": self._srs.text}}
        collection.update(numberMatched=matched, numberReturned=returned, timeStamp=time)
        if links:
            collection["links"] = [{"rel": rel, "type": self.media_type, "href": link} for rel, link in links.items()]
        return _text(collection)[:-1] + b',"features":[\n'

    def tail(self) -> bytes:
        """Return what comes after the last feature."""
        return b"\n]}\n"

    def features(self, batch: Batch) -> bytes:
        """Return the features of a batch, with a comma before each but the first of all."""
        if len(batch) == 0:
            return b""
        fids = row_texts(integer_words(batch.fids), len(batch))
        columns: List[Column] = [b",\n" + self._id[0], fids, self._id[1]]
        columns += geometry_columns(batch.geometries, self._srs)
        between = b',"properties":{'
        for place, field in enumerate(self._fields):
            column, name = batch.columns[field.name], (b"," if place else b"") + _text(field.name) + b":"
            values = json_values(column)
            quote = b'"' if quoted_in_json(field.kind) else b""
            if column.null is None:
                columns += [between + name + quote, values]
                between = quote
            else:
                columns += [where_null(column.null, between + name + b"null", between + name + quote)]
                columns += [values, where_null(column.null, b"", quote)]
                between = b""
        text = laid([*columns, between + b"}}"], len(batch)).data.tobytes()
        first = not self._anything_written
        self._anything_written = True
        return text[2:] if first else text


class ItemWriter(GeoJsonWriter):
    """Writes features as OGC API - Features wants them: keys are numbers, the axes in the order of their system."""

    def __init__(self, fields: Sequence[Field], srs: WireSrs) -> None:
        self._srs = srs
        self._id = b'{"type":"Feature","id":', b',"geometry":'
        self._fields = tuple(fields)
        self._anything_written = False

    def collection(self, members: Mapping[str, object]) -> bytes:
        """Return what comes before the first feature: the members of the collection."""
        return _text({"type": "FeatureCollection", **members})[:-1] + b',"features":[\n'

    def feature(self, batch: Batch, members: Mapping[str, object]) -> bytes:
        """Return the only feature of a batch, with further members."""
        return self.features(batch)[:-1] + b"," + _text(members)[1:]


def geometry_columns(geometries: Geometries, srs: WireSrs) -> List[Column]:
    """Return pieces (N each) of the features' geometries: "null" for NULL, no coordinates for an empty one."""
    geometries = placed(geometries)
    skeleton = Skeleton.of(geometries)
    coordinates = coordinate_texts(geometries, srs, b"[", b",", b"],")
    return feature_columns(
        [skeleton.texts(_opening), coordinates], _closing, skeleton, geometries,
        lambda row: _without_coordinates(int(geometries.kind[row])),
    )  # fmt: skip


def _without_coordinates(kind: int) -> bytes:
    if kind == 0:
        return b"null"
    return _EMPTY_COLLECTION if kind == COLLECTION else _begin(kind) + b"[]}"


def media_type(srs: Optional[WireSrs]) -> str:
    """Return the media type: RFC 7946's own, or plain JSON where the system is not its own."""
    return GeoJsonWriter.media_type if srs is None or srs.longitude_latitude else "application/json"
