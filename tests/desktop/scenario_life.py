"""Scenario: the whole life of a publication, from the right-click on a layer to its deletion."""

from __future__ import annotations

import json
import os
import sys
from urllib.request import urlopen

sys.path.insert(0, json.loads(os.environ["GEOPUB_DESKTOP_TEST"])["here"])

from driver import GIVEN, Driver, Steps
from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer, edit
from qgis.core import QgsProject as Project
from qgis.PyQt.QtCore import QModelIndex, QPoint, Qt
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QPushButton
from qgis.utils import iface, plugins

LANGUAGE = GIVEN["language"]
plugin = plugins["geopub_plugin"]
dock = plugin.dock
BLUE = "#3a7bd5"
AFRICA = "bbox=-20,0,30,40&width=200&height=200&srs=EPSG:4326&format=image/png&version=1.1.1&request=GetMap&service=WMS"


def steps(driver: Driver) -> Steps:
    """Play the scenario."""
    layer = yield from with_layer(driver)
    yield from express(driver)
    address = {url.type: url.url for url in plugin.sharing_result.urls}
    driver.results["live"] = live(address)
    yield from previews(driver)
    yield from change_and_update(driver, layer, address)
    yield from roll_back(driver, address)
    yield from styles(driver)
    yield from take_off(driver, layer, address)
    yield from algorithm(driver)
    yield from checks(driver)


def with_layer(driver: Driver) -> Steps:
    """Open the layer in a window of a handy size, and its menu."""
    window = iface.mainWindow()
    window.showNormal()
    window.setGeometry(0, 0, 1200, 760)
    layer = QgsVectorLayer(GIVEN["source"], GIVEN["name"], "ogr")
    Project.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    yield 300
    yield lambda: not iface.mapCanvas().isDrawing()
    paint(layer, "#e8b87d")
    iface.zoomToActiveLayer()
    dock.setUserVisible(True)
    yield 1500
    iface.mapCanvas().refreshAllLayers()
    yield 200
    yield lambda: not iface.mapCanvas().isDrawing()
    view = iface.layerTreeView()
    menu = view.menuProvider().createContextMenu()
    driver.results["menu"] = [action.text() for action in menu.actions()]
    menu.popup(view.mapToGlobal(view.visualRect(view.currentIndex()).center() + QPoint(30, 6)))
    chosen = next(action for action in menu.actions() if action is plugin.menu.publish)
    menu.setActiveAction(chosen)
    yield 400
    driver.photograph(f"menu_{LANGUAGE}", area=window)
    menu.close()
    return layer


def express(driver: Driver) -> Steps:
    """Publish as it is proposed."""
    plugin.menu.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    dialog = plugin.desk.dialog
    yield lambda: dialog.draft.address is not None  # the engine runs: nothing of the page changes any more
    yield 500
    driver.photograph(f"express_{LANGUAGE}", dialog)
    QTest.mouseClick(dialog.publish, Qt.MouseButton.LeftButton)
    shares: list = []
    plugin.desk.publications[0].moved.connect(lambda share, _step: shares.append(share))
    ended = outcome()
    yield lambda: ended or any(share > 0.3 for share in shares)
    driver.photograph(f"progress_{LANGUAGE}", iface.mainWindow())
    plugin.sharing_result = yield from result(ended)
    yield lambda: plugin.sharing.panel.isVisible() and plugin.model.datasheets
    yield 500
    driver.photograph(f"share_{LANGUAGE}", plugin.sharing.panel)
    plugin.sharing.panel.reject()
    driver.results["badge"] = badge()


def previews(driver: Driver) -> Steps:
    """Look at the three services in the panel."""
    buttons = iface.messageBar().findChildren(QPushButton)
    next(one for one in buttons if one.text() in ("Open preview", "Ouvrir l’aperçu")).click()
    driver.results["previews"] = {}
    for kind in ("WFS", "WMS", "TMS"):
        yield lambda kind=kind: kind in dock.preview.services
        drawn: list = []  # else what was shown before might be taken for it
        dock.preview.canvas.mapCanvasRefreshed.connect(lambda drawn=drawn: drawn.append(True))
        QTest.mouseClick(dock.preview.switch[kind], Qt.MouseButton.LeftButton)
        yield lambda kind=kind, drawn=drawn: kind in dock.preview.layers and drawn
        yield lambda: not dock.preview.canvas.isDrawing() and colours(dock.preview.canvas.grab().toImage()) > 2
        yield 400
        driver.results["previews"][kind] = dock.preview.layers[kind].isValid()
        driver.photograph(f"preview_{kind.lower()}_{LANGUAGE}", iface.mainWindow())


def change_and_update(driver: Driver, layer: QgsVectorLayer, address: dict) -> Steps:
    """Change style and data; the badge says so; update both."""
    results = driver.results
    paint(layer, BLUE)
    yield lambda: "style" in badge()[1]
    results["badge_style"] = badge()
    with edit(layer):
        layer.deleteFeature(next(layer.getFeatures()).id())
    yield lambda: len(badge()[1].splitlines()) > len(results["badge_style"][1].splitlines())
    results["badge_both"] = badge()
    iface.messageBar().clearWidgets()
    dock.preview.hide()
    yield 800
    driver.photograph(f"changed_{LANGUAGE}", iface.mainWindow())
    plugin.menu.update.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    dialog = plugin.desk.dialog
    yield lambda: dialog.draft.address is not None and dialog.update_button.isEnabled()
    yield 400
    results["parts"] = sorted(dialog.parts)
    driver.photograph(f"update_{LANGUAGE}", dialog)
    dialog.update_button.click()
    told = yield from result(outcome())
    results["updated"] = told.updated and {url.type: url.url for url in told.urls} == address
    yield lambda: plugin.sharing.panel.isVisible()
    plugin.sharing.panel.reject()
    results["badge_updated"] = badge()
    results["after_update"] = live(address)


def roll_back(driver: Driver, address: dict) -> Steps:
    """Bring the first version of the data and of the style back."""
    select_sheet()
    dock.publications.versions.trigger()
    yield lambda: plugin.desk.management.dialog is not None and plugin.desk.management.dialog.versions
    dialog = plugin.desk.management.dialog
    for place in range(dialog.choice.count()):
        dialog.choice.setCurrentIndex(place)
        if dialog.list.topLevelItemCount() < 2:
            continue
        kind = dialog.chosen.kind
        dialog.list.setCurrentItem(dialog.list.topLevelItem(dialog.list.topLevelItemCount() - 1))
        compared = dialog.difference.toPlainText()
        yield lambda compared=compared: dialog.difference.toPlainText() != compared
        driver.results[f"difference_{kind}"] = dialog.difference.toPlainText()
        yield 300
        driver.photograph(f"versions_{kind}_{LANGUAGE}", dialog)
        before = dialog.chosen.revisions
        dialog.back.click()
        yield lambda before=before: dialog.chosen is not None and dialog.chosen.revisions != before
    dialog.reject()
    yield lambda: not plugin.desk.management.calls.calls
    driver.results["after_return"] = live(address)
    yield lambda: badge()[0] == "changed"
    driver.results["badge_returned"] = badge()[1]


def styles(driver: Driver) -> Steps:
    """Add the layer's present style to those of the map."""
    (sheet,) = plugin.model.datasheets
    plugin.desk.management.show_styles(next(one for one in sheet.services if one.type == "WMS-VECTOR"))
    dialog = plugin.desk.management.dialog
    yield lambda: dialog.shown is not None and dialog.add.isEnabled()
    dialog.add.click()
    entry = plugin.desk.management.styles.asking
    entry.name.setText("Blue" if LANGUAGE == "en" else "Bleu")
    yield lambda: entry.examined is not None and entry.go.isEnabled()
    yield 300
    driver.photograph(f"style_entry_{LANGUAGE}", entry)
    entry.go.click()
    yield lambda: dialog.list.topLevelItemCount() == 2 and dialog.add.isEnabled()
    driver.results["styles"] = [dialog.list.topLevelItem(row).text(0) for row in range(2)]
    yield 300
    driver.photograph(f"styles_{LANGUAGE}", dialog)
    dialog.reject()


def take_off(driver: Driver, layer: QgsVectorLayer, address: dict) -> Steps:
    """Unpublish the WFS, then delete everything."""
    (sheet,) = plugin.model.datasheets
    tree, found = dock.publications.tree, dock.publications.found
    place = next(row for row, service in enumerate(sheet.services) if service.type == "WFS")
    top = found.mapFromSource(plugin.model.index(0, 0, QModelIndex()))
    tree.setCurrentIndex(found.index(place, 0, top))
    yield from confirm(driver, dock.publications.unpublishing, "unpublish")
    yield lambda: not any(service.type == "WFS" and service.offering for service in plugin.model.datasheets[0].services)
    from geopub_plugin.publish.layer_memory import memory

    driver.results["still_known"] = sorted({kind for kind, _url in memory(layer).addresses} & {"WFS", "WMS", "TMS"})
    driver.results["without_wfs"] = status(address["WFS"]), status(address["TMS"])
    yield 300
    driver.photograph(f"unpublished_{LANGUAGE}", dock)
    select_sheet()
    yield from confirm(driver, dock.publications.deletion, "delete")
    yield lambda: not plugin.model.datasheets
    driver.results["deleted"] = [status(address[kind]) for kind in ("WFS", "WMS", "TMS")]
    yield lambda: not badge()[1]
    driver.results["badge_deleted"] = badge()


def algorithm(driver: Driver) -> Steps:
    """Open the algorithm that publishes."""
    import processing

    dialog = processing.createAlgorithmDialog("geopub:publish", {})
    dialog.resize(760, 560)
    dialog.show()
    yield 500
    driver.photograph(f"processing_{LANGUAGE}", dialog)
    dialog.close()


def checks(driver: Driver) -> Steps:
    """Check a layer with a polygon that crosses itself."""
    layer = QgsVectorLayer(
        "Polygon?crs=EPSG:4326&field=name:string", "Parcels" if LANGUAGE == "en" else "Parcelles", "memory"
    )
    shapes = ("POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))", "POLYGON((5 5, 6 6, 6 5, 5 6, 5 5))", "")
    for shape in shapes:
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(shape) if shape else QgsGeometry())
        layer.dataProvider().addFeature(feature)
    Project.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    plugin.menu.publish.trigger()
    yield lambda: plugin.desk.dialog is not None and plugin.desk.dialog.isVisible()
    findings = plugin.desk.dialog.open_checks()
    yield lambda: findings.again.isEnabled()
    yield 300
    driver.results["findings"] = sorted(one.fault.id for one in findings.findings)
    driver.photograph(f"checks_{LANGUAGE}", findings)
    findings.reject()
    plugin.desk.dialog.reject()


def confirm(driver: Driver, action, name: str) -> Steps:
    """Ask for something that takes away, look at what goes, and agree."""
    action.trigger()
    yield lambda: plugin.desk.management.dialog is not None and plugin.desk.management.dialog.isVisible()
    dialog = plugin.desk.management.dialog
    yield 300
    driver.results[f"goes_with_{name}"] = dialog.list.topLevelItemCount()
    driver.photograph(f"{name}_{LANGUAGE}", dialog)
    QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)


def outcome() -> list:
    """Return a list that gets the outcome of the publication at work."""
    ended: list = []
    publication = plugin.desk.publications[0]
    publication.finished.connect(ended.append)
    publication.failed.connect(ended.append)
    return ended


def result(ended: list) -> Steps:
    """Wait for an outcome that is no error, and return it."""
    yield lambda: ended
    assert hasattr(ended[0], "urls"), f"{ended[0]} {getattr(ended[0], 'faults', '')}"
    return ended[0]


def live(address: dict) -> dict:
    """Return what the services give: how many features, the colour of Africa, the size of a tile."""
    root = address["WFS"].partition("?")[0]
    name = address["WFS"].rpartition("typeNames=")[2] or address["WFS"].rpartition("=")[2]
    counted = f"{root}?service=WFS&version=2.0.0&request=GetFeature&resultType=hits&typeNames={name}"
    count = got(counted).decode("utf-8").partition('numberMatched="')[2].partition('"')[0]
    host, _, query = address["WMS"].partition("?")
    layers = next(part.partition("=")[2] for part in query.split("&") if part.lower().startswith("layers="))
    picture = QImage.fromData(got(f"{host}?{AFRICA}&layers={layers}&styles="))
    tile = got(address["TMS"].rstrip("/") + "/0/0/0.pbf")
    return {"features": int(count), "colour": picture.pixelColor(160, 120).name(), "tile": len(tile) > 100}


def got(url: str) -> bytes:
    """Return what an address gives."""
    with urlopen(url, timeout=60) as answer:
        return answer.read()


def status(url: str) -> bool:
    """Return whether an address answers with what it is for."""
    try:
        return b"Exception" not in got(url)
    except OSError:
        return False


def paint(layer: QgsVectorLayer, colour: str) -> None:
    """Give a layer another colour, as the styling panel does."""
    symbol = layer.renderer().symbol().clone()
    symbol.setColor(QColor(colour))
    layer.renderer().setSymbol(symbol)
    layer.triggerRepaint()
    iface.layerTreeView().refreshLayerSymbology(layer.id())


def badge() -> tuple:
    """Return the sign and the words beside the layer."""
    from geopub_plugin.ui.indicators import sign

    layer = iface.activeLayer()
    node = Project.instance().layerTreeRoot().findLayer(layer.id())
    state = plugin.watch.state(layer)
    told = [one.toolTip() for one in iface.layerTreeView().indicators(node) if "GeoPub" in one.toolTip()]
    return (sign(state) if state else "", told[0] if told else "")


def colours(picture: QImage) -> int:
    """Return how many colours a picture has."""
    return len({picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)})


def select_sheet() -> None:
    """Put the cursor of the panel on the only datasheet."""
    QApplication.processEvents()
    dock.publications.select(plugin.model.datasheets[0].name)


driver = Driver(iface)
driver.play(steps(driver))
