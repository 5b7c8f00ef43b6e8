"""Texts without what does not count in a comparison: case and accents (CASEI and ACCENTI of OGC 21-065r2)."""

from __future__ import annotations

import re
import unicodedata
from typing import Callable, Mapping, Tuple

# Marks on letters of alphabets; those of Indic scripts are vowels, and those of Japanese make other syllables.
_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
# Letters with a stroke, a hook or another letter, which Unicode does not take apart
_LETTERS = str.maketrans({
    "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T",
    "ð": "d", "Ð": "D", "ı": "i", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss", "ẞ": "SS",
    "þ": "th", "Þ": "TH",
})  # fmt: skip


def without_case(text: str) -> str:
    """Return a text in which upper and lower case of every script are the same."""
    return text.casefold()


def without_accents(text: str) -> str:
    """Return a text without the accents of its letters."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _MARKS.sub("", apart).translate(_LETTERS))


FOLDS: Mapping[str, Tuple[str, Callable[[str], str]]] = {  # function of SQLite, and what it does, by operator
    "casei": ("geopub_without_case", without_case),
    "accenti": ("geopub_without_accents", without_accents),
}
