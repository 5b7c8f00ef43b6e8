"""QGIS Desktop under Xvfb: from the menu of a layer to the three live services, drawn by QGIS's own providers."""

from __future__ import annotations

import shutil

import pytest

from .conftest import calm, processes_with

pytestmark = pytest.mark.desktop


@pytest.mark.slow  # `test_life` and `test_responsive` are its short form
@pytest.mark.parametrize("language, title", [("en", "Countries"), ("fr", "Pays du monde")])
def test_a_layer_goes_live_and_is_previewed(qgis, world_map, tmp_path, language, title):
    data = tmp_path / "data"
    data.mkdir()
    file = shutil.copy(world_map, data / "world_map.gpkg")
    scenario = {"language": language, "source": f"{file}|layername=countries", "name": title}
    run = calm(lambda profiles: qgis("scenario_publish.py", profiles_in=profiles, **scenario), "pulse")
    seen = run.results
    assert run.returncode == 0 and seen["locale"].startswith(language)
    assert seen["backend_before"] == "stopped"
    assert any("Publish layer…" in text or "Publier la couche…" in text for text in seen["layer_menu"])
    assert seen["plan"][0] == title and seen["plan"][2] == ["wfs", "wms", "tms"]
    assert {kind for kind, _ in seen["urls"]} >= {"WFS", "WMS", "TMS"}
    assert all(url.startswith("http://127.0.0.1:") for _, url in seen["urls"])
    previews = seen["previews"]
    assert all(preview["valid"] and preview["colours"] > 2 for preview in previews.values()), previews
    assert previews["WFS"]["features"] == 240
    shares = [share for share, _ in seen["moves"]]
    assert shares == sorted(shares) and shares[-1] > 0.9
    assert not processes_with(str(tmp_path)), "the backend outlived QGIS"
    assert not list((tmp_path / "run" / "tmp").glob("geopub-*")), "the export was left behind"
