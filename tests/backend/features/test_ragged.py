"""Ragged arrays."""

from __future__ import annotations

import numpy as np
import pytest

from geopub_plugin.backend.features.ragged import aranges, row_numbers

ROWS = [[], [0], [3], [0, 0], [2, 0, 1], [0, 4, 0, 0, 1, 0], [1, 1, 1], [5, 300, 2]]


@pytest.mark.parametrize("counts", ROWS)
def test_aranges(counts):
    starts = [7 * place % 5 for place in range(len(counts))]
    expected = [number for start, count in zip(starts, counts) for number in range(start, start + count)]
    found = aranges(np.array(starts, np.int64), np.array(counts, np.int64))
    assert found.dtype == np.int64
    assert found.tolist() == expected


@pytest.mark.parametrize("counts", ROWS)
def test_row_numbers(counts):
    found = row_numbers(np.array(counts, np.int64))
    assert found.dtype == np.int64
    assert found.tolist() == [row for row, count in enumerate(counts) for _ in range(count)]
