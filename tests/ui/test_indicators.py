"""A badge beside each published layer follows what happens to the layer."""

from __future__ import annotations

from typing import Iterator

import pytest
from qgis.core import QgsLayerTreeModel, QgsProject, QgsVectorLayer
from qgis.gui import QgsLayerTreeView
from qgis.PyQt import sip

from geopub_plugin.publish.layer_memory import EMBEDDED, Published, forget, memory, remember
from geopub_plugin.publish.layer_plan import LayerPlan
from geopub_plugin.publish.layer_watch import LayerWatch
from geopub_plugin.publish.shown_versions import show_style, show_version
from geopub_plugin.ui.indicators import Indicators, sign, words

PLAN = LayerPlan("Ponds", "Ponds", "ponds")


class Tree:
    """A layer tree with badges."""

    def __init__(self) -> None:
        project = QgsProject.instance()
        self.view = QgsLayerTreeView()
        self.model = QgsLayerTreeModel(project.layerTreeRoot())
        self.view.setModel(self.model)
        self.watch = LayerWatch(project)
        self.opened: list = []
        self.badges = Indicators(self.view, self.watch, self.opened.append)

    def signs(self) -> list:
        return [sign(self.watch.states[identifier]) for identifier in self.badges.shown]

    def beside(self, layer: QgsVectorLayer) -> list:
        return self.view.indicators(QgsProject.instance().layerTreeRoot().findLayer(layer.id()))

    def close(self) -> None:
        self.badges.close()
        self.watch.close()
        sip.delete(self.view)
        sip.delete(self.model)


@pytest.fixture
def tree(qgis_new_project) -> Iterator[Tree]:
    made = Tree()
    yield made
    made.close()


@pytest.fixture
def ponds(lake, tree) -> QgsVectorLayer:
    QgsProject.instance().addMapLayer(lake)
    return lake


def test_a_layer_that_is_not_published_has_no_badge(qtbot, tree, ponds):
    ponds.setOpacity(0.5)
    tree.watch.look()
    assert tree.watch.states == {} and tree.beside(ponds) == []


def test_badge_follows_publication_style_and_data(qtbot, tree, ponds):
    remember(ponds, PLAN)
    qtbot.waitUntil(lambda: tree.signs() == ["published"])
    assert len(tree.beside(ponds)) == 1
    assert "Published by GeoPub as “ponds”" in tree.beside(ponds)[0].toolTip()
    ponds.setOpacity(0.5)
    ponds.triggerRepaint()  # as the styling panel does
    qtbot.waitUntil(lambda: tree.signs() == ["changed"])
    assert "The style has changed since." in tree.beside(ponds)[0].toolTip()
    remember(ponds, PLAN)
    qtbot.waitUntil(lambda: tree.signs() == ["published"])

    ponds.startEditing()
    ponds.changeAttributeValue(1, 0, "new name")
    ponds.endEditCommand()
    qtbot.waitUntil(lambda: tree.signs() == ["changed"])
    assert "The data has changed since." in tree.beside(ponds)[0].toolTip()
    ponds.rollBack()
    qtbot.waitUntil(lambda: tree.signs() == ["published"])
    ponds.startEditing()
    ponds.changeAttributeValue(1, 0, "new name")
    ponds.commitChanges()
    qtbot.waitUntil(lambda: tree.signs() == ["changed"])

    forget(ponds)
    qtbot.waitUntil(lambda: tree.signs() == [])
    assert tree.beside(ponds) == []


def test_a_former_version_that_is_shown_again_is_told(qtbot, tree, ponds):
    remember(ponds, PLAN, Published(table="ponds"))
    show_version([ponds], EMBEDDED, "data", "ponds", False)
    qtbot.waitUntil(lambda: tree.signs() == ["changed"])
    assert "The services show a former version of the data." in tree.beside(ponds)[0].toolTip()
    show_version([ponds], EMBEDDED, "data", "ponds", True)
    qtbot.waitUntil(lambda: tree.signs() == ["published"])
    show_version([ponds], EMBEDDED, "metadata", PLAN.datasheet, False)
    qtbot.waitUntil(lambda: tree.signs() == ["changed"])
    assert "former version of the metadata record" in tree.beside(ponds)[0].toolTip()
    show_version([ponds], EMBEDDED, "metadata", PLAN.datasheet, True)


def test_another_style_of_a_service_is_told(qtbot, tree, ponds):
    remember(ponds, PLAN, Published(table="ponds"))
    show_style([ponds], EMBEDDED, "ponds", "wms", False)
    qtbot.waitUntil(lambda: tree.signs() == ["changed"])
    told = tree.beside(ponds)[0].toolTip()
    assert "Another style was made current in: WMS." in told and "Click to update" not in told
    show_style([ponds], EMBEDDED, "ponds", "wms", True)
    qtbot.waitUntil(lambda: tree.signs() == ["published"])


def test_a_field_less_is_worse(qtbot, tree, ponds):
    remember(ponds, PLAN)
    ponds.dataProvider().deleteAttributes([0])
    ponds.updateFields()
    qtbot.waitUntil(lambda: tree.signs() == ["schema_changed"])
    assert "fields" in words(tree.watch.state(ponds))


def test_a_layer_that_is_moved_keeps_its_badge_and_one_that_goes_takes_it_along(qtbot, tree, ponds):
    remember(ponds, PLAN)
    qtbot.waitUntil(lambda: tree.signs() == ["published"])
    root = QgsProject.instance().layerTreeRoot()
    group = root.addGroup("Group")
    node = root.findLayer(ponds.id())
    group.addChildNode(node.clone())
    root.removeChildNode(node)
    qtbot.waitUntil(lambda: len(tree.beside(ponds)) == 1)
    QgsProject.instance().removeMapLayer(ponds.id())
    assert tree.badges.shown == {} and tree.watch.states == {}


def test_a_project_that_is_opened_shows_its_badges(qtbot, tree, ponds, world_map, tmp_path):
    countries = QgsVectorLayer(f"{world_map}|layername=countries", "Countries", "ogr")
    QgsProject.instance().addMapLayer(countries)
    identifier = countries.id()
    remember(countries, PLAN)
    assert QgsProject.instance().write(str(tmp_path / "p.qgs"))
    QgsProject.instance().clear()
    assert tree.badges.shown == {}
    assert QgsProject.instance().read(str(tmp_path / "p.qgs"))
    qtbot.waitUntil(lambda: list(tree.badges.shown) == [identifier])
    opened = QgsProject.instance().mapLayer(identifier)
    assert memory(opened) is not None and tree.signs() == ["published"]
    assert len(tree.beside(opened)) == 1
    QgsProject.instance().clear()


def test_a_click_opens_what_can_be_done(qtbot, tree, ponds):
    remember(ponds, PLAN)
    qtbot.waitUntil(lambda: bool(tree.beside(ponds)))
    node = QgsProject.instance().layerTreeRoot().findLayer(ponds.id())
    tree.beside(ponds)[0].clicked.emit(tree.view.node2index(node))
    assert tree.opened == [ponds] and tree.view.currentLayer() == ponds


def test_closing_leaves_nothing(qtbot, qgis_new_project, lake):
    tree = Tree()
    QgsProject.instance().addMapLayer(lake)
    remember(lake, PLAN)
    qtbot.waitUntil(lambda: bool(tree.badges.shown))
    tree.close()
    lake.setOpacity(0.3)
    lake.triggerRepaint()
    QgsProject.instance().clear()
