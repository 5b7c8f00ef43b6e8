"""What a pyramid is to hold: tables, levels, attributes, generalisation, budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Tuple

from ..errors import InvalidInput
from ..features.schema import Bounds
from ..translation import tr
from .area import Area
from .options import Generalisation
from .row_filter import checked_filter

EXTENT = 4096  # units of a tile's side (MVT 2.1, 4.1)
BUFFER = 80  # units around a tile that its shapes reach into: 5 pixels of 256
DEEPEST = 18  # the bottom level at most
ALL = ("*",)


@dataclass(frozen=True)
class TablePlan:
    """One table of a GeoPackage as one layer of the tiles."""

    data: Path
    table: str
    layer: str
    top_level: int
    bottom_level: int
    attributes: Tuple[str, ...] = ALL  # field names; "*" stands for all
    filter: str = ""  # of rows, as `row_filter` understands it

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        if not 0 <= self.top_level <= self.bottom_level <= DEEPEST:
            raise InvalidInput(
                tr("Levels {top} to {bottom} of “{table}” cannot be built.", top=self.top_level,
                   bottom=self.bottom_level, table=self.table),
                tr("The top level may not be below the bottom level, and both lie between 0 and 18."),
                tr("Choose other levels."),
            )  # fmt: skip
        if not self.attributes:
            raise InvalidInput(
                tr("The tiles of “{table}” would carry no attribute.", table=self.table),
                tr("A layer needs at least one to be styled and asked about."),
                tr("Choose attributes, or * for all."),
            )
        checked_filter(self.filter)


@dataclass(frozen=True)
class PyramidPlan:
    """One pyramid: its tables, and what holds for all of them."""

    tables: Tuple[TablePlan, ...]
    options: Generalisation = field(default_factory=Generalisation)
    area: Optional[Area] = None  # only tiles that meet it
    budget: int = 500_000  # bytes of a compressed tile
    name: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse a pyramid of nothing, and two layers of one name."""
        names = [table.layer for table in self.tables]
        if not names:
            raise InvalidInput(
                tr("The pyramid has no table."), tr("Nothing was chosen."), tr("Choose at least one table.")
            )
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InvalidInput(
                tr("Two tables of the pyramid are called “{layer}”.", layer=twice),
                tr("The layers of a vector tile need names of their own."),
                tr("Rename one of them."),
            )

    @property
    def near(self) -> Optional[Bounds]:
        """The bounds of what has to be read, in the unit square: all that the tiles of the bottom level show.

        Tiles above show what lies in these bounds of what the full pyramid shows: to read more would take as long.
        """
        if self.area is None:
            return None
        level = min(table.bottom_level for table in self.tables)
        return self.area.reach(level, (BUFFER + self.options.reach) / EXTENT)

    @property
    def top_level(self) -> int:
        """The smallest level of any table."""
        return min(table.top_level for table in self.tables)

    @property
    def bottom_level(self) -> int:
        """The greatest level of any table."""
        return max(table.bottom_level for table in self.tables)
