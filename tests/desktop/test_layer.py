"""QGIS Desktop under Xvfb: a layer tells that it is published, and what has changed since; its menu, page and panel."""

from __future__ import annotations

import shutil

import pytest

from .conftest import processes_with

pytestmark = pytest.mark.desktop


@pytest.mark.slow  # `test_life` is its short form
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_layer_knows_that_it_is_published(qgis, world_map, tmp_path, language):
    data = tmp_path / "data"
    data.mkdir()
    file = shutil.copy(world_map, data / "world_map.gpkg")
    run = qgis("scenario_layer.py", language=language, source=f"{file}|layername=countries", name="Countries")
    seen, english = run.results, language == "en"
    assert run.returncode == 0, run.output[-2000:]
    publish, update, group = ("Publish layer…", "Update publication", "Publish group…") if english else (
        "Publier la couche…", "Mettre à jour la publication", "Publier le groupe…"
    )  # fmt: skip
    assert publish in seen["menu_before"] and update not in seen["menu_before"]
    assert {publish, update} <= set(seen["menu"])
    assert group in seen["group_menu"]
    assert seen["badge"][0] == "published" and len(seen["badge"]) == 2
    assert seen["badge_changed"][0] == "changed" and seen["badge_after"][0] == "published"
    assert any("/view/" in url for url in seen["shared"]) and len(seen["shared"]) >= 4
    assert seen["page"]["visible"] and seen["page"]["formats"] == 4
    assert ("style has changed" if english else "style a changé") in seen["page"]["state"]
    assert not processes_with(str(tmp_path)), "the backend outlived QGIS"
