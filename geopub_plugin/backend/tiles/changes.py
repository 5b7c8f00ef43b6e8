"""What changed between two revisions of a table, feature by feature, found by their keys.

SQLite itself compares the geometry blobs and the values, byte for byte, in one pass over both files: nothing of what
stayed the same comes into Python, and there is no hash that two different features could have in common.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import numpy as np

from ..features.geopackage import GeoPackageTable, connect, quoted
from ..features.schema import Field, TableSchema
from .blocks import Spread

_ROWS = 20_000


@dataclass(frozen=True)
class Changes:
    """The keys of what is not as it was; int64 (n,) each, ascending."""

    before: np.ndarray  # shown before: gone by now, or changed
    after: np.ndarray  # shown now: new, or changed
    moved: np.ndarray  # whose shape came, went or changed, whether the plan shows it or not; only where nodes matter

    def __len__(self) -> int:
        return len(np.union1d(self.before, self.after))


def changes_of(old: Spread, new: Spread, fields: Sequence[Field], nodes: bool, most: int) -> Optional[Changes]:
    """Compare two revisions of a table; None where that cannot be done, or more than `most` features differ.

    `fields` are the attributes that tiles carry; other attributes count only by what a filter makes of them. `nodes`
    says that shapes matter for their neighbours.
    """
    with (
        GeoPackageTable(old.plan.data, old.plan.table) as before,
        GeoPackageTable(new.plan.data, new.plan.table) as now,
    ):
        one, other = before.schema, now.schema
    found = _differing(old.plan.data, new.plan.data, one, other, fields, most)
    if found is None:
        return None
    differing, reshaped = found
    gone, come = np.setdiff1d(old.fids, new.fids), np.setdiff1d(new.fids, old.fids)
    changed = np.intersect1d(np.intersect1d(old.fids, new.fids), differing)
    moved = np.zeros(0, np.int64)
    if nodes:
        moved = np.union1d(reshaped, np.setxor1d(_keys(old.plan.data, one), _keys(new.plan.data, other)))
    if max(len(gone), len(come), len(moved)) > most:
        return None
    return Changes(np.union1d(gone, changed), np.union1d(come, changed), moved)


def _differing(
    before: Path, now: Path, old: TableSchema, new: TableSchema, fields: Sequence[Field], most: int
) -> Optional[Tuple[np.ndarray, np.ndarray]]:
    """Return the keys that both tables have with different rows, and those with different shapes: int64 (n,) each."""
    rows: List[Tuple[int, int]] = []
    with closing(connect(now)) as connection:
        connection.execute("ATTACH ? AS former", (_address(before),))
        if not (_found_by_key(connection, "main", new) and _found_by_key(connection, "former", old)):
            return None
        cursor = connection.execute(_question(old, new, fields))
        for some in iter(lambda: cursor.fetchmany(_ROWS), []):
            rows += some
            if len(rows) > most:
                return None
    found = np.array(rows, np.int64).reshape(-1, 2)
    found = found[np.argsort(found[:, 0])]
    return found[:, 0], found[found[:, 1] == 1, 0]


def _question(old: TableSchema, new: TableSchema, fields: Sequence[Field]) -> str:
    reshaped = f"n.{quoted(new.geometry)} IS NOT o.{quoted(old.geometry)}"
    tests = [reshaped]
    for field in fields:
        name = quoted(field.name)
        tests.append(f"n.{name} COLLATE BINARY IS NOT o.{name}")  # a column may call “a” and “A” the same
        if not field.sql_type or "BLOB" in field.sql_type.upper():  # 1 and 1.0 are equal, but stay what they are
            tests.append(f"typeof(n.{name}) <> typeof(o.{name})")
    return (
        f"SELECT n.{quoted(new.fid)}, {reshaped} FROM main.{quoted(new.name)} AS n "  # nosec B608 - quoted
        f"CROSS JOIN former.{quoted(old.name)} AS o ON o.{quoted(old.fid)} = n.{quoted(new.fid)} "
        f"WHERE {' OR '.join(tests)}"
    )


def _found_by_key(connection: sqlite3.Connection, schema: str, table: TableSchema) -> bool:
    """Say whether rows can be looked up by their key: not so in views."""
    sql = f"SELECT type FROM {schema}.sqlite_master WHERE name = ? COLLATE NOCASE"  # nosec B608 - a constant
    return bool(table.fid) and connection.execute(sql, (table.name,)).fetchone() == ("table",)


def _keys(data: Path, table: TableSchema) -> np.ndarray:
    """Return the keys of all rows: int64 (N,)."""
    with closing(connect(data)) as connection:
        rows = connection.execute(f"SELECT {quoted(table.fid)} FROM {quoted(table.name)}")  # nosec B608 - quoted
        return np.fromiter((row[0] for row in rows), np.int64)


def _address(path: Path) -> str:
    """Return a file's address for SQLite, as `connect` opens it: read only, and without a lock unless it has a log."""
    path = Path(path).resolve()
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    return f"{path.as_uri()}?{mode}"
