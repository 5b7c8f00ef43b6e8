"""What differs between two revisions of data: tables, columns, and rows added, changed and removed.

Rows are matched by `ogc_fid` where one of the revisions is an update, which keeps it (see `keys`); else by the key of
their source, where a table has kept one; else two rows are the same when all their values are, and there are no changed
ones. The files are compared by SQLite, side by side, and not changed.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..features.geopackage import connect, quoted
from ..features.geopackage_schema import read_only_uri
from .catalogue import EXAMPLES
from .keys import HIGHEST
from .names import KEY

Relation = Mapping[str, Any]  # as in `type_infos.relations`

ADDED, REMOVED, CHANGED, KEPT = "added", "removed", "changed", "kept"


@dataclass(frozen=True)
class Rows:
    """How many rows, and the keys of the first."""

    count: int
    examples: Tuple[str, ...] = ()

    def as_json(self) -> Dict[str, Any]:
        """Return the wire form."""
        return {"count": self.count, "examples": list(self.examples)}


@dataclass(frozen=True)
class TableDifference:
    """One table in two revisions."""

    name: str
    state: str  # ADDED, REMOVED, CHANGED or KEPT
    matched_by: str  # the column whose values tell which rows are the same; "" for all columns
    rows: Dict[str, Rows]  # ADDED, CHANGED, REMOVED
    columns: Dict[str, List[str]]  # ADDED, CHANGED ("name: old → new"), REMOVED

    def as_json(self) -> Dict[str, Any]:
        """Return the wire form."""
        return {
            "name": self.name,
            "state": self.state,
            "matched_by": self.matched_by,
            "rows": {how: rows.as_json() for how, rows in self.rows.items()},
            "columns": self.columns,
        }


def compare(
    old: Path, new: Path, old_relations: Sequence[Relation], new_relations: Sequence[Relation]
) -> Tuple[TableDifference, ...]:
    """Compare two integrated GeoPackages, whose tables are described by their relations."""
    before = {str(relation["name"]): relation for relation in old_relations}
    after = {str(relation["name"]): relation for relation in new_relations}
    with closing(connect(old)) as connection:
        connection.execute("ATTACH ? AS newer", (read_only_uri(new.resolve()),))
        return tuple(
            _table(connection, name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])
        )


def _table(
    connection: sqlite3.Connection, name: str, old: Optional[Relation], new: Optional[Relation]
) -> TableDifference:
    if old is None or new is None:
        there = new or old or {}
        count = Rows(int(there.get("count", 0)))
        state = REMOVED if new is None else ADDED
        rows = {how: count if how == state else Rows(0) for how in (ADDED, CHANGED, REMOVED)}
        return TableDifference(name, state, "", rows, _columns(old or {}, new or {}))
    columns = _columns(old, new)
    common = [column for column in old["attributes"] if column in new["attributes"] and column != KEY]
    key = _key(connection, name, old, new)
    rows = _by_key(connection, name, key, common) if key else _by_content(connection, name, common)
    same = not any(columns.values()) and not any(one.count for one in rows.values())
    return TableDifference(name, KEPT if same else CHANGED, key, rows, columns)


def _columns(old: Relation, new: Relation) -> Dict[str, List[str]]:
    before, after = old.get("attributes", {}), new.get("attributes", {})
    return {
        ADDED: [name for name in after if name not in before],
        CHANGED: [f"{name}: {kind} → {after[name]}" for name, kind in before.items() if after.get(name, kind) != kind],
        REMOVED: [name for name in before if name not in after],
    }


def _key(connection: sqlite3.Connection, table: str, old: Relation, new: Relation) -> str:
    """Return the column that tells rows apart in both revisions, "" for none."""
    for schema in ("main", "newer"):
        sql = f"SELECT count(*) FROM {schema}.sqlite_master WHERE name = ?"  # nosec B608 - a constant
        if connection.execute(sql, (HIGHEST,)).fetchone()[0]:
            return KEY
    key = str(old.get("key") or "")
    if not key or key != new.get("key"):
        return ""
    for schema in ("main", "newer"):
        column = quoted(key)
        sql = f"SELECT count(*) = count(DISTINCT {column}) FROM {schema}.{quoted(table)}"  # nosec B608 - quoted
        if not connection.execute(sql).fetchone()[0]:
            return ""
    return key


def _by_key(connection: sqlite3.Connection, table: str, key: str, columns: Sequence[str]) -> Dict[str, Rows]:
    old, new, column = f"main.{quoted(table)}", f"newer.{quoted(table)}", quoted(key)
    missing = "SELECT {column} FROM {there} WHERE {column} NOT IN (SELECT {column} FROM {here})"
    differs = " OR ".join(f"a.{quoted(name)} IS NOT b.{quoted(name)}" for name in columns if name != key) or "0"
    changed = f"SELECT a.{column} FROM {old} AS a JOIN {new} AS b ON a.{column} = b.{column} WHERE {differs}"  # nosec B608 - quoted names
    return {
        ADDED: _found(connection, missing.format(column=column, there=new, here=old)),
        CHANGED: _found(connection, changed),
        REMOVED: _found(connection, missing.format(column=column, there=old, here=new)),
    }


def _by_content(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> Dict[str, Rows]:
    """Count rows that have no equal in the other revision; equal rows of one revision count as one."""
    names = ", ".join(map(quoted, columns)) or "1"
    old = f"SELECT {names} FROM main.{quoted(table)}"  # nosec B608 - quoted
    new = f"SELECT {names} FROM newer.{quoted(table)}"  # nosec B608 - quoted
    added = connection.execute(f"SELECT count(*) FROM ({new} EXCEPT {old})").fetchone()[0]  # nosec B608 - quoted
    removed = connection.execute(f"SELECT count(*) FROM ({old} EXCEPT {new})").fetchone()[0]  # nosec B608 - quoted
    return {ADDED: Rows(added), CHANGED: Rows(0), REMOVED: Rows(removed)}


def _found(connection: sqlite3.Connection, sql: str) -> Rows:
    keys = connection.execute(f"SELECT * FROM ({sql}) LIMIT {EXAMPLES}").fetchall()  # nosec B608 - built above
    count = len(keys)
    if count == EXAMPLES:
        count = connection.execute(f"SELECT count(*) FROM ({sql})").fetchone()[0]  # nosec B608 - built above
    return Rows(count, tuple(str(row[0]) for row in keys))
