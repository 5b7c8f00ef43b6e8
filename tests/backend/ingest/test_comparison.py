"""What differs between two revisions is found by tables, columns and rows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Dict

import pytest
from osgeo import ogr

from geopub_plugin.backend.ingest import integration_job
from geopub_plugin.backend.ingest.comparison import compare
from geopub_plugin.backend.jobs.progress import Silent

from .packages import SQUARE, Table, make, run

SHAPES = [f"POINT ({n} {n})" for n in range(30)]
COLUMNS = {"name": (ogr.OFTString, 0, [f"n{n}" for n in range(30)]), "size": (ogr.OFTInteger, 0, list(range(30)))}
BASE = Table("places", SHAPES, columns=COLUMNS)


@pytest.fixture
def revisions(tmp_path):
    """Integrate the same file before and after some changes, and compare the two."""

    def made(source: Path, place: Path) -> Dict[str, Any]:
        work = tmp_path / place
        work.mkdir()
        result = integration_job.run({"files": [str(source)]}, work, Silent())
        return {**result, "path": work / "data.gpkg"}

    def compared(first: Table, *statements: str, more: Table = None):
        source = make(tmp_path / "a.gpkg", first)
        old = made(source, "old")
        changed = tmp_path / "b.gpkg"
        if more is None:
            shutil.copy(source, changed)
        else:
            make(changed, first, more)
        for statement in statements:
            run(changed, statement)
        new = made(changed, "new")
        return {one.name: one for one in compare(old["path"], new["path"], old["relations"], new["relations"])}

    return compared


def counts(difference) -> tuple:
    return tuple(difference.rows[how].count for how in ("added", "changed", "removed"))


def test_nothing(revisions):
    found = revisions(BASE)["places"]
    assert (found.state, found.matched_by, counts(found)) == ("kept", "fid", (0, 0, 0))
    assert not any(found.columns.values())


def test_rows_by_the_key_of_their_source(revisions):
    found = revisions(
        BASE,
        "DELETE FROM places WHERE fid IN (3, 4)",
        "UPDATE places SET name = NULL WHERE fid = 7",
        "UPDATE places SET geom = (SELECT geom FROM places WHERE fid = 1) WHERE fid = 8",
        "INSERT INTO places SELECT fid + 100, geom, name, size FROM places WHERE fid < 3",
    )["places"]
    assert (found.state, counts(found)) == ("changed", (2, 2, 2))
    examples = {how: sorted(rows.examples) for how, rows in found.rows.items()}
    assert examples == {"added": ["101", "102"], "changed": ["7", "8"], "removed": ["3", "4"]}


def test_many_rows_and_few_examples(revisions):
    found = revisions(BASE, "UPDATE places SET size = size + 1")["places"]
    assert counts(found) == (0, 30, 0)
    assert len(found.rows["changed"].examples) == 10


def test_columns(revisions):
    statements = (
        "ALTER TABLE places ADD COLUMN height REAL",
        "ALTER TABLE places RENAME COLUMN name TO label",
        "UPDATE places SET size = 'large' WHERE fid = 1",
    )
    found = revisions(BASE, *statements)["places"]
    assert found.columns == {
        "added": ["label", "height"],
        "changed": ["size: integer → character varying"],
        "removed": ["name"],
    }
    assert found.state == "changed"


def test_tables_that_come_and_go(revisions):
    more = Table("areas", (SQUARE,))
    found = revisions(BASE, more=more)
    assert (found["areas"].state, counts(found["areas"])) == ("added", (1, 0, 0))
    assert found["places"].state == "kept"


def test_without_a_key_rows_are_the_same_when_their_values_are(revisions):
    keyless = Table("places", SHAPES, columns=COLUMNS, options=("FID=ogc_fid",))
    found = revisions(keyless, "DELETE FROM places WHERE ogc_fid = 5", "UPDATE places SET size = 99 WHERE ogc_fid = 6")
    assert found["places"].matched_by == ""
    assert counts(found["places"]) == (1, 0, 2)


def test_an_update_keeps_the_keys_of_features_whose_source_has_counted_anew(tmp_path):
    """A source without keys of its own shifts all its rows when one goes; the features stay what they were."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
    source = make(tmp_path / "a.gpkg", BASE)
    first = integration_job.run({"files": [str(source)]}, old, Silent())
    run(source, "DELETE FROM places WHERE fid = 1")
    run(source, "UPDATE places SET name = 'changed' WHERE fid = 2")
    run(source, "UPDATE places SET fid = fid - 1")
    told = {"files": [str(source)], "previous": str(old / "data.gpkg")}
    second = integration_job.run(told, new, Silent())
    (found,) = compare(old / "data.gpkg", new / "data.gpkg", first["relations"], second["relations"])
    assert found.matched_by == "ogc_fid"
    assert counts(found)[0] <= 1
    assert counts(found)[2] <= 2
