"""The words of a filter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import List

from ...errors import InvalidInput
from ...translation import tr

LONGEST = 100_000  # characters of a filter

_WORD = re.compile(
    r"""
    (?P<quoted>"(?:[^"]|"")*")
  | (?P<text>'(?:[^']|'')*')
  | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d][\w$]*)
  | (?P<symbol><>|<=|>=|!=|==|::|\|\||--|/\*|!?~~?\*?|->>?|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"\s*")


class Kind(Enum):
    """What a word is."""

    QUOTED = "quoted"  # a name in double quotes
    NAME = "name"  # a name or a keyword
    TEXT = "text"  # in single quotes
    NUMBER = "number"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True)
class Word:
    """One word; `text` is without quotes."""

    kind: Kind
    text: str

    @property
    def keyword(self) -> str:
        """The word in capitals, "" for what is in quotes."""
        return self.text.upper() if self.kind in (Kind.NAME, Kind.SYMBOL) else ""


def refused(given: str, why: str, cure: str = "") -> InvalidInput:
    """Return the error of a filter that cannot be used."""
    shown = given if len(given) <= 120 else given[:119] + "…"
    return InvalidInput(
        tr("The filter “{filter}” cannot be used.", filter=shown),
        why,
        cure or tr("Use comparisons (= <> < <= > >=), IN, BETWEEN, LIKE, ILIKE and IS NULL, joined by AND, OR, NOT."),
    )


def words(given: str) -> List[Word]:
    """Cut a filter into its words, one of kind END at last; raise InvalidInput for quotes that do not close."""
    if len(given) > LONGEST or "\0" in given:
        raise refused(given, tr("It is longer than {count} characters, or holds a NUL.", count=LONGEST))
    found: List[Word] = []
    at = _end_of_space(given, 0)
    while at < len(given):
        match = _WORD.match(given, at)
        if match is None or match.group() in ("'", '"'):
            raise refused(
                given, tr("A quote is opened and not closed: {rest}", rest=given[at : at + 40]),
                tr("Text goes in 'single quotes', a name in \"double quotes\"; a quote inside is written twice."),
            )  # fmt: skip
        kind, text = Kind(match.lastgroup), match.group()
        if kind in (Kind.QUOTED, Kind.TEXT):
            text = text[1:-1].replace(text[0] * 2, text[0])
        found.append(Word(kind, text))
        at = _end_of_space(given, match.end())
    return [*found, Word(Kind.END, "")]


def _end_of_space(given: str, at: int) -> int:
    match = _SPACE.match(given, at)
    return match.end() if match else at
