"""The check catalogue: all that can be found in delivered files, declared once.

A `Check` holds English templates, given to `tr` only when a fault is made, so that a fault speaks the language of the
moment. The code that finds things is in `files`, `archive`, `conversion`, `examination` and what these call; the same
catalogue serves QGIS before the upload and the backend after it.
"""

from __future__ import annotations

from typing import Dict, Iterable

from ...faults import Fault
from .check import EXAMPLES, Check
from .files import FILES
from .geometries import GEOMETRIES
from .tables import TABLES

__all__ = ["CATALOGUE", "EXAMPLES", "Check", "found"]

CATALOGUE: Dict[str, Check] = {check.id: check for check in (*FILES, *TABLES, *GEOMETRIES)}


def found(check: str, table: str = "", count: int = 1, examples: Iterable[object] = (), **values: object) -> Fault:
    """Return a fault of the check with this id."""
    return CATALOGUE[check].fault(table, count, examples, **values)
