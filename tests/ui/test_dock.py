"""The panel: the engine's state, what is at work, and a preview that says when a service does not answer."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest
from qgis.PyQt.QtCore import QObject, pyqtSignal

from geopub_plugin.backend.errors import Unavailable
from geopub_plugin.publish.embedded import Backend
from geopub_plugin.publish.embedded_process import BackendState, EmbeddedProcess
from geopub_plugin.publish.live_layers import LiveService
from geopub_plugin.publish.store_source import Stores
from geopub_plugin.publish.targets import Targets
from geopub_plugin.ui.dock import Dock
from geopub_plugin.ui.publications_model import PublicationsModel


class Work(QObject):
    """What a publication tells."""

    moved = pyqtSignal(float, str)
    finished = pyqtSignal(object)
    failed = pyqtSignal(object)
    cancelled = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.plan = SimpleNamespace(title="Lakes")
        self.asked_to_cancel = 0

    def cancel(self) -> None:
        self.asked_to_cancel += 1


def running(_data) -> Backend:
    return Backend("http://127.0.0.1:8123", "token", 1)


@pytest.fixture
def dock(qtbot, qgis_app, tmp_path):
    process, model = EmbeddedProcess(tmp_path, find=running), PublicationsModel()
    made = Dock(Stores(Targets(), process), model)
    made.process, made.model = process, model
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_engine_says_where_it_is(qtbot, dock):
    bar = dock.backend_bar
    assert bar.text.text() == "Stopped" and bar.switch.isEnabled()
    with qtbot.waitSignal(dock.process.ready, timeout=5000):
        bar.switch.click()
    assert bar.text.text() == "Runs on 127.0.0.1:8123"
    assert not bar.switch.isEnabled(), "another program's engine cannot be stopped here"
    dock.process.stop()
    assert dock.process.state is BackendState.STOPPED and bar.text.text() == "Stopped"


def test_a_publication_shows_its_progress_until_it_ends(dock):
    first, second = Work(), Work()
    dock.jobs.follow(first, "Lakes")
    dock.jobs.follow(second, "Lakes")
    assert dock.jobs.isVisible()
    first.moved.emit(0.425, "Checks")
    row = dock.jobs.rows[0]
    assert (row.bar.value(), row.bar.maximum(), row.step.text()) == (425, 1000, "Checks")
    row.cancel.click()
    assert first.asked_to_cancel == 1
    first.cancelled.emit()
    assert len(dock.jobs.rows) == 1
    second.finished.emit(None)
    assert not dock.jobs.rows and not dock.jobs.isVisible()


def test_the_hint_is_there_until_something_is_published(dock, datasheets):
    assert dock.publications.hint.isVisible()
    dock.model.show(datasheets)
    assert not dock.publications.hint.isVisible()


def silent_host() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_preview_of_what_does_not_answer_says_so(qtbot, dock):
    host = silent_host()
    preview = dock.preview
    preview.open((LiveService("WMS", "Lakes", f"{host}/wms-v/ows?layers=lakes"),))
    assert preview.isVisible() and "WMS service does not answer" in preview.message.text()
    assert preview.canvas.layers() == []
    assert [kind for kind, button in preview.switch.items() if button.isEnabled()] == ["WMS"]
    with qtbot.waitSignal(preview.failed, timeout=5000) as heard:
        preview.open((LiveService("TMS", "Lakes", f"{host}/tms/1.0.0/lakes"),))
    assert isinstance(heard.args[0], Unavailable)
    preview.clear()
