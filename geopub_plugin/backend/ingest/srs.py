"""Which spatial reference system a table is in, and which one a publication gets.

Services name reference systems by EPSG codes, so a system that comes as WKT or as an IGNF code is looked up. The
`srs_id` 0 and -1 of GeoPackage (OGC 12-128r18 §1.1.2.1.2) and a missing definition mean that nothing is known.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Dict, List, Optional, Sequence, Tuple

import pyproj
from pyproj.exceptions import CRSError

from ..faults import Fault
from ..features.projection import reference_system
from ..features.schema import Bounds, Srs
from .catalogue import found

WGS84 = "EPSG:4326"
_CONFIDENCE = 70  # of 100: PROJ's certainty that two definitions are the same system
_MARGIN = 1.0  # degrees that coordinates may exceed the globe before they are no degrees


@lru_cache(maxsize=256)
def _crs(text: str) -> Optional[pyproj.CRS]:
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError:
        return None


def understood(srs: Srs) -> Optional[pyproj.CRS]:
    """Return PROJ's reading of a system, from its code or else from its definition; None where it has none."""
    crs = (_crs(srs.name) if srs.name else None) or (_crs(srs.definition) if srs.definition else None)
    return crs.sub_crs_list[0] if crs is not None and crs.is_compound else crs  # heights stay as they are


@lru_cache(maxsize=256)
def with_code(crs: pyproj.CRS) -> Optional[Srs]:
    """Return the system under its EPSG code: IGNF:LAMB93 is EPSG:2154. None where it has none."""
    code = crs.to_epsg(min_confidence=_CONFIDENCE)
    return Srs("EPSG", code, reference_system(f"EPSG:{code}").to_wkt()) if code else None


def named(text: str) -> Srs:
    """Return the system that a user names ("EPSG:2154", "IGNF:LAMB93"); raise InvalidInput for an unknown one."""
    crs = reference_system(text)
    return with_code(crs) or Srs("", 0, crs.to_wkt())


def _label(srs: Srs) -> str:
    crs = understood(srs)
    return srs.name or (crs.name if crs else srs.definition[:60])


@dataclass(frozen=True)
class Located:
    """What is known of where a table lies: what its file says, and where its coordinates are."""

    table: str
    srs: Optional[Srs]
    bounds: Optional[Bounds]  # in the table's own coordinates; None without any geometry


@dataclass(frozen=True)
class Decision:
    """The system each table's coordinates are read in, and the one all are published in."""

    sources: Dict[str, Srs]  # tables that could not be decided are absent, and an ERROR says why
    target: Srs
    faults: Tuple[Fault, ...]


def _are_degrees(bounds: Bounds) -> bool:
    west, south, east, north = bounds
    return west >= -360 - _MARGIN and east <= 360 + _MARGIN and south >= -90 - _MARGIN and north <= 90 + _MARGIN


def _says_nothing(srs: Optional[Srs]) -> bool:
    """Tell whether a table names no system; GDAL then writes one called undefined, and shapefiles carry it on."""
    return srs is None or re.match(r'\s*\w+\["(GCS_|PCS_)?Undefined', srs.definition) is not None


def _read_as(located: Located, declared: Optional[Srs]) -> Tuple[Optional[Srs], List[Fault]]:
    """Return the system that a table's coordinates are in, and what there is to say of it."""
    table, said = located.table, located.srs
    crs = None if said is None or _says_nothing(said) else understood(said)
    if crs is None or crs.is_engineering:
        if declared is not None:
            return declared, [found("table.declared-srs", table, declared=_label(declared))]
        if said is None or _says_nothing(said):
            return None, [found("table.no-srs", table)] if located.bounds else []
        if crs is None:
            return None, [found("table.unreadable-srs", table, definition=said.definition[:60])]
        return None, [found("table.local-srs", table, srs=crs.name)]
    srs = with_code(crs) or Srs("", 0, crs.to_wkt())
    if located.bounds is None or not crs.is_geographic or _are_degrees(located.bounds):
        return srs, []
    if declared is not None and not reference_system(declared.text).is_geographic:
        return declared, [found("srs.overridden", table, found=_label(srs), declared=_label(declared))]
    west, south, east, north = (f"{value:.0f}" for value in located.bounds)
    values = {"srs": _label(srs), "west": west, "south": south, "east": east, "north": north}
    return None, [found("table.implausible-srs", table, **values)]


def decide(tables: Sequence[Located], declared: str = "", wanted: str = "") -> Decision:
    """Decide in which system every table is read and in which all are published.

    `declared` is the system the user says the data is in, `wanted` the one to publish in; both may be "". Published is
    what is wanted, else what is declared, else the system of most tables; EPSG:4326 where that one has no code.
    """
    said = named(declared) if declared else None
    sources: Dict[str, Srs] = {}
    faults: List[Fault] = []
    for located in tables:
        source, its_faults = _read_as(located, said)
        faults += its_faults
        if source is not None:
            sources[located.table] = source
    usual = Counter(sources.values()).most_common(1)  # of several as usual: the first
    target = named(wanted) if wanted else said or (usual[0][0] if usual else named(WGS84))
    if not target.name:
        target = named(WGS84)
    faults += _differences(sources, said, target, bool(wanted))
    undecided = {located.table for located in tables if _says_nothing(located.srs) and located.bounds is None}
    sources.update({table: target for table in undecided if table not in sources})
    return Decision(sources, target, tuple(faults))


def _differences(sources: Dict[str, Srs], declared: Optional[Srs], target: Srs, wanted: bool) -> List[Fault]:
    """Say which tables change their system without having been asked to."""
    faults: List[Fault] = []
    for table, srs in sources.items():
        if declared is not None and srs.text != declared.text:
            labels = {"found": _label(srs), "declared": _label(declared), "target": _label(target)}
            faults.append(found("srs.mismatch", table, **labels))
        elif not srs.name and not wanted:
            faults.append(found("table.unknown-srs", table, srs=_label(srs), target=_label(target)))
    labels_used = list(dict.fromkeys(_label(srs) for srs in sources.values()))
    if len(labels_used) > 1 and not wanted and declared is None:
        faults.append(
            found("file.two-srs", count=len(labels_used), examples=labels_used, target=_label(target))
        )  # fmt: skip
    return faults
