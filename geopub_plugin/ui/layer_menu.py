"""What can be done with layers by a right-click on them in the layer tree, or by a click on their badge."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from qgis.core import QgsLayerTree, QgsMapLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QEvent, QObject, pyqtSignal
from qgis.PyQt.QtGui import QContextMenuEvent, QCursor, QGuiApplication
from qgis.PyQt.QtWidgets import QAction, QMenu

from ..backend.translation import tr
from ..publish.compat import VECTOR_LAYER
from ..publish.layer_memory import memory
from ..publish.layer_watch import LayerWatch
from ..publish.shared_links import web_page
from .icons import icon, theme_icon
from .publications_view import shared_address

PAGE = "GeoPubLayerPage"  # object name of the page in the layer's properties
LINKS = (("WFS", "wfs"), ("WMS", "wms"), ("TMS", "tms"), ("WMTS", "tms"))


class LayerMenu(QObject):
    """Actions that know the selected layers: publish, update, copy a link, share."""

    share_asked = pyqtSignal(object)  # LayerMemory

    def __init__(self, iface: Any, desk: Any, watch: LayerWatch) -> None:
        """Add the actions to the menu of vector layers, and one for groups; `desk` publishes and updates."""
        window = iface.mainWindow()
        super().__init__(window)
        self._iface, self._desk, self._view = iface, desk, iface.layerTreeView()
        self.publish = QAction(icon("publish"), "", self)
        self.publish.triggered.connect(lambda: self._desk.publish(list(self.selected())))
        self.update = QAction(icon("update"), tr("Update publication"), self)
        self.update.triggered.connect(self._update)
        self.links = QMenu(tr("Copy link"), window)
        self.copy = self.links.menuAction()
        self.copy.setIcon(icon("link"))
        self.share = QAction(icon("qr"), tr("Share…"), self)
        self.share.triggered.connect(self._share)
        self.publish_group = QAction(icon("publish"), tr("Publish group…"), self)
        self.publish_group.triggered.connect(lambda: self._desk.publish(list(self.in_groups())))
        for action in self.actions:
            iface.addCustomActionForLayerType(action, "", VECTOR_LAYER, True)
        self._watch = watch
        watch.changed.connect(self.follow)
        self._selection = self._view.selectionModel()
        self._selection.selectionChanged.connect(self.follow)
        self._selection.currentChanged.connect(self.follow)
        self._tells = hasattr(self._view, "contextMenuAboutToShow")  # from QGIS 3.32 on
        if self._tells:
            self._view.contextMenuAboutToShow.connect(self._complete)
        else:
            self._view.viewport().installEventFilter(self)
        self.follow()

    @property
    def actions(self) -> List[QAction]:
        """What a layer offers, in its order."""
        return [self.publish, self.update, self.copy, self.share]

    def selected(self) -> Tuple[QgsVectorLayer, ...]:
        """Return the selected vector layers, those of selected groups included, else the current one."""
        found = _vectors([*self._view.selectedLayers(), *self.in_groups()])
        return found or _vectors([self._view.currentLayer()])

    def in_groups(self) -> Tuple[QgsVectorLayer, ...]:
        """Return the vector layers in the selected groups, in the order of the tree."""
        groups = [node for node in self._view.selectedNodes() if QgsLayerTree.isGroup(node)]
        return _vectors([node.layer() for group in groups for node in group.findLayers()])

    def follow(self, *_what: object) -> None:
        """Enable what the selected layers allow, and say how many they are."""
        layers = self.selected()
        known = [kept for kept in map(memory, layers) if kept is not None]
        several = len(layers) > 1
        self.publish.setText(tr("Publish {count} layers…", count=len(layers)) if several else tr("Publish layer…"))
        self.update.setVisible(bool(known))
        for action in (self.copy, self.share):
            action.setVisible(bool(known) and bool(known[0].addresses))
        self.links.clear()
        if known:
            page = web_page(known[0].addresses)
            self._offer_link("web", tr("Web page"), page)
            for kind, picture in LINKS:
                self._offer_link(picture, tr("{kind} address", kind=kind), known[0].address(kind))

    def open(self, layer: QgsMapLayer) -> None:
        """Show what can be done with one layer where the mouse is."""
        self._view.setCurrentLayer(layer)
        self.menu().popup(QCursor.pos())

    def menu(self) -> QMenu:
        """Return a menu with the actions."""
        menu = QMenu(self._iface.mainWindow())
        menu.addActions(self.actions)
        menu.addSeparator()
        properties = menu.addAction(theme_icon("propertyicons/system"), tr("Styles and publication…"))
        properties.triggered.connect(lambda: self._iface.showLayerProperties(self._view.currentLayer(), PAGE))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def close(self) -> None:
        """Take the actions away."""
        for action in self.actions:
            self._iface.removeCustomActionForLayerType(action)
        self._watch.changed.disconnect(self.follow)
        self._selection.selectionChanged.disconnect(self.follow)
        self._selection.currentChanged.disconnect(self.follow)
        if self._tells:
            self._view.contextMenuAboutToShow.disconnect(self._complete)
        else:
            self._view.viewport().removeEventFilter(self)
        self.links.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Complete the menu of a group in a QGIS that does not tell when it opens one."""
        if event.type() == QEvent.Type.ContextMenu and self._at_group(event):
            menu = self._view.menuProvider().createContextMenu()
            self._complete(menu)
            menu.exec(event.globalPos())
            menu.deleteLater()
            return True
        return super().eventFilter(watched, event)

    def _at_group(self, event: QContextMenuEvent) -> bool:
        index = self._view.indexAt(event.pos())
        node = self._view.index2node(index) if index.isValid() else None
        return node is not None and QgsLayerTree.isGroup(node) and bool(self.in_groups())

    def _complete(self, menu: QMenu) -> None:
        if self.in_groups():
            menu.addSeparator()
            menu.addAction(self.publish_group)

    def _offer_link(self, picture: str, words: str, address: str) -> None:
        if address:
            shared = shared_address(address)
            action = self.links.addAction(icon(picture), words)
            action.setToolTip(shared)
            action.triggered.connect(lambda: QGuiApplication.clipboard().setText(shared))

    def _share(self) -> None:
        kept = memory(self.selected()[0])
        if kept is not None:
            self.share_asked.emit(kept)

    def _update(self) -> None:
        for layer in self.selected():
            if memory(layer) is not None:
                self._desk.update(layer)


def _vectors(layers: Sequence[Optional[QgsMapLayer]]) -> Tuple[QgsVectorLayer, ...]:
    found: List[QgsVectorLayer] = []
    for layer in layers:
        if isinstance(layer, QgsVectorLayer) and layer not in found:
            found.append(layer)
    return tuple(found)
