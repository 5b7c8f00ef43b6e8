from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from geopub_plugin.backend.ingest.rtree import CELLS, create, outward


def boxes_of(count: int) -> np.ndarray:
    random = np.random.default_rng(count)
    low = random.uniform(-180, 180, (count, 2))
    return np.concatenate([low, low + random.exponential(0.5, (count, 2))], axis=1)


@pytest.mark.parametrize("count", [0, 1, CELLS, CELLS + 1, CELLS**2, CELLS**2 + 1, 2 * CELLS**2 + 7])
def test_sqlite_finds_the_tree_sound(count):
    connection = sqlite3.connect(":memory:")
    create(connection, "t", np.arange(1, count + 1), outward(boxes_of(count)))
    assert connection.execute("SELECT rtreecheck('t')").fetchone() == ("ok",)
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (count,)


def test_questions_are_answered_as_by_looking_at_every_box():
    bounds = boxes_of(5000)
    connection = sqlite3.connect(":memory:")
    ids = np.arange(5000) * 3 + 1
    create(connection, "t", ids, outward(bounds))
    for west, south in ((-170, -170), (0, 0), (100, 33.3)):
        east, north = west + 20, south + 20
        sql = "SELECT id FROM t WHERE maxx >= ? AND minx <= ? AND maxy >= ? AND miny <= ? ORDER BY id"
        found = [row[0] for row in connection.execute(sql, (west, east, south, north))]
        meets = (
            (bounds[:, 2] >= west) & (bounds[:, 0] <= east) & (bounds[:, 3] >= south) & (bounds[:, 1] <= north)
        )  # fmt: skip
        assert found == ids[meets].tolist()
        assert len(found) > 0


def test_the_tree_can_be_changed_afterwards():
    connection = sqlite3.connect(":memory:")
    create(connection, "t", np.arange(1, 3001), outward(boxes_of(3000)))
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", [(i, 0, 1, 0, 1) for i in range(4000, 4200)])
    connection.execute("DELETE FROM t WHERE id < 500")
    assert connection.execute("SELECT rtreecheck('t')").fetchone() == ("ok",)


def test_boxes_are_rounded_outwards():
    bounds = np.array([[0.1, -0.1, 0.7, 0.3], [1e9 + 1, -1e9 - 1, 1e9 + 1, -1e9 - 1], [0, 0, 0, 0]])
    boxes = outward(bounds).astype(np.float64)
    assert (boxes[:, 0] <= bounds[:, 0]).all()
    assert (boxes[:, 2] <= bounds[:, 1]).all()
    assert (boxes[:, 1] >= bounds[:, 2]).all()
    assert (boxes[:, 3] >= bounds[:, 3]).all()
    assert boxes[2].tolist() == [0, 0, 0, 0]
    assert np.abs(boxes[0, [0, 2, 1, 3]] - bounds[0]).max() < 1e-7
