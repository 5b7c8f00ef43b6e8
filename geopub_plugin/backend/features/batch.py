"""A batch: N features as columns of arrays. The layout is explained in docs/architecture.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, List, Optional

import numpy as np

from .schema import ColumnKind

if TYPE_CHECKING:
    from .bytestrings import Texts

POINT, LINE, POLYGON = 1, 2, 3  # values of Geometries.part_kind
NULL, MULTIPOINT, MULTILINE, MULTIPOLYGON, COLLECTION = 0, 4, 5, 6, 7  # with the three above, values of Geometries.kind


@dataclass(frozen=True)
class Geometries:
    """The geometries of N features: V vertices in Q paths in P parts."""

    x: np.ndarray  # float64 (V,)
    y: np.ndarray  # float64 (V,)
    path_start: np.ndarray  # int64 (Q+1,) first vertex of each path, and V
    part_start: np.ndarray  # int64 (P+1,) first path of each part, and Q
    part_kind: np.ndarray  # uint8 (P,) POINT, LINE or POLYGON
    feature_start: np.ndarray  # int64 (N+1,) first part of each feature, and P
    kind: np.ndarray  # uint8 (N,) WKB kind 1-7, 0 for NULL
    z: Optional[np.ndarray] = None  # float64 (V,)
    m: Optional[np.ndarray] = None  # float64 (V,)

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Column:
    """The values of one attribute.

    `values` is int64 for INTEGER, float64 for REAL, bool for BOOLEAN, and an object array of `str` for TEXT, DATE,
    DATETIME, TIME and JSON (as the GeoPackage writes them), of `bytes` for BLOB. Where `null` is True the value is
    meaningless (0, NaN, False, "" or b"").
    """

    kind: ColumnKind
    values: np.ndarray  # (N,)
    null: Optional[np.ndarray] = None  # bool (N,), None when nothing is NULL
    encoded: Optional[Texts] = None  # N texts instead of `values` (then empty), UTF-8 if the file keeps to it

    def __len__(self) -> int:
        return len(self.values) if self.encoded is None else len(self.encoded)

    def texts(self) -> List[str]:
        """Return the values of a column of texts."""
        if self.encoded is None:
            return list(self.values)
        return [text.decode("utf-8", "replace") for text in self.encoded.listed()]

    def taken(self, rows: np.ndarray) -> Column:
        """Return the values at some positions (int64)."""
        encoded = None if self.encoded is None else self.encoded.taken(rows)
        values = self.values[rows] if encoded is None else self.values
        return Column(self.kind, values, None if self.null is None else self.null[rows], encoded)


@dataclass(frozen=True)
class Batch:
    """N features of one table."""

    fids: np.ndarray  # int64 (N,)
    geometries: Geometries
    columns: Dict[str, Column]  # by field name, in the order asked for

    def __len__(self) -> int:
        return len(self.fids)
