"""What a filter says, as a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple, Union

Value = Union[str, int, float, bool]


@dataclass(frozen=True)
class Column:
    """A column as it was written; without quotes, upper and lower case are the same."""

    name: str
    quoted: bool


@dataclass(frozen=True)
class Literal:
    """A text, a number, TRUE or FALSE."""

    value: Value


Operand = Union[Column, Literal]


@dataclass(frozen=True)
class Comparison:
    """left = right, and <>, <, <=, >, >=."""

    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True)
class Among:
    """operand [NOT] IN (choices)."""

    operand: Operand
    choices: Tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True)
class Between:
    """operand [NOT] BETWEEN low AND high."""

    operand: Operand
    low: Operand
    high: Operand
    negated: bool


@dataclass(frozen=True)
class Like:
    """operand [NOT] LIKE pattern, or ILIKE where upper and lower case are the same."""

    operand: Operand
    pattern: str
    escape: str  # the character that takes the meaning from % and _; "" for none
    any_case: bool
    negated: bool


@dataclass(frozen=True)
class Missing:
    """operand IS [NOT] NULL."""

    operand: Operand
    negated: bool


@dataclass(frozen=True)
class Truth:
    """operand IS [NOT] TRUE or FALSE; a column by itself, where `expected` is None."""

    operand: Operand
    expected: Optional[bool]
    negated: bool


@dataclass(frozen=True)
class Not:
    """NOT inner."""

    inner: Condition


@dataclass(frozen=True)
class All:
    """Conditions joined by AND."""

    parts: Tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """Conditions joined by OR."""

    parts: Tuple[Condition, ...]


Condition = Union[Comparison, Among, Between, Like, Missing, Truth, Not, All, AnyOf]
