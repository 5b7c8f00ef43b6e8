"""What a deletion takes away: known before it happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from .entity import Wire, objects, text


@dataclass(frozen=True)
class Doomed:
    """One thing that would go."""

    kind: str  # "offering", "configuration", "stored_data", "upload", "static", "annexe", "metadata", "execution"
    id: str
    name: str
    status: str = ""
    size: int = 0  # bytes
    type: str = ""  # of a service: "WFS", "WMS-VECTOR", …


def doomed_of(wire: Wire) -> Tuple[Doomed, ...]:
    """Return what the answer of `…/deletion` lists, in the order in which it would go."""
    return tuple(
        Doomed(
            text(one, "kind"),
            text(one, "_id"),
            text(one, "name"),
            text(one, "status"),
            int(one.get("size") or 0),
            text(one, "type"),
        )
        for one in objects(wire, "goes")
    )
