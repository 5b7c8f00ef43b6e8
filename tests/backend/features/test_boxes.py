"""What features weigh is what SQLite says of them, wherever it is read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from geopub_plugin.backend.features import boxes
from geopub_plugin.backend.features.geopackage import GeoPackageTable

from ..tiles.conftest import write_table


def line(vertices: int) -> str:
    return f"LINESTRING ({', '.join(f'{i % 90} {i % 7}' for i in range(vertices))})"


@pytest.mark.parametrize("large", [0, 40, 299], ids=["the first", "one among others", "the last"])
@pytest.mark.parametrize("writer", [False, True], ids=["still", "with a writer"])
def test_sizes_of_geometries(tmp_path: Path, monkeypatch, large: int, writer: bool):
    monkeypatch.setattr(boxes, "_PIECE", 4096)  # a page: some hold a geometry that goes on in others
    selected, real = [], boxes._selected
    monkeypatch.setattr(boxes, "_selected", lambda *of: selected.append(of) or real(*of))
    rows = [(line(2000 if row == large else 2 + row % 60), {"name": f"line {row}"}) for row in range(300)]
    rows[17] = (None, {"name": "nowhere"})
    data = write_table(tmp_path / "lines.gpkg", "lines", rows, {"name": str})
    with closing(sqlite3.connect(data)) as connection:
        if writer:  # whose rows are not in the file yet
            connection.execute("PRAGMA journal_mode = wal")
            connection.execute("CREATE TABLE other (x)")
        told = dict(connection.execute("SELECT fid, coalesce(length(geom), 0) FROM lines"))
        with GeoPackageTable(data, "lines") as table:
            fids = np.array(sorted(told))[::3]
            found = boxes.geometry_bytes(table, fids)
    assert found.tolist() == [told[fid] for fid in fids.tolist()]
    assert bool(selected) == writer  # a size stands at the head of a row, wherever the row goes on
