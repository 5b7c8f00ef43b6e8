"""Texts of a whole batch, put together from columns of pieces.

Two ways, each where it is the faster one: *rows* of fixed width, padded with NUL and squeezed in one pass, for what is
made of numbers; *lists of bytes* that `bytes.join` runs together, for what is made of words. Nothing in XML or JSON
may be NUL or U+0001, so both serve as marks between texts.
"""

from __future__ import annotations

from typing import Iterable, List, Sequence, Union

import numpy as np

END = b"\x01"  # after each text, while many are one
Piece = Union[bytes, np.ndarray]


def pack(pieces: Sequence[Piece], count: int) -> np.ndarray:
    """Return `count` rows of pieces side by side: a structured array (count,).

    A piece is the same bytes in every row, or a column of words (uint32) or of bytes (uint8, or S of any width).
    """
    names = [f"piece{i}" for i in range(len(pieces))]
    formats = [f"S{len(piece)}" if isinstance(piece, bytes) else piece.dtype.str for piece in pieces]
    rows = np.empty(count, np.dtype({"names": names, "formats": formats}))
    for name, piece in zip(names, pieces):
        rows[name] = piece
    return rows


def squeezed(rows: np.ndarray) -> bytes:
    """Return the bytes of packed rows without their NULs."""
    return rows.tobytes().translate(None, b"\0")


def split(text: bytes) -> List[bytes]:
    """Return the texts that each end with `END`."""
    texts = text.split(END)
    texts.pop()
    return texts


def row_texts(pieces: Sequence[Piece], count: int) -> List[bytes]:
    """Return the text of each row: `count` of them."""
    return split(squeezed(pack([*pieces, END], count)))


def interleaved(columns: Sequence[Iterable[bytes]]) -> bytes:
    """Return the first piece of every column, then the second of every column, and so on, as one text.

    A column is a list or, where all its pieces are the same, `itertools.repeat` of it; one at least is a list.
    """
    width, rows = len(columns), next(len(column) for column in columns if isinstance(column, list))
    pieces = [b""] * (width * rows)
    for place, column in enumerate(columns):
        pieces[place::width] = column if isinstance(column, list) else [next(iter(column))] * rows
    return b"".join(pieces)
