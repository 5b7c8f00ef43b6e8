"""Features as GML, a batch at a time: GML 3.2.1 (ISO 19136) in WFS 2.0.0, 3.1.1 in 1.1.0, 2.1.2 in 1.0.0.

The first two have the same geometry elements; namespaces and what stands around the features differ (`Dialect`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

import numpy as np

from ...features.batch import COLLECTION, LINE, MULTILINE, MULTIPOINT, MULTIPOLYGON, POINT, POLYGON, Batch, Geometries
from ...features.bytestrings import Column, Texts, laid, row_texts
from ...features.decimals import integer_words
from ...features.schema import Field, TableSchema
from ...safe_xml import quoteattr
from ..reference_systems import WireSrs
from .gml2 import geometry2_columns
from .names import TypeName, ncnames
from .skeleton import Place, Skeleton, coordinate_texts, feature_columns, placed
from .values import where_null, xml_values

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PATHS = {  # around the coordinates of a point, a line, an outer ring, an inner ring
    POINT: (b"<gml:pos>", b"</gml:pos>"),
    LINE: (b"<gml:posList>", b"</gml:posList>"),
}
_OUTER = (b"<gml:exterior><gml:LinearRing><gml:posList>", b"</gml:posList></gml:LinearRing></gml:exterior>")
_INNER = (b"<gml:interior><gml:LinearRing><gml:posList>", b"</gml:posList></gml:LinearRing></gml:interior>")
_ELEMENTS = {
    POINT: b"Point",
    LINE: b"LineString",
    POLYGON: b"Polygon",
    MULTIPOINT: b"MultiPoint",
    MULTILINE: b"MultiCurve",
    MULTIPOLYGON: b"MultiSurface",
    COLLECTION: b"MultiGeometry",
}
_MEMBERS = {
    MULTIPOINT: b"pointMember",
    MULTILINE: b"curveMember",
    MULTIPOLYGON: b"surfaceMember",
    COLLECTION: b"geometryMember",
}


@dataclass(frozen=True)
class Dialect:
    """What differs between the GMLs of two WFS versions."""

    wfs: str
    gml: str
    schema_locations: Tuple[str, ...]
    member: str  # element around each feature
    media_type: str
    version: str  # of WFS
    identifier: str = "gml:id"  # attribute of a feature


GML_32 = Dialect(
    wfs="http://www.opengis.net/wfs/2.0",
    gml="http://www.opengis.net/gml/3.2",
    schema_locations=(
        "http://www.opengis.net/wfs/2.0 http://schemas.opengis.net/wfs/2.0/wfs.xsd",
        "http://www.opengis.net/gml/3.2 http://schemas.opengis.net/gml/3.2.1/gml.xsd",
    ),
    member="wfs:member",
    media_type="application/gml+xml; version=3.2",
    version="2.0.0",
)
GML_31 = Dialect(
    wfs="http://www.opengis.net/wfs",
    gml="http://www.opengis.net/gml",
    schema_locations=("http://www.opengis.net/wfs http://schemas.opengis.net/wfs/1.1.0/wfs.xsd",),
    member="gml:featureMember",
    media_type="text/xml; subtype=gml/3.1.1",
    version="1.1.0",
)
GML_2 = Dialect(
    wfs="http://www.opengis.net/wfs",
    gml="http://www.opengis.net/gml",
    schema_locations=("http://www.opengis.net/wfs http://schemas.opengis.net/wfs/1.0.0/WFS-basic.xsd",),
    member="gml:featureMember",
    media_type="text/xml; subtype=gml/2.1.2",
    version="1.0.0",
    identifier="fid",
)
_UNBOUNDED = "<gml:boundedBy><gml:null>unknown</gml:null></gml:boundedBy>\n"  # GML 2 wants an envelope, first


def element_names(schema: TableSchema) -> Tuple[str, Dict[str, str]]:
    """Return the names of the geometry's element and of each field's, all different."""
    geometry = ncnames([schema.geometry or "geometry"])[schema.geometry or "geometry"]
    return geometry, ncnames([field.name for field in schema.fields], taken=[geometry])


class GmlWriter:
    """Writes the features of one type."""

    def __init__(
        self, name: TypeName, base: str, schema: TableSchema, fields: Sequence[Field], srs: WireSrs, dialect: Dialect,
        describe_url: str = "", repetition: int = 0,
    ) -> None:  # fmt: skip
        """Write these fields; `repetition` counts the queries before that are about the same type (see `_prefix`)."""
        self._name, self._namespace, self._srs, self._dialect = name, name.namespace(base), srs, dialect
        self._describe_url = describe_url
        self._fields = tuple(fields)
        self._geometry, self._elements = element_names(schema)
        self._type = name.text.encode()
        self._identifier = f' {dialect.identifier}="'.encode()
        # an identifier may stand in a document once: what a later query repeats gets one of its own
        again = f"q{repetition + 1}." if repetition else ""
        self._prefix = f"{again}{name.feature_prefix}.".encode()

    @property
    def media_type(self) -> str:
        """The media type of the whole answer."""
        return self._dialect.media_type

    @property
    def nests(self) -> bool:
        """Whether a collection of several queries holds one for each of them."""
        return self._dialect is GML_32

    @property
    def dialect(self) -> Dialect:
        """The GML that is written."""
        return self._dialect

    @property
    def own_namespace(self) -> Tuple[str, str, str]:
        """The prefix and namespace of the type, and the address of its schema ("" where none is told)."""
        return self._name.prefix, self._namespace, self._describe_url

    def nested(self, matched: int, returned: int, time: str) -> Tuple[bytes, bytes]:
        """Return what comes before and after the features of one of several queries."""
        said = f' timeStamp="{time}" numberMatched="{matched}" numberReturned="{returned}"'
        return f"<wfs:member><wfs:FeatureCollection{said}>\n".encode(), b"</wfs:FeatureCollection></wfs:member>\n"

    def tail(self) -> bytes:
        """Return what comes after the last feature."""
        return b"</wfs:FeatureCollection>\n"

    def features(self, batch: Batch) -> bytes:
        """Return the features of a batch, each in its member element."""
        member = self._dialect.member.encode()
        return self._written(batch, b"<" + member + b">", b"</" + member + b">\n", b"")

    def feature(self, batch: Batch) -> bytes:
        """Return the only feature of a batch as a document of its own."""
        return DECLARATION.encode() + self._written(batch, b"", b"\n", namespaces([self]).encode())

    def identifiers(self, batch: Batch) -> Texts:
        """Return the identifier of each feature."""
        return row_texts([self._prefix, *integer_words(batch.fids)], len(batch))

    def values(self, batch: Batch, field: str) -> Texts:
        """Return the value of one property of each feature, without its element; nothing for NULL."""
        if not field:
            fids = row_texts(integer_words(batch.fids), len(batch))
            markup = _Markup(self._prefix, b"", b"", b" srsName=" + quoteattr(self._srs.text).encode())
            return laid(geometry_columns(batch.geometries, batch.fids, fids, markup, self._srs), len(batch))
        return xml_values(batch.columns[field])

    def _written(self, batch: Batch, before: bytes, after: bytes, said: bytes) -> bytes:
        count = len(batch)
        if count == 0:
            return b""
        fids = row_texts(integer_words(batch.fids), count)
        begin = before + b"<" + self._type + said + self._identifier + self._prefix
        columns: List[Column] = [begin, fids, b'">']
        columns += self._geometries(batch, fids)
        between = b""
        for field in self._fields:
            column = batch.columns[field.name]
            opening, closing = self._tags(field.name)
            values = xml_values(column)
            if column.null is None:
                columns += [between + opening, values]
                between = closing
            else:  # NULL is left out with its element
                columns += [where_null(column.null, between, between + opening), values]
                columns.append(where_null(column.null, b"", closing))
                between = b""
        columns.append(between + b"</" + self._type + b">" + after)
        return laid(columns, count).data.tobytes()

    def _tags(self, name: str) -> Tuple[bytes, bytes]:
        element = f"{self._name.prefix}:{self._elements[name]}".encode()
        return b"<" + element + b">", b"</" + element + b">"

    def _geometries(self, batch: Batch, fids: Texts) -> List[Column]:
        element = f"{self._name.prefix}:{self._geometry}".encode()
        named = b" srsName=" + quoteattr(self._srs.text).encode()
        opening, ending = b"<" + element + b">", b"</" + element + b">"
        if self._dialect is GML_2:
            return geometry2_columns(batch.geometries, opening, ending, self._srs, named)
        markup = _Markup(self._prefix, opening, ending, named)
        return geometry_columns(batch.geometries, batch.fids, fids, markup, self._srs)


def namespaces(writers: Sequence[GmlWriter]) -> str:
    """Return the namespace declarations and schema locations of a root element that holds features of these."""
    dialect = writers[0].dialect
    locations = list(dialect.schema_locations)
    prefixes, schemas = {}, {}
    for writer in writers:
        prefix, namespace, address = writer.own_namespace
        prefixes[prefix] = namespace
        if address:
            schemas.setdefault(namespace, address)
    locations += [f"{namespace} {address}" for namespace, address in schemas.items()]
    declared = "".join(f" xmlns:{prefix}={quoteattr(namespace)}" for prefix, namespace in prefixes.items())
    return (
        f' xmlns:wfs="{dialect.wfs}" xmlns:gml="{dialect.gml}"{declared}'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f" xsi:schemaLocation={quoteattr(' '.join(locations))}"
    )


def stated(matched: int, returned: int, time: str, links: Dict[str, str]) -> str:
    """Return the standard attributes of an answer of version 2.0.0 (09-025r2 §7.7.4)."""
    said = f' timeStamp="{time}" numberMatched="{matched}" numberReturned="{returned}"'
    return said + "".join(f" {rel}={quoteattr(link)}" for rel, link in links.items())


def collection_head(
    writers: Sequence[GmlWriter], matched: int, returned: int, time: str, links: Dict[str, str]
) -> bytes:
    """Return what comes before the first feature of a collection that these write."""
    if writers[0].dialect is GML_32:
        said = stated(matched, returned, time, links)
    elif writers[0].dialect is GML_31:
        said = f' timeStamp="{time}" numberOfFeatures="{returned or matched}"'
    else:
        return f"{DECLARATION}<wfs:FeatureCollection{namespaces(writers)}>\n{_UNBOUNDED}".encode()
    return f"{DECLARATION}<wfs:FeatureCollection{namespaces(writers)}{said}>\n".encode()


@dataclass(frozen=True)
class _Markup:
    """The texts around the coordinates of paths; identifiers stand between them.

    The opening of a path is `start` feature `identified` part `begun`, where feature is "12" on the first path of
    feature 12 and part is "12.g.3" on the first path of its third part, in geometries that have several.
    """

    prefix: bytes  # of feature identifiers
    opening: bytes  # of the geometry property; b"" for a geometry alone
    ending: bytes
    srs: bytes  # the srsName attribute

    def start(self, place: Place) -> bytes:
        """Return what comes before the feature's key."""
        return self._begun(place.kind) if place.first_of_feature else b""

    def _begun(self, kind: int) -> bytes:
        return self.opening + b"<gml:" + _ELEMENTS[kind] + b' gml:id="' + self.prefix

    def identified(self, place: Place) -> bytes:
        """Return what comes between the feature's key and the part's, or the coordinates where parts have no key."""
        text = b""
        if place.first_of_feature:
            text = b'.g"' + self.srs + _dimension(place) + b">"
        if place.kind < MULTIPOINT:
            return text + _path(place)[0]
        if place.first_of_part:
            text += b"<gml:" + _MEMBERS[place.kind] + b"><gml:" + _ELEMENTS[place.part_kind] + b' gml:id="'
            text += self.prefix
        return text

    def begun(self, place: Place) -> bytes:
        """Return what comes between the part's key and the coordinates; nothing where parts have no key."""
        if place.kind < MULTIPOINT:
            return b""
        return (b'"' + _dimension(place) + b">" if place.first_of_part else b"") + _path(place)[0]

    def closing(self, place: Place) -> bytes:
        """Return what comes after the coordinates."""
        text = _path(place)[1]
        if place.last_of_part:
            text += b"</gml:" + _ELEMENTS[place.part_kind] + b">"
            text += b"</gml:" + _MEMBERS[place.kind] + b">" if place.kind >= MULTIPOINT else b""
        if place.last_of_feature:
            text += b"</gml:" + _ELEMENTS[place.kind] + b">" if place.kind >= MULTIPOINT else b""
            text += self.ending
        return text

    def empty(self, kind: int, fid: bytes) -> bytes:
        """Return a geometry without coordinates; nothing for NULL."""
        if kind == 0:
            return b""
        inside = b"".join(_PATHS[kind]) if kind in _PATHS else b""
        begun = self._begun(kind) + fid + b'.g"' + self.srs + b">"
        return begun + inside + b"</gml:" + _ELEMENTS[kind] + b">" + self.ending


def _path(place: Place) -> Tuple[bytes, bytes]:
    """Return what is around the coordinates of a path."""
    return _PATHS.get(place.part_kind) or (_OUTER if place.first_of_part else _INNER)


def _dimension(place: Place) -> bytes:
    return b' srsDimension="3"' if place.with_z else b""


def _part_keys(geometries: Geometries, skeleton: Skeleton, keys: np.ndarray) -> Texts:
    """Return "12.g.3" on the first path of the third part of feature 12, where it has several; else nothing."""
    numbered = np.flatnonzero((skeleton.first_of_part > 0) & (skeleton.kind >= MULTIPOINT))  # (n,)
    owners = skeleton.feature[numbered]
    places = skeleton.part[numbered] - geometries.feature_start[owners] + 1
    pieces = [*integer_words(keys[owners]), b".g.", *integer_words(places)]
    return _spread(row_texts(pieces, len(numbered)), numbered, len(skeleton.part))


def _spread(texts: Texts, places: np.ndarray, count: int) -> Texts:
    """Return `count` texts: these at their places (int64 (n,)), nothing elsewhere."""
    if len(texts) == count:
        return texts
    nothing = Texts(texts.data[:0], *np.zeros((2, count), np.int64))
    return nothing.replaced(places, texts)


def geometry_columns(
    geometries: Geometries, keys: np.ndarray, fids: Texts, markup: _Markup, srs: WireSrs
) -> List[Column]:
    """Return pieces (N each) of the geometry properties of features, whose keys are `keys` and as texts `fids`.

    They say nothing for NULL.
    """
    geometries = placed(geometries)
    skeleton = Skeleton.of(geometries)
    firsts = np.flatnonzero(skeleton.first_of_feature)
    columns = [
        skeleton.texts(markup.start),
        _spread(fids.taken(skeleton.feature[firsts]), firsts, len(skeleton.feature)),
        skeleton.texts(markup.identified),
    ]
    if any(place.kind >= MULTIPOINT for place in skeleton.places.values()):
        columns += [_part_keys(geometries, skeleton, keys), skeleton.texts(markup.begun)]
    columns.append(coordinate_texts(geometries, srs, b"", b" ", b" "))
    return feature_columns(
        columns,
        markup.closing,
        skeleton,
        geometries,
        lambda row: markup.empty(int(geometries.kind[row]), b"%d" % keys[row]),
    )
