"""The attributes that a Mapbox style reads, wherever it names them."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from geopub_plugin.backend.styles.mapbox_attributes import attribute_faults, attributes_of


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        ({"filter": ["==", "kind", "a"]}, ["kind"]),
        ({"filter": ["all", ["in", "kind", "a", "b"], ["!has", "x"], ["==", "$type", "Point"]]}, ["kind", "x"]),
        ({"filter": ["==", ["get", "kind"], "a"]}, ["kind"]),
        ({"filter": ["all", ["has", "a"], [">", ["to-number", ["get", "b"]], 3]]}, ["a", "b"]),
        ({"filter": ["in", "kind", ["literal", ["get", "a"]]]}, []),
        ({"layout": {"text-field": "{name} ({pop})"}}, ["name", "pop"]),
        ({"paint": {"circle-radius": {"property": "size", "stops": [[0, 1]]}}}, ["size"]),
        ({"paint": {"fill-color": ["match", ["get", "k"], ["a"], "#fff", "#000"]}}, ["k"]),
        ({"paint": {"fill-color": "#fff"}, "filter": ["==", "$id", 3]}, []),
        ({"filter": "nonsense", "layout": 3}, []),
    ],
)
def test_names(layer: Dict[str, Any], names: List[str]):
    assert attributes_of(layer) == names


def test_what_the_tiles_lack_is_told_with_the_nearest_name():
    layers = [
        {"source-layer": "towns", "filter": ["==", "nam", "a"]},
        {"source-layer": "towns", "layout": {"text-field": "{zzz}"}},
        {"source-layer": "elsewhere", "filter": ["==", "b", "a"]},
        "nonsense",
    ]
    first, second = attribute_faults(layers, {"towns": ("name", "population")})
    assert "nam" in first.what and "name" in first.cure
    assert "zzz" in second.what and "population" in second.cure
