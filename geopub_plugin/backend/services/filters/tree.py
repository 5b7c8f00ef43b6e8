"""What a filter says, as a tree, whatever language it was written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple, Union

from ...features.schema import ColumnKind
from ..reference_systems import WireSrs

GEOMETRY = ""  # the name of the property that is the feature's only geometry, where none is given


@dataclass(frozen=True)
class Property:
    """An attribute, or the geometry, by the name that the service gives it."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A value as it was written."""

    text: str
    kind: Optional[ColumnKind] = None  # REAL, TEXT, BOOLEAN, DATE or DATETIME, where the language tells


@dataclass(frozen=True)
class Arithmetic:
    """A number calculated from two: + - * / % ^ div."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True)
class Folded:
    """A text without its case ("casei") or without its accents ("accenti")."""

    fold: str
    operand: Operand


Operand = Union[Property, Constant, Arithmetic, Folded]


@dataclass(frozen=True)
class Comparison:
    """left = right, and <>, <, <=, >, >=."""

    left: Operand
    operator: str
    right: Operand
    match_case: bool = True


@dataclass(frozen=True)
class Like:
    """A text that matches a pattern."""

    operand: Operand
    pattern: str
    wild_card: str  # stands for any characters
    single: str  # stands for one character
    escape: str  # takes the meaning from the next one
    match_case: bool = True


@dataclass(frozen=True)
class Missing:
    """A property, or what is made of one, without a value."""

    operand: Operand


@dataclass(frozen=True)
class Between:
    """low <= operand <= high."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True)
class Keys:
    """The features with these identifiers."""

    identifiers: Tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """A geometry in a filter: well-known binary, as it was written."""

    wkb: bytes
    srs: Optional[WireSrs]  # None: that of the feature type


@dataclass(frozen=True)
class Spatial:
    """A relation of the feature's geometry to another one (OGC 09-026r2, 7.8)."""

    relation: str  # Intersects, Within, …, DWithin, Beyond, BBOX
    operand: str
    shape: Shape
    distance: float = 0.0
    unit: str = ""


@dataclass(frozen=True)
class Itself:
    """A relation of the feature's geometry, which has two names, to itself."""

    relation: str
    left: str
    right: str


@dataclass(frozen=True)
class Timed:
    """A condition about properties that must be dates or times."""

    operands: Tuple[Property, ...]
    inner: Condition


@dataclass(frozen=True)
class Temporal:
    """A relation of a moment to a moment or a period (OGC 09-026r2, 7.9)."""

    relation: str  # After, Before, During, TEquals, …
    operand: Property
    begin: str
    end: str  # "" for a moment


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


@dataclass(frozen=True)
class Always:
    """A condition that holds for every feature, or for none."""

    holds: bool


Condition = Union[
    Always, Comparison, Like, Missing, Between, Keys, Spatial, Itself, Temporal, Timed, Not, All, AnyOf
]  # fmt: skip
