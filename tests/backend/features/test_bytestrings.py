"""Texts put together from columns of pieces."""

from __future__ import annotations

import numpy as np

from geopub_plugin.backend.features.bytestrings import END, interleaved, pack, row_texts, split, squeezed


def test_rows_hold_constants_words_and_bytes():
    word = np.frombuffer(b"ab\0\0\0cde", np.uint32)
    letter = np.array([65, 0], np.uint8)
    rows = pack([b"<", word, b"--", letter, b">"], 2)
    assert rows.dtype.itemsize == 9
    assert squeezed(rows) == b"<ab--A><cde-->"


def test_rows_of_texts_of_any_length():
    assert row_texts([np.array([b"a", b"", b"ccc"])], 3) == [b"a", b"", b"ccc"]
    assert row_texts([], 2) == [b"", b""]
    assert row_texts([b"x"], 0) == []


def test_texts_are_split_where_they_end():
    assert split(b"a" + END + END + b"b" + END) == [b"a", b"", b"b"]
    assert split(b"") == []


def test_columns_are_interleaved():
    assert interleaved([[b"1", b"2"], [b"a", b"b"], [b"\n", b"\n"]]) == b"1a\n2b\n"
    assert interleaved([[], []]) == b""
