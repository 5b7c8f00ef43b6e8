"""Attributes as tags: every distinct value encoded once, every feature a row of (key, value) numbers (MVT 2.1, 4.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import chain
from operator import add
from typing import Dict, List, Sequence, Tuple

import numpy as np

from ..features.batch import Batch, Column
from ..features.ragged import aranges, starts_of
from ..features.schema import ColumnKind, Field
from .distinct_values import distinct_values
from .varint import varint, varint_sizes, varints

_SHORT = [b"\x22" + bytes([n + 2]) + b"\x0a" + bytes([n]) for n in range(126)]  # field 4: values, then string_value

_LENGTH = [bytes([n]) for n in range(16)]


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
        there = np.zeros(len(self.value_start) - 1, bool)
        there[self.tag_value[tags]] = True
        used, number = np.flatnonzero(there), np.cumsum(there) - 1
        sizes = np.diff(self.value_start)[used]
        return Records(
            self.fids[rows], starts_of(counts), self.tag_key[tags], number[self.tag_value[tags]], starts_of(sizes),
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
    found = [(place, batch.columns[field.name]) for place, field in enumerate(fields) for batch in batches]
    factorised = [_factorised(column) for _, column in found]
    numbers = _numbers([values for _, values in factorised])
    columns = np.full((len(fields), len(fids)), -1, np.int64)  # (A, N) numbers of values, -1 for NULL
    first = 0
    for (place, column), (codes, values) in zip(found, factorised):
        first = 0 if first == len(fids) else first
        last = first + len(column.values)
        if values:
            there = codes >= 0 if column.null is None else (codes >= 0) & ~column.null
            columns[place, first:last] = np.where(there, _known(values, numbers)[codes], -1)
        first = last
    row, key = np.nonzero(columns.T >= 0)
    counts = np.bincount(row, minlength=len(fids))
    return Records(fids, starts_of(counts), key, columns[key, row], *_stored(list(numbers)))


def joined_records(several: Sequence[Records]) -> Records:
    """Return the records of several blocks as one, one after the other."""
    starts = starts_of(np.concatenate([np.diff(one.value_start) for one in several]))
    octets = np.concatenate([one.value_bytes for one in several])
    shifts = np.cumsum([0] + [len(one.value_start) - 1 for one in several])
    number, first = distinct_values(starts, octets)
    sizes = np.diff(starts)[first]
    return Records(
        np.concatenate([one.fids for one in several]),
        starts_of(np.concatenate([np.diff(one.tag_start) for one in several])),
        np.concatenate([one.tag_key for one in several]),
        number[np.concatenate([one.tag_value + shift for one, shift in zip(several, shifts)])],
        starts_of(sizes), octets[aranges(starts[first], sizes)],
    )  # fmt: skip


def values_numbered(several: Sequence[List[bytes]]) -> Tuple[Tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Return the distinct values of several lists as `Records` stores them, and the number of each: int64 (n,)."""
    numbers = _numbers(several)
    known = [_known(own, numbers) for own in several]
    return _stored(list(numbers)), np.concatenate([np.zeros(0, np.int64), *known])


def _numbers(values: Sequence[List[bytes]]) -> Dict[bytes, int]:
    """Number the distinct values of several lists in the order of their first place."""
    distinct = dict.fromkeys(chain.from_iterable(values))
    return dict(zip(distinct, range(len(distinct))))


def _known(values: List[bytes], numbers: Dict[bytes, int]) -> np.ndarray:
    """Return the number of each value: int64 (n,)."""
    return np.array(list(map(numbers.__getitem__, values)), np.int64)


def _stored(values: List[bytes]) -> Tuple[np.ndarray, np.ndarray]:
    sizes = np.array(list(map(len, values)), np.int64)
    return starts_of(sizes), np.frombuffer(b"".join(values), np.uint8)


def _factorised(column: Column) -> Tuple[np.ndarray, List[bytes]]:
    """Return a number for each row (int64 (N,), -1 for what a tile cannot hold) and the distinct values, encoded."""
    if column.kind is ColumnKind.BLOB:
        return np.full(len(column.values), -1, np.int64), []
    if column.values.dtype == object:
        texts = column.values.tolist()
        distinct = dict.fromkeys(texts)
        place = dict(zip(distinct, range(len(distinct))))
        return np.array(list(map(place.__getitem__, texts)), np.int64), _texts(list(distinct))
    distinct_values, codes = np.unique(column.values, return_inverse=True)
    if column.kind is ColumnKind.BOOLEAN:
        return codes, [b"\x22\x02\x38\x01" if value else b"\x22\x02\x38\x00" for value in distinct_values.tolist()]
    if column.kind is ColumnKind.REAL:
        codes = np.where(np.isfinite(column.values), codes, -1)  # JSON, where attributes end up, has no NaN
        return codes, [b"\x22\x09\x19" + struct.pack("<d", value) for value in distinct_values.tolist()]
    return codes, _integers(distinct_values)


def _texts(texts: List[str]) -> List[bytes]:
    """Return string_value for each text."""
    octets = "\0".join(texts).encode("utf-8", "replace").split(b"\0")  # all at once: a tenth of the time
    if len(octets) != len(texts):  # a text holds a NUL, or there is none
        octets = [text.encode("utf-8", "replace") for text in texts]
    sizes = list(map(len, octets))
    if max(sizes, default=0) < len(_SHORT):
        return list(map(add, map(_SHORT.__getitem__, sizes), octets))
    return [_SHORT[size] + one if size < len(_SHORT) else _long(one) for size, one in zip(sizes, octets)]


def _long(octets: bytes) -> bytes:
    value = b"\x0a" + varint(len(octets)) + octets
    return b"\x22" + varint(len(value)) + value


def _integers(numbers: np.ndarray) -> List[bytes]:
    """Return uint_value for each number (int64 (n,)) that is not negative, sint_value for what is."""
    negative = numbers < 0
    unsigned = np.where(negative, ~numbers, numbers).astype(np.uint64)
    unsigned[negative] = (unsigned[negative] << np.uint64(1)) | np.uint64(1)
    sizes = varint_sizes(unsigned)
    octets = varints(unsigned, sizes).tobytes()
    edges = starts_of(sizes).tolist()
    tags = [b"\x30" if one else b"\x28" for one in negative.tolist()]
    return [b"\x22" + _LENGTH[b - a + 1] + tag + octets[a:b] for a, b, tag in zip(edges, edges[1:], tags)]
