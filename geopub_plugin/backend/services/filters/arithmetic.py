"""Arithmetic of filters (OGC 21-065r2 §7.13): what SQLite has, and what it has otherwise or not at all.

What has no result (a division by zero, a root of a negative number, more than a double holds) is NULL, as in SQLite, so
that no comparison with it holds. A quotient is a real number, `div` cuts it off towards zero, as `%` is what is left.
"""

from __future__ import annotations

import math
from typing import Callable, Dict, Optional, Tuple, Union

Number = Union[int, float]


def _number(value: object) -> Optional[Number]:
    """Return a value of SQLite as a number; None where it is none (SQLite lets any value into any column)."""
    return value if isinstance(value, (int, float)) else None


def quotient(left: object, right: object) -> Optional[int]:
    """Return how many times a number goes into another, cut off towards zero."""
    over, under = _number(left), _number(right)
    if over is None or not under:
        return None
    if isinstance(over, int) and isinstance(under, int):
        whole = abs(over) // abs(under)
        return _stored(whole if (over < 0) == (under < 0) else -whole)
    real = over / under
    return _stored(math.trunc(real)) if math.isfinite(real) else None


def _stored(whole: int) -> Optional[int]:
    return whole if -(2**63) <= whole < 2**63 else None  # as much as SQLite holds


def remainder(left: object, right: object) -> Optional[Number]:
    """Return what is left of a division; it has the sign of what is divided."""
    over, under = _number(left), _number(right)
    if over is None or not under or not math.isfinite(over):
        return None
    if isinstance(over, int) and isinstance(under, int):
        return abs(over) % abs(under) * (-1 if over < 0 else 1)
    return math.fmod(over, under)


def power(left: object, right: object) -> Optional[float]:
    """Return a number to the power of another."""
    base, exponent = _number(left), _number(right)
    if base is None or exponent is None:
        return None
    try:
        raised = math.pow(base, exponent)
    except (OverflowError, ValueError):
        return None
    return raised if math.isfinite(raised) else None


Calculation = Callable[[object, object], Optional[Number]]
FUNCTIONS: Dict[str, Tuple[str, Calculation]] = {  # function of SQLite, and what it does, by operator
    "div": ("geopub_quotient", quotient),
    "%": ("geopub_remainder", remainder),
    "^": ("geopub_power", power),
}
SIGNS: Dict[str, str] = {  # in SQL, where whole numbers would be divided as `div` does
    "+": "({} + {})",
    "-": "({} - {})",
    "*": "({} * {})",
    "/": "(CAST({} AS REAL) / {})",
}
OPERATORS = frozenset((*SIGNS, *FUNCTIONS))
