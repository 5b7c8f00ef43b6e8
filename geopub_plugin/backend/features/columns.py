"""Attribute values, as SQLite hands them out or as its pages hold them, turned into the arrays of a `Column`."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Sequence

import numpy as np

from .batch import Column
from .bytestrings import Texts, cut
from .schema import ColumnKind
from .sqlite_records import BLOB, INTEGER, NULL, REAL, TEXT, NotPlain, Records, integers, reals

_NONE = type(None)
_NOTHING = np.empty(0, object)


def _objects(values: Sequence[Any]) -> np.ndarray:
    made = np.empty(len(values), object)  # (n,)
    made[:] = values
    return made


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _number(convert: Callable[[Any], Any]) -> Callable[[Any], Optional[Any]]:
    """Return a conversion that gives None for what is not a number (SQLite lets any value into any column)."""

    def converted(value: Any) -> Optional[Any]:
        try:
            return convert(value)
        except (TypeError, ValueError, OverflowError):
            return None

    return converted


_OTHERWISE: Dict[ColumnKind, Callable[[Any], Any]] = {
    ColumnKind.INTEGER: _number(int),
    ColumnKind.BOOLEAN: _number(lambda value: bool(int(value))),
    ColumnKind.REAL: _number(float),
    ColumnKind.BLOB: lambda value: value if isinstance(value, bytes) else str(value).encode(),
}
_EXPECTED = {
    ColumnKind.INTEGER: {int},
    ColumnKind.BOOLEAN: {int},
    ColumnKind.REAL: {int, float},
    ColumnKind.BLOB: {bytes},
}
_EMPTY: Dict[ColumnKind, Any] = {
    ColumnKind.INTEGER: 0,
    ColumnKind.BOOLEAN: 0,
    ColumnKind.REAL: np.nan,
    ColumnKind.BLOB: b"",
}
_TYPES = {ColumnKind.INTEGER: np.int64, ColumnKind.BOOLEAN: bool, ColumnKind.REAL: np.float64}


def column(kind: ColumnKind, values: Sequence[Any]) -> Column:
    """Return n values of SQLite as a column; values of a foreign type are converted, or NULL where that fails."""
    found = set(map(type, values))
    expected = _EXPECTED.get(kind, {str})
    if not found <= expected | {_NONE}:
        convert = _OTHERWISE.get(kind, _text)
        values = [
            value if value is None or type(value) in expected else convert(value) for value in values
        ]  # fmt: skip
        found = set(map(type, values))
    array = _objects(values) if _NONE in found or kind not in _TYPES else None  # (n,)
    null = None
    if _NONE in found and array is not None:
        null = np.equal(array, None).astype(bool)  # (n,)
        array[null] = _EMPTY.get(kind, "")
    if kind in _TYPES:
        array = np.asarray(values if array is None else array).astype(_TYPES[kind])
    return Column(kind, array if array is not None else _objects(values), null)


_STORED = {
    ColumnKind.INTEGER: {INTEGER},
    ColumnKind.BOOLEAN: {INTEGER},
    ColumnKind.REAL: {INTEGER, REAL},
    ColumnKind.BLOB: {BLOB},
}


def stored_column(kind: ColumnKind, records: Records, place: int, encoded: bool) -> Column:
    """Return a column of rows read from pages, with texts `encoded` or not.

    Raises:
        NotPlain: there are values of a foreign type, see `column`.
    """
    codes, values = np.frombuffer(records.data, np.uint8), records.values[place]
    found = values.found()
    if not found <= _STORED.get(kind, {TEXT}) | {NULL}:
        raise NotPlain(kind.value)
    if kind is ColumnKind.REAL:
        numbers = reals(codes, values)
        lost = np.isnan(numbers)  # what somebody has written as NaN is NULL to SQLite, too
        return Column(kind, numbers, lost if lost.any() else None)
    null = values.types == 0 if NULL in found else None
    if kind in _TYPES:
        return Column(kind, integers(codes, values).astype(_TYPES[kind], copy=False), null)
    if encoded and kind is not ColumnKind.BLOB:
        return Column(kind, _NOTHING, null, Texts(codes, values.start, values.size))
    stored = cut(records.data, values.start, values.size)
    return Column(kind, _objects(stored if kind is ColumnKind.BLOB else _decoded(stored)), null)


def _decoded(texts: List[bytes]) -> List[str]:
    decoded = b"\0".join(texts).decode("utf-8", "replace").split("\0")
    return decoded if len(decoded) == len(texts) else [text.decode("utf-8", "replace") for text in texts]
