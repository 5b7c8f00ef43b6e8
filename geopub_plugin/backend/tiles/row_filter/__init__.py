"""Filters on the rows of a table: a safe subset of SQL's WHERE, parsed and written anew, never pasted.

`words` cuts the text, `parser` makes a `tree` of it, `condition` checks the tree against a table and writes SQLite.
"""

from __future__ import annotations

from .condition import checked_filter, condition_of

__all__ = ["checked_filter", "condition_of"]
