"""Features as CSV (RFC 4180), a batch at a time; geometries as well-known text (OGC 06-103r4 §7), x before y."""

from __future__ import annotations

from typing import List, Sequence, Tuple

from ...features.batch import COLLECTION, LINE, MULTILINE, MULTIPOINT, MULTIPOLYGON, POINT, POLYGON, Batch, Geometries
from ...features.bytestrings import Column, laid, row_texts
from ...features.decimals import integer_words
from ...features.schema import Field
from ..reference_systems import WireSrs
from .names import TypeName
from .skeleton import Place, Skeleton, coordinate_texts, feature_columns, placed
from .values import TEXTUAL, texts, where_null, xml_values

MEDIA_TYPE = "text/csv"
_KINDS = {
    POINT: b"POINT",
    LINE: b"LINESTRING",
    POLYGON: b"POLYGON",
    MULTIPOINT: b"MULTIPOINT",
    MULTILINE: b"MULTILINESTRING",
    MULTIPOLYGON: b"MULTIPOLYGON",
    COLLECTION: b"GEOMETRYCOLLECTION",
}


class CsvWriter:
    """Writes the features of one type: identifier, geometry, attributes."""

    def __init__(self, name: TypeName, geometry: str, fields: Sequence[Field], srs: WireSrs) -> None:
        """Write these fields; no geometry where its name is ""."""
        self._srs = WireSrs(srs.text, srs.name, False, srs.decimals)
        self._prefix = name.feature_prefix.encode() + b"."
        self._geometry, self._fields = geometry, tuple(fields)

    def head(self) -> bytes:
        """Return the line of names."""
        names = ["id", *([self._geometry] if self._geometry else []), *(field.name for field in self._fields)]
        return b",".join(map(_quoted_name, names)) + b"\r\n"

    def features(self, batch: Batch) -> bytes:
        """Return a line for each feature."""
        fids = row_texts(integer_words(batch.fids), len(batch))
        columns: List[Column] = [b'"' + self._prefix, fids, b'"']
        if self._geometry:
            columns += [b",", *wkt_columns(batch.geometries, self._srs)]
        for field in self._fields:
            columns += [b",", *_values(batch, field)]
        return laid([*columns, b"\r\n"], len(batch)).data.tobytes()


def _quoted_name(name: str) -> bytes:
    return b'"' + name.replace('"', '""').encode("utf-8", "replace") + b'"'


def _doubled(text: bytes) -> bytes:
    return text.replace(b'"', b'""')


def _values(batch: Batch, field: Field) -> List[Column]:
    """Return pieces of the values of a field: texts always in quotes, nothing for NULL."""
    column = batch.columns[field.name]
    if field.kind not in TEXTUAL:
        return [xml_values(column)]
    quotes: Column = b'"' if column.null is None else where_null(column.null, b"", b'"')
    return [quotes, texts(column, _doubled), quotes]


def _named(kind: int, with_z: bool) -> bytes:
    return _KINDS[kind] + (b" Z " if with_z else b" ")


def _around(place: Place) -> Tuple[bytes, bytes]:
    """Return what is before and after the coordinates of a path."""
    before = b'"' if place.first_of_feature else b","
    after = b""
    if place.first_of_feature:
        before += _named(place.kind, place.with_z)
        before += b"(" if place.kind >= MULTIPOINT else b""
    if place.first_of_part:
        before += _named(place.part_kind, place.with_z) if place.kind == COLLECTION else b""
        before += b"(" if place.part_kind == POLYGON else b""
    after += b")" if place.last_of_part and place.part_kind == POLYGON else b""
    if place.last_of_feature:
        after += (b")" if place.kind >= MULTIPOINT else b"") + b'"'
    return before + b"(", b")" + after


def wkt_columns(geometries: Geometries, srs: WireSrs) -> List[Column]:
    """Return pieces (N each) of the geometries as well-known text in quotes; nothing for NULL."""
    geometries = placed(geometries)
    skeleton = Skeleton.of(geometries)

    def empty(row: int) -> bytes:
        kind = int(geometries.kind[row])
        return b"" if kind == 0 else b'"' + _KINDS[kind] + b' EMPTY"'

    befores = skeleton.texts(lambda place: _around(place)[0])
    coordinates = coordinate_texts(geometries, srs, b"", b" ", b",")
    return feature_columns([befores, coordinates], lambda place: _around(place)[1], skeleton, geometries, empty)
