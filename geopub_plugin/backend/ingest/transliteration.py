"""Latin letters for other scripts, from what Unicode says of them: to recognise a name by, and always the same.

Greek and Cyrillic have their usual letters. Kana, Hangul and other scripts are read out of the names of their
characters ("HIRAGANA LETTER KA"). Ideographs have no one reading: a run of them is written in hexadecimal.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import Dict

_TABLE = (
    "а a б b в v г g д d е e ё e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh "
    "щ shch ы y э e ю yu я ya і i ї yi є ye ґ g ј j љ lj њ nj ћ c ђ dj џ dz ў u "
    "α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o "
    "œ oe æ ae ß ss þ th ø o ł l đ d ð d ı i"
)
_PAIRS = _TABLE.split()
_LETTERS: Dict[str, str] = {**dict(zip(_PAIRS[::2], _PAIRS[1::2])), "ъ": "", "ь": "", "ー": "", "ـ": ""}
_SPOKEN = re.compile(r"(?:LETTER|SYLLABLE|CHARACTER) (?:SMALL )?([A-Z]+)")
_IDEOGRAPH = re.compile(r"(CJK|KANGXI|TANGUT|NUSHU)\b")


def in_latin(text: str) -> str:
    """Return a text in lower case with every letter in a-z; what is neither letter nor digit stays as it is."""
    plain = unicodedata.normalize("NFKC", text.lower())
    parts = []
    for ideographs, run in groupby(plain, _is_ideograph):
        if ideographs:
            parts.append("u" + "".join(f"{ord(letter):04x}" for letter in run))
        else:
            parts.append("".join(map(_letter, run)))
    return "_".join(parts).lower()


def _is_ideograph(letter: str) -> bool:
    return ord(letter) > 0x2E7F and _IDEOGRAPH.match(unicodedata.name(letter, "")) is not None


def _letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in _LETTERS:
        return _LETTERS[letter]
    if unicodedata.category(letter)[0] == "M":  # an accent, a vowel sign
        return ""
    spoken = _SPOKEN.search(unicodedata.name(letter, ""))
    bare = unicodedata.normalize("NFKD", letter)[0]  # without accents
    if bare != letter and not (spoken and _is_syllabic(letter)):
        return _letter(bare)
    return spoken[1].lower() if spoken else letter


def _is_syllabic(letter: str) -> bool:
    """Tell scripts whose marks and parts change the sound, so that Unicode's name says more than the bare letter."""
    return unicodedata.name(letter, "").startswith(("HIRAGANA", "KATAKANA", "HANGUL"))
