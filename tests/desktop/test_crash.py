"""QGIS Desktop is killed in the middle of a publication; started again, it goes on where it was and leaves nothing.

The short form is tests/publish/client/test_crash.py, where the client alone is killed.
"""

from __future__ import annotations

import shutil
import signal
import time

import pytest

from .conftest import processes_with

pytestmark = [pytest.mark.desktop, pytest.mark.slow]
PROVINCES = 4_556


@pytest.mark.parametrize(
    "language, dies_at",
    [("en", 0.16), ("en", 0.35), ("en", 0.7), ("fr", 0.35)],
    ids=("sending", "integrating", "tiling", "integrating-fr"),
)
def test_a_killed_qgis_goes_on_when_it_is_started_again(qgis, world_map, tmp_path, language, dies_at):
    data = tmp_path / "data"
    data.mkdir()
    source = f"{shutil.copy(world_map, data / 'world_map.gpkg')}|layername=states_provinces"
    given = {"language": language, "source": source, "project": str(data / "project.qgz")}
    killed = qgis("scenario_crash.py", dies_at=dies_at, **given)
    assert killed.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL) and dies_at <= killed.results["share"] < 1
    until(lambda: not processes_with(str(tmp_path / "profiles")), "the engine outlived QGIS")

    seen = qgis("scenario_crash.py", dies_at=0, **given).results
    assert "Provinces" in seen["offer"] and ("broken off" if language == "en" else "interrompue") in seen["offer"]
    assert {"WFS", "WMS", "TMS"} <= set(seen["kinds"]) and seen["features"] == PROVINCES and seen["tile"] > 1000
    assert not seen["changed"], "the layer knows that it is published as it is"
    assert seen["sheets"] == 1 and seen["left"] == []


def until(true, otherwise: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.2)
