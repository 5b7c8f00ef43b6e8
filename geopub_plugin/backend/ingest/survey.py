"""One pass over a table: what its geometries are, what is wrong with them, and where they lie.

This pass finds everything the vector check reports, and everything integration has to know before it writes the first
row: the kind of geometry after repairs, the rows to repair, the places to order rows by, and which blobs are as they
are to be written. It keeps 42 bytes a row, and is kept itself beside the delivery (see `kept_survey`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Dict, FrozenSet, List, Optional, Tuple

import numpy as np

from ..faults import Fault
from ..features.batch import COLLECTION, LINE, MULTILINE, MULTIPOINT, MULTIPOLYGON, NULL, POINT, POLYGON, Geometries
from ..features.measure import feature_bounds
from ..features.ragged import take
from ..features.schema import Bounds, ColumnKind
from ..jobs.progress import Progress
from ..translation import tr
from .blob_form import OTHER, forms
from .catalogue import EXAMPLES, found
from .fields import NUMBERS, retyped_fields
from .geometry_engine import invalid, polygonal, repaired, wkb_of
from .geometry_reading import read
from .simplicity import simple_features
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
    boxes: np.ndarray  # float64 (N, 4) bounds of each geometry as delivered; NaN without one
    row_kinds: np.ndarray  # uint8 (N,) WKB kind of each geometry as read, 0 for NULL
    forms: np.ndarray  # uint8 (N,) see `blob_form`; 0 for what is to be written anew
    srs_id: Optional[int]  # in the header of all blobs that have a form; None when they differ, or there is none
    bounds: Optional[Bounds]  # None without any geometry
    kinds: FrozenSet[int]  # WKB kinds that occur once repaired
    has_z: bool
    repairs: np.ndarray  # int64 (n,) sorted keys of the rows whose polygons are invalid
    retyped: Dict[str, ColumnKind]  # columns whose values are not of their declared type, and the one that holds them
    utf8: bool  # whether every text is UTF-8
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
        self.keys: List[np.ndarray] = [np.zeros(0, np.int64)]
        self.boxes: List[np.ndarray] = [np.zeros((0, 4))]
        self.row_kinds: List[np.ndarray] = [np.zeros(0, np.uint8)]
        self.forms: List[np.ndarray] = [np.zeros(0, np.uint8)]
        self.srs_ids: set[Optional[int]] = set()
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
        bounds = feature_bounds(geometries)  # (N, 4)
        form, srs_id = forms(blobs, geometries, bounds)
        form[wrong] = form[reading.curved] = OTHER  # what was read of them is not what was delivered
        if form[geometries.kind != NULL].any():
            self.srs_ids.add(srs_id)
        self._keep(keys, bounds, geometries.kind, form)
        self.has_z |= geometries.z is not None
        self.has_m |= geometries.m is not None

    def _mend(self, broken: Geometries, keys: np.ndarray) -> None:
        mended = repaired(broken)
        gone = mended.kind == NULL  # (n,)
        self.add("geometry.invalid", keys[~gone])
        self.add("geometry.collapsed", keys[gone])
        self.kinds.update(np.unique(mended.kind[~gone]).tolist())
        self.repairs.append(keys)

    def _keep(self, keys: np.ndarray, bounds: np.ndarray, row_kinds: np.ndarray, form: np.ndarray) -> None:
        self.keys.append(keys)
        self.boxes.append(bounds)
        self.row_kinds.append(row_kinds)
        self.forms.append(form)
        known = bounds[~np.isnan(bounds[:, 0])]
        if len(known):
            self.low = np.minimum(self.low, known[:, :2].min(axis=0))
            self.high = np.maximum(self.high, known[:, 2:].max(axis=0))


def _invalid_rows(geometries: Geometries, blobs: List[Optional[bytes]]) -> np.ndarray:
    rows = polygonal(geometries)
    rows = rows[~simple_features(geometries)[rows]]
    wkb = [wkb_of(blob) for blob in (blobs[row] for row in rows.tolist()) if blob is not None]
    return rows[np.array(invalid(wkb), np.int64)]


def survey(source: SourceTable, progress: Progress, beside: Optional[SourceTable] = None) -> Survey:
    """Read a table once, and say what its geometries and values are and what is wrong with them.

    `beside` is the same table on a connection of its own, if it can be had: SQLite looks at values while we look at
    geometries.
    """
    total = source.count()
    progress.step(tr("Checking {table}", table=source.schema.name), total, "features")
    tally = _Tally()
    with ThreadPoolExecutor(1) as thread:
        values = thread.submit(_values, beside) if beside is not None else None
        for keys, blobs in source.geometries():
            tally.block(keys, blobs)
            progress.advance(len(keys))
    retyped, utf8 = _values(source) if values is None else values.result()
    low, high = tally.low.tolist(), tally.high.tolist()
    return Survey(
        keys=np.concatenate(tally.keys),
        boxes=np.concatenate(tally.boxes),
        row_kinds=np.concatenate(tally.row_kinds),
        forms=np.concatenate(tally.forms),
        srs_id=next(iter(tally.srs_ids)) if len(tally.srs_ids) == 1 else None,
        bounds=(low[0], low[1], high[0], high[1]) if np.isfinite(tally.low).all() else None,
        kinds=frozenset(tally.kinds),
        has_z=tally.has_z,
        repairs=np.sort(np.concatenate([np.zeros(0, np.int64), *tally.repairs])),
        retyped=retyped,
        utf8=utf8,
        faults=_faults(source.schema.name, total, tally),
    )


def _values(source: SourceTable) -> Tuple[Dict[str, ColumnKind], bool]:
    """Return the columns that get another type, and whether every text is UTF-8."""
    retyped = retyped_fields(source)
    texts = [field for field in source.fields if retyped.get(field.name, field.kind) not in NUMBERS]
    return retyped, source.is_utf8(texts)


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
