"""One pass over a table: what its geometries are, what is wrong with them, and where they lie.

This pass finds everything the vector check reports, and everything integration has to know before it writes the first
row: the kind of geometry after repairs, the rows to repair, the places to order rows by. It keeps 24 bytes a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, FrozenSet, List, Optional, Tuple

import numpy as np

from ..faults import Fault
from ..features.batch import COLLECTION, LINE, MULTILINE, MULTIPOINT, MULTIPOLYGON, NULL, POINT, POLYGON, Geometries
from ..features.measure import feature_bounds
from ..features.ragged import take
from ..features.schema import Bounds
from ..jobs.progress import Progress
from ..translation import tr
from .catalogue import EXAMPLES, found
from .geometry_engine import invalid, polygonal, repaired, wkb_of
from .geometry_reading import read
from .source import SourceTable

SINGLE = {MULTIPOINT: POINT, MULTILINE: LINE, MULTIPOLYGON: POLYGON}
MULTIPLE = {single: several for several, single in SINGLE.items()}
TYPE_NAMES = {
    POINT: "POINT",
    LINE: "LINESTRING",
    POLYGON: "POLYGON",
    MULTIPOINT: "MULTIPOINT",
    MULTILINE: "MULTILINESTRING",
    MULTIPOLYGON: "MULTIPOLYGON",
    COLLECTION: "GEOMETRYCOLLECTION",
}
_STRAIGHT = {
    "CURVEPOLYGON": "POLYGON",
    "MULTICURVE": "MULTILINESTRING",
    "MULTISURFACE": "MULTIPOLYGON",
    "CIRCULARSTRING": "LINESTRING",
    "COMPOUNDCURVE": "LINESTRING",
    "CURVE": "LINESTRING",
    "SURFACE": "POLYGON",
    "GEOMCOLLECTION": "GEOMETRYCOLLECTION",
}


@dataclass(frozen=True)
class Survey:
    """What a pass over a table found."""

    keys: np.ndarray  # int64 (N,) in the order of the file
    x: np.ndarray  # float64 (N,) centres of the geometries' bounds; NaN without a geometry
    y: np.ndarray  # float64 (N,)
    bounds: Optional[Bounds]  # None without any geometry
    kinds: FrozenSet[int]  # WKB kinds that occur once repaired
    has_z: bool
    repairs: np.ndarray  # int64 (n,) sorted keys of the rows whose polygons are invalid
    faults: Tuple[Fault, ...]


@dataclass
class _Count:
    """Rows with one fault: how many, and the keys of the first of them."""

    rows: int = 0
    examples: List[int] = field(default_factory=list)

    def add(self, keys: np.ndarray) -> None:
        self.rows += len(keys)
        self.examples += keys[: EXAMPLES - len(self.examples)].tolist()


class _Tally:
    """What has been seen so far of one table."""

    def __init__(self) -> None:
        self.counts: Dict[str, _Count] = {}
        self.keys: List[np.ndarray] = []
        self.boxes: List[np.ndarray] = []  # centre and bounds: float64 (n, 2) each
        self.low, self.high = np.full(2, np.inf), np.full(2, -np.inf)
        self.kinds: set[int] = set()
        self.repairs: List[np.ndarray] = []
        self.has_z = self.has_m = False

    def add(self, check: str, keys: np.ndarray) -> None:
        if len(keys):
            self.counts.setdefault(check, _Count()).add(keys)

    def block(self, keys: np.ndarray, blobs: List[Optional[bytes]]) -> None:
        """Look at one block of rows."""
        reading = read(blobs)
        geometries = reading.geometries
        filled = np.diff(geometries.feature_start) > 0  # (N,)
        self.add("geometry.curved", keys[reading.curved])
        self.add("geometry.malformed", keys[reading.malformed])
        self.add("geometry.null", keys[(geometries.kind == NULL) & ~reading.malformed])
        self.add("geometry.empty", keys[(geometries.kind != NULL) & ~filled])
        wrong = _invalid_rows(geometries, reading.blobs)  # int64 (n,)
        sound = filled.copy()
        sound[wrong] = False
        self.kinds.update(np.unique(geometries.kind[sound]).tolist())
        if len(wrong):
            self._mend(take(geometries, wrong), keys[wrong])
        self._place(keys, geometries)
        self.has_z |= geometries.z is not None
        self.has_m |= geometries.m is not None

    def _mend(self, broken: Geometries, keys: np.ndarray) -> None:
        mended = repaired(broken)
        gone = mended.kind == NULL  # (n,)
        self.add("geometry.invalid", keys[~gone])
        self.add("geometry.collapsed", keys[gone])
        self.kinds.update(np.unique(mended.kind[~gone]).tolist())
        self.repairs.append(keys)

    def _place(self, keys: np.ndarray, geometries: Geometries) -> None:
        bounds = feature_bounds(geometries)  # (N, 4)
        self.keys.append(keys)
        self.boxes.append((bounds[:, :2] + bounds[:, 2:]) / 2)
        known = bounds[~np.isnan(bounds[:, 0])]
        if len(known):
            self.low = np.minimum(self.low, known[:, :2].min(axis=0))
            self.high = np.maximum(self.high, known[:, 2:].max(axis=0))


def _invalid_rows(geometries: Geometries, blobs: List[Optional[bytes]]) -> np.ndarray:
    rows = polygonal(geometries)
    wkb = [wkb_of(blob) for blob in (blobs[row] for row in rows.tolist()) if blob is not None]
    return rows[np.array(invalid(wkb), np.int64)]


def survey(source: SourceTable, progress: Progress) -> Survey:
    """Read the geometries of a table once, and say what they are and what is wrong with them."""
    total = source.count()
    progress.step(tr("Checking {table}", table=source.schema.name), total, "features")
    tally = _Tally()
    for keys, blobs in source.geometries():
        tally.block(keys, blobs)
        progress.advance(len(keys))
    keys = np.concatenate([np.zeros(0, np.int64), *tally.keys])
    centres = np.concatenate([np.zeros((0, 2)), *tally.boxes])  # (N, 2)
    low, high = tally.low.tolist(), tally.high.tolist()
    return Survey(
        keys=keys,
        x=centres[:, 0],
        y=centres[:, 1],
        bounds=(low[0], low[1], high[0], high[1]) if np.isfinite(tally.low).all() else None,
        kinds=frozenset(tally.kinds),
        has_z=tally.has_z,
        repairs=np.sort(np.concatenate([np.zeros(0, np.int64), *tally.repairs])),
        faults=_faults(source.schema.name, total, tally),
    )


def _faults(table: str, total: int, tally: _Tally) -> Tuple[Fault, ...]:
    faults = [found("table.empty", table)] if total == 0 else []
    for check, count in tally.counts.items():
        if check == "geometry.malformed" and count.rows == total:
            check = "geometry.all-malformed"
        faults.append(found(check, table, count.rows, count.examples))
    if tally.has_m:
        faults.append(found("geometry.measures", table))
    return tuple(faults)


def published_type(
    table: str, kinds: FrozenSet[int], declared: str, multiple: bool
) -> Tuple[str, bool, Tuple[Fault, ...]]:
    """Return the GeoPackage type of a published table, whether singles become multiples, and what to say of it.

    `kinds` are those that occur, `declared` the type the file states, `multiple` what the user asked for.
    """
    declared = _STRAIGHT.get(declared, declared)
    if not kinds:
        return (declared if declared in TYPE_NAMES.values() else "GEOMETRY"), False, ()
    families = {SINGLE.get(kind, kind) for kind in kinds}
    if len(families) > 1:
        names = tuple(TYPE_NAMES[family] for family in sorted(families))
        return "GEOMETRY", False, (found("geometry.kinds", table, len(names), names, kinds=", ".join(names)),)
    family = families.pop()
    if family == COLLECTION:
        return TYPE_NAMES[COLLECTION], False, ()
    mixed = len(kinds) == 2
    several = multiple or mixed or MULTIPLE[family] in kinds or declared == TYPE_NAMES[MULTIPLE[family]]
    name = TYPE_NAMES[MULTIPLE[family] if several else family]
    said = mixed and declared != name
    return name, several, (found("geometry.mixed", table, type=name),) if said else ()
