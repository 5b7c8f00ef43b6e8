"""Ragged arrays: rows of different lengths as one flat array and the offsets where each row starts."""

from __future__ import annotations

from typing import Optional, Sequence

import numpy as np

from .batch import Geometries


def starts_of(counts: np.ndarray) -> np.ndarray:
    """Return the offsets of rows with these counts: int64 (n+1,), from 0 to the total."""
    starts = np.zeros(len(counts) + 1, np.int64)  # (n+1,)
    np.cumsum(counts, out=starts[1:])
    return starts


def aranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return `arange(start, start + count)` of every row, one after the other: int64 (counts.sum(),)."""
    starts, counts = np.asarray(starts, np.int64), np.asarray(counts, np.int64)
    if len(counts) == 0 or int(counts.min()) == 0:
        filled = np.flatnonzero(counts)
        starts, counts = starts[filled], counts[filled]
    ends = np.cumsum(counts)  # (n,)
    if len(ends) == 0:
        return ends
    steps = np.ones(int(ends[-1]), np.int64)  # one on, and at the start of a row as far as it lies from the last
    steps[0] = starts[0]
    steps[ends[:-1]] = starts[1:] - starts[:-1] - counts[:-1] + 1
    return np.cumsum(steps, out=steps)


def row_numbers(counts: np.ndarray) -> np.ndarray:
    """Return for each element of rows with these counts the number of its row: int64 (counts.sum(),).

    As `repeat(arange(n), counts)`, in a third of the time; so is `values[row_numbers(counts)]` beside `repeat`.
    """
    starts = starts_of(counts)
    marks = np.zeros(int(starts[-1]), np.int8)  # 1 where another row begins
    if np.all(counts):
        marks[starts[1:-1]] = 1
        return np.cumsum(marks, dtype=np.int64)
    filled = np.flatnonzero(counts)
    marks[starts[filled[1:]]] = 1
    return filled[np.cumsum(marks, dtype=np.int64)]


def _rows(starts: np.ndarray, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the elements of the rows in `index`, and the offsets of these rows in that selection."""
    counts = starts[index + 1] - starts[index]
    return aranges(starts[index], counts), starts_of(counts)


def take(geometries: Geometries, index: np.ndarray) -> Geometries:
    """Return the geometries of the features in `index` (int64 positions, or a bool mask), in that order."""
    index = np.flatnonzero(index) if index.dtype == bool else np.asarray(index, np.int64)
    parts, feature_start = _rows(geometries.feature_start, index)
    paths, part_start = _rows(geometries.part_start, parts)
    vertices, path_start = _rows(geometries.path_start, paths)

    def picked(values: Optional[np.ndarray]) -> Optional[np.ndarray]:
        return None if values is None else values[vertices]

    return Geometries(
        x=geometries.x[vertices],
        y=geometries.y[vertices],
        path_start=path_start,
        part_start=part_start,
        part_kind=geometries.part_kind[parts],
        feature_start=feature_start,
        kind=geometries.kind[index],
        z=picked(geometries.z),
        m=picked(geometries.m),
    )


def _chained(starts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the offsets of all rows when several ragged arrays are put one after the other."""
    return starts_of(np.concatenate([np.diff(one) for one in starts]))


def concatenate(several: Sequence[Geometries]) -> Geometries:
    """Return the features of several geometries in one; z and m are NaN where only some have them."""

    def dimension(name: str) -> Optional[np.ndarray]:
        if all(getattr(one, name) is None for one in several):
            return None
        found = (getattr(one, name) for one in several)
        return np.concatenate([np.full(len(one.x), np.nan) if v is None else v for one, v in zip(several, found)])

    return Geometries(
        x=np.concatenate([one.x for one in several]),
        y=np.concatenate([one.y for one in several]),
        path_start=_chained([one.path_start for one in several]),
        part_start=_chained([one.part_start for one in several]),
        part_kind=np.concatenate([one.part_kind for one in several]),
        feature_start=_chained([one.feature_start for one in several]),
        kind=np.concatenate([one.kind for one in several]),
        z=dimension("z"),
        m=dimension("m"),
    )
