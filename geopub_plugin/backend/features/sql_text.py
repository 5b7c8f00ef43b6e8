"""Texts that SQLite makes of several columns of a row, so that Python gets one object instead of one for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Sequence, Tuple


@dataclass(frozen=True)
class SqlText:
    """An expression of SQL whose values are texts, never NULL. Made by services of quoted identifiers."""

    name: str  # under which a batch has its values
    sql: str  # quoted identifiers and placeholders
    values: Tuple[str, ...]  # for the placeholders, in their order


def selected(text: SqlText) -> str:
    """Return the expression as it stands in a SELECT: as bytes, which SQLite hands out as they are."""
    return f"CAST({text.sql} AS BLOB)"


def sound(values: Sequence[bytes]) -> List[bytes]:
    """Return the texts; what is not UTF-8 in them becomes U+FFFD."""
    try:
        b"\n".join(values).decode("utf-8")
    except UnicodeDecodeError:
        return [value.decode("utf-8", "replace").encode() for value in values]
    return list(values)
