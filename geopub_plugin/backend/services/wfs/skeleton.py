"""Where geometries begin and end: what both GML and GeoJSON write around the coordinates of each path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from ...features.batch import Geometries
from ...features.bytestrings import END, Column, Piece, Texts, laid, pack, squeezed
from ...features.decimals import decimal_words
from ...features.measure import path_feature, vertex_feature
from ...features.ragged import take
from ..reference_systems import WireSrs


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

    def texts(self, made: Callable[[Place], bytes]) -> Column:
        """Return, for each path, what `made` says of its place; `made` is asked once for each kind of place."""
        said = [made(place) for place in self.places.values()]
        if len(set(said)) < 2:
            return said[0] if said else b""
        which = np.zeros(1024, np.intp)  # (1024,) what is said, by code
        which[list(self.places)] = np.arange(len(said))
        return Texts.chosen(said, which[self.code])


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


def coordinate_texts(geometries: Geometries, srs: WireSrs, before: bytes, between: bytes, after: bytes) -> Texts:
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
    pieces += [after[:-1], ends]
    return Texts.ended(squeezed(pack(pieces, len(geometries.x))))


def _heights(geometries: Geometries, z: np.ndarray, srs: WireSrs, between: bytes) -> List[Piece]:
    written = features_with_z(geometries)[vertex_feature(geometries)]  # (V,)
    heights = np.where(written, np.where(np.isfinite(z), z, 0.0), np.nan)
    return [np.where(written, between[0], 0).astype(np.uint8), *decimal_words(heights, srs.z_decimals)]


def feature_columns(
    columns: Sequence[Column],
    closing: Callable[[Place], bytes],
    skeleton: Skeleton,
    geometries: Geometries,
    empty: Callable[[int], bytes],
) -> List[Column]:
    """Return columns of pieces (N each), which side by side are the text of each feature's geometry.

    Args:
        columns: pieces of each path.
        closing: what comes after a path, by its place.
        skeleton: of the geometries.
        geometries: N of them.
        empty: the text of a feature without a path, by its row.
    """
    columns = [*columns, skeleton.texts(closing)]
    if len(skeleton.code) == len(geometries) and skeleton.plain:
        return columns
    paths = laid(columns, len(skeleton.code))  # those of a feature lie one after the other
    first = np.flatnonzero(skeleton.first_of_feature)  # (features with a path,)
    last = np.flatnonzero(skeleton.last_of_feature)
    rows = skeleton.feature[first]
    start, size = np.zeros((2, len(geometries)), np.int64)  # (N,) each
    start[rows] = paths.start[first]
    size[rows] = paths.start[last] + paths.size[last] - paths.start[first]
    texts = Texts(paths.data, start, size)
    without = np.flatnonzero(np.diff(geometries.feature_start) == 0)
    return [texts.replaced(without, Texts.of([empty(row) for row in without.tolist()])) if len(without) else texts]
