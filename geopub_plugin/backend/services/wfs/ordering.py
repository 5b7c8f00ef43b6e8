"""Features in the order of their attributes."""

from __future__ import annotations

from contextlib import closing
from typing import List, Optional, Sequence, Tuple

import numpy as np

from ...features.condition import LISTED
from ...features.geopackage import GeoPackageTable, connect, quoted


def sorted_keys(
    table: GeoPackageTable,
    order: Sequence[Tuple[str, str]],
    keys: Optional[np.ndarray],
    start: int,
    count: int,
) -> List[int]:
    """Return the keys of a page of rows sorted by fields (ASC or DESC each), equal ones by key; of `keys` or of all."""
    key = quoted(table.schema.fid)
    ways = [f"{quoted(name)} {'DESC' if way == 'DESC' else 'ASC'}" for name, way in order]
    kept = "" if keys is None else f"WHERE {key} IN {LISTED} "
    sql = (
        f"SELECT {key} FROM {quoted(table.schema.name)} {kept}"  # nosec B608 - identifiers are quoted, ways are ours
        f"ORDER BY {', '.join(ways)}, {key} LIMIT ? OFFSET ?"
    )
    values: List[object] = [] if keys is None else [repr(keys.tolist())]
    with closing(connect(table.path)) as connection:
        return [row[0] for row in connection.execute(sql, (*values, count, start))]
