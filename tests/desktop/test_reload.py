"""Unloading the plugin, even in the middle of a publication, leaves nothing behind."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.desktop


def test_unload_takes_everything_away(qgis, world_map, tmp_path):
    file = shutil.copy(world_map, tmp_path / "world_map.gpkg")
    run = qgis("scenario_reload.py", source=f"{file}|layername=countries")
    seen = run.results
    assert run.returncode == 0
    assert {key: len(found) for key, found in seen["loaded"].items()} == {
        "docks": 1,
        "actions": 2,
        "layer_menu": 1,
        "help_menu": 1,
        "web_menu": 1,
    }
    assert seen["unloading"] and not seen["alive"]
    assert seen["unloaded"] == {"docks": [], "actions": [], "layer_menu": [], "help_menu": [], "web_menu": []}
    assert seen["again"] == seen["loaded"]
    assert not list((tmp_path / "run" / "tmp").glob("geopub-*"))
