"""What a block hands up to the levels above it: its own features with the detail that is left, in one file a table.

A file is the length of its header, the header (JSON: checksum, weight, bounds, arrays) and the arrays' bytes.
"""

from __future__ import annotations

import json
import struct
from dataclasses import fields, replace
from functools import partial, reduce
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..deflate import checksum
from ..features.batch import LINE, POINT, POLYGON
from ..features.schema import Bounds
from .records import Records, joined_records
from .shapes import Shapes, joined

_RECORDS = [field.name for field in fields(Records)]
_SHAPES = [field.name for field in fields(Shapes) if field.name != "kind"]
_LENGTH = struct.Struct("<Q")
_PIECE = 1 << 20  # bytes read at a time
_FEATURE = 4.0  # vertices that a path weighs besides its own


class Remainder(NamedTuple):
    """Records and shapes of one table."""

    records: Records
    shapes: List[Shapes]


class Extent(NamedTuple):
    """What a remainder weighs and where it lies."""

    weight: float  # vertices, about
    bounds: Optional[Bounds]  # unit square; None without a vertex


def surviving(up: Remainder, owned: np.ndarray) -> Remainder:
    """Return the features that are owned (bool (N,)) and still have a shape."""
    used = np.zeros(len(up.records), bool)
    for shapes in up.shapes:
        used[shapes.feature] = True
    return _only(up, used & owned)


def _only(up: Remainder, keep: np.ndarray) -> Remainder:
    """Return the features where `keep` (bool (N,)) holds."""
    if keep.all():
        return up
    rows = np.flatnonzero(keep)
    place = np.full(len(up.records), -1, np.int64)
    place[rows] = np.arange(len(rows))
    kept = [shapes.with_paths(place[shapes.feature] >= 0) for shapes in up.shapes]
    return Remainder(up.records.take(rows), [replace(shapes, feature=place[shapes.feature]) for shapes in kept])


def _near(up: Remainder, box: Bounds) -> Remainder:
    """Return the features with a path whose bounds meet the box."""
    meets = np.zeros(len(up.records), bool)
    for shapes in up.shapes:
        if len(shapes) == 0:
            continue
        first = shapes.path_start[:-1]
        there = np.maximum.reduceat(shapes.x, first) >= box[0]
        there &= np.minimum.reduceat(shapes.x, first) <= box[2]
        there &= np.maximum.reduceat(shapes.y, first) >= box[1]
        there &= np.minimum.reduceat(shapes.y, first) <= box[3]
        meets[shapes.feature[there]] = True
    return _only(up, meets)


def save(up: Remainder, path: Path) -> None:
    """Write a remainder to a file of its own."""
    arrays: Dict[str, np.ndarray] = {f"records.{name}": getattr(up.records, name) for name in _RECORDS}
    for shapes in up.shapes:
        arrays.update({f"{shapes.kind}.{name}": getattr(shapes, name) for name in _SHAPES})
    filled = [shapes for shapes in up.shapes if len(shapes.x)]
    bounds = None
    if filled:
        bounds = [
            float(min(shapes.x.min() for shapes in filled)), float(min(shapes.y.min() for shapes in filled)),
            float(max(shapes.x.max() for shapes in filled)), float(max(shapes.y.max() for shapes in filled)),
        ]  # fmt: skip
    columns = [array.tobytes() for array in arrays.values()]
    header = {
        "checksum": _checksum(columns),
        "weight": sum(len(shapes.x) + _FEATURE * len(shapes) for shapes in filled),
        "bounds": bounds,
        "arrays": [[name, array.dtype.str, len(array)] for name, array in arrays.items()],
    }
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(_LENGTH.pack(len(text)) + text)
        file.writelines(columns)


def extent_of(path: Path) -> Extent:
    """Return what the remainder in a file weighs and where it lies."""
    with path.open("rb") as file:
        header = _header(file)
    return Extent(header["weight"], None if header["bounds"] is None else tuple(header["bounds"]))


def is_whole(path: Path) -> bool:
    """Say whether a file holds all that `save` has written."""
    with path.open("rb") as file:
        try:
            header = _header(file)
        except (struct.error, ValueError):
            return False
        return bool(header["checksum"] == _checksum(iter(partial(file.read, _PIECE), b"")))


def _checksum(pieces: Iterable[bytes]) -> int:
    return reduce(lambda before, piece: checksum(piece, before), pieces, 0)


def _header(file: BinaryIO) -> Dict[str, Any]:
    (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
    found: Dict[str, Any] = json.loads(file.read(length))
    return found


def _load(path: Path) -> Remainder:
    with path.open("rb") as file:
        header = _header(file)
        stored = {name: np.fromfile(file, np.dtype(kind), count) for name, kind, count in header["arrays"]}
    records = Records(**{name: stored[f"records.{name}"] for name in _RECORDS})
    kinds = [kind for kind in (POINT, LINE, POLYGON) if f"{kind}.x" in stored]
    return Remainder(
        records, [Shapes(kind=kind, **{name: stored[f"{kind}.{name}"] for name in _SHAPES}) for kind in kinds]
    )


def together(own: Sequence[Path], beside: Sequence[Path], box: Bounds) -> Tuple[Optional[Remainder], np.ndarray]:
    """Return remainders for one table as one, ordered by fid, and which features are of `own`: bool (N,).

    Of those `beside` only what meets the box. None if nothing is left.
    """
    several = [(_load(path), True) for path in own if path.exists()]
    several += [(_near(_load(path), box), False) for path in beside if path.exists()]
    return united(several)


def united(several: Sequence[Tuple[Remainder, bool]]) -> Tuple[Optional[Remainder], np.ndarray]:
    """Return remainders as one, ordered by fid, and for each feature what was said of its remainder: bool (N,).

    None if nothing is left.
    """
    several = [(one, is_own) for one, is_own in several if len(one.records)]
    if not several:
        return None, np.zeros(0, bool)
    records = joined_records([one.records for one, _ in several])
    order = np.argsort(records.fids, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    shifts = np.cumsum([0] + [len(one.records) for one, _ in several])
    merged = []
    for kind in (POINT, LINE, POLYGON):
        found = [
            (shapes, shift) for (one, _), shift in zip(several, shifts) for shapes in one.shapes if shapes.kind == kind
        ]
        if found:
            shapes = joined([shapes for shapes, _ in found], [int(shift) for _, shift in found])
            shapes = replace(shapes, feature=rank[shapes.feature])
            in_order = (shapes.feature[1:] >= shapes.feature[:-1]).all()
            merged.append(shapes if in_order else shapes.with_paths(np.argsort(shapes.feature, kind="stable")))
    owned = np.concatenate([np.full(len(one.records), is_own) for one, is_own in several])
    return Remainder(records.in_order(order), merged), owned[order]
