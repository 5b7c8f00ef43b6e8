"""Generalisation asked for with tippecanoe's short flags, as the Géoplateforme's presets write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import InvalidInput
from ..translation import tr

_KNOWN = (
    "-ab",
    "-ac",
    "-aD",
    "-aL",
    "-D",
    "-pn",
)  # of the platform's presets: understood, and refused until they are built
_SIMPLIFICATION = re.compile(r"-S(\d{1,3}(?:\.\d{1,3})?)")


@dataclass(frozen=True)
class Generalisation:
    """How shapes lose detail with every level up.

    `simplification` is the Douglas-Peucker tolerance in units of the tile's 4096 grid. `drop_smallest` says that the
    smallest features may go where a tile would exceed its budget; points go evenly.
    """

    simplification: float = 1.0
    drop_smallest: bool = False


def parse_options(text: str) -> Generalisation:
    """Read flags such as "-S10 -an"; raise InvalidInput that names a flag which is unknown or not built yet."""
    simplification, drop_smallest = Generalisation.simplification, Generalisation.drop_smallest
    for flag in text.split():
        number = _SIMPLIFICATION.fullmatch(flag)
        if number is not None and float(number.group(1)) > 0:
            simplification = float(number.group(1))
        elif flag == "-an":
            drop_smallest = True
        else:
            raise _refusal(flag)
    return Generalisation(simplification, drop_smallest)


def _refusal(flag: str) -> InvalidInput:
    what = tr("The generalisation option “{flag}” cannot be used.", flag=flag)
    cure = tr("Use -S followed by a number above 0, such as -S10, and -an.")
    if any(flag == known or (known == "-D" and re.fullmatch(r"-D\d+", flag)) for known in _KNOWN):
        return InvalidInput(what, tr("This version of GeoPub does not act on it yet."), cure)
    return InvalidInput(what, tr("GeoPub does not know it."), cure)
