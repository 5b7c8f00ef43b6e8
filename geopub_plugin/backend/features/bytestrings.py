"""Texts of a whole batch, put together from columns of pieces; none of them becomes an object of Python.

A column of texts is where they lie in a buffer (`Texts`). The lengths of all rows are known before anything is written,
so each column is moved to its places in a few passes (`laid`), and constants are written between. What is made of
numbers comes as *rows* of fixed width, padded with NUL, which are squeezed in one pass. Nothing in XML or JSON may be
NUL or U+0001, so both serve as marks between texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, List, Sequence, Union

import numpy as np

from .ragged import starts_of

END = b"\x01"  # after each text, while many are one
_SHORT, _LONG = 64, 4096  # bytes: up to one it does not matter how many are moved; from the other on, one by one
_FEW = 32  # texts that are moved one by one
_SPARSE = 40  # bytes for each NUL, from which on it is faster to look for them than at every byte


@dataclass(frozen=True)
class Texts:
    """N texts where they lie in a buffer, which may hold other things."""

    data: np.ndarray  # uint8 (B,)
    start: np.ndarray  # int64 (N,) first byte
    size: np.ndarray  # int64 (N,) bytes

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> Texts:
        """Return texts that are objects of Python."""
        size = np.fromiter(map(len, texts), np.int64, len(texts))
        return cls(np.frombuffer(b"".join(texts), np.uint8), starts_of(size)[:-1], size)

    @classmethod
    def ended(cls, text: bytes) -> Texts:
        """Return texts that each end with `END`."""
        data = np.frombuffer(text, np.uint8)
        end = np.flatnonzero(data == END[0])  # (N,)
        start = np.zeros(len(end), np.int64)
        start[1:] = end[:-1] + 1
        return cls(data, start, end - start)

    @classmethod
    def chosen(cls, choices: Sequence[bytes], which: np.ndarray) -> Texts:
        """Return for each of N numbers (int (N,)) the choice that it stands for."""
        every = cls.of([*choices, bytes(max(map(len, choices)))])  # so that none is at the end
        return cls(every.data, every.start[which], every.size[which])

    def taken(self, rows: np.ndarray) -> Texts:
        """Return the texts at some positions (int64), or those of a mask."""
        return Texts(self.data, self.start[rows], self.size[rows])

    def without(self, rows: np.ndarray) -> Texts:
        """Return the texts with nothing for those of a mask (bool (N,))."""
        return Texts(self.data, self.start, np.where(rows, 0, self.size))

    def replaced(self, rows: np.ndarray, others: Texts) -> Texts:
        """Return the texts with others at some positions (int64 (n,))."""
        start, size = self.start.copy(), self.size.copy()
        start[rows], size[rows] = others.start + len(self.data), others.size
        return Texts(np.concatenate([self.data, others.data]), start, size)

    def listed(self) -> List[bytes]:
        """Return the texts as objects of Python."""
        return cut(self.data.tobytes(), self.start, self.size)


def cut(data: bytes, start: np.ndarray, size: np.ndarray) -> List[bytes]:
    """Return the pieces of bytes that begin at places and have sizes: int64 (N,) each."""
    return [data[begin:end] for begin, end in zip(start.tolist(), (start + size).tolist())]


Column = Union[bytes, Texts]  # the same text in every row, or a text for each


def laid(columns: Iterable[Column], count: int) -> Texts:
    """Return `count` rows of columns side by side, one row after the other in a buffer of their own."""
    merged = _merged(columns)
    constant = sum(len(column) for column in merged if isinstance(column, bytes))
    size = np.full(count, constant)  # int64 (count,)
    for column in merged:
        if isinstance(column, Texts):
            size += column.size
    start = starts_of(size)  # (count+1,)
    data = np.empty(int(start[-1]) + _LONG, np.uint8)  # the last rows, too, may be written as if they were long
    at = start[:-1].copy()
    for place, column in enumerate(merged):
        if isinstance(column, Texts):
            _moved(column, data, at, constant if place else _LONG)
            at += column.size
        elif count:
            constant -= len(column)
            cells(data, f"V{len(column)}")[at] = np.frombuffer(column, f"V{len(column)}")
            at += len(column)
    return Texts(data[: start[-1]], start[:-1], size)


def _merged(columns: Iterable[Column]) -> List[Column]:
    """Return columns with neighbouring constants in one, and without empty ones."""
    merged: List[Column] = []
    for column in columns:
        if isinstance(column, bytes) and merged and isinstance(merged[-1], bytes):
            merged[-1] += column
        elif not isinstance(column, bytes) or column:
            merged.append(column)
    return merged


def cells(data: np.ndarray, kind: str) -> np.ndarray:
    """Return the values of a type that begin at each byte of a buffer (uint8 (B,)), one over the other.

    As many as fit: (B - width + 1,). "V12" are texts of twelve bytes.
    """
    return np.ndarray((len(data) - np.dtype(kind).itemsize + 1,), kind, data, strides=(1,))


def _moved(texts: Texts, data: np.ndarray, at: np.ndarray, room: int) -> None:
    """Write texts into a buffer (uint8), each from a byte on (int64 (N,), ascending).

    Texts of about one length are moved at once, all as if they were the longest: what follows a shorter one is written
    afterwards, if there is `room` for it (bytes behind each text in which nothing is written yet). Others are moved by
    the power of two below their length, twice: from their first byte on, and up to their last (so does memcpy).
    """
    shortest, longest = int(texts.size.min(initial=_LONG)), int(texts.size.max(initial=0))
    limit = len(texts.data) - longest  # where the longest could still begin
    if longest == 0:
        return
    alike = longest <= _SHORT or longest * len(texts) <= 2 * int(texts.size.sum())
    if alike and longest - shortest <= room and limit >= 0:
        late = np.flatnonzero(texts.start > limit).tolist()
        if longest < _LONG and len(late) <= _FEW:
            begin = np.minimum(texts.start, limit) if late else texts.start
            cells(data, f"V{longest}")[at] = cells(texts.data, f"V{longest}")[begin]
            _copied(texts, data, at, late)
            return
    power = np.frexp(texts.size)[1]  # (N,) 0 for nothing, 1 for one byte, 2 for two and three, …
    for one in np.flatnonzero(np.bincount(power)).tolist():
        rows, width = np.flatnonzero(power == one), 1 << one >> 1
        if width >= _LONG:
            _copied(texts, data, at, rows.tolist())
        elif width:
            source, target = cells(texts.data, f"V{width}"), cells(data, f"V{width}")
            begin, to, rest = texts.start[rows], at[rows], texts.size[rows] - width
            target[to] = source[begin]
            target[to + rest] = source[begin + rest]


def _copied(texts: Texts, data: np.ndarray, at: np.ndarray, rows: List[int]) -> None:
    """Write the texts of some rows, one by one."""
    for row in rows:
        begin, to, size = int(texts.start[row]), int(at[row]), int(texts.size[row])
        data[to : to + size] = texts.data[begin : begin + size]


# Rows of fixed width --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Overlaid:
    """A field of rows made of words that may lie over one another; the later ones count."""

    width: int  # bytes
    words: Sequence[np.ndarray]  # (n,) each, of any type
    places: Sequence[int]  # first byte of each in the field


Piece = Union[bytes, np.ndarray, Overlaid]


def pack(pieces: Sequence[Piece], count: int) -> np.ndarray:
    """Return `count` rows of pieces side by side: a structured array (count,).

    A piece is the same bytes in every row, a column of words (uint32) or of bytes (uint8, or S of any width), or
    several columns that overlap.
    """
    values: List[Union[bytes, np.ndarray]] = []
    offsets: List[int] = []
    at = 0
    for piece in pieces:
        if isinstance(piece, Overlaid):
            values += piece.words
            offsets += [at + place for place in piece.places]
            at += piece.width
        elif len(piece):
            values.append(piece)
            offsets.append(at)
            at += len(piece) if isinstance(piece, bytes) else piece.itemsize
    names = [f"piece{place}" for place in range(len(values))]
    formats = [f"S{len(value)}" if isinstance(value, bytes) else value.dtype.str for value in values]
    rows = np.empty(count, np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": at}))
    for name, value in zip(names, values):
        rows[name] = value
    return rows


def squeezed(rows: np.ndarray) -> bytes:
    """Return the bytes of packed rows without their NULs."""
    codes = rows.view(np.uint8) if rows.itemsize else np.empty(0, np.uint8)
    sparse = _SPARSE * (len(codes) - int(np.count_nonzero(codes))) < len(codes)
    return rows.tobytes().replace(b"\0", b"") if sparse else rows.tobytes().translate(None, b"\0")


def row_texts(pieces: Sequence[Piece], count: int) -> Texts:
    """Return the text of each row: `count` of them."""
    return Texts.ended(squeezed(pack([*pieces, END], count)))
