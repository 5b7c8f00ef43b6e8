"""Rows turned into batches, as SQLite hands them out or as its pages hold them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from ..errors import InvalidInput
from ..translation import tr
from .batch import Batch, Geometries
from .columns import column, stored_column
from .ragged import starts_of
from .schema import TableSchema
from .sqlite_pages import TablePages
from .sqlite_records import BLOB, NULL, NotPlain, Records
from .wkb import parse, parse_located

_CAREFUL, _TRUSTING = 16, 256  # rows looked at together, while nothing is known of their weight and later
_EMPTY_BLOB = 12  # type of a value without bytes


@dataclass(frozen=True)
class Asked:
    """What is asked of each row."""

    names: Sequence[str]
    geometry: bool
    heaviest: Optional[int] = None  # bytes of the geometries of a batch, after which it ends
    encoded: bool = False  # texts may be as the file has them

    def places(self, pages: TablePages, schema: TableSchema) -> List[int]:
        """Return where what is asked for stands in the rows of pages."""
        names = [schema.geometry, *self.names] if self.geometry else self.names
        if not pages.places.keys() >= set(names):
            raise NotPlain("no such column")
        return [pages.places[name] for name in names]

    def weighed(self, rows: Iterator[Tuple[Any, ...]], sizes: Iterator[int]) -> Iterator[List[Tuple[Any, ...]]]:
        """Yield rows as many at a time as the sizes say; fewer where they are heavy."""
        light = self.heaviest is None or not self.geometry
        size = next(sizes)
        some: List[Tuple[Any, ...]] = []
        weight, step = 0, size if light else _CAREFUL
        while True:
            more = list(islice(rows, min(step, size - len(some))))
            added = 0 if light else sum([len(row[1]) for row in more if row[1]])
            some, weight = some + more, weight + added
            if some and (not more or len(some) >= size or (not light and weight >= (self.heaviest or 0))):
                yield some
                some, weight, size = [], 0, next(sizes)
            if not more:
                return
            careful = 4 * added > (self.heaviest or 0)
            step = size if light else _CAREFUL if careful else min(2 * step, _TRUSTING)


def walked_batch(rows: Sequence[Tuple[Any, ...]], schema: TableSchema, asked: Asked) -> Batch:
    """Return the batch of rows of values: the key, the geometry if it is asked for, the columns."""
    values = list(zip(*rows))
    fields = (schema.field(name) for name in asked.names)
    first = 2 if asked.geometry else 1
    return Batch(
        fids=_keys(values[0], schema),
        geometries=parse(_blobs(values[1])) if asked.geometry else _without_geometry(len(rows)),
        columns={f.name: column(f.kind, values[first + place]) for place, f in enumerate(fields) if f is not None},
    )


def _keys(values: Sequence[Any], schema: TableSchema) -> np.ndarray:
    """Return keys: int64 (n,); raise InvalidInput where a view has rows whose key is none."""
    try:
        return np.array(values, np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(
            tr("“{table}” has rows without a key.", table=schema.name),
            tr("Its column “{column}” tells the rows apart; in some of them it is empty, or holds no whole number.",
               column=schema.fid),
            tr("Have the view leave these rows out, or save it as a table in QGIS (Export ▸ Save Features As…)."),
        ) from error  # fmt: skip


def _blobs(values: Sequence[Any]) -> Sequence[Optional[bytes]]:
    """Return the values of a geometry column; what is no blob, for SQLite lets any value into it, is an empty one."""
    if set(map(type, values)) <= {bytes, type(None)}:
        return values
    return [value if value is None or isinstance(value, bytes) else b"" for value in values]


def stored_batch(records: Records, schema: TableSchema, asked: Asked) -> Batch:
    """Return the batch of rows as pages hold them, whose values are those of `Asked.places`.

    Raises:
        NotPlain: a value is of a foreign type, or they are too heavy for one batch.
        MalformedGeometry: a geometry is not one, or is in a form that is rewritten first (`spatialite`).
    """
    geometries, first = _without_geometry(len(records.keys)), 0
    if asked.geometry:
        stored, first = records.values[0], 1
        if not stored.found() <= {NULL, BLOB} or (stored.types == _EMPTY_BLOB).any():
            raise NotPlain(schema.geometry)
        if asked.heaviest is not None and int(stored.size.sum()) > asked.heaviest:
            raise NotPlain("heavier than its pages")  # SQLite hands out a part of them at a time
        geometries = parse_located(records.data, stored.start, stored.start + stored.size)
    fields = (schema.field(name) for name in asked.names)
    return Batch(
        fids=records.keys,
        geometries=geometries,
        columns={
            field.name: stored_column(field.kind, records, first + place, asked.encoded)
            for place, field in enumerate(fields)
            if field is not None
        },
    )


def _without_geometry(count: int) -> Geometries:
    """Return `count` NULL geometries."""
    none = np.zeros(0)
    return Geometries(
        none, none, starts_of(none), starts_of(none), np.zeros(0, np.uint8), np.zeros(count + 1, np.int64),
        np.zeros(count, np.uint8),
    )  # fmt: skip
