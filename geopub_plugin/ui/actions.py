"""What GeoPub adds to QGIS's menus and toolbars, and takes away again."""

from __future__ import annotations

from typing import Any, Callable

from qgis.PyQt.QtWidgets import QAction

from ..backend.translation import tr
from ..publish.compat import VECTOR_LAYER
from .dock import Dock
from .icons import icon

MENU = "GeoPub"


class Actions:
    """A toolbar button, the Web menu, and the entry in the menu of vector layers."""

    def __init__(self, iface: Any, dock: Dock, publish: Callable[[], None]) -> None:
        """Add the actions to QGIS."""
        self._iface, window = iface, iface.mainWindow()
        self.publish = QAction(icon("publish"), tr("Publish layer…"), window)
        self.publish.setObjectName("GeoPubPublish")
        self.publish.triggered.connect(lambda: publish())
        self.panel = QAction(icon("geopub"), tr("GeoPub panel"), window)
        self.panel.setObjectName("GeoPubPanel")
        self.panel.setCheckable(True)
        self.panel.setChecked(dock.isUserVisible())
        self.panel.triggered.connect(dock.setUserVisible)
        dock.visibilityChanged.connect(self.panel.setChecked)
        self.layer = QAction(icon("publish"), tr("Publish layer…"), window)
        self.layer.triggered.connect(lambda: publish())
        for action in (self.publish, self.panel):
            iface.addPluginToWebMenu(MENU, action)
            iface.addWebToolBarIcon(action)
        iface.addCustomActionForLayerType(self.layer, "", VECTOR_LAYER, True)

    def remove(self) -> None:
        """Take them away."""
        self._iface.removeCustomActionForLayerType(self.layer)
        for action in (self.publish, self.panel):
            self._iface.removePluginWebMenu(MENU, action)
            self._iface.removeWebToolBarIcon(action)
        for action in (self.publish, self.panel, self.layer):
            action.deleteLater()
