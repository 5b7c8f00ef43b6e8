"""Where geometries begin and end: what both GML and GeoJSON write around the coordinates of each path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import repeat
from typing import Callable, Dict, Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np

from ...features.batch import Geometries
from ...features.bytestrings import END, Piece, interleaved, pack, split, squeezed
from ...features.decimals import decimal_words
from ...features.measure import path_feature, vertex_feature
from ...features.ragged import take
from .reference_systems import WireSrs


def placed(geometries: Geometries) -> Geometries:
    """Return the geometries with NULL for each that has a vertex nowhere (a projection had no answer for it)."""
    nowhere = ~(np.isfinite(geometries.x) & np.isfinite(geometries.y))  # (V,)
    if not nowhere.any():
        return geometries
    lost = np.zeros(len(geometries), bool)  # (N,)
    lost[vertex_feature(geometries)[nowhere]] = True
    kept = take(geometries, ~lost)
    parts = np.zeros(len(geometries), np.int64)  # (N,)
    parts[~lost] = np.diff(kept.feature_start)
    feature_start = np.concatenate([[0], np.cumsum(parts)])
    return replace(kept, feature_start=feature_start, kind=np.where(lost, 0, geometries.kind).astype(np.uint8))


class Place(NamedTuple):
    """Where a path stands in its feature."""

    kind: int  # of the feature
    part_kind: int
    first_of_part: bool
    last_of_part: bool
    first_of_feature: bool
    last_of_feature: bool
    with_z: bool


@dataclass(frozen=True)
class Skeleton:
    """What is said of each path (Q of them) of N features."""

    feature: np.ndarray  # int64 (Q,)
    part: np.ndarray  # int64 (Q,)
    kind: np.ndarray  # uint8 (Q,) of the feature
    first_of_part: np.ndarray  # int64 (Q,) 0 or 1
    first_of_feature: np.ndarray  # int64 (Q,) 0 or 1
    last_of_feature: np.ndarray  # int64 (Q,) 0 or 1
    code: np.ndarray  # int64 (Q,) below 1024: the path's `Place`
    places: Dict[int, Place]  # those that occur, by code

    @property
    def plain(self) -> bool:
        """Whether each feature has one path, no less and no more."""
        return bool(self.first_of_feature.all()) and bool(self.last_of_feature.all())

    @classmethod
    def of(cls, geometries: Geometries) -> Skeleton:
        """Return the skeleton of a batch's geometries."""
        count = len(geometries.path_start) - 1
        feature = path_feature(geometries)
        part = np.repeat(np.arange(len(geometries.part_kind)), np.diff(geometries.part_start))
        kind = geometries.kind[feature]
        first_of_part, last_of_part = _edges(part, count)
        first_of_feature, last_of_feature = _edges(feature, count)
        with_z = features_with_z(geometries)[feature]
        code = (kind.astype(np.int64) << 7) + (geometries.part_kind[part].astype(np.int64) << 5)  # (Q,)
        code += (first_of_part << 4) + (last_of_part << 3) + (first_of_feature << 2) + (last_of_feature << 1) + with_z
        places = {}
        for one in np.flatnonzero(np.bincount(code)).tolist():
            flags = [bool(one >> bit & 1) for bit in (4, 3, 2, 1, 0)]
            places[one] = Place(one >> 7, one >> 5 & 3, *flags)
        return cls(feature, part, kind, first_of_part, first_of_feature, last_of_feature, code, places)

    def texts(self, made: Callable[[Place], bytes]) -> Iterable[bytes]:
        """Return, for each path, what `made` says of its place; `made` is asked once for each kind of place."""
        if len(self.places) == 1:
            return repeat(made(next(iter(self.places.values()))))
        table = np.full(1024, None, object)  # (1024,)
        for code, place in self.places.items():
            table[code] = made(place)
        return table[self.code].tolist()


def _edges(owners: np.ndarray, count: int) -> Tuple[np.ndarray, np.ndarray]:
    """Return where runs of equal owners begin and where they end: int64 (count,) each, 0 or 1."""
    changes = np.ones(count + 1, np.int64)
    changes[1:count] = owners[1:] != owners[:-1]
    return changes[:count], changes[1:]


def features_with_z(geometries: Geometries) -> np.ndarray:
    """Return which features have a height at any vertex: bool (N,)."""
    with_z = np.zeros(len(geometries), bool)  # (N,)
    if geometries.z is not None:
        with_z[vertex_feature(geometries)[~np.isnan(geometries.z)]] = True
    return with_z


def coordinate_texts(geometries: Geometries, srs: WireSrs, before: bytes, between: bytes, after: bytes) -> List[bytes]:
    """Return the coordinates of each path: `before` x `between` y `after`, the last byte of the last `after` left out.

    Heights come after a further `between`, in features that have any; a vertex without one there gets 0.
    """
    x = decimal_words(geometries.x, srs.decimals)
    y = decimal_words(geometries.y, srs.decimals)
    pieces: List[Piece] = [before, *(y if srs.y_first else x), between, *(x if srs.y_first else y)]
    if geometries.z is not None:
        pieces += _heights(geometries, geometries.z, srs, between)
    ends = np.full(len(geometries.x), after[-1], np.uint8)  # (V,)
    ends[geometries.path_start[1:] - 1] = END[0]
    pieces += [after[:-1], ends] if after[:-1] else [ends]
    if not before:
        del pieces[0]
    return split(squeezed(pack(pieces, len(geometries.x))))


def _heights(geometries: Geometries, z: np.ndarray, srs: WireSrs, between: bytes) -> List[Piece]:
    written = features_with_z(geometries)[vertex_feature(geometries)]  # (V,)
    heights = np.where(written, np.where(np.isfinite(z), z, 0.0), np.nan)
    return [np.where(written, between[0], 0).astype(np.uint8), *decimal_words(heights, srs.z_decimals)]


def feature_columns(
    columns: Sequence[Iterable[bytes]],
    closing: Callable[[Place], bytes],
    skeleton: Skeleton,
    geometries: Geometries,
    empty: Callable[[int], bytes],
) -> List[Iterable[bytes]]:
    """Return columns of pieces (N each), which side by side are the text of each feature's geometry.

    Args:
        columns: pieces of each path.
        closing: what comes after a path, by its place.
        skeleton: of the geometries.
        geometries: N of them.
        empty: the text of a feature without a path, by its row.
    """
    count = len(geometries)
    if len(skeleton.code) == count and skeleton.plain:
        return [*columns, skeleton.texts(closing)]
    ended = skeleton.texts(lambda place: closing(place) + (END if place.last_of_feature else b""))
    filled = np.empty(int(skeleton.last_of_feature.sum()), object)  # (features with a path,)
    filled[:] = split(interleaved([*columns, ended])) if len(filled) else []
    texts = np.full(count, b"", object)  # (N,)
    texts[skeleton.feature[skeleton.last_of_feature > 0]] = filled
    for row in np.flatnonzero(np.diff(geometries.feature_start) == 0).tolist():
        texts[row] = empty(row)
    return [texts.tolist()]
