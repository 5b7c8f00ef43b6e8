"""What workers are told, and the names under which they see delivered files."""

from __future__ import annotations

from pathlib import Path

import pytest

from geopub_plugin.backend.catalogue.stored_data import DataRevision
from geopub_plugin.backend.catalogue.submissions import as_names, pyramid_parameters, safe_path

RELATION = {
    "name": "roads",
    "attributes": {"ogc_fid": "integer", "geom": "geometry(LineString,2154)", "name": "text", "width": "real"},
}
DATA = DataRevision("id", 1, "", ".gpkg", 1, "EPSG:2154", (0, 0, 1, 1), {"relations": [RELATION]})


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("roads.gpkg", "roads.gpkg"),
        ("data/roads.gpkg", "data/roads.gpkg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\data\\roads.gpkg", "C_/data/roads.gpkg"),
        ("a/./b//c", "a/b/c"),
        ("con/NUL.gpkg", "_con/_NUL.gpkg"),
        ("réseau été.gpkg", "réseau été.gpkg"),
        ("a*?<>|.gpkg", "a_____.gpkg"),
        ("..", "file"),
        ("a/b/c/d/e/f.gpkg", "c/d/e/f.gpkg"),
    ],
)
def test_a_delivered_path_becomes_a_harmless_one(path: str, safe: str) -> None:
    assert safe_path(path) == safe
    assert not Path(safe).is_absolute()
    assert ".." not in Path(safe).parts


@pytest.mark.parametrize(
    ("value", "names"), [(["a", "", " b "], ["a", "b"]), ("a,b", ["a", "b"]), (None, []), ("", []), ("*", ["*"])]
)
def test_names_come_as_lists_or_as_text(value: object, names: list) -> None:
    assert as_names(value) == names


def test_a_composition_is_read_leniently() -> None:
    given = {
        "composition": [
            {"table": "roads", "top_level": "5", "bottom_level": 9, "attributes": "name,geom, width", "filter": None}
        ],
        "tippecanoe_options": "-ac -an -S10 ",
        "area": None,
    }
    told = pyramid_parameters(DATA, "/data.gpkg", given)
    assert told == {
        "data": "/data.gpkg",
        "composition": [
            {
                "table": "roads",
                "layer": "roads",
                "top_level": 5,
                "bottom_level": 9,
                "attributes": ["name", "width"],
                "filter": "",
            }
        ],
        "area": "",
        "options": "-ac -an -S10",
    }


def test_without_a_composition_every_table_goes_in_whole() -> None:
    (one,) = pyramid_parameters(DATA, "", {"top_level": "3", "bottom_level": "7"})["composition"]
    assert (one["table"], one["attributes"], one["top_level"], one["bottom_level"]) == ("roads", ["*"], 3, 7)
