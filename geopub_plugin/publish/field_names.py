"""Names of columns that a GeoPackage would refuse, mended before the export."""

from __future__ import annotations

from typing import Dict, Sequence


def free_name(wanted: str, taken: Sequence[str]) -> str:
    """Return `wanted`, with a number behind it when a name equal but for case is already taken."""
    lowered = {name.lower() for name in taken}
    name, number = wanted, 1
    while name.lower() in lowered:
        number += 1
        name = f"{wanted}_{number}"
    return name


def clashing(names: Sequence[str]) -> Dict[int, str]:
    """Return the new name, by position, of every name that equals an earlier one but for case."""
    seen = set()
    mended: Dict[int, str] = {}
    for position, name in enumerate(names):
        if name.lower() in seen:
            mended[position] = free_name(name, [*names, *mended.values()])
        seen.add(name.lower())
    return mended
