"""What the panel does with what is published, against the real backend; what it looks like, for a person to see."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator, List, Tuple

import pytest
from osgeo import ogr, osr
from qgis.core import QgsProject, QgsSettings, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtWidgets import QMainWindow

from geopub_plugin.backend.translation import use_language
from geopub_plugin.publish import unfinished
from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.client.allowances import Allowance
from geopub_plugin.publish.client.executions import Execution, Progress
from geopub_plugin.publish.client.uploads import Upload
from geopub_plugin.publish.embedded_process import EmbeddedProcess
from geopub_plugin.publish.layer_memory import Published, remember
from geopub_plugin.publish.layer_plan import propose_plan
from geopub_plugin.publish.live_layers import LiveService, live_layer
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.publication_call import STYLE
from geopub_plugin.publish.publication_plan import LayerPlan
from geopub_plugin.publish.resumption import Interrupted, stop_text
from geopub_plugin.publish.server_jobs import ServerJobs
from geopub_plugin.publish.store_source import StoreAddress, Stores
from geopub_plugin.publish.table_plan import Access
from geopub_plugin.publish.targets import Target, TargetKind, Targets
from geopub_plugin.ui import preview
from geopub_plugin.ui.consequences_dialog import ConsequencesDialog
from geopub_plugin.ui.desk import Desk
from geopub_plugin.ui.dock import Dock
from geopub_plugin.ui.executions_view import execution_text
from geopub_plugin.ui.jobs_view import time_left
from geopub_plugin.ui.log_dialog import LogDialog
from geopub_plugin.ui.moments import moment_text
from geopub_plugin.ui.publications_model import PublicationsModel, live_services
from geopub_plugin.ui.room_view import used_text
from geopub_plugin.ui.versions_dialog import VersionsDialog


def geopackage(path: Path, lakes: int) -> Path:
    path.unlink(missing_ok=True)
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("lakes", srs, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("Name", ogr.OFTString))
    for number in range(lakes):
        x, y = 2 + number / 50, 48 + number / 90
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["Name"] = f"lake {number}"
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON (({x} {y},{x + 0.01} {y},{x} {y + 0.01},{x} {y}))"))
        layer.CreateFeature(feature)
    return path


class Said:
    """Stands for the message bar."""

    def __init__(self) -> None:
        self.lines: List[str] = []

    def said(self, text: str) -> None:
        self.lines.append(text)

    def failed(self, title: str, error: Any, log: Tuple[str, ...] = ()) -> None:
        self.lines.append(f"{title}: {error}")

    def published(self, *_told: object) -> None:
        self.lines.append("published")


@pytest.fixture(scope="module")
def engine(qgis_app, tmp_path_factory) -> Iterator[EmbeddedProcess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPUB_PYTHON", sys.executable)
        made = EmbeddedProcess(tmp_path_factory.mktemp("desk") / "data")
        yield made
        made.close()


@pytest.fixture
def room(qtbot, engine) -> Iterator[SimpleNamespace]:
    """Return a window with the panel at work on the real engine."""
    QgsSettings().remove("geopub")
    window = QMainWindow()
    qtbot.addWidget(window)
    stores, model, said = Stores(Targets(), engine), PublicationsModel(), Said()
    dock = Dock(stores, model, window)
    desk = Desk(stores, model, dock, said, window)
    window.setCentralWidget(dock)
    window.resize(380, 700)
    window.show()
    with qtbot.waitSignal(engine.ready, timeout=30_000):
        engine.start()
    yield SimpleNamespace(window=window, dock=dock, desk=desk, model=model, said=said, stores=stores)
    desk.close()
    window.hide()
    QgsSettings().remove("geopub")


@pytest.fixture
def lakes(room, qtbot, engine, tmp_path, request) -> str:
    """Publish 12 lakes, then 9, with sample tiles; return the name of the datasheet."""
    name = request.node.name.partition("[")[0]
    store = open_store(engine.backend.api, engine.backend.token)
    asked = replace(
        PublicationRequest.proposed(geopackage(tmp_path / f"{name}.gpkg", 12)),
        datasheet=name,
        services=("wfs", "tms"),
        sample=(2.0, 48.0),
        top_level=3,
        bottom_level=9,
    )
    for count in (12, 9):
        geopackage(asked.file, count)
        Publication(store, asked).run()
    room.desk.refresh()
    qtbot.waitUntil(lambda: any(sheet.name == name for sheet in room.model.datasheets), timeout=20_000)
    room.dock.publications.select(name)
    return name


def sheet_of(room, name: str):
    return next((sheet for sheet in room.model.datasheets if sheet.name == name), None)


def select_service(room, name: str, kind: str) -> None:
    view = room.dock.publications
    view.select(name)
    sheet = room.model.datasheets.index(sheet_of(room, name))
    row = next(i for i, one in enumerate(room.model.datasheets[sheet].services) if one.type == kind)
    view.tree.setCurrentIndex(view.found.mapFromSource(room.model.index(row, 0, room.model.index(sheet, 0))))


def test_room_for_a_preview_is_made_where_something_will_go_live(room, qtbot, tmp_path):
    layer = QgsVectorLayer(str(geopackage(tmp_path / "ponds.gpkg", 2)), "Ponds", "ogr")
    plan = LayerPlan("Ponds", "Ponds", "ponds", ("wfs",))
    room.desk.begin([layer], plan, parts=frozenset((STYLE,)))  # refused: it was never published
    assert room.dock.jobs.rows and not room.dock.preview.isVisible()
    qtbot.waitUntil(lambda: bool(room.said.lines), timeout=30_000)
    publication = room.desk.begin([layer], plan)
    assert room.dock.preview.isVisible() and not room.dock.preview.services
    publication.cancel()
    qtbot.waitUntil(lambda: not room.dock.preview.isVisible(), timeout=30_000)
    sip.delete(layer)


def test_what_asks_for_a_key_is_drawn_through_links(room, qtbot, tmp_path):
    """QGIS asked for a login, and never ended, when it was given the plain address of restricted tiles."""
    layer = QgsVectorLayer(str(geopackage(tmp_path / "pools.gpkg", 3)), "Pools", "ogr")
    plan = LayerPlan("Pools", "Pools", "pools", ("wfs", "tms"), access=Access(restricted=True))
    given: List[LiveService] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preview, "live_layer", lambda service: given.append(service) or live_layer(service))
        room.desk.begin([layer], plan)
        qtbot.waitUntil(lambda: "published" in room.said.lines and bool(given), timeout=60_000)
        qtbot.waitUntil(lambda: sheet_of(room, "Pools") is not None, timeout=20_000)
        services = live_services(sheet_of(room, "Pools"))
        assert [one.open for one in services] == [False, False]
        room.desk.open_preview(services)
        qtbot.waitUntil(lambda: any(one.kind == "WFS" for one in given), timeout=20_000)
    assert not {one.url for one in given} & {one.url for one in services}
    room.desk.add_to_project(tuple(replace(one, open=None) for one in services))  # as from the memory of a layer
    qtbot.waitUntil(lambda: len(QgsProject.instance().mapLayers()) == 2, timeout=20_000)
    assert all(one.isValid() for one in QgsProject.instance().mapLayers().values())
    assert "can be drawn for 24 hours" in room.said.lines[-1]
    QgsProject.instance().clear()
    sip.delete(layer)


@pytest.mark.slow  # `desktop/test_life` does the like
def test_versions_compared_and_brought_back(room, lakes, qtbot):
    room.dock.publications.versions.trigger()
    dialog = room.desk.management.dialog
    qtbot.waitUntil(lambda: bool(dialog.versions), timeout=20_000)
    assert dialog.list.topLevelItemCount() == 2 and not dialog.back.isEnabled()
    assert dialog.list.topLevelItem(0).text(3) == "Shown now"
    dialog.list.topLevelItem(1).setSelected(True)
    qtbot.waitUntil(lambda: "removed 3" in dialog.difference.toPlainText(), timeout=20_000)
    dialog.back.click()
    qtbot.waitUntil(lambda: dialog.list.topLevelItem(1).text(3) == "Shown now", timeout=20_000)
    assert any("is shown again" in line for line in room.said.lines)
    dialog.reject()
    assert room.desk.management.dialog is None


@pytest.mark.slow  # `desktop/test_life` does the like
def test_a_sample_becomes_the_full_pyramid(room, lakes, qtbot):
    select_service(room, lakes, "WFS")
    assert not room.dock.publications.completion.isEnabled()
    select_service(room, lakes, "WMTS-TMS")
    room.dock.publications.completion.trigger()
    assert room.dock.jobs.rows
    qtbot.waitUntil(lambda: bool(room.said.lines), timeout=60_000)
    assert "Done: All tiles" in room.said.lines[0]
    assert not room.dock.jobs.rows
    room.dock.publications.completion.trigger()
    qtbot.waitUntil(lambda: len(room.said.lines) > 1, timeout=20_000)
    assert "sample" in room.said.lines[-1]  # it is none any more


def test_tiles_go_on_when_qgis_ends(room, lakes, qtbot, engine):
    select_service(room, lakes, "WMTS-TMS")
    room.dock.publications.completion.trigger()
    (job,) = room.desk.management.completions
    store = open_store(engine.backend.api, engine.backend.token)
    before = store.executions.newest(1)[0].id
    qtbot.waitUntil(lambda: store.executions.newest(1)[0].id != before, timeout=20_000)
    room.desk.management.close()
    assert job._call.ended, "QGIS would ask whether to wait for it"
    assert store.executions.ended(store.executions.newest(1)[0].id).status == "SUCCESS"


def broken_off(tmp_path: Path, name: str, target: str = "embedded") -> None:
    """Leave what a QGIS leaves that was closed in the middle of a publication."""
    work = unfinished.WorkFolder()
    asked = PublicationRequest.proposed(geopackage(work.path / f"{name}.gpkg", 5))
    work.note(unfinished.Note(target, replace(asked, datasheet=name, services=("wfs",)), LayerPlan(name, name, name)))
    work.leave()


def test_what_was_broken_off_is_offered_and_resumed(room, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(unfinished, "root", lambda: tmp_path)
    broken_off(tmp_path, "resumed_lakes")
    room.dock.opened.emit()
    (offer,) = room.dock.jobs.offers
    assert "resumed_lakes" in offer.text.text().lower().replace(" ", "_") and room.dock.jobs.isVisible()
    offer.resume.click()
    assert not room.dock.jobs.offers and len(room.dock.jobs.rows) == 1
    qtbot.waitUntil(lambda: sheet_of(room, "resumed_lakes") is not None, timeout=60_000)
    assert "published" in room.said.lines and unfinished.unfinished() == ()

    broken_off(tmp_path, "discarded")
    broken_off(tmp_path, "elsewhere", "a-server-that-was-removed")
    room.dock.opened.emit()
    first, second = room.dock.jobs.offers
    first.discard.click()
    second.resume.click()
    assert "no longer known" in room.said.lines[-1]
    assert [one.note.target for one in unfinished.unfinished()] == ["a-server-that-was-removed"]


def test_a_running_job_is_cancelled(room, qtbot, engine, tmp_path):
    store = open_store(engine.backend.api, engine.backend.token)
    asked = replace(PublicationRequest.proposed(geopackage(tmp_path / "long.gpkg", 3_000)), services=("wfs",))
    data = Publication(store, asked).run().data
    processing = store.executions.processing("ROK4-PYRAMID-VECTOR", "VECTOR-DB")
    composition = [{"table": "lakes", "top_level": "0", "bottom_level": "18", "attributes": ["name"]}]
    levels = {"composition": composition, "top_level": "0", "bottom_level": "18"}
    made = store.executions.create(processing, {"stored_data": [data.id]}, {"stored_data": {"name": "t"}}, levels)
    store.executions.launch(made.id)
    jobs = room.dock.executions
    room.dock.tabs.setCurrentWidget(jobs)
    qtbot.waitUntil(lambda: jobs.list.topLevelItemCount() > 0, timeout=20_000)
    jobs.list.topLevelItem(0).setSelected(True)
    assert jobs.current.id == made.id and jobs.abort.isEnabled()
    jobs.abort.trigger()
    qtbot.waitUntil(lambda: jobs.list.topLevelItem(0).text(0).endswith("\nCancelled"), timeout=30_000)
    assert store.executions.get(made.id).status == "ABORTED"


@pytest.mark.slow
def test_the_web_viewer_is_opened(room, lakes, qtbot, monkeypatch):
    opened: list = []
    monkeypatch.setattr(
        "geopub_plugin.ui.desk.QDesktopServices", SimpleNamespace(openUrl=lambda url: opened.append(url))
    )
    select_service(room, lakes, "WFS")
    room.dock.publications.web.trigger()
    assert opened[0].toString() == f"{room.stores.source().address.page}/view/{lakes}"


@pytest.mark.slow  # `desktop/test_life` does the like
def test_nothing_is_unpublished_or_deleted_before_it_was_shown(room, lakes, qtbot):
    select_service(room, lakes, "WFS")
    room.dock.publications.unpublishing.trigger()
    qtbot.waitUntil(lambda: room.desk.management.dialog is not None, timeout=20_000)
    dialog = room.desk.management.dialog
    kinds = [dialog.list.topLevelItem(row).text(0) for row in range(dialog.list.topLevelItemCount())]
    assert kinds == ["Live service", "Definition of a service"]
    dialog.reject()
    assert len(sheet_of(room, lakes).services) == 2
    select_service(room, lakes, "WFS")
    room.dock.publications.unpublishing.trigger()
    qtbot.waitUntil(lambda: room.desk.management.dialog is not None, timeout=20_000)
    room.desk.management.dialog.go.click()
    qtbot.waitUntil(lambda: len(sheet_of(room, lakes).services) == 1, timeout=20_000)

    room.dock.publications.select(lakes)
    room.dock.publications.deletion.trigger()
    qtbot.waitUntil(lambda: room.desk.management.dialog is not None, timeout=20_000)
    dialog = room.desk.management.dialog
    assert "Data" in {dialog.list.topLevelItem(row).text(0) for row in range(dialog.list.topLevelItemCount())}
    room.stores.targets.put(Target("town", TargetKind.SERVER, "Town", "http://127.0.0.1:9/api"))
    room.stores.targets.choose("town")  # what was shown goes, not what has its name elsewhere
    dialog.go.click()
    qtbot.waitUntil(lambda: any(line.startswith("Done: Delete") for line in room.said.lines), timeout=20_000)
    room.stores.targets.choose("embedded")
    qtbot.waitUntil(lambda: room.dock.landing.isEnabled(), timeout=20_000)
    room.desk.refresh()
    qtbot.waitUntil(lambda: sheet_of(room, lakes) is None, timeout=20_000)


def test_a_list_that_comes_late_is_not_that_of_another_target(room, datasheets):
    before = room.model.datasheets
    room.desk._list.listed.emit(StoreAddress("https://maps.example.org/api"), datasheets)
    assert room.model.datasheets == before and room.desk.known.of("embedded") != datasheets


def test_what_was_published_on_a_server_that_is_gone_is_not_updated_elsewhere(room, qtbot, tmp_path, qgis_new_project):
    layer = QgsVectorLayer(str(geopackage(tmp_path / "ponds.gpkg", 2)), "Ponds", "ogr")
    remember(layer, propose_plan(layer), Published("removed"))
    room.desk.update(layer)
    assert room.desk.dialog is None and "no longer known" in room.said.lines[-1]
    restricted = LiveService("WFS", "Ponds", "https://maps.example.org/private/wfs/ows", open=False)
    room.desk.open_preview((restricted,), "removed")
    assert "no longer known" in room.said.lines[-1] and not room.dock.preview.services


def test_jobs_logs_and_room(room, lakes, qtbot):
    room.dock.tabs.setCurrentWidget(room.dock.executions)
    jobs = room.dock.executions
    qtbot.waitUntil(lambda: jobs.list.topLevelItemCount() >= 2, timeout=20_000)
    jobs.list.topLevelItem(0).setSelected(True)
    assert jobs.list.topLevelItem(0).text(0).endswith("\nDone") and not jobs.abort.isEnabled()
    jobs.log.trigger()
    dialog = room.desk.management.dialog
    qtbot.waitUntil(lambda: bool(dialog.text.toPlainText()), timeout=20_000)
    dialog.reject()
    room.dock.tabs.setCurrentWidget(room.dock.room)
    qtbot.waitUntil(lambda: bool(room.dock.room.lines), timeout=20_000)


@pytest.mark.slow
def test_another_target_shows_other_things(room, lakes, qtbot):
    room.stores.targets.put(Target("town", TargetKind.SERVER, "Town", "http://127.0.0.1:9/api"))
    room.stores.targets.choose("town")
    assert not room.model.datasheets and not room.dock.backend_bar.isVisible()
    assert room.dock.target_bar.choice.currentText() == "Town"
    qtbot.waitUntil(lambda: any("does not answer" in line for line in room.said.lines), timeout=20_000)
    room.dock.target_bar.choice.setCurrentIndex(0)
    room.dock.target_bar.choice.activated.emit(0)
    qtbot.waitUntil(lambda: sheet_of(room, lakes) is not None, timeout=20_000)
    assert room.dock.backend_bar.isVisible()


def test_search_and_filter(qtbot, room, datasheets):
    room.model.show(datasheets)
    view = room.dock.publications

    def shown() -> List[str]:
        return [view.found.index(row, 0).data() for row in range(view.found.rowCount())]

    assert shown() == ["Lakes", "Rivers"]
    view.states.setCurrentIndex(1)
    assert shown() == ["Lakes"]
    view.states.setCurrentIndex(2)
    assert shown() == ["Rivers"]
    view.search.setText("lake")
    assert shown() == []
    view.states.setCurrentIndex(0)
    assert shown() == ["Lakes"] and view.found.rowCount(view.found.index(0, 0)) == 3
    view.search.setText("tms")
    assert shown() == ["Lakes"] and view.found.rowCount(view.found.index(0, 0)) == 1


@pytest.mark.parametrize(
    "execution, told",
    [
        (
            Execution("1", "x", "PROGRESS", progress=Progress("tiles", 250, 1000, "tiles")),
            "25\u202f% – 250 of 1\u202f000 tiles",
        ),
        (Execution("1", "x", "PROGRESS"), "At work"),
        (Execution("1", "x", "SUCCESS"), "Done"),
        (Execution("1", "x", "ABORTED"), "Cancelled"),
        (Execution("1", "x", "NEW ONE"), "NEW ONE"),
    ],
)
def test_states_of_jobs(execution, told):
    assert execution_text(execution) == told


def test_amounts(qgis_app):
    assert moment_text("2026-11-23T10:00:00Z").startswith("2026-11-2")  # of the zone that the machine is in
    assert moment_text("") == "" and moment_text("soon") == "soon"
    assert time_left(0.5, 10) == "10 s left" and time_left(0.01, 10) == time_left(0.5, 1) == time_left(1, 9) == ""
    assert used_text(Allowance("a", "data", "bytes", 10, 0)) == "10 bytes"
    assert used_text(Allowance("a", "WFS", "services", 3, 20)) == "3 of 20"
    assert used_text(Allowance("a", "WFS", "services", 3, 10_000)) == "3"


BROKEN = Interrupted(Upload("u", "Étangs", "VECTOR", "OPEN", "EPSG:2154", {}), 0, False)


def test_interruptions_in_words():
    assert stop_text(BROKEN) == "while the file was sent"
    assert stop_text(replace(BROKEN, step=1, failed=True)) == "at the checks, failed"


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fr"])
def test_pictures(room, lakes, qtbot, language):
    """Draw the panel's tabs and dialogs in both languages, for a person to look at."""
    use_language(language)
    folder = Path("build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    dock = Dock(room.stores, room.model)
    qtbot.addWidget(dock)
    dock.resize(360, 640)
    dock.show()
    dock.publications.select(lakes)
    assert dock.grab().save(str(folder / f"panel_published_{language}.png"))
    running = Execution("2", "Calcul de pyramide vecteur", "PROGRESS", progress=Progress("t", 250, 1000, "tiles"))
    done = Execution(
        "1",
        "Intégration de données vecteur livrées en base",
        "SUCCESS",
        output="etangs",
        created="2026-11-23T05:00:00Z",
    )
    dock.tabs.setCurrentWidget(dock.executions)
    dock.executions.show_jobs(ServerJobs((replace(running, output="etangs"), done), (BROKEN,)))
    assert dock.grab().save(str(folder / f"panel_jobs_{language}.png"))
    dock.executions.clear()
    store = open_store(room.stores.process.backend.api, room.stores.process.backend.token)
    dock.tabs.setCurrentWidget(dock.room)
    dock.room.show_room(store.allowances())
    qtbot.wait(50)
    assert dock.grab().save(str(folder / f"panel_room_{language}.png"))
    from geopub_plugin.publish.removal import consequences_of_datasheet
    from geopub_plugin.publish.versions import versions

    sheet = sheet_of(room, lakes)
    doomed = consequences_of_datasheet(store, sheet)
    asking, log, kept = (
        ConsequencesDialog(f"« {lakes} » ?", "Delete", doomed),
        LogDialog("etangs"),
        VersionsDialog(lakes),
    )
    kept.show_versions(versions(store, sheet))
    log.show_lines(["INFO a", "INFO b"])
    for name, dialog in (("consequences", asking), ("log", log), ("versions", kept)):
        qtbot.addWidget(dialog)
        dialog.adjustSize()
        assert dialog.grab().save(str(folder / f"{name}_{language}.png"))
