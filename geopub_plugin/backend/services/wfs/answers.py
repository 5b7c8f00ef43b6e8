"""GetFeature answers, streamed: the memory they take is that of one batch, however large the table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import chain
from typing import Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union
from urllib.parse import urlencode

from ...errors import InvalidInput
from ...features.batch import Batch
from ...features.projection import Projection
from ...translation import tr
from ..owscommon import Parameters, invalid
from ..reference_systems import projection
from .csv import MEDIA_TYPE as CSV_TYPE
from .csv import CsvWriter
from .files import SentFile
from .geojson import GeoJsonWriter
from .geojson import media_type as geojson_media_type
from .gml import GML_2, GML_31, GML_32, GmlWriter, collection_head
from .queries import CSV_FORMAT, GEOJSON_FORMAT, GML_2_FORMAT, GML_31_FORMAT, GML_32_FORMAT, TABLE_FORMATS, FeatureQuery
from .selection import FIRST, Selection, selected
from .tables import Tables

Body = Union[bytes, Iterator[bytes]]
Writer = Union[GmlWriter, GeoJsonWriter, CsvWriter]
_DIALECTS = {GML_32_FORMAT: GML_32, GML_31_FORMAT: GML_31, GML_2_FORMAT: GML_2}
_WHOLE = 1 << 20  # bytes: more is not held back
_PAGING = ("count", "maxfeatures", "startindex")


@dataclass(frozen=True)
class Answer:
    """A body, whole or in pieces, and its media type."""

    media_type: str
    body: Body
    filename: str = ""  # that a browser is to save it under
    close: Optional[Callable[[], None]] = None  # to be called when it is sent, or will not be


def _projected(batch: Batch, way: Optional[Projection]) -> Batch:
    if way is None or way.same:
        return batch
    return replace(batch, geometries=way.geometries(batch.geometries))


def _way(query: FeatureQuery) -> Optional[Projection]:
    source = query.published.schema.srs
    if source is None or not query.geometry:
        return None
    try:
        return projection(source, query.srs.name)
    except InvalidInput as error:
        raise invalid("srsName", query.srs.text, error.what, error.cure) from error


def projected_batches(selection: Selection) -> Iterator[Batch]:
    """Yield the features of a page in the system asked for; raise OwsError at once where there is no way to it."""
    way = _way(selection.query)
    return (_projected(batch, way) for batch in selection.batches())


def gml_writer(query: FeatureQuery, base: str, endpoint: str, repetition: int = 0) -> GmlWriter:
    """Return the writer of a query's features in the GML that it asks for, after others about the same type."""
    published = query.published
    dialect = _DIALECTS[query.form]
    describe = {"service": "WFS", "version": dialect.version, "request": "DescribeFeatureType"}
    describe["typeNames" if dialect is GML_32 else "typeName"] = published.name.text
    url = f"{endpoint}?{urlencode(describe)}"
    return GmlWriter(published.name, base, published.schema, query.columns, query.srs, dialect, url, repetition)


def timestamp() -> str:
    """Return the moment, as answers state it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def pages(queries: Sequence[FeatureQuery], tables: Tables) -> List[Selection]:
    """Return what each query selects; start and count go through all of them in turn (09-025r2 §7.6.3.5)."""
    start, count = queries[0].start, 0 if queries[0].hits else queries[0].count
    found: List[Selection] = []
    for query in queries:
        page = selected(query, tables).page(start, count)
        start -= page.start
        count = None if count is None else count - page.returned
        found.append(page)
    return found


def feature_answer(
    queries: Sequence[FeatureQuery], tables: Tables, base: str, endpoint: str, parameters: Parameters
) -> Answer:
    """Return the features as a collection; what can fail has failed, or not, when this returns."""
    if queries[0].form in TABLE_FORMATS:
        return _table_answer(queries, tables)
    selections = pages(queries, tables)
    links = {} if queries[0].hits else page_links(selections, endpoint, parameters)
    if queries[0].form == GEOJSON_FORMAT:
        return Answer(geojson_media_type(queries[0].srs), begun(_geojson(selections, links), totals(selections)[1]))
    names = [query.published.name for query in queries]
    writers = [
        gml_writer(query, base, endpoint, names[:place].count(names[place])) for place, query in enumerate(queries)
    ]
    return Answer(writers[0].media_type, begun(_gml(selections, writers, links), totals(selections)[1]))


def _table_answer(queries: Sequence[FeatureQuery], tables: Tables) -> Answer:
    """Return the features as a table or a file; these hold one feature type, and say no numbers of features."""
    query = queries[0]
    why = tr("This format holds features of one type.") if len(queries) > 1 else ""
    why = tr("This format cannot say how many features match.") if query.hits else why
    if why:
        raise invalid("outputFormat", query.form, why, tr("Ask for GML or GeoJSON."))
    (selection,) = pages(queries, tables)
    if query.form == CSV_FORMAT:
        return _csv_answer(selection)
    file = SentFile(selection)
    return Answer(file.media_type, file.pieces(), file.name, file.close)


def _csv_answer(selection: Selection) -> Answer:
    query, published = selection.query, selection.query.published
    writer = CsvWriter(published.name, published.schema.geometry if query.geometry else "", query.columns, query.srs)
    pieces = pieces_of(writer.head(), [Section(writer, projected_batches(selection))], b"")
    return Answer(CSV_TYPE, begun(pieces, selection.returned), published.name.feature_prefix + ".csv")


def begun(pieces: Iterator[bytes], features: int) -> Body:
    """Return a body whose first piece is made already: an error in it can still be told by a report.

    One of few features comes as a whole.
    """
    held = [next(pieces)]
    while features <= FIRST and sum(map(len, held)) <= _WHOLE:
        piece = next(pieces, None)
        if piece is None:
            return b"".join(held)
        held.append(piece)
    return chain(held, pieces)


@dataclass(frozen=True)
class Section:
    """The features of one query, and what stands around them."""

    writer: Writer
    batches: Iterator[Batch]
    before: bytes = b""
    after: bytes = b""


def pieces_of(head: bytes, sections: Iterable[Section], tail: bytes) -> Iterator[bytes]:
    """Yield the head, the features of each section, batch by batch, and the tail."""
    held = head  # what is short goes with the features that follow
    for section in sections:
        held += section.before
        for batch in section.batches:
            yield held + section.writer.features(batch)
            held = b""
        held += section.after
    yield held + tail


def _geojson(selections: Sequence[Selection], links: Dict[str, str]) -> Iterator[bytes]:
    matched, returned = totals(selections)
    sections, written = [], 0
    for selection in selections:
        writer = _geojson_writer(selection.query, continued=written > 0)
        sections.append(Section(writer, projected_batches(selection)))
        written += selection.returned
    writer = _geojson_writer(selections[0].query)
    return pieces_of(writer.head(matched, returned, timestamp(), links), sections, writer.tail())


def _geojson_writer(query: FeatureQuery, continued: bool = False) -> GeoJsonWriter:
    return GeoJsonWriter(query.published.name, query.columns, query.srs, continued)


def _gml(selections: Sequence[Selection], writers: Sequence[GmlWriter], links: Dict[str, str]) -> Iterator[bytes]:
    """Return the collection; that of version 2.0.0 holds one for each of several queries (09-025r2 §11.3.3.6)."""
    time = timestamp()
    nested = len(selections) > 1 and writers[0].nests
    sections = []
    for selection, writer in zip(selections, writers):
        before, after = writer.nested(selection.matched, selection.returned, time) if nested else (b"", b"")
        sections.append(Section(writer, projected_batches(selection), before, after))
    head = collection_head(writers, *totals(selections), time, links)
    return pieces_of(head, sections, writers[0].tail())


def totals(selections: Sequence[Selection]) -> Tuple[int, int]:
    """Return how many features match, and how many are sent."""
    return sum(one.matched for one in selections), sum(one.returned for one in selections)


def single_feature(query: FeatureQuery, tables: Tables, base: str, endpoint: str) -> Optional[Answer]:
    """Return the one feature that the query's key names, as a document of its own; None where there is none."""
    selection = selected(query, tables).page(0, 1)
    if selection.matched == 0:
        return None
    if query.form in TABLE_FORMATS:
        return _table_answer([query], tables)
    batch = next(projected_batches(selection))
    if query.form == GEOJSON_FORMAT:
        return Answer(geojson_media_type(query.srs), _geojson_writer(query).features(batch))
    writer = gml_writer(query, base, endpoint)
    return Answer(writer.media_type, writer.feature(batch))


def page_links(selections: Sequence[Selection], endpoint: str, parameters: Parameters) -> Dict[str, str]:
    """Return the requests for the pages after and before this one (09-025r2 §7.7.4.4)."""
    links: Dict[str, str] = {}
    start, count = selections[0].query.start, selections[0].query.count
    if not count:
        return links

    def page(begin: int, size: int) -> str:
        values = {name: value for name, value in parameters.values.items() if name not in _PAGING}
        values.update(count=str(size), startIndex=str(begin))
        return f"{endpoint}?{urlencode(values)}"

    matched, returned = totals(selections)
    start = min(start, matched)
    if start + returned < matched:
        links["next"] = page(start + returned, count)
    if start > 0:
        links["previous"] = page(max(0, start - count), min(count, start))
    return links
