"""Filters on the rows of a table: a safe subset of SQL's WHERE, parsed and written anew, never pasted.

`words` cuts the text, `parser` makes a `tree` of it, `condition` checks the tree against a table and writes SQLite.
They are loaded when there is a filter: mostly there is none, and a small pyramid is made in half a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from ...features.condition import SqlCondition
from ...features.schema import TableSchema

if TYPE_CHECKING:
    from .tree import Condition

__all__ = ["checked_filter", "condition_of"]


def checked_filter(given: str) -> Optional[Condition]:
    """Return the tree of a filter, None for an empty one; raise InvalidInput for what no table could be asked."""
    if not given.strip():
        return None
    from .parser import parse

    return parse(given)


def condition_of(given: str, schema: TableSchema) -> Optional[SqlCondition]:
    """Return the condition that a filter puts on a table, None for an empty one.

    Raises:
        InvalidInput: the filter holds more than the grammar of `parser`, names a column that the table has not, or
            compares what cannot be compared.
    """
    tree = checked_filter(given)
    if tree is None:
        return None
    from .condition import written

    return written(tree, given, schema)
