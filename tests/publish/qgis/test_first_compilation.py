"""The engine is compiled in the background; unloading the plugin never stumbles over it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from qgis.core import QgsApplication

from geopub_plugin.backend.errors import Unavailable
from geopub_plugin.backend.locations import PACKAGE
from geopub_plugin.publish import first_compilation, launch
from geopub_plugin.publish.first_compilation import FirstCompilation


@pytest.fixture(autouse=True)
def nothing_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_compilation, "compiled", lambda: False)


def test_without_an_interpreter_it_is_closed_all_the_same(qtbot, qgis_app, monkeypatch):
    def none() -> Path:
        raise Unavailable("No Python.")

    monkeypatch.setattr(launch, "find_interpreter", none)
    compilation = FirstCompilation()
    compilation.start()
    task = compilation._search
    gone: list = []
    task.destroyed.connect(lambda: gone.append(True))
    qtbot.waitUntil(lambda: bool(gone), timeout=10_000)  # QGIS deletes what has ended
    compilation.close()
    assert compilation._process is None


def test_closing_ends_the_process(qtbot, qgis_app, monkeypatch):
    monkeypatch.setattr(launch, "find_interpreter", lambda: Path(sys.executable))
    compilation = FirstCompilation()
    compilation.start()
    qtbot.waitUntil(lambda: compilation._process is not None, timeout=10_000)
    process = compilation._process
    assert process.waitForStarted(10_000) and process.arguments()[-1].endswith("backend.compilation")
    assert Path(process.workingDirectory()) == PACKAGE.parent
    compilation.close()
    assert process.state() == process.ProcessState.NotRunning


def test_what_is_compiled_is_left_alone(qgis_app, monkeypatch):
    monkeypatch.setattr(first_compilation, "compiled", lambda: True)
    before = QgsApplication.taskManager().count()
    compilation = FirstCompilation()
    compilation.start()
    assert QgsApplication.taskManager().count() == before
    compilation.close()
