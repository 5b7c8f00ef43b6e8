"""The tiles of a pyramid that is limited to an area."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..features.ragged import aranges, starts_of
from .area import Area
from .clip import Pieces


def within(pieces: Pieces, area: Optional[Area], level: int) -> Pieces:
    """Return the pieces in tiles that meet the area, all of them where there is none."""
    if area is None:
        return pieces
    kept = np.flatnonzero(area.meets(level, pieces.column, pieces.row))
    if len(kept) == len(pieces.source):
        return pieces
    counts = np.diff(pieces.path_start)[kept]
    vertices = aranges(pieces.path_start[kept], counts)
    return Pieces(
        x=pieces.x[vertices],
        y=pieces.y[vertices],
        path_start=starts_of(counts),
        source=pieces.source[kept],
        column=pieces.column[kept],
        row=pieces.row[kept],
    )
