"""Scenario: every page of the wizard filled in by hand, published on this computer or on a team server."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

sys.path.insert(0, json.loads(os.environ["GEOPUB_DESKTOP_TEST"])["here"])

from driver import GIVEN, Driver, Steps
from qgis.core import QgsApplication, QgsVectorLayer
from qgis.core import QgsProject as Project
from qgis.PyQt.QtCore import QDate, QItemSelectionModel, QPoint, Qt
from qgis.PyQt.QtGui import QKeyEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLineEdit, QWidget, QWizard
from qgis.utils import iface, plugins

LANGUAGE, SERVICES = GIVEN["language"], GIVEN["services"]
FRENCH = LANGUAGE == "fr"
plugin = plugins["geopub_plugin"]
TITLE = "Frontières du monde" if FRENCH else "Borders of the world"
LEFT, OK = Qt.MouseButton.LeftButton, QDialogButtonBox.StandardButton.Ok


def steps(driver: Driver) -> Steps:
    """Play the scenario."""
    layers = [QgsVectorLayer(GIVEN["source"].format(table=table), name, "ogr") for table, name in GIVEN["layers"]]
    Project.instance().addMapLayers(layers)
    if GIVEN["server"]:
        yield from team(driver)
    view = iface.layerTreeView()
    chosen = QItemSelectionModel.SelectionFlag.Select
    view.selectionModel().clear()
    for layer in layers:
        node = Project.instance().layerTreeRoot().findLayer(layer.id())
        view.selectionModel().select(view.node2index(node), chosen)
    yield 500
    plugin.menu.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    dialog = plugin.desk.dialog
    yield lambda: dialog.draft.address is not None and dialog.draft._call is None  # the store said what it allows
    dialog.more.click()
    wizard = dialog.wizard
    wizard.resize(800, 640)
    yield 500
    yield from pages(driver, wizard)
    plan = wizard.plan
    driver.results["plan"] = asdict(plan)
    QTest.mouseClick(wizard.button(QWizard.WizardButton.FinishButton), LEFT)
    yield lambda: plugin.desk.publications
    ended: list = []
    plugin.desk.publications[0].finished.connect(ended.append)
    plugin.desk.publications[0].failed.connect(ended.append)
    yield lambda: ended
    assert hasattr(ended[0], "urls"), f"{ended[0]} {getattr(ended[0], 'faults', '')}"
    driver.results["urls"] = [(url.type, url.url) for url in ended[0].urls]
    yield lambda: plugin.model.datasheets
    told: list = []
    plugin.desk.management.calls.ask("seen", seen, told.append, told.append)
    yield lambda: told
    driver.results["seen"] = told[0]
    plugin.sharing.panel.reject()
    yield from rooms(driver)
    windows = (window for window in QApplication.topLevelWidgets() if window.isVisible())
    driver.results["asked"] = [type(window).__name__ for window in windows if isinstance(window, QDialog)]


def seen(store) -> dict:
    """Return what the store says of it: configurations, the composition of the tiles, the record, permissions."""
    found = {one.type: store.configurations.get(one.id) for one in store.configurations.list()}
    told = {
        "types": {kind: one.type_infos for kind, one in found.items()},
        "attribution": {kind: one.attribution for kind, one in found.items()},
        "with_record": sorted(kind for kind, one in found.items() if one.metadata),
        "records": [store.records.document(one.id).decode("utf-8") for one in store.records.list()],
        "permissions": [(one.licence, one.end_date) for one in store.permissions.list()],
    }
    tiles = found.get("WMTS-TMS")
    if tiles is not None:
        (execution,) = store.executions.list(output_stored_data=tiles.type_infos["used_data"][0]["stored_data"])
        path = f"datastores/{store.id}/processings/executions/{execution.id}"
        told["parameters"] = store.connection.ask("GET", path)["parameters"]
    return told


def team(driver: Driver) -> Steps:
    """Add a team server in the settings, sign in there, and choose it."""
    assert QgsApplication.authManager().setMasterPassword("of this test only", True)
    page = plugin.options.createWidget(None)
    page.resize(640, 620)
    page.show()
    yield 300
    page.targets.add.click()
    dialog = page.targets.dialog
    write(dialog.title, "Mairie" if FRENCH else "Town hall")
    write(dialog.url, GIVEN["server"])
    dialog.sign_in.click()
    from geopub_plugin.ui.sign_in_dialog import SignInDialog

    yield lambda: dialog.findChild(SignInDialog) is not None
    sign_in = dialog.findChild(SignInDialog)
    write(sign_in.login, GIVEN["login"])
    write(sign_in.password, GIVEN["password"])
    yield 300
    driver.photograph(f"sign_in_{LANGUAGE}", sign_in)
    sign_in.buttons.button(OK).click()
    yield lambda: dialog.auth.configId()
    dialog.test.click()
    yield lambda: dialog.test.isEnabled()
    yield 300
    driver.results["trial"] = dialog.outcome.text()
    driver.photograph(f"target_{LANGUAGE}", dialog)
    dialog.buttons.button(OK).click()
    yield 300
    folder = page.embedded.folder
    before = folder.filePath()
    folder.setFilePath("/home/ada/geopub")
    driver.photograph(f"options_{LANGUAGE}", page)
    folder.setFilePath(before)
    page.apply()
    page.close()
    (added,) = (one for one in plugin.targets.all() if not one.embedded)
    driver.results["target"] = asdict(added)
    plugin.targets.choose(added.id)
    plugin.stores.source().start()
    yield lambda: plugin.stores.source().address is not None


def pages(driver: Driver, wizard) -> Steps:
    """Fill in page after page, each photographed."""
    from geopub_plugin.ui.wizard.wizard import Step

    driver.results["pages"] = []
    while True:
        step = Step(wizard.currentId())
        page = wizard.currentPage()
        fill = FILL.get(step.name)
        if fill is not None:
            yield from fill(page, driver)
        yield 700
        yield lambda page=page: page.isComplete()
        driver.photograph(f"wizard_{step.value:02d}_{LANGUAGE}", wizard)
        driver.results["pages"].append(step.name)
        if wizard.nextId() < 0:
            return
        QTest.mouseClick(wizard.button(QWizard.WizardButton.NextButton), LEFT)
        yield lambda step=step: wizard.currentId() != step


def tables(page, _driver: Driver) -> Steps:
    """Title, names and services; public name, title, abstract, keywords of a table."""
    write(page.title_line, TITLE)
    write(page.service_title, TITLE + " (test)")
    page.services.services = tuple(SERVICES)
    table = next(iter(page.boxes))
    box = page.boxes[table]
    write(box.public_name, "countries")
    typed(box.abstract, "Tous les pays." if FRENCH else "Every country.")
    write(box.words, "pays, monde" if FRENCH else "country, world")
    yield 100


def styles(page, _driver: Driver) -> Steps:
    """A style from a file for the first table, the layer's for the second."""
    field = next(iter(page.fields.values()))
    field.combo.setCurrentIndex(field.combo.count() - 2)
    yield 100
    field.file.setFilePath(GIVEN["style"])


def attributes(page, _driver: Driver) -> Steps:
    """Two attributes of the first table."""
    fields = next(iter(page.lists.values()))
    fields.chosen = ("NAME",)
    fields.edited.emit()
    yield 100


def levels(page, driver: Driver) -> Steps:
    """The levels, whose maps show something."""
    top, bottom = next(iter(page.spins.values()))
    for spin, level in ((top, 1), (bottom, 5)):
        spin.setValue(level)
    yield 300
    yield lambda: not page.top_map.isDrawing() and not page.bottom_map.isDrawing()
    yield 300
    driver.results["level_colours"] = [colours(page.top_map), colours(page.bottom_map)]


def generalisation(page, _driver: Driver) -> Steps:
    """Another one than is proposed."""
    page.buttons["-S10"].setChecked(True)
    yield 100


def sample(page, driver: Driver) -> Steps:
    """An area, drawn with the mouse."""
    page.sample.setChecked(True)
    yield 500
    yield lambda: not page.canvas.isDrawing()
    proposed = page.draft.plan.area
    page.drawing.setChecked(True)
    surface, middle = page.canvas.viewport(), page.canvas.rect().center()
    first, last = middle - QPoint(60, 50), middle + QPoint(60, 50)
    QTest.mousePress(surface, LEFT, Qt.KeyboardModifier.NoModifier, first)
    for share in range(1, 7):
        QTest.mouseMove(surface, first + (last - first) * share / 6)
        yield 30
    QTest.mouseRelease(surface, LEFT, Qt.KeyboardModifier.NoModifier, last)
    yield 300
    driver.results["areas"] = [proposed, page.draft.plan.area]
    driver.photograph(f"wizard_05_area_{LANGUAGE}", page.wizard())
    page.whole.setChecked(True)


def source(page, _driver: Driver) -> Steps:
    """A file, of ISO 19139; then what the layer says."""
    page.file.setChecked(True)
    yield 100
    page.path.setFilePath(GIVEN["record"])


def description(page, _driver: Driver) -> Steps:
    """Every field of the form."""
    page.abstract.selectAll()
    typed(page.abstract, "Les pays et leurs limites." if FRENCH else "The countries and their borders.")
    page.categories.chosen = ("boundaries", "society")
    page.categories.edited.emit()
    page.themes.item(0).setCheckState(Qt.CheckState.Checked)
    write(page.words, "limite" if FRENCH else "border")
    page.created.setDate(QDate(2026, 3, 1))
    page.frequency.setCurrentIndex(page.frequency.findData("annually"))
    page.frequency.activated.emit(page.frequency.currentIndex())
    typed(page.genealogy, "Natural Earth")
    write(page.organisation, "Mairie" if FRENCH else "Town hall")
    write(page.email, "sig@mairie.fr" if FRENCH else "gis@town.org")
    write(page.contact, "sig@mairie.fr" if FRENCH else "gis@town.org")
    yield 100


def information(page, _driver: Driver) -> Steps:
    """Attribution and resolution."""
    write(page.text, "Natural Earth")
    write(page.url, "https://www.naturalearthdata.com")
    page.resolution.setCurrentIndex(3)
    page.resolution.activated.emit(3)
    yield 100


def access(page, _driver: Driver) -> Steps:
    """Restricted, with a licence and an end."""
    page.restricted.setChecked(True)
    write(page.licence, "Usage interne" if FRENCH else "Internal use")
    page.ends.setChecked(True)
    page.end.setDate(QDate(2027, 6, 30))
    yield 100


FILL = {
    "TABLES": tables, "STYLES": styles, "ATTRIBUTES": attributes, "LEVELS": levels, "GENERALISATION": generalisation,
    "SAMPLE": sample, "SOURCE": source, "DESCRIPTION": description, "INFORMATION": information, "ACCESS": access,
}  # fmt: skip


def rooms(driver: Driver) -> Steps:
    """Look at the panel's other tabs."""
    dock = plugin.dock
    iface.messageBar().clearWidgets()
    dock.setFloating(True)
    dock.resize(420, 560)
    for place, name in ((1, "jobs"), (2, "room")):
        dock.tabs.setCurrentIndex(place)
        if place == 1:
            plugin.desk.management.refresh_jobs()
        yield 500
        yield lambda: not plugin.desk.management.calls.calls
        yield 500
        driver.photograph(f"panel_{name}_{LANGUAGE}", dock)


def typed(widget: QWidget, text: str) -> None:
    """Type a text; `QTest.keyClicks` ends QGIS at a letter that is not of ASCII."""
    for letter in text:
        for kind in (QKeyEvent.Type.KeyPress, QKeyEvent.Type.KeyRelease):
            QApplication.sendEvent(widget, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))


def write(line: QLineEdit, text: str) -> None:
    """Type a text in place of what is there."""
    line.setFocus()
    line.selectAll()
    typed(line, text)


def colours(widget: QWidget) -> int:
    """Return how many colours a widget shows."""
    picture = widget.grab().toImage()
    return len({picture.pixel(x, y) for x in range(5, picture.width() - 5, 3)
                for y in range(5, picture.height() - 5, 3)})  # fmt: skip


driver = Driver(iface)
driver.play(steps(driver))
