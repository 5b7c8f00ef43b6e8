"""What a style draws, in no language: rules with symbols of few kinds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional, Tuple, Union

from ..safe_xml import Element
from .expression_tree import Node

DPI = 96.0  # of QGIS's canvas, and of a CSS pixel
MILLIMETRE = DPI / 25.4  # pixels


@dataclass(frozen=True)
class Colour:
    """A colour and its opacity, 0 to 1."""

    red: int
    green: int
    blue: int
    opacity: float = 1.0

    @property
    def hexadecimal(self) -> str:
        """The colour as "#rrggbb"."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


class Unit(Enum):
    """What a length is measured in."""

    PIXEL = "px"
    GROUND = "m"  # metres, or units of the map


@dataclass(frozen=True)
class Length:
    """A size on the screen, in pixels at 96 dpi, or on the ground."""

    value: float
    unit: Unit = Unit.PIXEL


@dataclass(frozen=True)
class Fill:
    """A polygon filled with one colour."""

    colour: Colour


@dataclass(frozen=True)
class Line:
    """A line, or the outline of a polygon."""

    colour: Colour
    width: Length
    dashes: Tuple[float, ...] = ()  # pixels: drawn, left out, drawn, …
    cap: str = "butt"
    join: str = "miter"
    offset: Length = Length(0.0)  # to the right of the line's direction


@dataclass(frozen=True)
class Circle:
    """A disc, its outline centred on its edge."""

    diameter: Length
    fill: Optional[Colour]
    outline: Optional[Colour]
    outline_width: float = 0.0  # pixels
    offset: Tuple[float, float] = (0.0, 0.0)  # pixels, to the right and down


class Placement(Enum):
    """Where a picture stands."""

    POINT = "point"
    LINE = "line"  # repeated along it
    LINE_CENTRE = "line-center"


@dataclass(frozen=True)
class Icon:
    """A marker that only QGIS can draw: its symbol as QML has it."""

    symbol: Element
    size: Length
    placement: Placement = Placement.POINT
    spacing: float = 0.0  # pixels
    rotation: float = 0.0  # degrees, clockwise; already in the picture of a point
    opacity: float = 1.0


@dataclass(frozen=True)
class Pattern:
    """A polygon filled with something repeated, that only QGIS can draw: its symbol as QML has it."""

    symbol: Element
    colour: Colour  # what it looks like from afar
    period: Tuple[float, float]  # pixels after which it repeats


@dataclass(frozen=True)
class Label:
    """A text beside, on or along a feature."""

    text: Node
    size: Length
    colour: Colour
    font: str
    bold: bool = False
    italic: bool = False
    halo: Optional[Colour] = None
    halo_width: float = 0.0  # pixels
    along_line: bool = False
    anchor: str = "center"
    offset: Tuple[float, float] = (0.0, 0.0)  # pixels
    capitals: str = "none"


Symbol = Union[Fill, Line, Circle, Icon, Pattern, Label]


@dataclass(frozen=True)
class Drawn:
    """A symbol and the level it is drawn on: lower ones first."""

    symbol: Symbol
    level: int = 0


@dataclass(frozen=True)
class Rule:
    """Which features are drawn with which symbols, between which scales."""

    title: str
    condition: Optional[Node]  # None: all features
    unless: Tuple[Node, ...] = ()  # ELSE: drawn where none of these is true
    smallest: float = 0.0  # denominator: drawn at 1:smallest and above
    largest: float = 0.0  # denominator: drawn at 1:largest and below; 0 for no limit
    symbols: Tuple[Drawn, ...] = ()


@dataclass(frozen=True)
class Symbology:
    """A style that was read."""

    rules: Tuple[Rule, ...]
    opacity: float = 1.0
    levels: bool = False  # draw all features of one level before the next one
