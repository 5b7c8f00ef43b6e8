"""QGIS Desktop under Xvfb: publish, preview, change, update, roll back, unpublish, delete; each seen from outside."""

from __future__ import annotations

import shutil

import pytest

from .conftest import SCREENSHOTS, processes_with

pytestmark = pytest.mark.desktop


@pytest.mark.parametrize(
    "language, title", [("en", "Countries"), pytest.param("fr", "Pays du monde", marks=pytest.mark.slow)]
)
def test_the_life_of_a_publication(qgis, world_map, tmp_path, language, title):
    data = tmp_path / "data"
    data.mkdir()
    file = shutil.copy(world_map, data / "world_map.gpkg")
    run = qgis("scenario_life.py", language=language, seconds=500, source=f"{file}|layername=countries", name=title)
    seen = run.results
    assert run.returncode == 0, run.output[-2000:]
    assert ("Publish layer…" if language == "en" else "Publier la couche…") in seen["menu"]
    assert seen["live"] == {"features": 240, "colour": "#e8b87d", "tile": True}
    assert seen["badge"][0] == "published" and seen["previews"] == {"WFS": True, "WMS": True, "TMS": True}
    assert seen["badge_style"][0] == seen["badge_both"][0] == "changed"
    assert seen["parts"] == ["data", "style"] and seen["updated"], "only what has changed, at the same addresses"
    assert seen["badge_updated"][0] == "published"
    assert seen["after_update"] == {"features": 239, "colour": "#3a7bd5", "tile": True}
    assert seen["difference_data"] and seen["difference_style"]
    assert seen["after_return"] == seen["live"], "both versions are back"
    former = "former version" if language == "en" else "version antérieure"
    assert seen["badge_returned"].count(former) == 2, "the layer differs from what its services show"
    assert seen["styles"][1] == ("Blue" if language == "en" else "Bleu")
    assert seen["goes_with_unpublish"] and seen["without_wfs"] == [False, True]
    assert seen["still_known"] == ["TMS", "WMS"], "the layer offers no link that nobody answers"
    assert seen["goes_with_delete"] > seen["goes_with_unpublish"]
    assert seen["deleted"] == [False, False, False]
    assert seen["badge_deleted"] == ["", ""], "a layer that is published no more does not say that it is"
    assert set(seen["findings"]) >= {"geometry.invalid", "geometry.empty"}
    assert not processes_with(str(tmp_path)), "the backend outlived QGIS"


@pytest.mark.slow
def test_its_life_can_be_played_at_200_percent_on_a_dark_theme(qgis, world_map, tmp_path):
    """Full HD at 200 %, 960 × 540 for everything: the life can be played to its end, no more is asked here.

    Whether each window can be read is asked in `ui/test_readable.py`; the pictures are for a person to look at.
    """
    data = tmp_path / "data"
    data.mkdir()
    file = shutil.copy(world_map, data / "world_map.gpkg")
    run = qgis(
        "scenario_life.py", language="fr", seconds=500, scale=2, theme="Night Mapping",
        screenshots=str(SCREENSHOTS / "night at 200"), source=f"{file}|layername=countries", name="Pays du monde",
    )  # fmt: skip
    assert run.returncode == 0, run.output[-2000:]
    assert run.results["live"]["features"] == 240 and run.results["deleted"] == [False, False, False]
