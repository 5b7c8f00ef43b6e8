"""Generalisation asked for with tippecanoe's short flags, as the Géoplateforme's presets write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict

from ..errors import InvalidInput
from ..translation import tr

FULL_DETAIL = 12  # 2**12 steps a tile: the grid that every tile has anyway
USUAL_DETAIL = 8  # what tippecanoe advises for -aL: a step is one pixel of 256
_ROUNDING = 4

_SWITCHES = {
    "-pn": "keep_shared_nodes",
    "-an": "drop_smallest",
    "-aL": "grid_low_zooms",
    "-ac": "coalesce",
    "-aD": "coalesce_densest",
    "-ab": "shared_borders",
}
_SIMPLIFICATION = re.compile(r"-S(\d{1,3}(?:\.\d{1,3})?)")
_DETAIL = re.compile(r"-D(\d{1,2})")


@dataclass(frozen=True)
class Generalisation:
    """How shapes lose detail with every level up.

    `simplification` is the Douglas-Peucker tolerance in units of the tile's 4096 grid; `detail` counts the steps that
    a tile's side has at levels above the bottom, as a power of two. The others are switches: see `parse_options`.
    """

    simplification: float = 1.0
    drop_smallest: bool = False
    keep_shared_nodes: bool = False
    shared_borders: bool = False
    grid_low_zooms: bool = False
    detail: int = FULL_DETAIL
    coalesce: bool = False
    coalesce_densest: bool = False

    @property
    def keeps_coverage(self) -> bool:
        """Whether neighbours stay neighbours: nothing may be left out or changed on one side of a border alone."""
        return self.shared_borders or self.grid_low_zooms

    @property
    def coalesces_for_room(self) -> bool:
        """Whether polygons that a tile has no room for go into their neighbours, rather than leave a hole."""
        return self.coalesce_densest or self.keeps_coverage

    @property
    def step_by_step(self) -> bool:
        """Whether what a level shows depends on the levels below it, not on the shapes and the level alone."""
        return self.detail < FULL_DETAIL and not self.grid_low_zooms

    @property
    def reach(self) -> int:
        """By how many units rounding, squares for dust and a coarse grid may bring a shape nearer to a tile."""
        return max(_ROUNDING, 1 << (FULL_DETAIL - self.detail))

    @property
    def needs_nodes(self) -> bool:
        """Whether the vertices that features have in common have to be known."""
        return self.keep_shared_nodes or self.keeps_coverage or self.coalesce or self.coalesce_densest


def parse_options(text: str) -> Generalisation:
    """Read flags such as "-S10 -an"; raise InvalidInput that names a flag which is unknown.

    -S<n> simplification; -pn keep shared nodes; -an drop the smallest as needed; -aL grid of -D<n> steps above the
    bottom level; -ac coalesce what has the same attributes; -aD coalesce the densest as needed; -ab shared borders.
    """
    found: Dict[str, Any] = {}
    for flag in text.split():
        number, detail = _SIMPLIFICATION.fullmatch(flag), _DETAIL.fullmatch(flag)
        if number is not None and float(number.group(1)) > 0:
            found["simplification"] = float(number.group(1))
        elif detail is not None and 1 <= int(detail.group(1)) <= FULL_DETAIL:
            found["detail"] = int(detail.group(1))
        elif flag in _SWITCHES:
            found[_SWITCHES[flag]] = True
        else:
            raise _refusal(flag)
    if found.get("grid_low_zooms"):
        found.setdefault("detail", USUAL_DETAIL)
    return Generalisation(**found)


def _refusal(flag: str) -> InvalidInput:
    return InvalidInput(
        tr("The generalisation option “{flag}” cannot be used.", flag=flag),
        tr("GeoPub knows -S with a number above 0, -D with a number from 1 to 12, and {switches}.",
           switches=", ".join(_SWITCHES)),
        tr("Use these, such as -S10 -an, or choose one of the presets."),
    )  # fmt: skip
