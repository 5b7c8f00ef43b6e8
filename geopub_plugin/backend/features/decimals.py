"""Numbers as text, a million at a time.

A number is written into *words* of four bytes, each looked up in a table of ten thousand: `139.7006` becomes
`␀139`, `.700`, `6␀␀␀`. The padding is NUL, which neither XML nor JSON can contain, so whoever has put the words of
a whole batch side by side (`bytestrings.pack`) takes all of it away in one pass (`bytestrings.squeezed`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import List, Tuple

import numpy as np

MOST_DECIMALS = 7
_BASE = 10_000  # a word holds four digits
_LEADING, _ALL, _LAST = 0, _BASE, 2 * _BASE  # where in the integers' table a word starts, by its role
_NEGATIVE = 3 * _BASE  # the same roles again, with a minus in the first byte


def _digits(zero_padded: np.ndarray) -> np.ndarray:
    """Return the four decimal digits of each number below 10,000 as ASCII: uint8 (n, 4)."""
    powers = np.array([1000, 100, 10, 1])
    return (zero_padded[:, None] // powers % 10 + 48).astype(np.uint8)


def _as_words(characters: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(characters, np.uint8).view(np.uint32).ravel()  # (n, 4) bytes to (n,) words


@lru_cache(maxsize=1)
def _integer_words() -> np.ndarray:
    """Return the words of integers: uint32 (60,000,), by role (leading, all digits, last) and sign."""
    every = _digits(np.arange(_BASE))  # (10,000, 4)
    started = np.cumsum(every != 48, axis=1) > 0  # from the first digit that is not 0
    leading = np.where(started, every, 0)
    last = np.where(started | (np.arange(4) == 3), every, 0)  # "0" rather than nothing
    unsigned = np.concatenate([leading, every, last])
    signed = unsigned.copy()
    signed[:, 0] = 45  # only ever used for numbers below 1,000, whose first byte is free
    return _as_words(np.concatenate([unsigned, signed]))


@lru_cache(maxsize=32)
def _fraction_words(decimals: int, trim: bool, point: bool) -> Tuple[np.ndarray, np.ndarray]:
    """Return the words of a point with three decimals, uint32 (2,000,), and of the four after, uint32 (10,000,).

    The first table holds first the words before other decimals that count, then those after which nothing comes.
    """
    every = _digits(np.arange(_BASE))
    ends = np.cumsum((every != 48)[:, ::-1], axis=1)[:, ::-1] > 0  # up to the last digit that is not 0
    first = np.concatenate([np.full((1000, 1), 46, np.uint8), every[:1000, 1:]], axis=1)
    counted = np.arange(4) <= decimals  # the point, and at most three decimals
    final = np.where(ends[:1000] if trim else counted, first, 0)
    final[:, 0] = 46 if not trim else np.where(final[:, 1:].any(axis=1), 46, 0)
    if trim and point:
        final[0] = [46, 48, 0, 0]  # "5.0" rather than "5"
    after = np.where(ends if trim else np.arange(4) < decimals - 3, every, 0)
    return _as_words(np.concatenate([first, final])), _as_words(after)


def _integer_part(whole: np.ndarray, negative: np.ndarray, top: int) -> List[np.ndarray]:
    """Return the words of the digits before the point; `top` is the largest number, its sign has room."""
    table = _integer_words()
    words: List[np.ndarray] = []
    rest, role = whole, _LAST
    while top >= 1000:
        upper = rest // _BASE
        low = rest - upper * _BASE
        # a word that has others before it shows all its digits
        words.append(table[low + np.where(upper > 0, _ALL, role)])
        rest, role, top = upper, _LEADING, top // _BASE
    words.append(table[rest + role + negative * _NEGATIVE])
    return words[::-1]


def decimal_words(values: np.ndarray, decimals: int, *, trim: bool = True, point: bool = False) -> List[np.ndarray]:
    """Return numbers with `decimals` (0 to 7) digits after the point as words: uint32 (n,) each, in reading order.

    Halves are rounded to even as they stand in binary; there is no "-0". `trim` takes away the zeros at the end, and
    with `point` one stays, so that readers see a real number. NaN and infinities are written as nothing.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(values * 10.0**decimals)  # (n,)
    known = np.isfinite(scaled)
    if not known.all():
        scaled = np.where(known, scaled, 0.0)
    highest = float(np.abs(scaled).max(initial=0.0))
    if highest >= 2.0**53:
        return _spelled(values, decimals, trim, point)
    unit = 10**decimals
    whole, part = _split(np.abs(scaled), highest, unit)
    words = _integer_part(whole, scaled < 0, int(highest) // unit)
    if decimals or point:
        words += _fraction(part, decimals, trim, point)
    if not known.all():
        for word in words:
            word[~known] = 0
    return words


def _split(magnitude: np.ndarray, highest: float, unit: int) -> Tuple[np.ndarray, np.ndarray]:
    """Return how many units whole numbers (float64 (n,)) hold, and what is left: integers (n,) each.

    Floats divide many times as fast as 64-bit integers do; below 2**42 the quotient is far enough from the next whole
    number for its floor to be right.
    """
    if unit == 1 or highest >= 2.0**42:
        number = magnitude.astype(np.int64)
        whole = number // unit
        return whole, number - whole * unit
    floor = np.floor(magnitude / unit)
    part = (magnitude - floor * unit).astype(np.int32)
    return floor.astype(np.int32 if highest < 2.0**31 * unit else np.int64), part


def _fraction(part: np.ndarray, decimals: int, trim: bool, point: bool) -> List[np.ndarray]:
    """Return the words after the integer part; `part` counts units of the last decimal."""
    first, after = _fraction_words(decimals, trim, point)
    if decimals <= 3:
        return [first[part * 10 ** (3 - decimals) + 1000]]
    part = part * 10 ** (MOST_DECIMALS - decimals)
    upper = part // _BASE
    low = part - upper * _BASE
    return [first[upper + 1000 * (low == 0)] if trim else first[upper], after[low]]


def _spelled(values: np.ndarray, decimals: int, trim: bool, point: bool) -> List[np.ndarray]:
    """Return what `decimal_words` returns, one by one, for numbers whose last decimal a double cannot count."""
    texts = [f"{value:.{decimals}f}" if np.isfinite(value) else "" for value in values.tolist()]
    if trim and decimals:
        texts = [text.rstrip("0").rstrip(".") for text in texts]
    if point:
        texts = [text + ".0" if text and "." not in text else text for text in texts]
    return texts_as_words([text.encode("ascii") if text != "-0" else b"0" for text in texts])


def texts_as_words(texts: List[bytes]) -> List[np.ndarray]:
    """Return short texts as words: uint32 (n,) each."""
    width = -(-max(map(len, texts), default=1) // 4) * 4 or 4
    cells = np.array(texts, f"S{width}").view(np.uint32).reshape(len(texts), width // 4)
    return [cells[:, i] for i in range(width // 4)]


def integer_words(values: np.ndarray) -> List[np.ndarray]:
    """Return int64 numbers as words: uint32 (n,) each, in reading order."""
    if len(values) and values.min() == np.iinfo(np.int64).min:  # it has no absolute value in 64 bits
        return texts_as_words([str(value).encode("ascii") for value in values.tolist()])
    magnitude = np.abs(values)
    highest = int(magnitude.max(initial=0))
    return _integer_part(magnitude.astype(np.int32) if highest < 2**31 else magnitude, values < 0, highest)


def states_exactly(values: np.ndarray, decimals: int) -> np.ndarray:
    """Return where `decimals` digits after the point state the number to its last bit: bool (n,); never for NaN.

    Both the scaled number and the power of ten are exact below 2**53, and division rounds correctly: a text of that
    many decimals is read back as the same double.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(values * 10.0**decimals)
    return (np.abs(scaled) < 2.0**53) & (scaled / 10.0**decimals == values)
