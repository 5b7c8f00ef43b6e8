"""Values that are the same are found, whatever they are."""

from __future__ import annotations

import random

import numpy as np
import pytest

from geopub_plugin.backend.features.ragged import starts_of
from geopub_plugin.backend.tiles import distinct_values as module
from geopub_plugin.backend.tiles.distinct_values import distinct_values

CHANCE = random.Random(7)
LONG = b"a text of more than sixty-four bytes, of which no more than the first are looked at: "
VALUES = {
    "none": [],
    "one": [b"x"],
    "short and long": [bytes(CHANCE.choices(b"ab\0", k=CHANCE.randint(0, 20))) for _ in range(3000)],
    "zeros at the end": [b"", b"\0", b"\0\0", b"a", b"a\0", b"a" + bytes(8), b"a", b"\0"],
    "alike for long": [LONG + b"1", LONG + b"2", LONG + b"1", LONG, LONG + b"22"],
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("all_alike", [False, True], ids=["", "all with one code"])
def test_values_are_numbered_by_their_first_places(values, all_alike, monkeypatch):
    if all_alike:
        monkeypatch.setattr(module, "_codes", lambda begin, *_: np.zeros(len(begin), np.uint64))
    starts = starts_of(np.array([len(value) for value in values], np.int64))
    number, first = distinct_values(starts, np.frombuffer(b"".join(values), np.uint8))
    different = list(dict.fromkeys(values))
    assert [values[place] for place in first] == different
    assert number.tolist() == [different.index(value) for value in values]
