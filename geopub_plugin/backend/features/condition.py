"""A condition on the rows of a table, as SQLite takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Tuple, Union

LISTED = "(SELECT value FROM json_each(?))"  # the values of a JSON array that is bound to the placeholder


@dataclass(frozen=True)
class SqlFunction:
    """A function that a condition calls; it must give the same for the same."""

    name: str
    arguments: int
    function: Callable[..., object]


@dataclass(frozen=True)
class SqlCondition:
    """What goes behind WHERE. Made by `tiles.row_filter` and `services.filters`, which write no text of a person."""

    sql: str  # quoted identifiers, operators and placeholders
    values: Tuple[Union[str, int, float], ...]  # for the placeholders, in their order
    functions: Tuple[SqlFunction, ...] = ()
