"""What a block hands up to the levels above it: its own features with the detail that is left, in one file a table."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import numpy as np

from ..features.batch import LINE, POINT, POLYGON
from .records import Records, joined_records
from .shapes import Shapes, joined

_RECORDS = [field.name for field in fields(Records)]
_SHAPES = [field.name for field in fields(Shapes) if field.name != "kind"]


@dataclass(frozen=True)
class Remainder:
    """Records and shapes of one table."""

    records: Records
    shapes: List[Shapes]


def surviving(up: Remainder, owned: np.ndarray) -> Remainder:
    """Return the features that are owned (bool (N,)) and still have a shape."""
    used = np.zeros(len(up.records), bool)
    for shapes in up.shapes:
        used[shapes.feature] = True
    rows = np.flatnonzero(used & owned)
    place = np.full(len(up.records), -1, np.int64)
    place[rows] = np.arange(len(rows))
    kept = [shapes.with_paths(place[shapes.feature] >= 0) for shapes in up.shapes]
    return Remainder(up.records.take(rows), [replace(shapes, feature=place[shapes.feature]) for shapes in kept])


def save(up: Remainder, path: Path) -> None:
    """Write a remainder to a file of its own."""
    arrays: Dict[str, np.ndarray] = {f"records.{name}": getattr(up.records, name) for name in _RECORDS}
    for shapes in up.shapes:
        arrays.update({f"{shapes.kind}.{name}": getattr(shapes, name) for name in _SHAPES})
    np.savez(path, **arrays)


def _load(path: Path) -> Remainder:
    with np.load(path, allow_pickle=False) as stored:
        records = Records(**{name: stored[f"records.{name}"] for name in _RECORDS})
        kinds = [kind for kind in (POINT, LINE, POLYGON) if f"{kind}.x" in stored]
        return Remainder(
            records, [Shapes(kind=kind, **{name: stored[f"{kind}.{name}"] for name in _SHAPES}) for kind in kinds]
        )


def together(paths: Sequence[Path]) -> Optional[Remainder]:
    """Return the remainders of all blocks for one table as one, ordered by fid; None if no block left any."""
    several = [_load(path) for path in paths if path.exists()]
    several = [one for one in several if len(one.records)]
    if not several:
        return None
    records = joined_records([one.records for one in several])
    order = np.argsort(records.fids, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    shifts = np.cumsum([0] + [len(one.records) for one in several])
    merged = []
    for kind in (POINT, LINE, POLYGON):
        found = [(shapes, shift) for one, shift in zip(several, shifts) for shapes in one.shapes if shapes.kind == kind]
        if found:
            shapes = joined([shapes for shapes, _ in found], [int(shift) for _, shift in found])
            shapes = replace(shapes, feature=rank[shapes.feature])
            merged.append(shapes.with_paths(np.argsort(shapes.feature, kind="stable")))
    return Remainder(records.in_order(order), merged)
