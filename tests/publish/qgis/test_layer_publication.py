"""A layer of QGIS becomes live services, through the real backend."""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Callable, Iterator, Optional

import pytest
from qgis.core import QgsFeature, QgsProject, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QCoreApplication, QObject, QTimer, QVariant, pyqtSignal
from qgis.PyQt.QtGui import QColor

from geopub_plugin.backend.errors import Conflict, InvalidInput, JobFailed, Unavailable
from geopub_plugin.publish import (
    collected_styles,
    layer_export,
    layer_publication,
    layers_export,
    map_style,
    unfinished,
)
from geopub_plugin.publish.background import BackgroundCall
from geopub_plugin.publish.client import Store, open_store
from geopub_plugin.publish.datasheet_list import DatasheetList
from geopub_plugin.publish.embedded_process import EmbeddedProcess, Launch
from geopub_plugin.publish.layer_memory import changes, memory
from geopub_plugin.publish.layer_plan import LayerPlan, layers_of, propose_plan, remembered_plan
from geopub_plugin.publish.layer_publication import LayerPublication
from geopub_plugin.publish.live_layers import LiveService, described, live_layer
from geopub_plugin.publish.metadata.description import Description
from geopub_plugin.publish.proposal import TableStyle
from geopub_plugin.publish.publication_call import METADATA, STYLE
from geopub_plugin.publish.qgis_transport import QgisTransport
from geopub_plugin.publish.store_source import StoreAddress, StoreSource
from geopub_plugin.publish.style_choice import ChosenStyle, chosen_style
from geopub_plugin.publish.table_plan import FILE, StyleChoice, TablePlan
from geopub_plugin.publish.targets import Target, TargetKind, this_computer
from geopub_plugin.publish.tile_style import look_alike
from tests.platform_store import API, PlatformTransport

STRING = QVariant.String


@pytest.fixture(scope="module")
def process(qgis_app, tmp_path_factory) -> Iterator[EmbeddedProcess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPUB_PYTHON", sys.executable)
        made = EmbeddedProcess(tmp_path_factory.mktemp("profile") / "data")
        yield made
        made.close()


@pytest.fixture
def here(process) -> StoreSource:
    """Return the store of this computer."""
    return StoreSource(this_computer(), process)


@pytest.fixture
def scratch(tmp_path, monkeypatch) -> Path:
    """Return the folder of temporary files of this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(unfinished, "root", lambda: tmp_path)
    return tmp_path


def outcome(qtbot, publication: LayerPublication):
    ended: list = []
    publication.finished.connect(ended.append)
    publication.failed.connect(ended.append)
    publication.cancelled.connect(lambda: ended.append("cancelled"))
    publication.start()
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    return ended[0]


def test_publish_update_and_list(qtbot, here, scratch, points, monkeypatch):
    made, real = [], map_style.map_style
    monkeypatch.setattr(map_style, "map_style", lambda *given: made.append(1) or real(*given))
    layer = points([("Name", STRING), ("name", STRING)], [["a", "b"], ["c", "d"]])
    plan = propose_plan(layer)
    moves, told = [], []
    publication = LayerPublication(layer, plan, here)
    publication.moved.connect(lambda share, step: moves.append(share))
    publication.live.connect(told.append)
    result = outcome(qtbot, publication)
    first = next(url for url in told if url.type == "TMS")  # while its tiles were being made
    with closing(QgisTransport()) as transport:
        published = described(LiveService("TMS", "Stops", first.url), transport)
    assert first.levels == published.levels and first.bounds == pytest.approx(published.bounds, abs=1e-5)
    assert look_alike(publication.tile_style, published.style) and published.style is not None
    assert made == [1], "the style that was shown is the one that is kept"
    assert {url.type for url in result.urls} >= {"WFS", "WMS", "TMS"} and not result.updated
    assert moves == sorted(moves) and 0.9 < moves[-1] <= 1
    assert list(scratch.glob("geopub-*")) == []
    assert remembered_plan(layer) == plan
    kept = memory(layer)
    assert dict(kept.addresses) == {url.type: url.url for url in result.urls} and not changes(layer, kept)

    addresses = {url.type: url.url for url in result.urls}
    live = live_layer(LiveService("WFS", "Stops", addresses["WFS"]))
    assert live.isValid() and live.featureCount() == 2
    assert sorted((f["name"], f["name_2"]) for f in live.getFeatures()) == [("a", "b"), ("c", "d")]
    sip.delete(live)

    layer.dataProvider().deleteFeatures([1])
    assert changes(layer, kept).data
    again = outcome(qtbot, LayerPublication(layer, propose_plan(layer), here))
    assert again.updated and {url.url for url in again.urls} == {url.url for url in result.urls}

    sheets = DatasheetList()
    with qtbot.waitSignal(sheets.listed, timeout=10_000) as listed:
        sheets.refresh(here.address)
    (sheet,) = (sheet for sheet in listed.args[1] if sheet.name == "Stops")
    assert len(sheet.services) == 3 and all(service.offering for service in sheet.services)


def test_cancel_leaves_nothing(qtbot, here, scratch, points):
    layer = points([("name", STRING)], [["x" * 100]] * 20_000, name="Cancelled")
    publication = LayerPublication(layer, propose_plan(layer), here)
    publication.moved.connect(lambda share, step: share > 0.1 and publication.cancel())
    assert outcome(qtbot, publication) == "cancelled"
    assert list(scratch.glob("geopub-*")) == [] and remembered_plan(layer) is None


def test_closing_leaves_nothing(qtbot, here, scratch, points):
    publication = LayerPublication(points([("name", STRING)], [["x" * 100]] * 20_000), LayerPlan("C", "C", "c"), here)
    publication.start()
    qtbot.wait(20)
    publication.close()
    assert list(scratch.glob("geopub-*")) == [] and publication.ended


def test_a_name_of_another_datasheet_is_refused(qtbot, here, scratch, points):
    layer = points([("name", STRING)], [["a"]])
    mine = LayerPlan("Mine", "Mine", "shared_name", ("wfs",))
    assert outcome(qtbot, LayerPublication(layer, mine, here)).urls
    theirs = LayerPlan("Theirs", "Theirs", "shared_name", ("wfs",))
    error = outcome(qtbot, LayerPublication(layer, theirs, here))
    assert isinstance(error, Conflict) and "Mine" in str(error)


def test_no_engine_no_publication(qtbot, qgis_app, scratch, points):
    broken = EmbeddedProcess(scratch, find=lambda _data: Launch("/nowhere/python", (), {}))
    nowhere = StoreSource(this_computer(), broken)
    error = outcome(qtbot, LayerPublication(points([("a", STRING)], [["b"]]), LayerPlan("A", "A", "a"), nowhere))
    assert isinstance(error, Unavailable) and list(scratch.glob("geopub-*")) == []
    broken.close()


def test_several_layers_become_tables_of_one_datasheet(qtbot, here, scratch, points):
    stops = points([("name", STRING)], [["a"], ["b"]], name="Bus stops")
    trees = points([("kind", STRING)], [["oak"]], crs="EPSG:3857", name="Trees")
    plan = replace(propose_plan([stops, trees]), title="Town", datasheet="Town", layer_name="town")
    assert [table.table for table in plan.tables] == ["bus_stops", "trees"]
    result = outcome(qtbot, LayerPublication([stops, trees], plan, here))
    assert sorted(relation.name for relation in result.data.relations) == ["bus_stops", "trees"]
    assert result.data.srs == "EPSG:4326" and len([url for url in result.urls if url.type == "WMS"]) == 1
    assert remembered_plan([stops, trees]) == plan and remembered_plan(trees) == plan
    assert memory(trees).table == "trees"
    QgsProject.instance().addMapLayers([stops, trees], False)
    assert layers_of(plan, trees) == (stops, trees)


class NeverReady(QObject):
    """A store that is still starting."""

    ready, failed = pyqtSignal(object), pyqtSignal(object)
    target = this_computer()

    def start(self) -> None:
        pass


def test_styles_of_many_layers_take_a_turn_each(qtbot, scratch, points, monkeypatch):
    layers = [points([("name", STRING)], [["a"]], name=f"Layer {number}") for number in range(5)]
    ticks, taken = [0], []
    clock = QTimer(interval=0)
    clock.timeout.connect(lambda: ticks.append(len(ticks)))
    real = collected_styles.chosen_style
    monkeypatch.setattr(collected_styles, "chosen_style", lambda *given: taken.append(ticks[-1]) or real(*given))
    publication = LayerPublication(layers, propose_plan(layers), NeverReady())
    clock.start()
    publication.start()
    qtbot.waitUntil(lambda: len(taken) == len(layers), timeout=20_000)
    assert len(set(taken)) == len(layers), "QGIS came round in between"
    publication.cancel()
    qtbot.waitUntil(lambda: publication.ended, timeout=20_000)
    clock.stop()


@dataclass(frozen=True)
class PlatformAddress(StoreAddress):
    """A store of this machine under the address of the Géoplateforme."""

    @contextmanager
    def open(self, cancel: Optional[Event] = None) -> Iterator[Store]:
        with closing(QgisTransport()) as transport:
            yield open_store(API, self.token, "", PlatformTransport(transport, self.api), cancel)


class Platform(QObject):
    """The Géoplateforme as a target, whose store is another one's."""

    ready, failed = pyqtSignal(object), pyqtSignal(object)
    target = Target("platform", TargetKind.GEOPLATEFORME, "Géoplateforme", API)

    def __init__(self, here: StoreSource) -> None:
        super().__init__()
        here.ready.connect(lambda address: self.ready.emit(PlatformAddress(address.api, address.token)))
        self.start = here.start


@pytest.mark.parametrize("from_file", [False, True])
def test_the_platform_is_given_sld_for_maps(qtbot, here, scratch, points, tmp_path, from_file):
    layer = points([("name", STRING)], [["a"]], name=f"Plain {from_file}")
    plan = LayerPlan(f"Plain {from_file}", f"Plain {from_file}", f"plain_{from_file}".lower(), ("wms",))
    if from_file:
        layer.saveNamedStyle(str(tmp_path / "own.qml"))
        choice = StyleChoice(FILE, str(tmp_path / "own.qml"))
        plan = replace(plan, tables=(TablePlan(plan.layer_name, style=choice),))
    ended = outcome(qtbot, LayerPublication(layer, plan, Platform(here)))
    assert ended.urls, ended
    with here.address.open() as store:
        (wms,) = store.configurations.list(layer_name=plan.layer_name)
        (style,) = store.styles.list(wms.id)
        (file,) = store.styles.read(wms.id, style.technical_name)
    assert b"StyledLayerDescriptor" in file.content and b'version="1.0.0"' in file.content


def styled_by(path: Path, content: bytes, services: tuple) -> LayerPlan:
    path.write_bytes(content)
    return LayerPlan("Odd", "Odd", "odd", services, tables=(TablePlan("odd", style=StyleChoice(FILE, str(path))),))


def test_a_style_file_that_is_gone_ends_the_publication(qtbot, scratch, points, tmp_path):
    plan = styled_by(tmp_path / "gone.qml", b"", ("wms",))
    (tmp_path / "gone.qml").unlink()
    error = outcome(qtbot, LayerPublication(points([("name", STRING)], [["a"]]), plan, NeverReady()))
    assert isinstance(error, InvalidInput) and "gone.qml" in error.what and "No such file" in error.why
    assert list(scratch.glob("geopub-*")) == []


def test_a_style_whose_pictures_cannot_be_drawn_ends_the_publication(qtbot, scratch, points, tmp_path):
    plan = styled_by(tmp_path / "torn.qml", b"<qgis><renderer-v2>", ("tms",))
    error = outcome(qtbot, LayerPublication(points([("name", STRING)], [["a"]]), plan, NeverReady()))
    assert isinstance(error, InvalidInput)


class Ready(NeverReady):
    """A store that nobody will have to ask."""

    def start(self) -> None:
        self.ready.emit(StoreAddress("http://127.0.0.1:9/api"))


def fails(error: Exception) -> Callable[..., None]:
    def fail(*_given: object, **_named: object) -> None:
        raise error

    return fail


BROKEN = {
    "marks": (collected_styles, "marks", RuntimeError("gone")),
    "export": (layers_export, "table_behind", ValueError("odd")),
    "writer": (layer_export, "_writer_options", KeyError("odd")),
    "folder": (layer_publication, "WorkFolder", OSError(30, "Read-only file system")),
    "note": (unfinished.WorkFolder, "note", OSError(28, "No space left on device")),
    "request": (LayerPublication, "_request", AttributeError("odd")),
    "call": (layer_publication, "PublicationCall", RuntimeError("odd")),
}


@pytest.mark.parametrize("place", BROKEN)
def test_what_nobody_foresaw_ends_the_publication(qtbot, scratch, points, monkeypatch, place):
    owner, name, error = BROKEN[place]
    monkeypatch.setattr(owner, name, fails(error))
    plan = LayerPlan("Odd", "Odd", "odd", ("wfs",))
    ended = outcome(qtbot, LayerPublication(points([("name", STRING)], [["a"]]), plan, Ready()))
    assert isinstance(ended, JobFailed) and error.args[-1] in ended.why
    assert list(scratch.glob("geopub-*")) == []


def test_a_layer_that_is_removed_ends_the_publication(qtbot, scratch, qgis_new_project):
    for turn in range(3):  # before its style is taken, before it is exported, while it is
        layer = QgsVectorLayer("Point?crs=EPSG:4326&field=name:string", f"Gone {turn}", "memory")
        layer.dataProvider().addFeatures([QgsFeature(layer.fields()) for _ in range(30_000)])
        QgsProject.instance().addMapLayer(layer)
        publication = LayerPublication(layer, LayerPlan("Gone", "Gone", "gone", ("wfs",)), NeverReady())
        ended: list = []
        publication.failed.connect(ended.append)
        publication.start()
        for _turn in range(turn):
            QCoreApplication.processEvents()
        QgsProject.instance().removeMapLayer(layer.id())
        if turn < 2:
            qtbot.waitUntil(lambda told=ended: bool(told), timeout=20_000)
            assert isinstance(ended[0], InvalidInput) and publication.ended
        else:  # the writer may have all that it needs by then
            qtbot.waitUntil(lambda it=publication: it.ended or it._file is not None, timeout=20_000)
            publication.cancel()
            assert publication.ended
    assert list(scratch.glob("geopub-*")) == []


def test_cancelling_ends_also_where_the_file_is_held(qtbot, scratch, points, monkeypatch):
    monkeypatch.setattr(Path, "unlink", fails(PermissionError(13, "held")))
    plan = LayerPlan("Held", "Held", "held", ("wfs",))
    publication = LayerPublication(points([("name", STRING)], [["x" * 100]] * 20_000), plan, NeverReady())
    publication.moved.connect(lambda *_told: publication.cancel())
    assert outcome(qtbot, publication) == "cancelled"


def test_a_folder_that_is_gone_ends_the_export(qtbot, qgis_app, points, tmp_path):
    export = layer_export.LayerExport(points([("name", STRING)], [["a"]]), "made", tmp_path / "gone")
    with qtbot.waitSignal(export.failed, timeout=10_000) as told:
        export.start()
    assert isinstance(told.args[0], JobFailed)


def test_work_that_waits_for_its_turn_can_be_cancelled(qtbot, qgis_app, points, tmp_path):
    hold, ended = Event(), []
    busy = [BackgroundCall("busy", lambda _call: hold.wait(20)) for _ in range(40)]  # more than there are threads
    for call in busy:
        call.start()
    waiting = BackgroundCall("waiting", lambda _call: None)
    export = layer_export.LayerExport(points([("name", STRING)], [["a"]]), "made", tmp_path)
    waiting.refused.connect(ended.append)
    export.cancelled.connect(lambda: ended.append("export"))
    waiting.start()
    export.start()
    waiting.cancel()
    export.cancel()
    try:
        qtbot.waitUntil(lambda: len(ended) == 2, timeout=10_000)
    finally:
        hold.set()
        qtbot.waitUntil(lambda: all(call.ended for call in busy), timeout=20_000)


def test_qml_that_qgis_does_not_read_is_not_taken_for_the_style_of_the_layer(qgis_app, points, tmp_path):
    (tmp_path / "torn.qml").write_bytes(b"<qgis><renderer-v2>")
    layer = points([("name", STRING)], [["a"]])
    with pytest.raises(InvalidInput, match=r"torn\.qml") as refused:
        chosen_style(layer, "stops", StyleChoice(FILE, str(tmp_path / "torn.qml")), tmp_path, plain=True)
    assert "QGIS says" in refused.value.why


def test_an_sld_of_which_nothing_is_left_has_no_plain_form(qgis_app):
    empty = b'<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld"/>'
    assert ChosenStyle(TableStyle("stops", "stops.sld", empty)).plain is None


def test_style_or_metadata_alone(qtbot, here, scratch, points):
    layer = points([("name", STRING)], [["a"]], name="Parts")
    plan = replace(propose_plan(layer), services=("wfs", "wms"))
    first = outcome(qtbot, LayerPublication(layer, plan, here))
    layer.renderer().symbol().setColor(QColor("#010203"))
    layer.dataProvider().deleteFeatures([1])
    kept = memory(layer)
    assert changes(layer, kept).style and changes(layer, kept).data

    styled = outcome(qtbot, LayerPublication(layer, plan, here, parts=frozenset((STYLE,))))
    assert styled.data.id == first.data.id and {it.url for it in styled.urls} == {it.url for it in first.urls}
    assert not changes(layer, memory(layer)).style and changes(layer, memory(layer)).data

    said = Description(
        "About parts.", "parts", ("location",), (), (), "a@b.fr", "", "2024-01-01", "unknown", "T", "a@b.fr"
    )
    told = replace(plan, title="All parts", record=True, description=said)
    outcome(qtbot, LayerPublication(layer, told, here, parts=frozenset((METADATA,))))
    assert changes(layer, memory(layer)).data and remembered_plan(layer) == told
    with here.address.open() as store:
        (known,) = store.configurations.list(layer_name="parts", type="WFS")
        assert store.configurations.get(known.id).name == "All parts"
        assert [record.identifier for record in store.records.list({"datasheet_name": "Parts"})] == ["parts"]
    assert propose_plan(points([("a", STRING)], [["b"]], name="Next")).description.organisation == "T"
