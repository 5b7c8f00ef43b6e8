"""What is proposed: names that every service takes, levels that fit the data, styles that find their tables."""

from __future__ import annotations

import re

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.publish.proposal import Detail, levels, match_styles, propose, readable, rough_detail, slug

LAYER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-.]*")  # the platform's own rule


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("World map", "world_map"),
        ("Bâtiments – Été 2024", "batiments_ete_2024"),
        ("Œuvres & cœurs", "oeuvres_coeurs"),
        ("2024 roads", "_2024_roads"),
        ("  a--b  ", "a_b"),
        ("東京の建物", "layer"),
        ("", "layer"),
        ("x" * 200, "x" * 80),
    ],
)
def test_slug(title, name):
    assert slug(title) == name
    assert LAYER_NAME.fullmatch(slug(title))


@pytest.mark.parametrize(
    ("stem", "title"), [("world_map", "World map"), ("Rues  de_Nice", "Rues de Nice"), ("_", "GeoPub"), ("é", "É")]
)
def test_readable(stem, title):
    assert readable(stem) == title


@pytest.mark.parametrize(
    ("bounds", "spacing", "expected"),
    [
        ((-180, -90, 180, 83), 13_000, (0, 5)),  # the world, coarse
        ((139.6, 35.6, 139.8, 35.8), 4, (8, 14)),  # buildings of a city: no deeper than 14
        ((-5, 42, 8, 51), 250, (2, 11)),  # communes of a country
        ((7.41, 43.72, 7.44, 43.75), 1, (11, 14)),
        ((7.41, 43.72, 7.41, 43.72), 1, (12, 14)),  # one point
        ((-180, -90, 180, 83), 1e9, (0, 4)),  # always some levels
        ((-180, -90, 180, 83), 1, (0, 8)),  # never more tiles than anybody looks at
    ],
)
def test_levels(bounds, spacing, expected):
    assert levels([Detail(bounds, spacing)]) == expected


def test_levels_serve_the_finest_table_and_the_whole_extent():
    whole, fine = Detail((-5, 42, 8, 51), 5_000), Detail((2, 48, 2.1, 48.1), 4)
    assert levels([whole, fine]) == (2, 13)
    assert levels([]) == (0, 14)


def test_features_far_apart_may_go_deep():
    world = (-180, -90, 180, 83)
    assert levels([Detail(world, 1, count=5_000)]) == (0, 14)
    assert levels([Detail(world, 1, count=5_000, size=20_000)]) == (0, 13)
    assert levels([Detail(world, 1, count=240, size=1_000_000)]) == (0, 10)


def test_a_guess_from_extent_and_number():
    top, bottom = levels([rough_detail((-5, 42, 8, 51), 35_000)])
    assert (top, bottom) == (2, 9)


def test_world_map(world_map):
    it = propose(world_map)
    assert (it.title, it.layer_name, it.srs) == ("World map", "world_map", "EPSG:4326")
    assert set(it.tables) == {"countries", "states_provinces", "disputed_borders"}
    assert it.services == ("wfs", "wms", "tms")
    assert it.top_level == 0
    assert 4 <= it.bottom_level <= 9
    assert {style.table for style in it.styles} == set(it.tables)
    assert all(style.filename.endswith(".qml") and b"<qgis" in style.content for style in it.styles)


def test_chosen_tables(world_map):
    assert propose(world_map, ["countries"]).tables == ("countries",)
    with pytest.raises(InvalidInput) as caught:
        propose(world_map, ["nowhere"])
    assert "nowhere" in caught.value.what
    assert "countries" in caught.value.why


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04zip", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_cannot_be_read_still_gets_names(tmp_path, content):
    (tmp_path / "my_file.gpkg").write_bytes(content)
    it = propose(tmp_path / "my_file.gpkg")
    assert (it.title, it.layer_name, it.tables, it.styles) == ("My file", "my_file", (), ())
    assert (it.top_level, it.bottom_level) == (None, None)


@pytest.fixture
def styles(tmp_path):
    def made(*names):
        for name in names:
            (tmp_path / name).write_text(f"style {name}")
        return [tmp_path / name for name in names]

    return made


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["roads.qml"], {"roads": "roads.qml"}),
        (["ROADS.sld"], {"roads": "ROADS.sld"}),
        (["any.qml"], {"roads": "any.qml", "Fields 2": "any.qml"}),
        (["any.qml", "fields_2.qml"], {"roads": "any.qml", "Fields 2": "fields_2.qml"}),
        ([], {}),
    ],
)
def test_styles_find_their_tables(styles, files, expected):
    found = match_styles(styles(*files), ["roads", "Fields 2"])
    assert {style.table: style.filename for style in found} == expected


@pytest.mark.parametrize("files", [["any.qml", "other.qml"], ["roads.json"], ["roads.txt"]])
def test_styles_that_are_refused(styles, files):
    with pytest.raises(InvalidInput):
        match_styles(styles(*files), ["roads", "Fields 2"])
