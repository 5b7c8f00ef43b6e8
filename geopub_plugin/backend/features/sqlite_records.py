"""Rows as they lie in the leaf pages of a SQLite table: where each value begins, and what it is.

Source: "Database File Format" (sqlite.org/fileformat2.html) §1.6 cells of pages, §2.1 records. Whatever a damaged file
may say is held against the room that there is: each row lies within its page, each value within its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, List, Sequence, Set, Tuple

import numpy as np

from .bytestrings import cells
from .ragged import row_numbers, starts_of
from .wkb_blobs import AHEAD

if TYPE_CHECKING:
    from .sqlite_overflow import OverflowPages

NULL, INTEGER, REAL, BLOB, TEXT, OTHER = range(6)  # classes of values
DAMAGED = "damaged"
_MOST = 1 << 12  # types that are looked up: of values up to two kilobytes
_SIZES = np.concatenate([[0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0], np.arange(_MOST) >> 1])  # bytes, by type
_CLASSES = np.concatenate(
    [[NULL, *[INTEGER] * 6, REAL, INTEGER, INTEGER, OTHER, OTHER], np.tile([BLOB, TEXT], _MOST // 2)]
)
_LEAST_CELL = 4  # bytes
NUMBER = 4  # bytes of the number of a page
_POINTER = 2  # bytes
_LONGEST_SIZE = 5  # bytes of a size or a type, which are less than 2**32
_ELSEWHERE = 2  # times the bytes of the pages: SQLite reads tables that are mostly of larger rows in no more time


class NotPlain(Exception):
    """The rows are stored in a way that is left to SQLite."""


def require(sound: bool) -> None:
    """Raise NotPlain where a file does not say what it must."""
    if not sound:
        raise NotPlain(DAMAGED)


@dataclass(frozen=True)
class Values:
    """One column of N rows: where its values are among the bytes of the pages."""

    types: np.ndarray  # int64 (N,) serial types
    start: np.ndarray  # int64 (N,) first byte
    size: np.ndarray  # int64 (N,) bytes

    def classes(self) -> np.ndarray:
        """Return what each value is: int64 (N,) of NULL to OTHER."""
        return _CLASSES.take(np.where(self.types < _MOST, self.types, _MOST | self.types & 1))

    def found(self) -> Set[int]:
        """Return the classes that occur."""
        return set(np.flatnonzero(np.bincount(self.classes())).tolist())

    def taken(self, rows: np.ndarray) -> Values:
        """Return the values of some rows (a slice, positions or a mask)."""
        return Values(self.types[rows], self.start[rows], self.size[rows])


@dataclass(frozen=True)
class Records:
    """N rows, in the order of their keys."""

    data: bytes  # of their pages, of those rows that go on in others, and `AHEAD` more
    keys: np.ndarray  # int64 (N,)
    values: List[Values]  # of each column asked for

    def taken(self, rows: np.ndarray) -> Records:
        """Return some of the rows."""
        return Records(self.data, self.keys[rows], [values.taken(rows) for values in self.values])


@dataclass(frozen=True)
class Pages:
    """P pages one after the other, the last followed by `AHEAD` more bytes."""

    data: bytes
    size: int  # bytes of a page
    usable: int  # of them
    overflow: OverflowPages

    def require(self, kind: int) -> None:
        """Raise NotPlain where a page is not of this kind."""
        kinds = set(self.data[: len(self) * self.size : self.size])
        if kinds - {kind}:
            raise NotPlain("no table with a rowid")

    def __len__(self) -> int:
        return len(self.data) // self.size

    @property
    def codes(self) -> np.ndarray:
        """The bytes: uint8 (B,)."""
        return np.frombuffer(self.data, np.uint8)

    def cells(self, head: int) -> Tuple[np.ndarray, np.ndarray]:
        """Return how many cells the pages have (P,), and the first byte of each cell, in order: int64 (n,).

        Raises:
            NotPlain: there is no room for as many, or one is not within its page.
        """
        codes, base = self.codes, np.arange(len(self)) * self.size  # (P,)
        count = big_endian(codes, base + 3, 2)
        require(head + int(count.max()) * (_POINTER + _LEAST_CELL) <= self.usable)
        first = starts_of(count)
        page = row_numbers(count)
        place = np.arange(first[-1]) - first[:-1].take(page)
        begin = base.take(page)
        offset = big_endian(codes, begin + head + _POINTER * place, 2)
        require(int(offset.max(initial=0)) <= self.usable - _LEAST_CELL)
        return count, begin + offset

    def rows(self, head: int, columns: Sequence[int], whole: bool = True) -> Tuple[np.ndarray, Records]:
        """Return of leaves how many rows they have (P,), and the rows with the values of columns.

        Rows that go on elsewhere are put together only if they are wanted `whole`; else types and sizes alone hold.

        Raises:
            NotPlain: a row is left to SQLite.
        """
        count, cells = self.cells(head)
        payload, at = varints(self.codes, cells, _LONGEST_SIZE)
        keys, at = varints(self.codes, at)
        cells |= self.size - 1  # the last byte of its page
        limit = cells + (1 - self.size + self.usable)  # (N,)
        large = np.flatnonzero(payload > self.overflow.largest)
        data, here = self.data, payload  # (N,) bytes of rows that are among them
        if len(large) and whole:
            data, at[large] = self._whole(at[large], payload[large], limit[large])
            limit[large] = len(data)
        elif len(large):
            here = payload.copy()
            here[large] = self.overflow.in_leaf(payload[large])
        end = at + here
        require(bool((end <= limit).all()))
        codes = np.frombuffer(data, np.uint8)
        length, after = varints(codes, at, _LONGEST_SIZE)
        body = at + length
        require(bool((body <= end).all()))
        return count, Records(data, keys, _values(codes, after, body, at + payload, columns))

    def _whole(self, at: np.ndarray, payload: np.ndarray, limit: np.ndarray) -> Tuple[bytes, np.ndarray]:
        """Return the pages' bytes with rows that go on elsewhere put together behind them, and where each begins there.

        Rows (int64 (n,) each) begin `at` a byte, are of `payload` bytes, and lie before a `limit` in their page.
        """
        if int(payload.sum()) > _ELSEWHERE * len(self.data):
            raise NotPlain("overflow pages")
        edge = at + self.overflow.in_leaf(payload)  # (n,) here stands where a row goes on
        require(bool((edge + NUMBER <= limit).all()))
        parts = [self.data]
        for begin, middle, size, page in zip(*(
            one.tolist() for one in (at, edge, payload, big_endian(self.codes, edge, NUMBER))
        )):  # fmt: skip
            parts += [self.data[begin:middle], self.overflow.chain(page, size - (middle - begin))]
        return b"".join([*parts, bytes(AHEAD)]), len(self.data) + starts_of(payload)[:-1]


def _values(
    codes: np.ndarray, at: np.ndarray, body: np.ndarray, end: np.ndarray, columns: Sequence[int]
) -> List[Values]:
    """Return values of columns of records whose lists of types begin `at`, as values begin at `body`, to the `end`."""
    found = {}
    start = body
    for column in range(max(columns, default=-1) + 1):
        if (at >= body).any():
            raise NotPlain("rows older than their columns")
        types, at = varints(codes, at, _LONGEST_SIZE)
        size = _sizes(types)
        if column in columns:
            found[column] = Values(types, start, size)
        start = start + size
    require(bool(((at <= body) & (start <= end)).all()))
    return [found[column] for column in columns]


def _sizes(types: np.ndarray) -> np.ndarray:
    """Return how many bytes values of these types take: int64 (N,) both (§2.1)."""
    size = _SIZES.take(types, mode="clip")
    large = np.flatnonzero(types >= _MOST)
    size[large] = (types[large] - 12) >> 1
    return size


def varints(codes: np.ndarray, at: np.ndarray, longest: int = 9) -> Tuple[np.ndarray, np.ndarray]:
    """Return the variable-length integers at these bytes, and the bytes after them: int64 (n,) each (§1.6).

    Raises NotPlain for one of more bytes than the `longest`; it takes nine to write one that is negative.
    """
    byte = codes.take(at)
    if byte.max(initial=0) < 0x80:
        return byte.astype(np.int64), at + 1
    value, after = (byte & 0x7F).astype(np.int64), at + 1
    more = np.flatnonzero(byte > 0x7F)
    for length in range(2, longest + 1):
        if len(more) == 0:
            break
        byte = codes.take(after[more])
        after[more] += 1
        value[more] = value[more] << 8 | byte if length == 9 else value[more] << 7 | byte & 0x7F
        more = more[byte > 0x7F]
    require(longest == 9 or len(more) == 0)
    return value, after


def big_endian(codes: np.ndarray, at: np.ndarray, size: int) -> np.ndarray:
    """Return the unsigned integers of 2 or 4 bytes, the first the greatest, at these bytes: int64 (n,)."""
    return cells(codes, f">u{size}")[at].astype(np.int64)


def integers(codes: np.ndarray, values: Values) -> np.ndarray:
    """Return values of class INTEGER: int64 (N,); 0 for NULL."""
    words = _words(codes, values)
    shift = 64 - 8 * values.size  # 64 for the values 0, 1 and NULL, which have no bytes: numpy makes 0 of it
    return (words << shift >> shift) + (values.types == 9)


def reals(codes: np.ndarray, values: Values) -> np.ndarray:
    """Return values of class INTEGER or REAL: float64 (N,); NaN for NULL. SQLite keeps whole reals as integers."""
    found = np.where(values.types == 7, _words(codes, values).view(np.float64), integers(codes, values))
    found[values.types == 0] = np.nan
    return found


def _words(codes: np.ndarray, values: Values) -> np.ndarray:
    """Return the eight bytes that end where the values end: int64 (N,)."""
    return cells(codes, ">i8")[values.start + values.size - 8].astype(np.int64)
