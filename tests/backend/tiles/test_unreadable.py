"""What tiles cannot hold is said in words."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.tiles.pyramid_job import build_pyramid_file

from .conftest import write_table

SURFACE = "POLYHEDRALSURFACE Z (((0 0 0, 0 0 1, 0 1 1, 0 1 0, 0 0 0)))"


@pytest.mark.parametrize(
    "wkt, told",
    [
        ("CIRCULARSTRING (0 0, 1 1, 2 0)", "curves"),
        ("COMPOUNDCURVE (CIRCULARSTRING (0 0, 1 1, 2 0), (2 0, 3 0))", "curves"),
        ("CURVEPOLYGON (CIRCULARSTRING (0 0, 1 0, 1 1, 0 1, 0 0))", "curves"),
        ("MULTISURFACE (CURVEPOLYGON (CIRCULARSTRING (0 0, 1 0, 1 1, 0 1, 0 0)))", "curves"),
        (SURFACE, "surfaces"),
        ("TIN Z (((0 0 0, 0 0 1, 0 1 0, 0 0 0)))", "surfaces"),
    ],
)
def test_the_kind_is_named_with_its_table_and_count(tmp_path: Path, wkt: str, told: str):
    data = write_table(tmp_path / "a.gpkg", "things", [("LINESTRING (0 0, 1 1)", {}), (wkt, {}), (wkt, {})], {})
    with pytest.raises(InvalidInput) as refused:
        build_pyramid_file(data, tmp_path / "a.pmtiles", (0, 3), jobs=1)
    assert told in refused.value.what and "things" in refused.value.what
    assert "2" in refused.value.why and "QGIS" in refused.value.cure
    assert [path.name for path in tmp_path.iterdir()] == ["a.gpkg"]


@pytest.mark.parametrize("key", [None, "seven"])
def test_a_view_with_rows_that_have_no_key_is_refused(tmp_path: Path, key: object):
    rows = [("POINT (1 1)", {}), ("POINT (2 2)", {})]
    data = write_table(tmp_path / "a.gpkg", "things", rows, {})
    with closing(sqlite3.connect(data)) as connection, connection:
        connection.execute("CREATE TABLE keys (thing INTEGER, key INTEGER)")
        connection.executemany("INSERT INTO keys VALUES (?, ?)", [(1, 10), (2, key)])
        connection.execute("CREATE VIEW few AS SELECT key AS fid, geom FROM things JOIN keys ON thing = things.fid")
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            told = ", ".join("'few'" if name in ("table_name", "identifier") else name for name in names)
            connection.execute(f"INSERT INTO {table} SELECT {told} FROM {table} WHERE table_name = 'things'")
    with pytest.raises(InvalidInput) as refused:
        build_pyramid_file(data, tmp_path / "a.pmtiles", (0, 3), ["few"], jobs=1)
    assert "few" in refused.value.what and "fid" in refused.value.why and "QGIS" in refused.value.cure
    assert [path.name for path in tmp_path.iterdir()] == ["a.gpkg"]
