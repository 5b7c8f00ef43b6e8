"""Keys that stay: across an update, a feature keeps the `ogc_fid` that it had in the revision before.

What is the same feature? Whatever has the same key of its source and the same content; then, whatever has the same
content (a source that counts its rows anew shifts all its keys); then, whatever has the same key (it was changed). All
others are new, and get numbers above the highest that was ever used. That number outlives the feature that had it in a
table of its own, `geopub_keys`, which is in no list of contents.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from ..features.geopackage import connect, feature_tables, quoted
from ..features.schema import TableSchema
from .names import GEOMETRY, KEY
from .rtree import along_the_curve, create

HIGHEST = "geopub_keys"  # the table of the highest keys: in revisions that are updates
_FORMER = "geopub_former"
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class KeptKeys:
    """What became of the keys of one table."""

    table: str
    kept: int
    new: int
    gone: int


@dataclass(frozen=True)
class _Rows:
    """N rows of a table, by their keys."""

    keys: np.ndarray  # int64 (N,) ascending
    source: Optional[np.ndarray]  # int64 (N,) keys of the source, None where it kept none
    digests: np.ndarray  # uint64 (N,) of shapes and values, without keys


def keep_keys(target: Path, previous: Path, source_keys: Mapping[str, str]) -> Tuple[KeptKeys, ...]:
    """Give the tables of a new revision the keys that their features had in the previous one.

    `source_keys` names, by table, the column that holds the source's own key, if there is one.
    """
    former = {table.name: table for table in feature_tables(previous)}
    tables = feature_tables(target)
    highest = _highest(previous, former)
    outcome: List[KeptKeys] = []
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "legacy_alter_table = ON"):
            connection.execute(f"PRAGMA {setting}")
        moved = False
        for table in tables:
            if table.name not in former:
                continue
            old, new = _compared(previous, former[table.name], target, table, source_keys.get(table.name, ""))
            keys, kept = _matched(old, new, highest[table.name])
            if not np.array_equal(keys, new.keys):
                _renumber(connection, table, new.keys, keys)
                moved = True
            highest[table.name] = max(highest[table.name], int(keys.max(initial=0)))
            outcome.append(KeptKeys(table.name, kept, len(keys) - kept, len(old.keys) - kept))
        connection.execute(f"CREATE TABLE {HIGHEST} (table_name TEXT NOT NULL PRIMARY KEY, highest INTEGER NOT NULL)")
        connection.executemany(f"INSERT INTO {HIGHEST} VALUES (?, ?)", sorted(highest.items()))  # nosec B608 - a constant
        if moved:
            connection.execute("VACUUM")  # what the former tables have left
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    return tuple(outcome)


def _highest(previous: Path, tables: Mapping[str, TableSchema]) -> Dict[str, int]:
    """Return the highest key that each table ever had, those that are gone for now included."""
    found: Dict[str, int] = {}
    with closing(connect(previous)) as connection:
        sql = "SELECT count(*) FROM sqlite_master WHERE name = ?"
        if connection.execute(sql, (HIGHEST,)).fetchone()[0]:
            found.update(connection.execute(f"SELECT table_name, highest FROM {HIGHEST}"))  # nosec B608 - a constant
        for table in tables.values():
            sql = f"SELECT coalesce(max({quoted(table.fid)}), 0) FROM {quoted(table.name)}"  # nosec B608 - quoted
            found[table.name] = max(found.get(table.name, 0), int(connection.execute(sql).fetchone()[0]))
    return found


def _compared(previous: Path, old: TableSchema, target: Path, new: TableSchema, key: str) -> Tuple[_Rows, _Rows]:
    """Read both revisions of a table, as far as they have the same columns."""
    known = {field.name for field in old.fields}
    columns = [field.name for field in new.fields if field.name in known]
    own = key if key in columns else ""
    others = [name for name in columns if name != own]
    return _rows(previous, old, own, others), _rows(target, new, own, others)


def _rows(path: Path, table: TableSchema, own: str, columns: Sequence[str]) -> _Rows:
    wanted = [quoted(table.fid), quoted(own) if own else "NULL", *map(quoted, (table.geometry, *columns))]
    sql = f"SELECT {', '.join(wanted)} FROM {quoted(table.name)} ORDER BY 1"  # nosec B608 - quoted
    keys, source, digests = [], [], bytearray()
    with closing(connect(path)) as connection:
        for row in connection.execute(sql):
            keys.append(row[0])
            source.append(row[1])
            digests += hashlib.blake2b(marshal.dumps(row[2:], 2), digest_size=8).digest()
    numbered = bool(own) and all(type(one) is int for one in source)
    return _Rows(
        np.array(keys, np.int64), np.array(source, np.int64) if numbered else None, np.frombuffer(digests, np.uint64)
    )


def _matched(old: _Rows, new: _Rows, highest: int) -> Tuple[np.ndarray, int]:
    """Return a key for each new row, int64 (N,), and how many of them the old rows had."""
    keys = np.zeros(len(new.keys), np.int64)
    left, right = np.arange(len(old.keys)), np.arange(len(new.keys))  # not matched yet
    steps = [(old.digests, new.digests)]
    if old.source is not None and new.source is not None:
        one, other = old.source.view(np.uint64), new.source.view(np.uint64)
        steps = [(old.digests ^ one * _MIX, new.digests ^ other * _MIX), *steps, (one, other)]
    for one, other in steps:
        a, b = _pairs(one[left], other[right])
        keys[right[b]] = old.keys[left[a]]
        left, right = np.delete(left, a), np.delete(right, b)
    keys[right] = highest + 1 + np.arange(len(right))
    return keys, len(keys) - len(right)


def _pairs(one: np.ndarray, other: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return places of equal values, int64 (n,) each; of several equal ones the first with the first, and so on."""
    _, codes = np.unique(np.concatenate([one, other]), return_inverse=True)
    numbered = [_occurrences(codes[: len(one)]), _occurrences(codes[len(one) :])]
    _, a, b = np.intersect1d(*numbered, assume_unique=True, return_indices=True)
    return a, b


def _occurrences(codes: np.ndarray) -> np.ndarray:
    """Return a number for each code (int64 (n,)) and how often it came before: int64 (n,), all different."""
    order = np.argsort(codes, kind="stable")
    new = np.ones(len(codes), bool)
    new[1:] = codes[order][1:] != codes[order][:-1]
    place = np.arange(len(codes))
    before = np.empty(len(codes), np.int64)
    before[order] = place - np.maximum.accumulate(np.where(new, place, 0))
    return (codes.astype(np.int64) << 32) | before


def _renumber(connection: sqlite3.Connection, table: TableSchema, before: np.ndarray, after: np.ndarray) -> None:
    """Write a table anew, with other keys and in their order, and its index."""
    name, fields = (
        quoted(table.name),
        ", ".join(f"o.{quoted(one)}" for one in (GEOMETRY, *(f.name for f in table.fields))),
    )
    (sql,) = connection.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table.name,)
    ).fetchone()
    connection.execute("BEGIN")
    connection.execute(f"ALTER TABLE {name} RENAME TO {_FORMER}")
    connection.execute(sql)
    connection.execute("CREATE TEMP TABLE geopub_renumbered (after INTEGER PRIMARY KEY, before INTEGER)")
    pairs = zip(after.tolist(), before.tolist())
    connection.executemany("INSERT INTO temp.geopub_renumbered VALUES (?, ?)", pairs)
    connection.execute(
        f"INSERT INTO {name} SELECT m.after, {fields} FROM temp.geopub_renumbered AS m "  # nosec B608 - quoted
        f"CROSS JOIN {_FORMER} AS o ON o.{quoted(KEY)} = m.before ORDER BY m.after"
    )
    connection.execute(f"DROP TABLE {_FORMER}")
    connection.execute("DROP TABLE temp.geopub_renumbered")
    index = f"rtree_{table.name}_{GEOMETRY}"
    rows = np.array(connection.execute(f"SELECT id, minx, maxx, miny, maxy FROM {quoted(index)}").fetchall())  # nosec B608 - quoted
    rows = rows.reshape(-1, 5)
    ids = after[np.searchsorted(before, rows[:, 0].astype(np.int64))]
    connection.execute(f"DROP TABLE {quoted(index)}")
    boxes = rows[:, 1:].astype(np.float32)
    order = along_the_curve(boxes)
    create(connection, index, ids[order], boxes[order])
    connection.execute("COMMIT")
