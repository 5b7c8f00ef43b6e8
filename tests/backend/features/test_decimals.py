"""Numbers as text: against Python's own formatting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geopub_plugin.backend.features.bytestrings import row_texts
from geopub_plugin.backend.features.decimals import decimal_words, integer_words, states_exactly


def spelled(values, decimals, **how):
    values = np.array(values, np.float64)
    return [text.decode() for text in row_texts(decimal_words(values, decimals, **how), len(values)).listed()]


def expected(value: float, decimals: int) -> str:
    scaled = np.rint(value * 10.0**decimals)
    text = f"{scaled / 10.0**decimals if abs(scaled) < 2**53 else value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0, 7, "0"),
        (-0.0, 7, "0"),
        (-0.00000001, 7, "0"),
        (0.00000005, 7, "0"),  # half to even
        (0.0000001, 7, "0.0000001"),
        (139.7006, 7, "139.7006"),
        (-139.7006, 7, "-139.7006"),
        (180.0, 7, "180"),
        (-999.9999999, 7, "-999.9999999"),
        (-1000.0, 7, "-1000"),
        (999.99999996, 7, "1000"),
        (6543210.9876, 3, "6543210.988"),
        (-20037508.3428, 3, "-20037508.343"),
        (10000.0, 3, "10000"),
        (100000001.5, 3, "100000001.5"),
        (-99999999999.0, 3, "-99999999999"),
        (123456789012345.0, 3, "123456789012345"),
        (2.5, 0, "2"),
        (3.5, 0, "4"),
        (12.34, 1, "12.3"),
        (0.05, 2, "0.05"),
        (1e18, 7, "1000000000000000000"),
        (-1e22, 0, "-10000000000000000000000"),
    ],
)
def test_number(value, decimals, text):
    assert spelled([value], decimals) == [text]


def test_without_trimming_and_with_a_point():
    assert spelled([1.5, 0, -2], 3, trim=False) == ["1.500", "0.000", "-2.000"]
    assert spelled([1.5, 0, 139], 7, trim=False) == ["1.5000000", "0.0000000", "139.0000000"]
    assert spelled([1.5, 0, -2], 1, trim=False) == ["1.5", "0.0", "-2.0"]
    assert spelled([1.5, 0, -2, 1e30], 3, point=True) == ["1.5", "0.0", "-2.0", "1000000000000000019884624838656.0"]
    assert spelled([0, 12], 7, point=True) == ["0.0", "12.0"]


def test_nothing_is_written_for_what_is_no_number():
    assert spelled([np.nan, 1, np.inf, -np.inf], 3) == ["", "1", "", ""]
    assert spelled([np.nan, 1e300], 3)[0] == ""
    assert spelled([], 3) == []


@pytest.mark.parametrize("decimals", range(8))
@pytest.mark.parametrize("scale", [1e-3, 1.0, 180.0, 7e6, 3e10])
def test_many_numbers_are_those_of_python(decimals, scale):
    values = np.random.default_rng(decimals).uniform(-scale, scale, 20_000)
    values = np.concatenate([values, np.round(values, 2), np.rint(values)])
    values = values[np.abs(values) * 10.0**decimals < 2**53]
    assert spelled(values, decimals) == [expected(value, decimals) for value in values.tolist()]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers(values):
    texts = row_texts(integer_words(np.array(values, np.int64)), len(values)).listed()
    assert texts == [str(v).encode() for v in values]


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0, 3, 7]))
def test_a_number_that_decimals_state_exactly_is_read_back(value, decimals):
    if states_exactly(np.array([value]), decimals)[0]:
        assert float(spelled([value], decimals, point=True)[0]) == value


def test_what_decimals_state_exactly():
    values = np.array([0.1, 12.345, 0.1 + 0.2, 1e300, np.nan, 5.0])
    assert states_exactly(values, 3).tolist() == [True, True, False, False, False, True]


@pytest.mark.parametrize(
    "values", [[5], [10, 99], [7, 10, 99, 100, 999], [12345, 3], [600001, 123456], [10**8, 10**12]]
)
def test_integers_of_many_and_of_one_number_of_digits(values):
    for signed in (values, [-value for value in values], [-values[0], *values]):
        texts = row_texts(integer_words(np.array(signed, np.int64)), len(signed)).listed()
        assert texts == [str(value).encode() for value in signed]
