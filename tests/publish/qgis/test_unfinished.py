"""QGIS is closed in the middle of a publication, and opened again: it goes on."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, QVariant, pyqtSignal

from geopub_plugin.backend.errors import GeoPubError, InvalidInput, Unavailable
from geopub_plugin.publish import unfinished
from geopub_plugin.publish.embedded_process import EmbeddedProcess
from geopub_plugin.publish.kept_values import Unreadable, from_json, to_json
from geopub_plugin.publish.layer_marks import LayerMarks
from geopub_plugin.publish.layer_memory import memory
from geopub_plugin.publish.layer_plan import propose_plan
from geopub_plugin.publish.layer_publication import LayerPublication
from geopub_plugin.publish.metadata.description import Description
from geopub_plugin.publish.proposal import TableStyle
from geopub_plugin.publish.publication_plan import LayerPlan
from geopub_plugin.publish.publication_values import PublicationRequest
from geopub_plugin.publish.resumed_publication import ResumedPublication
from geopub_plugin.publish.store_source import StoreAddress, StoreSource
from geopub_plugin.publish.table_plan import Access, StyleChoice, TablePlan
from geopub_plugin.publish.targets import this_computer


@pytest.fixture(scope="module")
def process(qgis_app, tmp_path_factory) -> Iterator[EmbeddedProcess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPUB_PYTHON", sys.executable)
        made = EmbeddedProcess(tmp_path_factory.mktemp("profile") / "data")
        yield made
        made.close()


@pytest.fixture
def kept(tmp_path, monkeypatch) -> Path:
    """Return the folder of unfinished publications of this test alone."""
    monkeypatch.setattr(unfinished, "root", lambda: tmp_path / "kept")
    return tmp_path / "kept"


def ended(qtbot, publication):
    outcomes: list = []
    publication.finished.connect(outcomes.append)
    publication.failed.connect(outcomes.append)
    publication.cancelled.connect(lambda: outcomes.append("cancelled"))
    publication.start()
    qtbot.waitUntil(lambda: bool(outcomes), timeout=90_000)
    return outcomes[0]


def test_closed_in_the_middle_and_resumed(qtbot, process, kept, points):
    layer = points([("name", QVariant.String)], [["x" * 40]] * 8_000, crs="EPSG:3857", name="Broken off")
    QgsProject.instance().addMapLayer(layer, False)
    plan = replace(propose_plan(layer), services=("wfs",))
    publication = LayerPublication(layer, plan, StoreSource(this_computer(), process))
    moves: list = []
    publication.moved.connect(lambda share, step: moves.append(step))
    publication.start()
    assert unfinished.unfinished() == ()  # somebody works on it
    qtbot.waitUntil(
        lambda: any(step.startswith(("Sending", "Checks", "Integration")) for step in moves), timeout=60_000
    )
    publication.close()
    (one,) = unfinished.unfinished()
    assert one.title == "Broken off" and one.note.request.file.is_file() and memory(layer) is None

    process.close()  # as when QGIS ends
    again = EmbeddedProcess(process.data)
    resumed = ResumedPublication(one, StoreSource(this_computer(), again))
    with pytest.raises(BlockingIOError):
        ResumedPublication(one, StoreSource(this_computer(), again))
    result = ended(qtbot, resumed)
    assert not isinstance(result, GeoPubError), (result.sentences, getattr(result, "faults", ()))
    assert {url.type for url in result.urls} == {"WFS"} and result.data.relations[0].count == 8_000
    assert unfinished.unfinished() == () and not list(kept.glob("geopub-*"))
    assert memory(layer).datasheet == plan.datasheet

    with StoreSource(this_computer(), again).address.open() as store:
        assert not store.uploads.list() and len(store.stored_data.list()) == 1
    again.close()


REQUEST = PublicationRequest(
    Path("/tmp/a.gpkg"),
    "Étangs",
    "Étangs",
    "etangs",
    styles=(TableStyle("etangs", "etangs.qml", b"\x00<qgis/>"),),
    sample=(2.5, 48.0),
    plans=(TablePlan("etangs", attributes=("a",), style=StyleChoice("file", "/x.qml")),),
    description=Description(abstract="x", keywords=("a", "b"), resolution=1000),
    access=Access(True, "l", "2027-01-01"),
)
NOTE = unfinished.Note(
    "embedded", REQUEST, LayerPlan("a", "b", "c", top_level=3), ("id",), (LayerMarks("1", "2", "3"),)
)


class Ready(QObject):
    """A store that nobody will have to ask."""

    ready, failed = pyqtSignal(object), pyqtSignal(object)
    target = this_computer()

    def start(self) -> None:
        self.ready.emit(StoreAddress("http://127.0.0.1:9/api"))


def test_what_cannot_be_resumed_says_so_and_is_kept(qtbot, qgis_app, kept):
    work = unfinished.WorkFolder()
    (work.path / "odd.gpkg").write_bytes(b"")
    torn = TableStyle("odd", "odd.qml", b"<qgis><renderer-v2>")
    request = PublicationRequest(work.path / "odd.gpkg", "Odd", "Odd", "odd", ("tms",), styles=(torn,))
    work.note(unfinished.Note("embedded", request, LayerPlan("Odd", "Odd", "odd")))
    work.leave()
    (one,) = unfinished.unfinished()
    assert isinstance(ended(qtbot, ResumedPublication(one, Ready())), InvalidInput)
    assert [left.title for left in unfinished.unfinished()] == ["Odd"]


def test_an_engine_that_ends_does_not_take_the_folder_from_work_under_way(qtbot, qgis_app, kept):
    work = unfinished.WorkFolder()
    (work.path / "lakes.gpkg").write_bytes(b"")
    request = PublicationRequest(work.path / "lakes.gpkg", "Lakes", "Lakes", "lakes", ("wfs",))
    work.note(unfinished.Note("embedded", request, LayerPlan("Lakes", "Lakes", "lakes")))
    work.leave()
    (one,), source = unfinished.unfinished(), Ready()
    resumed, outcomes = ResumedPublication(one, source), []
    resumed.failed.connect(outcomes.append)
    resumed.start()
    source.failed.emit(Unavailable("It ended."))
    assert not resumed.ended and unfinished.unfinished() == (), "its call reads the file still"
    qtbot.waitUntil(lambda: bool(outcomes), timeout=60_000)
    assert len(outcomes) == 1 and [left.title for left in unfinished.unfinished()] == ["Lakes"]


def test_everything_asked_is_kept():
    assert from_json(unfinished.Note, to_json(NOTE)) == NOTE


@pytest.mark.parametrize("damage", [{"target": 1}, {"request": []}, {"layers": "id"}, {"marks": [{}]}, {"plan": None}])
def test_what_does_not_fit_is_refused(damage):
    with pytest.raises(Unreadable):
        from_json(unfinished.Note, {**to_json(NOTE), **damage})


def test_folders_of_nobody_go(kept):
    broken, empty = unfinished.WorkFolder(), unfinished.WorkFolder()
    (broken.path / unfinished.NOTE).write_text("{")
    empty.leave()
    assert not empty.path.exists()
    assert unfinished.unfinished() == () and broken.path.exists()  # somebody works on it
    broken.leave()
    assert unfinished.unfinished() == () and not broken.path.exists()


def test_a_folder_may_move_and_be_discarded(kept):
    work = unfinished.WorkFolder()
    (work.path / "a.gpkg").write_bytes(b"x")
    work.note(NOTE)
    work.leave()
    (one,) = unfinished.unfinished()
    assert one.note.request.file == work.path / "a.gpkg" and replace(one.note, request=REQUEST) == NOTE
    unfinished.discard(one)
    assert unfinished.unfinished() == ()
