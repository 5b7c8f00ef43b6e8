"""Rows read from the pages of a file: the same as SQLite hands out, whatever it has written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, List, Sequence, Tuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geopub_plugin.backend.features import geopackage
from geopub_plugin.backend.features.columns import column, stored_column
from geopub_plugin.backend.features.geopackage import GeoPackageTable, feature_tables
from geopub_plugin.backend.features.schema import ColumnKind
from geopub_plugin.backend.features.sqlite_pages import NotPlain, TablePages

KINDS = {
    "t": ColumnKind.TEXT, "i": ColumnKind.INTEGER, "r": ColumnKind.REAL, "b": ColumnKind.BLOB, "f": ColumnKind.BOOLEAN
}  # fmt: skip
CREATED = "CREATE TABLE w (fid INTEGER PRIMARY KEY, t TEXT, i INTEGER, r REAL, b BLOB, f BOOLEAN)"
EDGES = [0, 1, -1, 127, -128, 128, 2**15 - 1, -(2**15), 2**23 - 1, 2**31, -(2**47), 2**47, 2**63 - 1, -(2**63)]
rows = st.lists(
    st.tuples(
        st.none() | st.text(max_size=80),
        st.none() | st.sampled_from(EDGES) | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_nan=False) | st.sampled_from([0.0, 1.0, -7.0, 1e300, float("inf")]),
        st.none() | st.binary(min_size=1, max_size=300),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=60,
)


def written(path: Path, created: str, values: Sequence[Tuple[Any, ...]], page_bytes: int = 512) -> sqlite3.Connection:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA page_size = {page_bytes}")
    connection.execute(created)
    if values:
        connection.executemany(f"INSERT INTO w VALUES ({', '.join('?' * len(values[0]))})", values)
    connection.commit()
    return connection


def read(pages: TablePages, names: str) -> Tuple[List[int], List[list]]:
    """Return the keys of all rows, and the values of some columns; None for NULL."""
    records = pages.records(pages.from_key(-(2**63), 10**6, 10**9), [pages.places[name] for name in names])
    columns = []
    for place, name in enumerate(names):
        found = stored_column(KINDS[name], records, place, encoded=False)
        null = np.zeros(len(found), bool) if found.null is None else found.null
        columns.append([None if lost else value for value, lost in zip(found.values.tolist(), null.tolist())])
    return records.keys.tolist(), columns


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.sets(st.integers(-(2**63), 2**63 - 1), min_size=60, max_size=60), st.sampled_from([1024, 65536]))
def test_values_are_those_of_sqlite(tmp_path: Path, values: List[tuple], keys: set, page_bytes: int) -> None:
    numbered = [(key, *row) for key, row in zip(keys, values)]
    path = tmp_path / "w.sqlite"
    with closing(written(path, CREATED, numbered, page_bytes)) as connection:
        told = list(zip(*connection.execute("SELECT fid, r, t, f, b, i FROM w ORDER BY fid")))
        try:
            pages = TablePages(path, connection, "W", "fid")
            found, columns = read(pages, "rtfbi")
        except NotPlain as error:
            assert str(error) == "overflow pages" and page_bytes == 1024
            return
        finally:
            connection.close()
    assert found == list(told[0])
    wanted = [column(KINDS[name], one) for name, one in zip("rtfbi", told[1:])]
    for name, got, want in zip("rtfbi", columns, wanted):
        null = np.zeros(len(want), bool) if want.null is None else want.null
        assert got == [None if lost else one for one, lost in zip(want.values.tolist(), null.tolist())], name
    pages.close()


def test_every_row_of_a_deep_tree_has_its_place(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    keys = np.unique(random.integers(-(2**40), 2**40, 20_000)).tolist()
    values = [(key, "x" * (key % 90), key, key / 7, None, None) for key in keys]
    path = tmp_path / "deep.sqlite"
    with closing(written(path, CREATED, values)) as connection:
        pages = TablePages(path, connection, "w", "fid")
        assert read(pages, "i") == (keys, [keys])
        wanted = np.array(sorted(random.choice(keys, 500, replace=False).tolist()))
        records = pages.records(pages.of_keys(wanted), [])
        assert np.isin(wanted, records.keys).all() and len(records.keys) < len(keys) // 2
        assert pages.records(pages.from_key(keys[777], 100, 10**9), []).keys.tolist()[-1] > keys[860]
        pages.close()


@pytest.mark.parametrize(
    ("created", "further"),
    [
        ("CREATE TABLE w (fid INTEGER PRIMARY KEY, i INTEGER) WITHOUT ROWID", ""),
        ("CREATE TABLE w (fid INT PRIMARY KEY, i INTEGER)", ""),
        ("CREATE TABLE w (fid INTEGER PRIMARY KEY DESC, i INTEGER)", ""),
        ("CREATE TABLE w (fid INTEGER PRIMARY KEY, i INTEGER)", "ALTER TABLE w ADD COLUMN t TEXT DEFAULT 'x'"),
        ("CREATE TABLE w (fid INTEGER PRIMARY KEY, i INTEGER)", "ALTER TABLE w ADD COLUMN t TEXT AS (i + 1)"),
        ("CREATE TABLE w (fid INTEGER PRIMARY KEY, i INTEGER)", "UPDATE w SET i = zeroblob(600)"),
        ("CREATE TABLE w (fid INTEGER PRIMARY KEY, i INTEGER)", "UPDATE w SET i = 'a text'"),
    ],
)
def test_what_is_not_plain_is_left_to_sqlite(tmp_path: Path, created: str, further: str) -> None:
    path = tmp_path / "odd.sqlite"
    with closing(written(path, created, [(1, 5), (2, 6)])) as connection:
        if further:
            connection.execute(further)
            connection.commit()
        with pytest.raises(NotPlain):
            read(TablePages(path, connection, "w", "fid"), "ti" if "ADD" in further else "i")


def test_batches_are_the_same_with_sqlite_alone(world_map: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for schema in feature_tables(world_map):
        for asked in ({"size": 300}, {"size": 50, "first": 3, "limit": 90, "offset": 5}, {"fids": list(range(1, 400))}):
            found = []
            for pages_too in (True, False):
                with monkeypatch.context() as patched, GeoPackageTable(world_map, schema.name) as table:
                    patched.setattr(geopackage, "is_still", lambda _path, still=pages_too: still)
                    patched.setattr(geopackage, "_MANY", 1)
                    assert (table._leaves() is not None) == pages_too
                    batches = list(table.batches(heaviest=200_000, **asked))
                found.append((
                    np.concatenate([batch.fids for batch in batches]).tolist(),
                    np.concatenate([batch.geometries.x for batch in batches]).tolist(),
                    [v for batch in batches for c in batch.columns.values() for v in c.values.tolist() if v == v],
                ))  # fmt: skip
            assert found[0][:2] == found[1][:2]
            assert sorted(map(str, found[0][2])) == sorted(map(str, found[1][2]))
