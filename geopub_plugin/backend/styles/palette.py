"""The colours of tables that come without a style: soft, and always the same for the same name."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Tuple


@dataclass(frozen=True)
class Colours:
    """Colours of one table, as "#rrggbb"."""

    fill: str
    outline: str


# Twelve pale hues, none louder than another, and darker shades of them for outlines and lines.
PALETTE: Tuple[Colours, ...] = (
    Colours("#a6cee3", "#3f7f9f"),
    Colours("#b5d8a7", "#5b8f46"),
    Colours("#f3c9a5", "#b3763a"),
    Colours("#e5b8c5", "#a35a72"),
    Colours("#cbbfe0", "#77619f"),
    Colours("#f0dfa0", "#a58a2c"),
    Colours("#a9d9cf", "#3f8d7e"),
    Colours("#d9c4ab", "#8c6d47"),
    Colours("#b9c7ea", "#5570ac"),
    Colours("#d6dda0", "#848f38"),
    Colours("#eab8ac", "#a9594a"),
    Colours("#c3ccd2", "#67757f"),
)


def colours_of(table: str) -> Colours:
    """Return the colours of a table."""
    return PALETTE[zlib.crc32(table.encode("utf-8")) % len(PALETTE)]
