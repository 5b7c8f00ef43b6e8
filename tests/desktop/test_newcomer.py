"""QGIS Desktop under Xvfb, from the plugin manager on: install, publish, come back, upgrade and uninstall at work."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from .conftest import processes_with

pytestmark = [pytest.mark.desktop, pytest.mark.slow]
KINDS = ["WFS", "WMS", "TMS"]
NEXT = "9.8.7"


@pytest.mark.parametrize("language, title", [("en", "Countries"), ("fr", "Pays du monde")])
def test_a_newcomer_installs_publishes_returns_upgrades_and_leaves(
    qgis, plugin_zip, world_map, tmp_path, language, title
):
    data = tmp_path / "data"
    data.mkdir()
    source = f"{shutil.copy(world_map, data / 'world_map.gpkg')}|layername=countries"
    given = {"language": language, "installed": False, "project": str(data / "project.qgz")}

    first = qgis("scenario_newcomer.py", part="install", zip=str(plugin_zip), source=source, name=title, **given)
    seen = first.results
    published = seen["badge"]
    assert title in published and seen["version"] != NEXT
    assert not processes_with(str(tmp_path)), "the engine outlived QGIS"

    upgrade = str(upgraded(plugin_zip, tmp_path / "upgrade.zip"))
    again = qgis("scenario_newcomer.py", part="return", upgrade=upgrade, urls=seen["urls"], **given).results
    assert again["panel"] and again["live"] == KINDS, "the services are back at their addresses"
    assert again["badge"] == published and again["urls"] == seen["urls"]
    assert not again["outlived"] and again["upgraded"] == again["engine"] == NEXT, "the engine is the new one's"
    assert again["live_upgraded"] == KINDS and again["badge_upgraded"] == published

    last = qgis("scenario_newcomer.py", part="leave", urls=seen["urls"], **given).results
    assert not last["panel"] and last["badge"] == published and last["live"] == KINDS
    assert not last["outlived"] and not last["left"], "nothing of the plugin is at work"
    assert last["data_kept"], "what was published is there for the next installation"
    assert not (first.profile / "python" / "plugins" / "geopub_plugin").exists()
    assert not processes_with(str(tmp_path))


def upgraded(archive: Path, made: Path) -> Path:
    """Write the zip of a later version."""
    with zipfile.ZipFile(archive) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename == "geopub_plugin/metadata.txt":
                lines = content.decode("utf-8").splitlines()
                lines = [f"version={NEXT}" if line.startswith("version=") else line for line in lines]
                content = "\n".join(lines).encode("utf-8")
            after.writestr(entry, content)
    return made
