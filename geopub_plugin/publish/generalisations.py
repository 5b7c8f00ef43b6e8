"""The generalisations that are offered for tiles: flags, words, the geometry they suit, and their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Tuple

from ..backend.locations import shipped
from ..backend.translation import tr

POINTS, LINES, AREAS = "points", "lines", "areas"
FEW_ATTRIBUTES = 3  # with more of them, hardly any features are the same


@dataclass(frozen=True)
class Generalisation:
    """One generalisation of the platform."""

    name: str
    flags: str
    title: str
    explanation: str
    geometry: str  # that it suits, in words
    few_attributes: bool = False

    @property
    def picture(self) -> Path:
        """A picture: the same data without it on the left, with it on the right."""
        return shipped("resources", "generalisation", f"{self.name}.png")


def generalisations() -> Tuple[Generalisation, ...]:
    """Return the seven of the platform, in the user's language."""
    return (
        Generalisation("mixed", "-S10", tr("Simplify data of all kinds"),
                       tr("Every shape is simplified a little."), tr("points, lines and areas")),
        Generalisation("network", "-pn -S15", tr("Simplify a network"),
                       tr("Shapes are simplified; where lines meet, they go on meeting."), tr("roads, rivers, pipes")),
        Generalisation("lines", "-an -S15", tr("Simplify other lines"),
                       tr("The shortest lines go where a tile has no room."), tr("lines that form no network")),
        Generalisation("grid", "-aL -D8 -S15", tr("Schematise areas"),
                       tr("From afar, areas follow a grid; the territory stays covered."), tr("areas side by side")),
        Generalisation("selection", "-ac -aD -an -S15", tr("Select areas"),
                       tr("The smallest areas go into their neighbours."), tr("many small areas"), True),
        Generalisation("fusion", "-ac -an -S10", tr("Merge areas by attribute"),
                       tr("Neighbours with the same attributes become one."), tr("areas of few kinds"), True),
        Generalisation("borders", "-ab -S20", tr("Harmonise areas"),
                       tr("Common borders are simplified once for both sides: no gaps."), tr("areas that touch")),
    )  # fmt: skip
