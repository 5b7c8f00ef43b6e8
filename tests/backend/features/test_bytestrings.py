"""Texts put together from columns of pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geopub_plugin.backend.features.bytestrings import END, Overlaid, Texts, laid, pack, row_texts, squeezed


def test_rows_hold_constants_words_and_bytes():
    word = np.frombuffer(b"ab\0\0\0cde", np.uint32)
    letter = np.array([65, 0], np.uint8)
    rows = pack([b"<", word, b"--", letter, b"", b">"], 2)
    assert rows.dtype.itemsize == 9
    assert squeezed(rows) == b"<ab--A><cde-->"


def test_words_of_a_field_may_overlap():
    first, second = np.frombuffer(b"12341256", np.uint32), np.frombuffer(b"34565678", np.uint32)
    assert squeezed(pack([b"<", Overlaid(6, [first, second], [0, 2]), b">"], 2)) == b"<123456><125678>"


@pytest.mark.parametrize("padding", [b"\0", b"\0" * 50])
def test_rows_are_squeezed_whatever_is_padding(padding):
    rows = pack([np.array([b"x" * 60 + padding + b"y", b"z"])], 2)
    assert squeezed(rows) == b"x" * 60 + b"yz"
    assert squeezed(pack([], 3)) == squeezed(pack([b"a"], 0)) == b""


def test_rows_of_texts_of_any_length():
    assert row_texts([np.array([b"a", b"", b"ccc"])], 3).listed() == [b"a", b"", b"ccc"]
    assert row_texts([], 2).listed() == [b"", b""]
    assert row_texts([b"x"], 0).listed() == []


def test_texts_are_found_where_they_end():
    assert Texts.ended(b"a" + END + END + b"b" + END).listed() == [b"a", b"", b"b"]
    assert Texts.ended(b"").listed() == []


def test_texts_are_chosen_taken_left_out_and_replaced():
    texts = Texts.chosen([b"no", b"yes", b""], np.array([1, 0, 2, 1]))
    assert texts.listed() == [b"yes", b"no", b"", b"yes"]
    assert texts.taken(np.array([3, 1])).listed() == [b"yes", b"no"]
    assert texts.without(np.array([True, False, False, False])).listed() == [b"", b"no", b"", b"yes"]
    assert texts.replaced(np.array([2, 0]), Texts.of([b"maybe", b""])).listed() == [b"", b"no", b"maybe", b"yes"]


def test_columns_are_laid_side_by_side():
    rows = laid([b"", Texts.of([b"1", b"2"]), b"<", b"=", Texts.of([b"a", b"bcd"]), b"\n"], 2)
    assert rows.listed() == [b"1<=a\n", b"2<=bcd\n"]
    assert rows.data.tobytes() == b"1<=a\n2<=bcd\n"
    assert laid([Texts.of([]), b"x"], 0).data.tobytes() == laid([], 3).data.tobytes() == b""


LENGTHS = st.sampled_from([0, 1, 2, 3, 4, 7, 8, 9, 31, 63, 64, 65, 255, 4095, 4096, 9000])


@given(
    st.lists(st.tuples(LENGTHS, LENGTHS, LENGTHS), max_size=60), st.booleans(), st.sampled_from([b"", b"-", b"+" * 80])
)
def test_rows_of_every_length_are_what_joining_makes(sizes, alike, between):
    """Short and long, the last of their buffer, and with little or much behind them."""
    columns = [
        [bytes([65 + row % 26]) * (5 if alike else size) for row, size in enumerate(some)] for some in zip(*sizes)
    ]
    pieces = [piece for column in columns for piece in (Texts.of(column), between)]
    assert laid(pieces, len(sizes)).listed() == [between.join([*row, b""]) for row in zip(*columns)]
