"""A condition on the rows of a table, as SQLite takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple, Union


@dataclass(frozen=True)
class SqlCondition:
    """What goes behind WHERE. Made by `tiles.row_filter` alone, which writes no text of a person into `sql`."""

    sql: str  # quoted identifiers, operators and placeholders
    values: Tuple[Union[str, int, float], ...]  # for the placeholders, in their order
