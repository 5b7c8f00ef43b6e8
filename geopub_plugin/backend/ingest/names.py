"""Standardised names: what tables and columns are called once they are published.

The Géoplateforme's rule, so that the same layer has the same names in every place: lower case, no accents, `_` for
everything that is neither a letter nor a digit, at most 63 characters (PostgreSQL's limit). Letters of other scripts
are written in Latin ones (see `transliteration`), so that a name can be recognised, and does not depend on the others.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable

from .transliteration import in_latin

KEY = "ogc_fid"  # integer key of every integrated table
GEOMETRY = "geom"  # its geometry column
RESERVED = (KEY, GEOMETRY)
LONGEST = 63

QGIS_OWN = ("layer_styles", "qgis_projects")  # where QGIS keeps styles and projects: nobody misses them in a service

STANDARD = re.compile(r"[a-z_][a-z0-9_]*")


def is_standard(name: str) -> bool:
    """Tell whether a name may be used as it is."""
    return len(name) <= LONGEST and STANDARD.fullmatch(name) is not None


def standardised(name: str) -> str:
    """Return the standard form of one name: "Région d'Été" becomes "region_d_ete"."""
    plain = re.sub(r"[^a-z0-9_]+", "_", in_latin(name))
    if not plain.strip("_"):
        plain = "unnamed"
    return (f"_{plain}" if plain[0].isdigit() else plain)[:LONGEST]


def standard_names(names: Iterable[str], reserved: Iterable[str] = ()) -> Dict[str, str]:
    """Return the standard form of every name, none twice and none reserved: the map from old to new.

    A name that is standard already keeps itself whatever comes before it; the others give way with `_2`, `_3`, …
    The map can be read backwards, since its values are unique.
    """
    wanted = list(dict.fromkeys(names))
    taken = set(reserved)
    given: Dict[str, str] = {}
    for name in sorted(wanted, key=lambda name: not is_standard(name)):  # stable: standard names first
        given[name] = _free(standardised(name), taken)
        taken.add(given[name])
    return {name: given[name] for name in wanted}


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        suffix = f"_{number}"
        candidate = name[: LONGEST - len(suffix)] + suffix
    return candidate
