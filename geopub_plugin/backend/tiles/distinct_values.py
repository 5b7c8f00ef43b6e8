"""Which of many values are the same: strings of bytes compared by a number made of each, then byte by byte."""

from __future__ import annotations

from typing import Tuple

import numpy as np

from ..features.bytestrings import cells
from ..features.ragged import aranges

_WORD = 8  # bytes
_WORDS = 8  # of a value that its number is made of, besides its length
_FIRST, _NEXT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)  # odd, so that nothing is lost
_HALF = np.uint64(32)


def distinct_values(starts: np.ndarray, octets: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the number of each value among the distinct ones: int64 (n,), and the first place of each: int64 (D,).

    Values are rows of bytes (`starts` int64 (n+1,), `octets` uint8); they are numbered by their first places.
    """
    sizes = np.diff(starts)
    codes = _codes(starts[:-1], sizes, octets)
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    opens = np.ones(len(order), bool)
    opens[1:] = ordered[1:] != ordered[:-1]
    first = np.empty(len(order), np.int64)  # (n,) the first value with the same code
    first[order] = order[opens][np.cumsum(opens) - 1]
    if not _same(starts, sizes, octets, first):
        return _by_name(starts, octets)
    begins = first == np.arange(len(first))
    return (np.cumsum(begins) - 1)[first], np.flatnonzero(begins)


def _codes(begin: np.ndarray, sizes: np.ndarray, octets: np.ndarray) -> np.ndarray:
    """Return a number for each value, the same for the same ones and seldom for others: uint64 (n,)."""
    padded = np.concatenate([octets, np.zeros(_WORD, np.uint8)])
    words = cells(padded, "<u8")  # from every byte on
    codes = sizes.astype(np.uint64) * _FIRST
    longer = np.arange(len(sizes))
    for place in range(_WORDS):
        longer = longer[sizes[longer] > place * _WORD]
        if len(longer) == 0:
            break
        beyond = np.maximum((place + 1) * _WORD - sizes[longer], 0).astype(np.uint64) * np.uint64(8)  # bits
        word = words[begin[longer] + place * _WORD] << beyond
        mixed = (codes[longer] ^ word) * _NEXT
        codes[longer] = mixed ^ (mixed >> _HALF)
    return codes


def _same(starts: np.ndarray, sizes: np.ndarray, octets: np.ndarray, first: np.ndarray) -> bool:
    """Say whether every value is the same as the one at its place `first` (int64 (n,))."""
    again = np.flatnonzero(first != np.arange(len(first)))
    other = first[again]
    if not np.array_equal(sizes[again], sizes[other]):
        return False
    return np.array_equal(octets[aranges(starts[again], sizes[again])], octets[aranges(starts[other], sizes[again])])


def _by_name(starts: np.ndarray, octets: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return what `distinct_values` does, one value after the other."""
    joined, edges = octets.tobytes(), starts.tolist()
    places = {}
    for place, (begin, end) in enumerate(zip(edges, edges[1:])):
        places.setdefault(joined[begin:end], (len(places), place))
    known = [places[joined[begin:end]][0] for begin, end in zip(edges, edges[1:])]
    return np.array(known, np.int64), np.array([place for _, place in places.values()], np.int64)
