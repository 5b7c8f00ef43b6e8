"""Numbers as text, a million at a time.

A number is written in *words* of one, two or four digits, each looked up in a table: `651139.704` is `6511`, `1139`
laid over it from the third byte on, and `.704`. So what has as many digits as the widest number of its batch has no
padding; that of others is NUL, which neither XML nor JSON can contain. Whoever has put the words of a whole batch side
by side (`bytestrings.pack`) takes it away in one pass (`bytestrings.squeezed`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import List, Sequence, Tuple, Union

import numpy as np

from .bytestrings import Overlaid

MOST_DECIMALS = 7
Piece = Union[np.ndarray, Overlaid]  # of rows, see `bytestrings.pack`
_BASE = 10_000  # a word of four bytes holds four digits
_MINUS = 45


def _digits(zero_padded: np.ndarray, width: int = 4) -> np.ndarray:
    """Return the last decimal digits of numbers as ASCII: uint8 (n, width)."""
    powers = 10 ** np.arange(width - 1, -1, -1)
    return (zero_padded[:, None] // powers % 10 + 48).astype(np.uint8)


def _as_words(characters: np.ndarray) -> np.ndarray:
    """Return rows of one, two or four bytes, uint8 (n, w), as words: uint8, uint16 or uint32 (n,)."""
    return np.ascontiguousarray(characters, np.uint8).view(f"u{characters.shape[1]}").ravel()


@lru_cache(maxsize=3)
def _integer_words(width: int) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the words of integers of up to `width` digits, (10**width,) each, by what comes before them in a number.

    Something, so that all digits are shown; nothing, but something after; nothing at all, so that 0 is shown as "0".
    """
    every = _digits(np.arange(10**width), width)
    started = np.cumsum(every != 48, axis=1) > 0  # from the first digit that is not 0
    last = np.where(started | (np.arange(width) == width - 1), every, 0)
    return _as_words(every), _as_words(np.where(started, every, 0)), _as_words(last)


@lru_cache(maxsize=32)
def _fraction_words(decimals: int, trim: bool, point: bool) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the words of a point with three decimals, uint32 (2,000,) and (1,000,), and of the four after, (10,000,).

    The first table holds first the words before other decimals that count, then those after which nothing comes; the
    second the latter alone.
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
    return _as_words(np.concatenate([first, final])), _as_words(final), _as_words(after)


def _integer_part(whole: np.ndarray, lowest: int, highest: int) -> Overlaid:
    """Return the words of numbers that are not negative and lie between two others, as int32 or int64 (n,).

    The first word holds the first digits, the others hold four each, counted from the last digit.
    """
    digits, fewest = len(str(highest)), len(str(lowest))
    width = 4 if digits > 3 else min(digits, 2)
    shown, leading, last = _integer_words(width)
    base, words, places = 10**width, [], []
    rest, right = whole, digits
    while right > width:
        upper = rest // base
        low = (rest - upper * base).astype(np.intp)
        before = digits - right + width  # digits of this word and of those to its right
        if fewest > before:
            words.append(shown.take(low, mode="clip"))
        else:
            alone = last if right == digits else leading
            words.append(np.where(upper > 0, shown.take(low, mode="clip"), alone.take(low, mode="clip")))
        right -= width
        places.append(right)
        rest = upper
    if words:
        first = whole // 10 ** (digits - width)  # over the first digits of the next word
        words.append(leading.take(first.astype(np.intp), mode="clip"))
    else:
        words.append((shown if fewest == digits else last).take(whole.astype(np.intp), mode="clip"))
    return Overlaid(digits, words[::-1], [*places, 0][::-1])


def decimal_words(values: np.ndarray, decimals: int, *, trim: bool = True, point: bool = False) -> List[Piece]:
    """Return numbers with `decimals` (0 to 7) digits after the point as pieces of rows (n,), in reading order.

    Halves are rounded to even as they stand in binary; there is no "-0". `trim` takes away the zeros at the end, and
    with `point` one stays, so that readers see a real number. NaN and infinities are written as nothing.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = values * 10.0**decimals  # (n,)
        np.rint(scaled, out=scaled)
    lowest, highest = _range(scaled)
    known = None if np.isfinite(lowest) and np.isfinite(highest) else np.isfinite(scaled)  # bool (n,)
    if known is not None:
        scaled[~known] = 0.0
        lowest, highest = _range(scaled)
    if max(-lowest, highest) >= 2.0**53:
        return _spelled(values, decimals, trim, point)
    pieces: List[Piece] = []
    if lowest < 0:
        pieces.append(np.where(scaled < 0, _MINUS, 0).astype(np.uint8))
        np.abs(scaled, out=scaled)
        lowest, highest = _range(scaled)
    unit = 10**decimals
    whole, part = _split(scaled, highest, unit)
    pieces.append(_integer_part(whole, int(lowest) // unit, int(highest) // unit))
    if decimals or point:
        pieces += _fraction(part, decimals, trim, point)
    if known is not None:
        _erase(pieces, ~known)
    return pieces


def _range(values: np.ndarray) -> Tuple[float, float]:
    """Return the least and the greatest number; NaN where there is any, 0 where there is nothing."""
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)


def _erase(pieces: Sequence[Piece], rows: np.ndarray) -> None:
    for piece in pieces:
        for words in piece.words if isinstance(piece, Overlaid) else [piece]:
            words[rows] = 0


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


def _fraction(part: np.ndarray, decimals: int, trim: bool, point: bool) -> List[Piece]:
    """Return the words after the integer part; `part` counts units of the last decimal."""
    first, final, after = _fraction_words(decimals, trim, point)
    if decimals <= 3:
        part = part if decimals == 3 else part * 10 ** (3 - decimals)
        return [final.take(part.astype(np.intp), mode="clip")]
    part = part if decimals == MOST_DECIMALS else part * 10 ** (MOST_DECIMALS - decimals)
    upper = part // _BASE
    low = (part - upper * _BASE).astype(np.intp)
    if trim:
        upper = upper + 1000 * (low == 0)
    return [first.take(upper.astype(np.intp), mode="clip"), after.take(low, mode="clip")]


def _spelled(values: np.ndarray, decimals: int, trim: bool, point: bool) -> List[Piece]:
    """Return what has too many digits for words, or is no number, one by one."""
    texts = [f"{value:.{decimals}f}" if np.isfinite(value) else "" for value in values.tolist()]
    if trim and decimals:
        texts = [text.rstrip("0").rstrip(".") for text in texts]
    if point:
        texts = [text + ".0" if text and "." not in text else text for text in texts]
    return texts_as_words([text.encode("ascii") if text != "-0" else b"0" for text in texts])


def texts_as_words(texts: List[bytes]) -> List[Piece]:
    """Return short texts as words: uint32 (n,) each."""
    width = -(-max(map(len, texts), default=1) // 4) * 4 or 4
    cells = np.array(texts, f"S{width}").view(np.uint32).reshape(len(texts), width // 4)
    return [cells[:, i] for i in range(width // 4)]


def integer_words(values: np.ndarray) -> List[Piece]:
    """Return int64 numbers as pieces of rows (n,), in reading order."""
    lowest, highest = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    if lowest == np.iinfo(np.int64).min:  # it has no absolute value in 64 bits
        return texts_as_words([str(value).encode("ascii") for value in values.tolist()])
    pieces: List[Piece] = []
    if lowest < 0:
        pieces.append(np.where(values < 0, _MINUS, 0).astype(np.uint8))
        values = np.abs(values)
        lowest, highest = int(values.min()), int(values.max())
    return [*pieces, _integer_part(values.astype(np.int32) if highest < 2**31 else values, lowest, highest)]


def states_exactly(values: np.ndarray, decimals: int) -> np.ndarray:
    """Return where `decimals` digits after the point state the number to its last bit: bool (n,); never for NaN.

    Both the scaled number and the power of ten are exact below 2**53, and division rounds correctly: a text of that
    many decimals is read back as the same double.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(values * 10.0**decimals)
    return (np.abs(scaled) < 2.0**53) & (scaled / 10.0**decimals == values)
