"""Opened tables: each lent to one at a time, and kept for who asks next."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest
from flask import Flask

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.features.geopackage import GeoPackageTable
from geopub_plugin.backend.services.wfs.blueprint import wfs_blueprint
from geopub_plugin.backend.services.wfs.tables import Tables

from .conftest import Published, feature_type


def closed(table: GeoPackageTable) -> bool:
    try:
        table.count()
    except InvalidInput as error:
        return "closed" in error.why
    return False


def test_a_table_is_lent_to_one_at_a_time_and_then_again(catalogue_file):
    tables, grid = Tables(), feature_type(catalogue_file, "grid")
    first, second = tables.lent(grid), tables.lent(grid)
    assert first.table is not second.table and tables.opened() == 0
    used_last = second.table
    del first
    del second
    assert tables.opened() == 2
    assert tables.lent(grid).table is used_last


def test_tables_of_earlier_revisions_and_those_longest_unused_are_closed(catalogue_file):
    tables, grid = Tables(most_free=2), feature_type(catalogue_file, "grid")
    early = tables.lent(grid).table
    tables.lent(replace(grid, revision="2"))
    assert closed(early)
    held = [tables.lent(replace(grid, table=name, revision="2")) for name in ("point", "polygon", "linestring")]
    longest_unused = held[0].table
    while held:
        held.pop(0)
    tables.lent(replace(grid, revision="2"))
    assert tables.opened() == 3  # two that nobody wanted, and the last
    assert closed(longest_unused)


@pytest.mark.parametrize("read", [True, False], ids=["read", "not read"])
def test_an_answer_gives_its_table_back_when_it_ends(catalogue_file, read):
    tables = Tables()
    app = Flask("lending")
    grid = feature_type(catalogue_file, "grid")
    app.register_blueprint(wfs_blueprint(Published(grid), lambda: "http://localhost", tables))
    response = app.test_client().get("/wfs/ows?service=WFS&request=GetFeature&typeNames=catalogue:grid")
    assert tables.opened() == 0
    if read:
        assert response.data.count(b"<wfs:member>") == 1000
    response.close()
    del response
    gc.collect()
    assert tables.opened() == 1
