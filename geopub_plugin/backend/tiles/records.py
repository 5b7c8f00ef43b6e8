"""Attributes as tags: every distinct value encoded once, every feature a row of (key, value) numbers (MVT 2.1, 4.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

import numpy as np

from ..features.batch import Batch, Column
from ..features.ragged import aranges, starts_of
from ..features.schema import ColumnKind, Field
from .varint import varint

_SHORT = [b"\x22" + bytes([n + 2]) + b"\x0a" + bytes([n]) for n in range(126)]  # field 4: values, then string_value


@dataclass(frozen=True)
class Records:
    """N features without their shapes."""

    fids: np.ndarray  # int64 (N,) ascending
    tag_start: np.ndarray  # int64 (N+1,)
    tag_key: np.ndarray  # int64 (T,) place of the attribute
    tag_value: np.ndarray  # int64 (T,) place of the value
    value_start: np.ndarray  # int64 (G+1,)
    value_bytes: np.ndarray  # uint8 (B,) fields `values` of a layer, each with tag and length; all different

    def __len__(self) -> int:
        return len(self.fids)

    def take(self, rows: np.ndarray) -> Records:
        """Return the features of these rows (int64, ascending), with the values that they use."""
        counts = np.diff(self.tag_start)[rows]
        tags = aranges(self.tag_start[rows], counts)
        used, value = np.unique(self.tag_value[tags], return_inverse=True)
        sizes = np.diff(self.value_start)[used]
        return Records(
            self.fids[rows], starts_of(counts), self.tag_key[tags], value, starts_of(sizes),
            self.value_bytes[aranges(self.value_start[used], sizes)],
        )  # fmt: skip

    def in_order(self, order: np.ndarray) -> Records:
        """Return the same features in another order (int64 (N,) rows)."""
        counts = np.diff(self.tag_start)[order]
        tags = aranges(self.tag_start[order], counts)
        return Records(
            self.fids[order], starts_of(counts), self.tag_key[tags], self.tag_value[tags], self.value_start,
            self.value_bytes,
        )  # fmt: skip

    def values(self) -> List[bytes]:
        """Return every value by itself."""
        joined, edges = self.value_bytes.tobytes(), self.value_start.tolist()
        return [joined[a:b] for a, b in zip(edges, edges[1:])]


def written(fields: Sequence[Field]) -> Tuple[Field, ...]:
    """Return the fields that a tile can hold: all but blobs."""
    return tuple(field for field in fields if field.kind is not ColumnKind.BLOB)


def records_of(batches: Sequence[Batch], fields: Sequence[Field]) -> Records:
    """Return the records of all the batches of one table; at least one batch."""
    fids = np.concatenate([batch.fids for batch in batches])
    numbers: Dict[bytes, int] = {}
    columns = np.full((len(fids), len(fields)), -1, np.int64)  # (N, A) numbers of values, -1 for NULL
    for place, field in enumerate(fields):
        first = 0
        for batch in batches:
            column = batch.columns[field.name]
            codes, values = _factorised(column)
            known = np.fromiter((numbers.setdefault(value, len(numbers)) for value in values), np.int64, len(values))
            there = codes if column.null is None else np.where(column.null, -1, codes)
            columns[first : first + len(batch), place] = np.where(there >= 0, known[there], -1) if len(known) else -1
            first += len(batch)
    row, key = np.nonzero(columns >= 0)
    return Records(
        fids, starts_of(np.bincount(row, minlength=len(fids))), key, columns[row, key], *_stored(list(numbers))
    )


def joined_records(several: Sequence[Records]) -> Records:
    """Return the records of several blocks as one, one after the other."""
    numbers: Dict[bytes, int] = {}
    tags = []
    for one in several:
        values = one.values()
        known = np.fromiter((numbers.setdefault(value, len(numbers)) for value in values), np.int64, len(values))
        tags.append(known[one.tag_value])
    return Records(
        np.concatenate([one.fids for one in several]),
        starts_of(np.concatenate([np.diff(one.tag_start) for one in several])),
        np.concatenate([one.tag_key for one in several]),
        np.concatenate(tags),
        *_stored(list(numbers)),
    )


def _stored(values: List[bytes]) -> Tuple[np.ndarray, np.ndarray]:
    sizes = np.fromiter(map(len, values), np.int64, len(values))
    return starts_of(sizes), np.frombuffer(b"".join(values), np.uint8)


def _factorised(column: Column) -> Tuple[np.ndarray, List[bytes]]:
    """Return a number for each row (int64 (N,), -1 for what a tile cannot hold) and the distinct values, encoded."""
    if column.kind is ColumnKind.BLOB:
        return np.full(len(column.values), -1, np.int64), []
    if column.values.dtype == object:
        texts = column.values.tolist()
        distinct = dict.fromkeys(texts)
        place = {text: number for number, text in enumerate(distinct)}
        return np.fromiter(map(place.__getitem__, texts), np.int64, len(texts)), [_text(text) for text in distinct]
    distinct_values, codes = np.unique(column.values, return_inverse=True)
    if column.kind is ColumnKind.BOOLEAN:
        return codes, [b"\x22\x02\x38\x01" if value else b"\x22\x02\x38\x00" for value in distinct_values.tolist()]
    if column.kind is ColumnKind.REAL:
        codes = np.where(np.isfinite(column.values), codes, -1)  # JSON, where attributes end up, has no NaN
        return codes, [b"\x22\x09\x19" + struct.pack("<d", value) for value in distinct_values.tolist()]
    return codes, [_integer(value) for value in distinct_values.tolist()]


def _text(text: str) -> bytes:
    octets = text.encode("utf-8", "replace")
    if len(octets) < len(_SHORT):
        return _SHORT[len(octets)] + octets
    value = b"\x0a" + varint(len(octets)) + octets
    return b"\x22" + varint(len(value)) + value


def _integer(number: int) -> bytes:
    """Return uint_value for what is not negative, sint_value for what is."""
    value = b"\x28" + varint(number) if number >= 0 else b"\x30" + varint(-2 * number - 1)
    return b"\x22" + bytes([len(value)]) + value
