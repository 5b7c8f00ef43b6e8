"""GetFeature answers, streamed: the memory they take is that of one batch, however large the table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Dict, Iterator, Optional, Sequence, Union
from urllib.parse import urlencode

import numpy as np

from ...errors import InvalidInput
from ...features.batch import Batch, Column
from ...features.geopackage import GeoPackageTable
from ...features.projection import Projection
from ...features.ragged import take
from ..owscommon import Parameters, invalid
from .geojson import GeoJsonWriter
from .geojson import media_type as geojson_media_type
from .gml import GML_31, GML_32, GmlWriter
from .ordering import sorted_keys
from .queries import GEOJSON_FORMAT, GML_32_FORMAT, FeatureQuery
from .reference_systems import projection
from .tables import Tables

FIRST = 500  # features in the first piece, so that it leaves at once
SIZE = 3_000  # features in the others: their columns stay in the processor's cache
Writer = Union[GmlWriter, GeoJsonWriter]


@dataclass(frozen=True)
class Answer:
    """A body in pieces, and its media type."""

    media_type: str
    pieces: Iterator[bytes]


@dataclass(frozen=True)
class _Selection:
    """How many features match, and the keys of those to send where they are known (None: rows of the whole table)."""

    matched: int
    keys: Optional[Sequence[int]]
    start: int
    returned: int


def _selection(query: FeatureQuery, tables: Tables) -> _Selection:
    table = tables.table(query.published.type)
    keys: Optional[np.ndarray] = None
    if query.bounds is not None:
        keys = table.fids_within(query.bounds)
    if query.fids is not None:
        keys = _existing(table, query.fids)
    if query.condition is not None:
        keys = table.fids_where(query.condition)
    matched = tables.count(query.published.type) if keys is None else len(keys)
    start = min(query.start, matched)
    returned = 0 if query.hits else matched - start if query.count is None else min(query.count, matched - start)
    if query.order and returned:
        return _Selection(matched, sorted_keys(table, query.order, keys, start, returned), start, returned)
    return _Selection(matched, None if keys is None else keys[start : start + returned].tolist(), start, returned)


def _existing(table: GeoPackageTable, fids: Sequence[int]) -> np.ndarray:
    found = [batch.fids for batch in table.batches(columns=(), geometry=False, fids=sorted(set(fids)))]
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _batches(query: FeatureQuery, table: GeoPackageTable, selection: _Selection) -> Iterator[Batch]:
    """Yield the selected features: a few first, then batch after batch."""
    fields, geometry = query.fields, query.geometry
    if selection.keys is None:
        first = min(FIRST, selection.returned)
        yield from table.batches(fields, offset=selection.start, limit=first, size=FIRST, geometry=geometry)
        rest = selection.returned - first
        if rest:
            yield from table.batches(
                fields, offset=selection.start + first, limit=rest, size=SIZE, geometry=geometry
            )  # fmt: skip
        return
    begin, size = 0, FIRST
    while begin < len(selection.keys):
        keys = selection.keys[begin : begin + size]
        for batch in table.batches(fields, size=size, geometry=geometry, fids=keys):
            yield _in_order(batch, keys) if query.order else batch
        begin, size = begin + size, SIZE


def _in_order(batch: Batch, keys: Sequence[int]) -> Batch:
    """Return the rows of a batch in the order of these keys."""
    wanted = np.asarray(keys, np.int64)
    place = np.empty(len(wanted), np.int64)  # (N,) row of each key; the batch is in ascending order of them
    place[np.argsort(wanted, kind="stable")] = np.arange(len(wanted))
    columns = {
        name: Column(column.kind, column.values[place], None if column.null is None else column.null[place])
        for name, column in batch.columns.items()
    }
    return Batch(batch.fids[place], take(batch.geometries, place), columns)


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


def _writer(query: FeatureQuery, base: str, endpoint: str) -> Writer:
    published = query.published
    if query.form == GEOJSON_FORMAT:
        fields = [field for field in published.schema.fields if field.name in query.fields]
        return GeoJsonWriter(published.name, fields, query.srs)
    dialect, version = (GML_32, "2.0.0") if query.form == GML_32_FORMAT else (GML_31, "1.1.0")
    describe = {"service": "WFS", "version": version, "request": "DescribeFeatureType"}
    describe["typeNames" if dialect is GML_32 else "typeName"] = published.name.text
    url = f"{endpoint}?{urlencode(describe)}"
    return GmlWriter(published.name, base, published.schema, query.fields, query.srs, dialect, url)


def feature_answer(query: FeatureQuery, tables: Tables, base: str, endpoint: str, parameters: Parameters) -> Answer:
    """Return the features as a collection; what can fail has failed, or not, when this returns."""
    selection = _selection(query, tables)
    writer = _writer(query, base, endpoint)
    way = _way(query)
    batches = _batches(query, tables.table(query.published.type), selection)
    links = {} if query.hits else _links(query, selection, endpoint, parameters)
    time = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    head = writer.head(selection.matched, selection.returned, time, links)
    first = next(batches, None) if selection.returned else None
    begun = head + (writer.features(_projected(first, way)) if first is not None else b"")

    def pieces() -> Iterator[bytes]:
        yield begun
        if first is not None:
            for batch in batches:
                yield writer.features(_projected(batch, way))
        yield writer.tail()

    media = geojson_media_type(query.srs) if query.form == GEOJSON_FORMAT else writer.media_type
    return Answer(media, pieces())


def single_feature(query: FeatureQuery, tables: Tables, base: str, endpoint: str) -> Optional[Answer]:
    """Return the one feature that the query's key names, as a document of its own; None where there is none."""
    selection = _selection(query, tables)
    if selection.matched == 0:
        return None
    writer = _writer(query, base, endpoint)
    batch = next(_batches(query, tables.table(query.published.type), selection))
    batch = _projected(batch, _way(query))
    if isinstance(writer, GmlWriter):
        return Answer(writer.media_type, iter([writer.feature(batch)]))
    return Answer(geojson_media_type(query.srs), iter([writer.features(batch)]))


def _links(query: FeatureQuery, selection: _Selection, endpoint: str, parameters: Parameters) -> Dict[str, str]:
    """Return the requests for the pages after and before this one (09-025r2 §7.7.4.4)."""
    links: Dict[str, str] = {}
    if not query.count:
        return links

    def page(start: int, count: int) -> str:
        values = {name: value for name, value in parameters.values.items() if name not in _PAGING}
        values.update(count=str(count), startIndex=str(start))
        return f"{endpoint}?{urlencode(values)}"

    if selection.start + selection.returned < selection.matched:
        links["next"] = page(selection.start + selection.returned, query.count)
    if selection.start > 0:
        links["previous"] = page(max(0, selection.start - query.count), min(query.count, selection.start))
    return links


_PAGING = ("count", "maxfeatures", "startindex")
