"""Names of fields in QGIS expressions, found by their tokens."""

from __future__ import annotations

import re
from typing import Callable

# In this order: what must not be taken for a name comes before names.
_TOKENS = re.compile(
    r"""
    (?P<string>'(?:[^'\\]|\\.|'')*')
  | (?P<comment>--[^\n]*|/\*.*?\*/)
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<variable>[@$]\w+)
  | (?P<number>\d[\w.]*)
  | (?P<call>[^\W\d]\w*(?=\s*(?:\(|:=)))
  | (?P<word>[^\W\d]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS = frozenset(
    "and or not in is like ilike null true false case when then else end between div mod".split()  # noqa: SIM905
)
_PLAIN = re.compile(r"[^\W\d]\w*")


def quoted_name(name: str) -> str:
    """Return a field's name as an expression writes it."""
    return '"{}"'.format(name.replace('"', '""'))


def translate_names(expression: str, translate: Callable[[str], str]) -> str:
    """Return the expression with every name of a field replaced by what `translate` makes of it."""

    def replaced(match: re.Match[str]) -> str:
        text = match.group()
        if match.lastgroup == "quoted":
            name = text[1:-1].replace('""', '"')
            new = translate(name)
            return text if new == name else quoted_name(new)
        if match.lastgroup == "word" and text.lower() not in _KEYWORDS:
            new = translate(text)
            return text if new == text else quoted_name(new)
        return text

    return _TOKENS.sub(replaced, expression)


def is_plain_name(text: str) -> bool:
    """Tell whether a text can only be one name."""
    return _PLAIN.fullmatch(text) is not None
