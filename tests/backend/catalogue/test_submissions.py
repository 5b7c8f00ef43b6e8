"""What workers are told, and the names under which they see delivered files."""

from __future__ import annotations

from pathlib import Path

import pytest

from geopub_plugin.backend.catalogue.parameters import as_names, integration_parameters, pyramid_parameters
from geopub_plugin.backend.catalogue.stored_data import DataRevision
from geopub_plugin.backend.catalogue.submissions import safe_path
from geopub_plugin.backend.errors import InvalidInput

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
        "tippecanoe_options": "-an -S10 ",
        "area": None,
    }
    told = pyramid_parameters(DATA, given)
    assert told == {
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
        "options": "-an -S10",
    }


def test_without_a_composition_every_table_goes_in_whole() -> None:
    (one,) = pyramid_parameters(DATA, {"top_level": "3", "bottom_level": "7"})["composition"]
    assert (one["table"], one["attributes"], one["top_level"], one["bottom_level"]) == ("roads", ["*"], 3, 7)


@pytest.mark.parametrize(
    "given",
    [
        {"composition": "roads"},
        {"composition": [{"table": "rivers"}]},
        {"composition": [{"table": "roads", "attributes": ["colour"]}]},
        {"top_level": "nine"},
        {"bottom_level": 19},
        {"top_level": 9, "bottom_level": 5},
        {"top_level": -1},
        {"tippecanoe_options": "--output=/etc/passwd"},
        {"area": "POINT (2 48)"},
        {"composition": [{"table": "roads", "filter": "lower(name) = 'a'"}]},
    ],
)
def test_a_pyramid_that_cannot_be_is_refused_before_it_runs(given: dict) -> None:
    with pytest.raises(InvalidInput) as refused:
        pyramid_parameters(DATA, given)
    assert refused.value.what


def test_an_integration_is_told_what_differs_only() -> None:
    given = {"srs": "EPSG:2154", "multigeom_layers": ["", "false", "roads"]}
    told = {"srs": "EPSG:2154", "target_srs": "", "multigeom_layers": ["roads"], "tables": []}
    assert integration_parameters("EPSG:2154", given) == told
    assert integration_parameters("EPSG:4326", given)["target_srs"] == "EPSG:2154"
    with pytest.raises(InvalidInput):
        integration_parameters("", {"srs": 2154})
