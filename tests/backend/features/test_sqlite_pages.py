"""Rows read from the pages of a file: the same as SQLite hands out, whatever it has written."""

from __future__ import annotations

import contextlib
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, List, Sequence, Tuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.features import sqlite_records, table_rows
from geopub_plugin.backend.features.columns import column, stored_column
from geopub_plugin.backend.features.geopackage import GeoPackageTable, feature_tables
from geopub_plugin.backend.features.geopackage_schema import damage_told
from geopub_plugin.backend.features.schema import ColumnKind
from geopub_plugin.backend.features.sqlite_pages import TablePages
from geopub_plugin.backend.features.sqlite_records import NotPlain
from geopub_plugin.backend.features.wkb import MalformedGeometry

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
@given(rows, st.sets(st.integers(-(2**63), 2**63 - 1), min_size=60, max_size=60), st.sampled_from([512, 1024, 65536]))
def test_values_are_those_of_sqlite(tmp_path: Path, values: List[tuple], keys: set, page_bytes: int) -> None:
    numbered = [(key, *row) for key, row in zip(keys, values)]
    path = tmp_path / "w.sqlite"
    with closing(written(path, CREATED, numbered, page_bytes)) as connection:
        told = list(zip(*connection.execute("SELECT fid, r, t, f, b, i FROM w ORDER BY fid")))
        try:
            pages = TablePages(path, connection, "W", "fid")
            found, columns = read(pages, "rtfbi")
        except NotPlain as error:
            assert str(error) == "overflow pages" and page_bytes == 512
            return
        finally:
            connection.close()
    assert found == list(told[0])
    wanted = [column(KINDS[name], one) for name, one in zip("rtfbi", told[1:])]
    for name, got, want in zip("rtfbi", columns, wanted):
        null = np.zeros(len(want), bool) if want.null is None else want.null
        assert got == [None if lost else one for one, lost in zip(want.values.tolist(), null.tolist())], name
    pages.close()


def test_keys_may_lie_further_apart_than_the_largest_of_them(tmp_path: Path) -> None:
    keys = [*range(-(2**63), -(2**63) + 40), *range(2**62, 2**62 + 40)]  # less one another: more than 64 bits
    with closing(written(tmp_path / "w.sqlite", CREATED, [(key, "x" * 80, 1, 1.0, b"", True) for key in keys])) as told:
        pages = TablePages(tmp_path / "w.sqlite", told, "w", "fid")
    assert read(pages, "i")[0] == keys
    pages.close()


@pytest.mark.parametrize("page_bytes", [512, 4096, 65536])
def test_large_rows_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page_bytes: int) -> None:
    room, random = page_bytes - 35, np.random.default_rng(page_bytes)
    sizes = [*range(room - 12, room + 3), *range(page_bytes, page_bytes + 9), 2 * page_bytes, 5 * page_bytes + 77]
    sizes += [200_000] if page_bytes == 65536 else []  # types of more than 17 bits
    texts = ["x" * 40 if key % 3 else "y" * sizes[key // 3] for key in range(3 * len(sizes))]
    blobs = [random.bytes(len(texts[-key - 1])) for key in range(len(texts))]
    path = tmp_path / "large.sqlite"
    rows = [(key, text, key, None, blob, True) for key, (text, blob) in enumerate(zip(texts, blobs))]
    with closing(written(path, CREATED, rows, page_bytes)) as connection:
        connection.execute("DELETE FROM w WHERE fid % 7 = 1")
        again = [(key, "z" * 3 * page_bytes, key, None, b"b", True) for key in range(1, len(texts), 7)]
        connection.executemany("INSERT INTO w VALUES (?, ?, ?, ?, ?, ?)", again)  # in what pages were free: scattered
        connection.commit()
        told = [list(one) for one in zip(*connection.execute("SELECT fid, t, i, b FROM w ORDER BY fid"))]
        with closing(TablePages(path, connection, "w", "fid")) as pages:
            with pytest.raises(NotPlain):  # SQLite is as fast where most is in such rows
                read(pages, "tib")
            monkeypatch.setattr(sqlite_records, "_ELSEWHERE", 1000)
            found, columns = read(pages, "tib")
    assert [found, *columns] == told


def test_chains_that_end_too_early_or_in_a_circle_are_left_to_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "chain.sqlite"
    rows = [(key, "x" * 30, key, 0.5, bytes([key]) * (1200 if key == 50 else 9), None) for key in range(100)]
    with closing(written(path, CREATED, rows)) as connection:
        whole = path.read_bytes()
        last = next(at for at in range(0, len(whole), 512) if whole[at : at + 44] == bytes(4) + b"2" * 40) // 512 + 1
        for following in (last - 1, 1, 0xFFFF_FFFF):
            path.write_bytes(whole)
            damaged_at(path, last, 0, following.to_bytes(4, "big"))
            with pytest.raises(NotPlain), closing(TablePages(path, connection, "w", "fid")) as pages:
                read(pages, "b")
            damaged_at(path, last, 0, bytes(4))
            damaged_at(path, last - 1, 0, following.to_bytes(4, "big"))
            with pytest.raises(NotPlain), closing(TablePages(path, connection, "w", "fid")) as pages:
                read(pages, "b")


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
                    patched.setattr(table_rows, "is_still", lambda _path, still=pages_too: still)
                    patched.setattr(table_rows, "_MANY", 1)
                    assert (table._rows._leaves() is not None) == pages_too
                    batches = list(table.batches(heaviest=200_000, **asked))
                found.append((
                    np.concatenate([batch.fids for batch in batches]).tolist(),
                    np.concatenate([batch.geometries.x for batch in batches]).tolist(),
                    [v for batch in batches for c in batch.columns.values() for v in c.values.tolist() if v == v],
                ))  # fmt: skip
            assert found[0][:2] == found[1][:2]
            assert sorted(map(str, found[0][2])) == sorted(map(str, found[1][2]))


def damaged_at(path: Path, page: int, place: int, content: bytes, page_bytes: int = 512) -> None:
    with open(path, "r+b") as file:
        file.seek((page - 1) * page_bytes + place)
        file.write(content)


def pages_of(path: Path, connection: sqlite3.Connection) -> Tuple[int, int]:
    """Return the number of the root of table w, and of its last leaf."""
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'w'").fetchone()
    content = path.read_bytes()[(root - 1) * 512 : root * 512]
    return root, int.from_bytes(content[8:12], "big")


NINES = b"\xff" * 9


@pytest.mark.parametrize(
    ("whose", "place", "content"),
    [
        ("root", 8, "root"),  # the tree is its own branch
        ("root", 8, bytes(4)),  # page 0, which is none
        ("root", 8, b"\xff\xff\xff\xff"),
        ("root", 3, b"\xff\xff"),  # more cells than there is room for
        ("root", 12, b"\xff\xff"),  # a cell beyond its page
        ("root", 0, b"\x02"),  # an index
        ("leaf", 0, b"\x0a"),
        ("leaf", 3, b"\xff\xff"),
        ("leaf", 8, b"\x01\xff"),  # a cell that begins with the last byte of its page
        ("leaf", 8, "another"),  # a cell that is there twice
        ("cell", 0, NINES),  # a row of less than no bytes
        ("cell", 0, b"\x70"),  # a row that goes on in the next one
        ("cell", 0, b"\x00"),
        ("cell", 1, NINES),  # a key before all others
        ("cell", 3, b"\x7f"),  # a list of types longer than its row
        ("cell", 3, b"\x00"),
        ("cell", 5, b"\x7d"),  # a text that goes on in the next row
    ],
)
def test_what_is_damaged_is_left_to_sqlite(tmp_path: Path, whose: str, place: int, content: Any) -> None:
    path = tmp_path / "damaged.sqlite"
    created = "CREATE TABLE w (fid INTEGER PRIMARY KEY, t TEXT)"
    with closing(written(path, created, [(key, f"text {key}") for key in range(300, 420)])) as connection:
        root, leaf = pages_of(path, connection)
        first = int.from_bytes(path.read_bytes()[(leaf - 1) * 512 + 8 :][:2], "big")
        content = {"root": root.to_bytes(4, "big"), "another": (first - 15).to_bytes(2, "big")}.get(content, content)
        damaged_at(path, root if whose == "root" else leaf, place + first * (whose == "cell"), content)
        with pytest.raises(NotPlain), closing(TablePages(path, connection, "w", "fid")) as pages:
            read(pages, "t")


def a_geopackage(path: Path, table: str, geometry: str = "geom") -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.executescript(
        f"""CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
              organization_coordsys_id INTEGER, definition TEXT);
            CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, identifier TEXT, description TEXT);
            CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT,
              srs_id INTEGER, z INTEGER, m INTEGER);
            INSERT INTO gpkg_contents VALUES ('w', 'features', 'w', '');
            INSERT INTO gpkg_geometry_columns VALUES ('w', '{geometry}', 'POINT', 0, 0, 0);
            CREATE {table};"""
    )
    return connection


POINT = bytes.fromhex("47500001000000000101000000000000000000f03f0000000000000040")
TABLE = "TABLE w (fid INTEGER PRIMARY KEY, geom BLOB, r REAL)"


def all_of(path: Path, **asked: Any) -> Tuple[List[int], List[float]]:
    with GeoPackageTable(path, "w") as table:
        batches = list(table.batches(**asked))
    fids = [fid for batch in batches for fid in batch.fids.tolist()]
    return fids, [x for batch in batches for x in batch.geometries.x.tolist()]


def test_the_highest_key_is_the_end(tmp_path: Path) -> None:
    path, keys = tmp_path / "high.gpkg", [1, *range(5, 900, 2), 2**63 - 1]
    with closing(a_geopackage(path, TABLE)) as connection:
        connection.executemany("INSERT INTO w VALUES (?, ?, 1.5)", [(key, POINT) for key in keys])
        connection.commit()
        assert all_of(path, size=1)[0] == keys
        asked = [-(2**70), *range(400), 7, 7, 2**63 - 1, 2**70]
        assert all_of(path, fids=asked)[0] == [1, *range(5, 400, 2), 2**63 - 1]
        connection.execute("DELETE FROM w WHERE fid > 1000")
        connection.commit()
        assert all_of(path, fids=asked)[0] == [1, *range(5, 400, 2)]


def test_large_geometries_make_small_batches(tmp_path: Path) -> None:
    path, line = tmp_path / "large.gpkg", POINT[:8] + bytes.fromhex("010200000058020000") + POINT[13:] * 600
    with closing(a_geopackage(path, TABLE)) as connection:
        connection.executemany("INSERT INTO w VALUES (?, ?, 1.5)", [(key, line) for key in range(400)])
        connection.executemany("INSERT INTO w VALUES (?, ?, 1.5)", [(key, POINT) for key in range(400, 120_000)])
        connection.commit()
    for asked in ({}, {"fids": list(range(120_000))}):
        with GeoPackageTable(path, "w") as table:
            counts = [len(batch) for batch in table.batches(size=1200, heaviest=1_000_000, **asked)]
            assert sum(counts) == 120_000 and max(counts[:3]) * len(line) < 1_300_000
        fids, along = all_of(path, size=50_000, **asked)
        assert fids == list(range(120_000)) and len(along) == 400 * 600 + 119_600


@pytest.mark.parametrize(
    ("table", "geometry", "keys"),
    [
        ("TABLE w (fid INTEGER PRIMARY KEY, geom BLOB, r REAL)", "GEOM", [7, 8]),  # names whose case differs
        ("TABLE w (ROWID TEXT, geom BLOB, r REAL)", "geom", [1, 2]),  # the rowid's name is taken
        ("TABLE t (x TEXT, geom BLOB, r REAL); CREATE VIEW w AS SELECT x AS id, geom FROM t", "geom", [1, 2]),
    ],
)
def test_odd_names_are_read(tmp_path: Path, table: str, geometry: str, keys: List[int]) -> None:
    path = tmp_path / "odd.gpkg"
    with closing(a_geopackage(path, table, geometry)) as connection:
        name = "t" if "TABLE t" in table else "w"
        text = "INTEGER PRIMARY KEY" not in table
        rows = [(f"key {key}" if text else key, POINT, 2.5) for key in (7, 8)]
        connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ?)", rows)
        connection.commit()
        assert all_of(path) == (keys, [1.0, 1.0])


@pytest.mark.parametrize("odd", [None, "seven", 7.5])
def test_a_key_that_holds_no_numbers_is_a_column(tmp_path: Path, odd: Any) -> None:
    path = tmp_path / "odd.gpkg"
    with closing(a_geopackage(path, TABLE.replace("INTEGER", "BIGINT"))) as connection:
        connection.execute("INSERT INTO w VALUES (7, ?, 2.5)", (POINT,))
        connection.commit()
        assert all_of(path) == ([7], [1.0])
        connection.execute("INSERT INTO w VALUES (?, ?, 2.5)", (odd, POINT))
        connection.commit()
        assert all_of(path) == ([1, 2], [1.0, 1.0])
    (schema,) = feature_tables(path)
    assert (schema.fid, schema.field("fid").kind) == ("", ColumnKind.INTEGER)


def test_what_is_no_number_is_null_and_what_is_no_blob_no_geometry(tmp_path: Path) -> None:
    path = tmp_path / "nan.gpkg"
    with closing(a_geopackage(path, TABLE)) as connection:
        connection.execute("INSERT INTO w VALUES (1, ?, 1.7)", (POINT,))
        connection.commit()
        content = path.read_bytes()
        path.write_bytes(content.replace(struct.pack(">d", 1.7), struct.pack(">d", float("nan"))))
        with GeoPackageTable(path, "w") as table:
            assert next(table.batches()).columns["r"].null.tolist() == [True]
    path.write_bytes(content)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE w SET geom = 'POINT (1 2)'")
        connection.commit()
        with pytest.raises(MalformedGeometry):
            all_of(path)


def test_what_a_file_does_not_say_is_read_as_nothing_said(tmp_path: Path) -> None:
    path = tmp_path / "terse.gpkg"
    with closing(a_geopackage(path, TABLE)) as connection:
        connection.executescript(
            """DROP TABLE gpkg_geometry_columns; DROP TABLE gpkg_spatial_ref_sys;
            CREATE TABLE gpkg_geometry_columns (Table_Name TEXT, column_name TEXT);
            INSERT INTO gpkg_geometry_columns VALUES ('w', 'geom');
            CREATE TABLE gpkg_spatial_ref_sys (srs_id INTEGER PRIMARY KEY);"""
        )
        (schema,) = feature_tables(path)
    assert (schema.geometry, schema.has_z, schema.srs) == ("geom", False, None)


CUT_SHORT = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 5")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE w SET r = 2.5")
os._exit(0)
"""


def test_a_change_that_was_cut_short_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "hot.gpkg"
    with closing(a_geopackage(path, TABLE)) as connection:
        connection.executemany("INSERT INTO w VALUES (?, ?, 1.5)", [(key, POINT) for key in range(3000)])
        connection.commit()
    subprocess.run([sys.executable, "-c", CUT_SHORT, str(path)], check=True)
    assert path.with_name("hot.gpkg-journal").stat().st_size
    with pytest.raises(InvalidInput) as told:
        all_of(path)
    assert "journal" in told.value.why
    with closing(sqlite3.connect(path)) as connection:  # as QGIS does: it undoes the change
        assert connection.execute("SELECT DISTINCT r FROM w").fetchall() == [(1.5,)]
    assert len(all_of(path)[0]) == 3000


def test_a_file_that_somebody_is_writing_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "busy.gpkg"
    with closing(a_geopackage(path, TABLE)) as connection:
        connection.commit()
        connection.execute("BEGIN EXCLUSIVE")
        reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0)
        with closing(reader), pytest.raises(InvalidInput) as told, damage_told(path):
            reader.execute("SELECT * FROM w")
    assert "Another program" in told.value.why


def torn(path: Path, random: np.random.Generator) -> None:
    """Damage a file as chance has it, its pages' heads most of all."""
    content = bytearray(path.read_bytes())
    if random.random() < 0.2:
        del content[int(random.integers(1024, len(content))) :]
    for _ in range(int(random.choice([1, 2, 5, 30]))):
        at = int(random.integers(100, len(content)))
        if random.random() < 0.6:
            at = max(at // 512 * 512, 512) + int(random.integers(40))
        kind, some = random.integers(4), content[at : at + 9]
        noise = [bytes([1 << random.integers(8) ^ some[0]]), b"\xff" * len(some), random.bytes(1),
                 int(random.integers(len(content) // 512 + 2)).to_bytes(4, "big")] if some else [b""] * 4  # fmt: skip
        content[at : at + len(noise[kind])] = noise[kind]
    path.write_bytes(content)


def read_what_is_torn(path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as empty:
        empty.execute("PRAGMA page_size = 512")
        empty.execute("VACUUM")
    with closing(a_geopackage(path, TABLE)) as connection:
        rows = [(int(key), POINT, key / 3) for key in np.unique(random.integers(-5000, 5000, 400))]
        connection.executemany("INSERT INTO w VALUES (?, ?, ?)", rows)
        connection.commit()
    torn(path, random)
    asked = [{}, {"size": 7}, {"fids": list(range(-900, 900))}, {"offset": 90, "limit": 80}][seed % 4]
    with contextlib.suppress(InvalidInput):
        fids, _ = all_of(path, **asked)
        assert len(fids) < 10 * len(rows)


@pytest.mark.parametrize("seed", range(16))
def test_torn_files_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    read_what_is_torn(tmp_path / "torn.gpkg", seed)


@pytest.mark.slow
def test_very_many_torn_files_are_read_or_refused(tmp_path: Path) -> None:
    for seed in range(100, 500):
        read_what_is_torn(tmp_path / "torn.gpkg", seed)
