"""The styles of a service looked after in the panel, against the real backend; what it looks like, for a person."""

from __future__ import annotations

import sys
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, Iterator, List

import pytest
from osgeo import ogr, osr
from qgis.core import QgsFillSymbol, QgsProject, QgsSettings, QgsSingleSymbolRenderer, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QInputDialog, QMainWindow

from geopub_plugin.backend.translation import use_language
from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded_process import EmbeddedProcess
from geopub_plugin.publish.layer_memory import Published, memory, remember
from geopub_plugin.publish.proposal import TableStyle
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.publication_plan import LayerPlan
from geopub_plugin.publish.store_source import Stores
from geopub_plugin.publish.targets import Targets
from geopub_plugin.ui.desk import Desk
from geopub_plugin.ui.dock import Dock
from geopub_plugin.ui.publications_model import PublicationsModel
from geopub_plugin.ui.styles_dialog import STATE, TABLES

PATIENCE = 30_000
POINTS = (
    '<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" '
    'xmlns:xlink="http://www.w3.org/1999/xlink"><NamedLayer><Name>lakes</Name><UserStyle><FeatureTypeStyle><Rule>'
    "<PointSymbolizer><Graphic><ExternalGraphic>"
    '<OnlineResource xlink:type="simple" xlink:href="{symbol}"/><Format>image/svg+xml</Format>'
    "</ExternalGraphic><Size>12</Size></Graphic></PointSymbolizer>"
    "</Rule></FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"
)


class Said:
    """Stands for the message bar."""

    def __init__(self) -> None:
        self.lines: List[str] = []

    def said(self, text: str) -> None:
        self.lines.append(text)

    def failed(self, title: str, error: Any, log: Any = ()) -> None:
        self.lines.append(f"{title}: {error}")


def geopackage(path: Path) -> Path:
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    for table in ("lakes", "rivers"):
        layer = source.CreateLayer(table, srs, ogr.wkbPolygon)
        layer.CreateField(ogr.FieldDefn("Name", ogr.OFTString))
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["Name"] = table
        feature.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON ((2 48,2.1 48,2 48.1,2 48))"))
        layer.CreateFeature(feature)
    return path


def painted(file: Path, colour: str, name: str = "lakes") -> QgsVectorLayer:
    layer = QgsVectorLayer(f"{file}|layername=lakes", name, "ogr")
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({"color": colour})))
    return layer


def qml(file: Path, colour: str, to: Path) -> Path:
    painted(file, colour).saveNamedStyle(str(to))
    return to


@pytest.fixture(scope="module")
def published(qgis_app, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """Publish two tables with a red style, as maps, features and tiles, on a backend of this computer."""
    folder = tmp_path_factory.mktemp("styles")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPUB_PYTHON", sys.executable)
        engine = EmbeddedProcess(folder / "data")
        file = geopackage(folder / "water.gpkg")
        yield SimpleNamespace(engine=engine, file=file, folder=folder, done=False)
        engine.close()


@pytest.fixture
def room(qtbot, published, qgis_new_project) -> Iterator[SimpleNamespace]:
    """Return a window with the panel at work on the real engine."""
    QgsSettings().remove("geopub")
    engine, window = published.engine, QMainWindow()
    qtbot.addWidget(window)
    stores, model, said = Stores(Targets(), engine), PublicationsModel(), Said()
    dock = Dock(stores, model, window)
    desk = Desk(stores, model, dock, said, window)
    window.setCentralWidget(dock)
    window.show()
    with qtbot.waitSignal(engine.ready, timeout=PATIENCE):
        engine.start()
    store = open_store(engine.backend.api, engine.backend.token)
    if not published.done:
        red = qml(published.file, "red", published.folder / "first.qml").read_bytes()
        styles = tuple(TableStyle(table, f"{table}.qml", red) for table in ("lakes", "rivers"))
        services = {"services": ("wfs", "wms", "tms"), "top_level": 3, "bottom_level": 6}
        Publication(store, replace(PublicationRequest.proposed(published.file), styles=styles, **services)).run()
        published.done = True
    desk.refresh()
    qtbot.waitUntil(lambda: bool(model.datasheets), timeout=PATIENCE)
    yield SimpleNamespace(window=window, dock=dock, desk=desk, model=model, said=said, store=store)
    desk.close()
    window.hide()
    QgsSettings().remove("geopub")


@pytest.fixture
def symbols() -> Iterator[SimpleNamespace]:
    """Return a server with a symbol, which remembers what it was asked for."""
    asked: List[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            star = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="4"/></svg>'
            self.send_response(200)
            self.send_header("Content-Type", "image/svg+xml")
            self.send_header("Content-Length", str(len(star)))
            self.end_headers()
            self.wfile.write(star)

        def log_message(self, *_told: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield SimpleNamespace(address=f"http://127.0.0.1:{server.server_address[1]}", asked=asked)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def opened(room, qtbot):
    """Return what opens the styles of a kind of service by the panel's own action, and waits for them."""

    def open_styles(kind: str):
        view, sheet = room.dock.publications, room.model.datasheets[0]
        row = next(i for i, one in enumerate(sheet.services) if one.type == kind)
        view.tree.setCurrentIndex(view.found.mapFromSource(room.model.index(row, 0, room.model.index(0, 0))))
        assert view.styles in view.menu().actions()
        view.styles.trigger()
        idle(qtbot, room.desk.management.dialog)
        return room.desk.management.styles, room.desk.management.dialog

    return open_styles


def idle(qtbot, dialog) -> None:
    qtbot.waitUntil(lambda: dialog.shown is not None and dialog.add.isEnabled(), timeout=PATIENCE)


def names(dialog) -> List[str]:
    return [dialog.list.topLevelItem(row).text(0) for row in range(dialog.list.topLevelItemCount())]


def current(dialog) -> List[str]:
    rows = (dialog.list.topLevelItem(row) for row in range(dialog.list.topLevelItemCount()))
    return [row.text(0) for row in rows if row.text(STATE) == "Current"]


def select(dialog, name: str) -> None:
    dialog.list.clearSelection()
    dialog.list.findItems(name, Qt.MatchFlag.MatchExactly)[0].setSelected(True)


def examined(qtbot, entry) -> None:
    qtbot.waitUntil(lambda: entry.examined is not None, timeout=PATIENCE)


def add_file(qtbot, styles, path: Path, name: str, make_current: bool = False) -> None:
    styles.dialog.add.click()
    entry = styles.asking
    entry.name.setText(name)
    entry.take_files([path])
    examined(qtbot, entry)
    entry.current.setChecked(make_current)
    assert entry.go.isEnabled(), entry.notes.text()
    entry.go.click()
    qtbot.waitUntil(lambda: name in names(styles.dialog), timeout=PATIENCE)
    idle(qtbot, styles.dialog)


def test_a_datasheet_has_no_styles_of_its_own(room):
    room.dock.publications.select(room.model.datasheets[0].name)
    assert not room.dock.publications.styles.isEnabled()


@pytest.fixture
def remembered(room, published) -> QgsVectorLayer:
    """Return a layer of the project that remembers that it was published as the lakes."""
    layer = painted(published.file, "green", "My lakes")
    QgsProject.instance().addMapLayer(layer)
    (service, *_others) = room.model.datasheets[0].services
    plan = LayerPlan("Water", room.model.datasheets[0].name, service.layer_name)
    remember(layer, plan, Published(table="lakes", layer_name=service.layer_name))
    return layer


def test_styles_of_a_map(room, published, opened, qtbot, tmp_path, monkeypatch, remembered):
    styles, dialog = opened("WMS-VECTOR")
    assert not memory(remembered).shown
    (first,) = names(dialog)
    assert current(dialog) == [first]
    assert set(dialog.list.topLevelItem(0).text(TABLES).split(", ")) == {"lakes", "rivers"}
    assert not dialog.choose.isEnabled()  # it is the current one

    add_file(qtbot, styles, qml(published.file, "blue", tmp_path / "blue.qml"), "Blue")
    assert current(dialog) == [first] and dialog.style_chosen.name == "Blue"

    dialog.choose.click()
    qtbot.waitUntil(lambda: current(dialog) == ["Blue"], timeout=PATIENCE)
    idle(qtbot, dialog)
    assert memory(remembered).shown == {"other style:wms"}

    monkeypatch.setattr(QInputDialog, "getText", lambda *_given, **_named: ("Azure", True))
    dialog.rename.click()
    qtbot.waitUntil(lambda: current(dialog) == ["Azure"], timeout=PATIENCE)
    idle(qtbot, dialog)
    assert dialog.style_chosen.technical_name == "blue"  # what requests call it stays

    monkeypatch.setattr(QInputDialog, "getText", lambda *_given, **_named: (first, True))
    dialog.rename.click()
    qtbot.waitUntil(lambda: "already" in dialog.fault.text(), timeout=PATIENCE)
    assert dialog.add.isEnabled() and current(dialog) == ["Azure"]

    dialog.remove.click()
    asking = styles.asking
    assert [asking.list.topLevelItem(row).text(1) for row in range(asking.list.topLevelItemCount())]
    asking.reject()
    assert len(names(dialog)) == 2
    dialog.remove.click()
    styles.asking.go.click()
    qtbot.waitUntil(lambda: names(dialog) == [first], timeout=PATIENCE)
    assert current(dialog) == [first]
    (kept,) = room.store.styles.list(dialog.service.configuration)
    assert kept.name == first and kept.current and not memory(remembered).shown
    dialog.reject()
    assert room.desk.management.dialog is None


def test_a_style_is_replaced_and_brought_back(room, published, opened, qtbot, remembered):
    styles, dialog = opened("WMS-VECTOR")
    select(dialog, names(dialog)[0])
    before = dialog.style_chosen
    dialog.replace.click()
    entry = styles.asking
    assert entry.from_layer.isChecked() and entry.layer.currentText() == "My lakes"
    entry.table.setCurrentIndex(entry.table.findData("lakes"))
    examined(qtbot, entry)
    assert not entry.fidelity.isHidden() and entry.go.isEnabled()  # a replaced style keeps its name
    entry.go.click()
    qtbot.waitUntil(lambda: styles.asking is None, timeout=PATIENCE)
    idle(qtbot, dialog)
    assert dialog.style_chosen.technical_name == before.technical_name

    def files():
        found = room.store.styles.read(dialog.service.configuration, before.technical_name)
        return {file.table: file.content for file in found}

    assert files()["lakes"] != files()["rivers"] and memory(remembered).shown == {"replaced style:wms"}
    dialog.versions.click()
    kept = styles.asking
    qtbot.waitUntil(lambda: bool(kept.versions), timeout=PATIENCE)
    kept.choice.setCurrentIndex(next(i for i, one in enumerate(kept.versions) if one.name == "lakes"))
    assert kept.list.topLevelItemCount() == 2
    kept.list.topLevelItem(1).setSelected(True)
    kept.back.click()
    qtbot.waitUntil(lambda: kept.list.topLevelItemCount() == 3, timeout=PATIENCE)  # the way back is a version, too
    assert kept.list.topLevelItem(0).text(3) == "Shown now"
    assert files()["lakes"] == files()["rivers"] and not memory(remembered).shown, "as it was published"
    for version, shown in ((2, {"former style"}), (3, set())):  # numbers 2 and 1 again, which 3 is like
        row = kept.list.findItems(str({2: 2, 3: 1}[version]), Qt.MatchFlag.MatchExactly)[0]
        kept.list.clearSelection()
        row.setSelected(True)
        count = kept.list.topLevelItemCount()
        kept.back.click()
        qtbot.waitUntil(lambda least=count: kept.list.topLevelItemCount() > least, timeout=PATIENCE)
        assert memory(remembered).shown == shown
    kept.reject()


def test_nothing_faulty_is_sent(published, opened, qtbot, tmp_path):
    styles, dialog = opened("WMS-VECTOR")
    dialog.add.click()
    entry = styles.asking
    assert not entry.go.isEnabled() and not entry.from_layer.isEnabled()  # no layer in the project
    broken = tmp_path / "broken.qml"
    broken.write_bytes(b"<qgis><renderer-v2></qgis>")
    entry.take_files([broken])
    examined(qtbot, entry)
    assert entry.name.text() == "broken" and not entry.go.isEnabled()
    assert "✖" in entry.notes.text() and "cannot be used" in entry.state.text()
    entry.take_files([qml(published.file, "black", tmp_path / "black.qml")])
    examined(qtbot, entry)
    assert entry.go.isEnabled()
    entry.name.setText(names(dialog)[0].upper())
    assert not entry.go.isEnabled()  # the name is taken
    entry.take_files([tmp_path / "gone.qml"])
    assert "could not be read" in entry.fault.text() and not entry.go.isEnabled()
    entry.reject()


def test_graphics_from_elsewhere_only_when_wanted(published, opened, qtbot, tmp_path, symbols):
    symbol = f"{symbols.address}/star.svg"
    sld = tmp_path / "lakes.sld"
    sld.write_text(POINTS.format(symbol=symbol), "utf-8")
    styles, dialog = opened("WMS-VECTOR")
    dialog.add.click()
    entry = styles.asking
    entry.take_files([sld])
    examined(qtbot, entry)
    assert not entry.go.isEnabled() and symbols.asked == []
    assert entry.notes.text().count("✖") == 1 and "Tick the box" in entry.state.text()  # once for both tables
    entry.fetch.setChecked(True)
    examined(qtbot, entry)
    assert entry.go.isEnabled(), entry.notes.text()
    assert symbols.asked == ["/star.svg"]
    entry.reject()


def test_styles_of_features_and_tiles(room, published, opened, qtbot, tmp_path):
    blue = qml(published.file, "blue", tmp_path / "blue.qml")
    for kind in ("WFS", "WMTS-TMS"):
        styles, dialog = opened(kind)
        assert dialog.versions.isHidden()  # annexes have no revisions
        add_file(qtbot, styles, blue, f"Blue {kind}", make_current=True)
        assert current(dialog) == [f"Blue {kind}"]
        dialog.reject()
    mapbox = tmp_path / "bad.json"
    mapbox.write_text('{"version": 8, "sources": {}, "layers": []}', "utf-8")
    styles, dialog = opened("WMTS-TMS")
    dialog.add.click()
    styles.asking.take_files([mapbox])
    examined(qtbot, styles.asking)
    assert not styles.asking.go.isEnabled() and "✖" in styles.asking.notes.text()
    styles.asking.reject()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pictures(room, published, opened, qtbot, language, tmp_path):
    """Draw both dialogs in both languages, for a person to look at."""
    use_language(language)
    QgsProject.instance().addMapLayer(painted(published.file, "green", "Étangs"))
    folder = Path("build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    styles, dialog = opened("WMS-VECTOR")
    assert dialog.grab().save(str(folder / f"styles_{language}.png"))
    dialog.reject()
    styles, dialog = opened("WFS")
    dialog.add.click()
    examined(qtbot, styles.asking)
    styles.asking.name.setText("Étangs")
    assert styles.asking.grab().save(str(folder / f"style_entry_{language}.png"))
    broken = tmp_path / "broken.sld"
    broken.write_text(POINTS.format(symbol="https://symbols.example.org/star.svg"), "utf-8")
    styles.asking.take_files([broken])
    examined(qtbot, styles.asking)
    qtbot.wait(50)  # sentences wrap
    assert styles.asking.grab().save(str(folder / f"style_refused_{language}.png"))
    styles.asking.reject()
